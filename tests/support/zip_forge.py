"""ZIP files byte by byte, right or wrong in one chosen place, written apart from the project's own writer."""

import hashlib
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
TAGS = ("bagit.txt", "bag-info.txt", "manifest-sha256.txt")


@dataclass(kw_only=True)
class Part:
    """One member. `both`, `local` and `central` replace header fields by name."""

    name: bytes
    content: bytes
    both: dict[str, int] = field(default_factory=dict)
    local: dict[str, int] = field(default_factory=dict)
    central: dict[str, int] = field(default_factory=dict)
    local_name: bytes | None = None
    local_extra: bytes = b""
    central_extra: bytes = b""
    comment: bytes = b""
    before: bytes = b""
    after: bytes = b""


def manifest_of(contents: Mapping[str, bytes]) -> bytes:
    lines = [f"{hashlib.sha256(contents[name]).hexdigest()}  {name}\n" for name in sorted(contents)]
    return "".join(lines).encode()


def bag_parts(payload: Mapping[str, bytes], changed_tags: Mapping[str, bytes] | None = None) -> list[Part]:
    """Return the parts of a right bag, save for tag files given in `changed_tags`."""
    size = sum(map(len, payload.values()))
    tags = {
        "bagit.txt": DECLARATION,
        "bag-info.txt": f"Bagging-Date: 2026-11-20\nPayload-Oxum: {size}.{len(payload)}\n".encode(),
        "manifest-sha256.txt": manifest_of(payload),
    } | {name: data for name, data in (changed_tags or {}).items() if name in TAGS}
    last = (changed_tags or {}).get("tagmanifest-sha256.txt", manifest_of(tags))
    ordered = [*tags.items(), *sorted(payload.items()), ("tagmanifest-sha256.txt", last)]
    return [Part(name=name.encode(), content=content) for name, content in ordered]


def forge(
    parts: Sequence[Part],
    *,
    prefix: bytes = b"",
    before_directory: bytes = b"",
    after_directory: bytes = b"",
    comment: bytes = b"",
    suffix: bytes = b"",
    end: Mapping[str, int] | None = None,
) -> bytes:
    """Write the parts as one file."""
    body, directory = bytearray(prefix), bytearray()
    for part in parts:
        body += part.before
        common = {
            "version": 20, "flags": 0x800, "method": 0, "time": 0, "date": 33,
            "crc": zlib.crc32(part.content), "stored": len(part.content), "size": len(part.content),
        } | part.both  # fmt: skip
        name = part.name if part.local_name is None else part.local_name
        local = common | {"name": len(name), "extra": len(part.local_extra)} | part.local
        central = {"made": 0x032D} | common | {
            "name": len(part.name), "extra": len(part.central_extra), "comment": len(part.comment),
            "disk": 0, "internal": 0, "external": 0o100644 << 16, "offset": len(body),
        } | part.central  # fmt: skip
        body += b"PK\x03\x04" + struct.pack("<HHHHHIIIHH", *local.values()) + name + part.local_extra
        body += part.content + part.after
        directory += b"PK\x01\x02" + struct.pack("<HHHHHHIIIHHHHHII", *central.values())
        directory += part.name + part.central_extra + part.comment
    body += before_directory
    fields = {
        "disk": 0, "start": 0, "here": len(parts), "count": len(parts),
        "size": len(directory), "offset": len(body), "comment": len(comment),
    } | dict(end or {})  # fmt: skip
    tail = b"PK\x05\x06" + struct.pack("<HHHHIIH", *fields.values()) + comment + suffix
    return bytes(body) + bytes(directory) + after_directory + tail

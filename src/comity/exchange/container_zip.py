"""The one ZIP layout that a container has (PKWARE APPNOTE 6.3.10, sections 4.3 to 4.5).

Every byte that is not content follows from the members' names, sizes and CRC-32 in their order:

- local headers and contents follow each other without a gap from offset 0; then the central directory in the same
  order; then the end record, which ends the file; no comments;
- stored, never encrypted, no data descriptors, names marked as UTF-8, regular files with mode 0644, 1980-01-01;
- ZIP64 appears only where a 32-bit field (a 16-bit one for the number of members) would overflow or equal its
  own overflow mark, and then just that field is marked: both sizes in a local header; sizes, offset in a central
  one. "Version needed" is the same in both headers.

A reader decodes the few free values, encodes the headers again and compares (`container_directory`).
"""

import stat
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from comity.errors import TooLargeError

# A 32-bit field that would hold this or more holds the mark, and the value moves to ZIP64. Tests lower it.
ZIP64_FROM_BYTES = 0xFFFF_FFFF
# The same for the number of members in the end record.
ZIP64_FROM_MEMBERS = 0xFFFF
# The directory is held in memory: 100,000 members with names of 100 bytes take 15 MB.
MAX_DIRECTORY_BYTES = 32 * 1024 * 1024
# A dossier has some thousand members; this bounds the objects that an unverified file makes a reader build.
MAX_MEMBERS = 100_000

MARK_32 = 0xFFFF_FFFF
MARK_16 = 0xFFFF
LOCAL_HEADER = struct.Struct("<4sHHHHHIIIHH")
CENTRAL_HEADER = struct.Struct("<4sHHHHHHIIIHHHHHII")
END_RECORD = struct.Struct("<4sHHHHIIH")
END_RECORD_64 = struct.Struct("<4sQHHIIQQQQ")
LOCATOR_64 = struct.Struct("<4sIQI")
EXTRA_HEADER = struct.Struct("<HH")
LOCAL_SIGNATURE = b"PK\x03\x04"
CENTRAL_SIGNATURE = b"PK\x01\x02"
END_SIGNATURE = b"PK\x05\x06"
END_64_SIGNATURE = b"PK\x06\x06"
_LOCATOR_64_SIGNATURE = b"PK\x06\x07"

_ZIP64_ID = 0x0001
_VERSION_STORED = 20
_VERSION_ZIP64 = 45
# Made on Unix, so that the external attributes are read as a file mode.
_MADE_BY = 3 << 8 | _VERSION_ZIP64
UTF8 = 0x0800
STORED = 0
_TIME = 0
_DATE = 1 << 5 | 1  # 1980-01-01, the first date there is
REGULAR_FILE = (stat.S_IFREG | 0o644) << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One member as the headers give it."""

    name: str
    size: int
    crc32: int
    header_offset: int

    @property
    def content_offset(self) -> int:
        """Offset of the first byte of content."""
        wide = EXTRA_HEADER.size + 16 if self.size >= ZIP64_FROM_BYTES else 0
        return self.header_offset + LOCAL_HEADER.size + len(self.name.encode()) + wide

    @property
    def end_offset(self) -> int:
        """Offset of the byte after the content."""
        return self.content_offset + self.size


def place(members: Iterable[tuple[str, int, int]]) -> list[Entry]:
    """Lay out (name, size, CRC-32) one after the other from offset 0."""
    entries: list[Entry] = []
    offset = 0
    for name, size, crc32 in members:
        entries.append(Entry(name=name, size=size, crc32=crc32, header_offset=offset))
        offset = entries[-1].end_offset
    return entries


def encode_local_header(entry: Entry) -> bytes:
    """Write the header that stands before the member's content."""
    name = entry.name.encode()
    size, extra = _narrow(entry.size), b""
    if entry.size >= ZIP64_FROM_BYTES:
        extra = _encode_extra([entry.size, entry.size])
    fixed = (_version(entry), UTF8, STORED, _TIME, _DATE, entry.crc32, size, size, len(name), len(extra))
    return LOCAL_HEADER.pack(LOCAL_SIGNATURE, *fixed) + name + extra


def encode_central_header(entry: Entry) -> bytes:
    """Write the header that stands in the central directory."""
    name = entry.name.encode()
    size, offset = _narrow(entry.size), _narrow(entry.header_offset)
    wide = [entry.size, entry.size] if entry.size >= ZIP64_FROM_BYTES else []
    if entry.header_offset >= ZIP64_FROM_BYTES:
        wide.append(entry.header_offset)
    extra = _encode_extra(wide) if wide else b""
    fixed = (_MADE_BY, _version(entry), UTF8, STORED, _TIME, _DATE, entry.crc32, size, size)
    tail = (len(name), len(extra), 0, 0, 0, REGULAR_FILE, offset)
    return CENTRAL_HEADER.pack(CENTRAL_SIGNATURE, *fixed, *tail) + name + extra


def _version(entry: Entry) -> int:
    wide = max(entry.size, entry.header_offset) >= ZIP64_FROM_BYTES
    return _VERSION_ZIP64 if wide else _VERSION_STORED


def _narrow(value: int) -> int:
    return MARK_32 if value >= ZIP64_FROM_BYTES else value


def _encode_extra(values: list[int]) -> bytes:
    return EXTRA_HEADER.pack(_ZIP64_ID, 8 * len(values)) + struct.pack(f"<{len(values)}Q", *values)


def encode_directory(entries: Sequence[Entry]) -> bytes:
    """Write what follows the last member: the central directory and the end records.

    Raises:
        TooLargeError: there are more members or longer names than a reader accepts.
    """
    if len(entries) > MAX_MEMBERS:
        raise TooLargeError(f"{len(entries)} members; a container holds at most {MAX_MEMBERS}")
    directory = b"".join(map(encode_central_header, entries))
    if len(directory) > MAX_DIRECTORY_BYTES:
        raise TooLargeError(f"a central directory of {len(directory)} bytes; at most {MAX_DIRECTORY_BYTES}")
    offset = entries[-1].end_offset if entries else 0
    return directory + encode_end(len(entries), len(directory), offset)


def encode_end(count: int, size: int, offset: int) -> bytes:
    """Write the end records for `count` members and a directory of `size` bytes at `offset`."""
    wide = b""
    count_field = MARK_16 if count >= ZIP64_FROM_MEMBERS else count
    if count >= ZIP64_FROM_MEMBERS or max(size, offset) >= ZIP64_FROM_BYTES:
        fixed = (END_RECORD_64.size - 12, _MADE_BY, _VERSION_ZIP64, 0, 0, count, count, size, offset)
        wide = END_RECORD_64.pack(END_64_SIGNATURE, *fixed)
        wide += LOCATOR_64.pack(_LOCATOR_64_SIGNATURE, 0, offset + size, 1)
    end = END_RECORD.pack(END_SIGNATURE, 0, 0, count_field, count_field, _narrow(size), _narrow(offset), 0)
    return wide + end

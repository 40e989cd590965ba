"""Packages and dossiers as one file: a BagIt 1.0 bag (RFC 8493) in a ZIP file with one spelling.

- Members stand in a fixed order: `bagit.txt`, `bag-info.txt`, `manifest-sha256.txt`, the payload under `data/`
  sorted by the bytes of the names, `tagmanifest-sha256.txt`. There are no other tag files, and at least one payload
  member. Names start at the bag's root, without a base directory, and are the names used everywhere here.
- The file is a pure function of the members and the labels; `container_zip`, `container_bag` and
  `container_names` hold the layout, the tag files and the rules for names.
- A container vouches for nothing. That its manifests fit its members says that it is whole, not whose it is; that
  comes from the statements inside, checked against the reader's own trust folder.

Example:
    with path.open("rb") as file:
        verified = open_container(file).verify()
        statement = verified.read("data/statements/1.json", max_bytes=65_536)
"""

import errno
import hashlib
import io
import zlib
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, BinaryIO

from comity.errors import MalformedError, NotFoundError, StoreError, TooLargeError, VerificationError
from comity.exchange.container_bag import (
    DECLARATION,
    DECLARATION_NAME,
    INFO_NAME,
    MANIFEST_NAME,
    MAX_INFO_BYTES,
    MAX_MANIFEST_BYTES,
    PAYLOAD_PREFIX,
    TAG_MANIFEST_NAME,
    encode_info,
    encode_manifest,
    parse_info,
    parse_manifest,
)
from comity.exchange.container_directory import read_at, read_entries
from comity.exchange.container_names import check_names
from comity.exchange.container_stream import CHUNK_BYTES, pieces_ahead
from comity.exchange.container_zip import Entry, encode_directory, encode_local_header, place
from comity.exchange.writing import write_all

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor

    from _typeshed import WriteableBuffer

    from comity.exchange.container_stream import Piece

# Streams read this much ahead; large enough that a Python call a read costs nothing beside hashing.
_STREAM_BUFFER_BYTES = 256 * 1024
# The largest size each tag file may have; the declaration is constant and the tag manifest has three lines.
_MAX_TAG_BYTES = {
    DECLARATION_NAME: len(DECLARATION),
    INFO_NAME: MAX_INFO_BYTES,
    MANIFEST_NAME: MAX_MANIFEST_BYTES,
    TAG_MANIFEST_NAME: 1024,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One payload member to write: its name under `data/`, its size, and how to open it.

    `open` is called twice, and both times gives the same bytes from their start. Where `sha256` is already known, it
    is compared with what is read.
    """

    name: str
    size: int
    open: Callable[[], BinaryIO]
    sha256: str | None = None

    def __post_init__(self) -> None:
        if self.size < 0:
            raise MalformedError(f"{self.name!a}: a size of {self.size}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What was written: SHA-256 and size of the whole file, SHA-256 of every member; hexadecimal."""

    sha256: str
    size: int
    members: Mapping[str, str]


def write_container(target: BinaryIO, members: Iterable[Member], info: Mapping[str, str]) -> Digest:
    """Write a container to `target`, which need not be seekable.

    Each payload member is read twice, because the manifest and the CRC-32 stand before the content: once for its
    sums, once to be copied. When this raises, `target` holds a part of a container and must be thrown away.

    Args:
        target: Where the file goes, from its present position.
        members: The payload, in any order.
        info: Labels for `bag-info.txt`; `Bagging-Date` is required, `Payload-Oxum` is added.

    Raises:
        MalformedError: a name, label or set of names breaks the rules, or there is no payload.
        TooLargeError: more members, longer names or more labels than a reader accepts.
        VerificationError: a member has not the size or SHA-256 it was announced with, or changed between readings.
        StoreError: a member cannot be read or the target cannot be written.
    """
    ordered = sorted(members, key=lambda member: member.name)
    check_names(member.name for member in ordered)
    _check_payload(member.name for member in ordered)
    payload = {member.name: member for member in ordered}
    with ThreadPoolExecutor(1) as worker:
        sums = _sum_payload(payload, worker)
        tags = _encode_tags(payload, {name: sha256 for name, (sha256, _) in sums.items()}, info)
        sums |= {name: (hashlib.sha256(data).hexdigest(), zlib.crc32(data)) for name, data in tags.items()}
        sizes = {name: len(data) for name, data in tags.items()} | {name: m.size for name, m in payload.items()}
        order = [DECLARATION_NAME, INFO_NAME, MANIFEST_NAME, *payload, TAG_MANIFEST_NAME]
        entries = place((name, sizes[name], sums[name][1]) for name in order)
        directory = encode_directory(entries)
        output = _Output(target)
        pieces = pieces_ahead(([tags[name]] if name in tags else _read_member(payload[name]) for name in order), worker)
        for entry in entries:
            output.write(encode_local_header(entry))
            # CRC-32 suffices to notice that a source changed since its sums were taken: the source is the writer's
            # own, so this catches accidents, and a reader compares SHA-256 anyway.
            if _drain(pieces, output.write) != entry.crc32:
                raise VerificationError(f"{entry.name}: the content changed while the container was written")
        output.write(directory)
    digests = MappingProxyType({name: sums[name][0] for name in order})
    return Digest(sha256=output.sha256.hexdigest(), size=output.size, members=digests)


def _sum_payload(payload: Mapping[str, Member], worker: "Executor") -> dict[str, tuple[str, int]]:
    """Return SHA-256 and CRC-32 of every payload member before any is written."""
    sums: dict[str, tuple[str, int]] = {}
    pieces = pieces_ahead(map(_read_member, payload.values()), worker)
    for name, member in payload.items():
        sha256 = hashlib.sha256()
        crc32 = _drain(pieces, sha256.update)
        digest = sha256.hexdigest()
        if member.sha256 not in {None, digest}:
            raise VerificationError(f"{name}: sha-256 is {digest}, announced was {member.sha256}")
        sums[name] = digest, crc32
    return sums


def _drain(pieces: "Iterator[Piece]", take: Callable[[bytes], object]) -> int:
    """Hand one member's content to `take` and return its CRC-32."""
    for piece in pieces:
        if piece.last:
            return piece.crc32
        take(piece.content)
    raise AssertionError("every member has a last piece")


def _encode_tags(
    payload: Mapping[str, Member], digests: Mapping[str, str], info: Mapping[str, str]
) -> dict[str, bytes]:
    """Write the tag files for a payload with the given digests."""
    total = sum(member.size for member in payload.values())
    tags = {
        DECLARATION_NAME: DECLARATION,
        INFO_NAME: encode_info(info, payload_bytes=total, payload_members=len(payload)),
        MANIFEST_NAME: encode_manifest(digests, MANIFEST_NAME),
    }
    tag_digests = {name: hashlib.sha256(data).hexdigest() for name, data in tags.items()}
    return {**tags, TAG_MANIFEST_NAME: encode_manifest(tag_digests, TAG_MANIFEST_NAME)}


def _check_payload(names: Iterable[str]) -> None:
    """Check that there is a payload and that all of it lies under `data/`."""
    empty = True
    for name in names:
        empty = False
        if not name.startswith(PAYLOAD_PREFIX):
            raise MalformedError(f"{name!a}: a payload member must lie under {PAYLOAD_PREFIX}")
    if empty:
        raise MalformedError("there is no payload member; a container without content is not written")


class _Output:
    """The target, with the sums of all that went into it."""

    def __init__(self, target: BinaryIO) -> None:
        self._target = target
        self.sha256 = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> None:
        """Write all of `data`, and count it."""
        try:
            write_all(self._target, data)
        except OSError as exc:
            raise StoreError(f"cannot write the container at offset {self.size}: {exc}") from exc
        self.sha256.update(data)
        self.size += len(data)


def _read_member(member: Member) -> "Iterator[bytes]":
    """Read a member in chunks, and check its size."""
    left = member.size
    try:
        with member.open() as source:
            while left and (chunk := source.read(min(CHUNK_BYTES, left))):
                left -= len(chunk)
                yield chunk
            longer = not left and bool(source.read(1))
    except OSError as exc:
        raise StoreError(f"{member.name}: cannot read the member: {exc}") from exc
    if left or longer:
        found = f"more than {member.size}" if longer else f"only {member.size - left}"
        raise VerificationError(f"{member.name}: the source has {found} bytes, announced were {member.size}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A container whose headers and manifests are in order; its contents are not yet verified.

    `info` holds the labels of `bag-info.txt`, `manifest` the SHA-256 digests that the container claims for its payload.
    The source must not change while the container is in use, and only one thread may use it at a time.
    """

    info: Mapping[str, str]
    manifest: Mapping[str, str]
    _source: BinaryIO = field(repr=False)
    _entries: Mapping[str, Entry] = field(repr=False)
    _tags: Mapping[str, bytes] = field(repr=False)

    @property
    def sizes(self) -> Mapping[str, int]:
        """Size of every member by name, in the order of the file."""
        return {name: entry.size for name, entry in self._entries.items()}

    def verify(self, progress: Callable[[int], object] | None = None) -> "VerifiedContainer":
        """Compare every member with the manifests, reading the file once from start to end.

        CRC-32 is compared too, so that no other ZIP reader finds damage where this one finds none; a second thread
        takes it, which leaves the time of one SHA-256 pass.

        Args:
            progress: Called with the number of bytes of each chunk that was hashed.

        Raises:
            VerificationError: a member's SHA-256 is not the manifest's, or its CRC-32 not the headers'.
            StoreError: the source cannot be read.
        """
        claimed = {**parse_manifest(self._tags[TAG_MANIFEST_NAME], TAG_MANIFEST_NAME), **self.manifest}
        digests: dict[str, str] = {}
        with ThreadPoolExecutor(1) as worker:
            pieces = pieces_ahead(map(self._read_entry, self._entries.values()), worker)
            for name, entry in self._entries.items():
                sum256 = hashlib.sha256()

                def take(content: bytes, update: Callable[[bytes], object] = sum256.update) -> None:
                    update(content)
                    if progress is not None:
                        progress(len(content))

                crc32, sha256 = _drain(pieces, take), sum256.hexdigest()
                # No manifest lists the tag manifest itself: nothing in the file could vouch for it.
                if sha256 != claimed.get(name, sha256):
                    raise VerificationError(f"{name}: sha-256 is {sha256}, the manifest says {claimed[name]}")
                if crc32 != entry.crc32:
                    raise VerificationError(f"{name}: crc-32 is {crc32:08x}, the headers say {entry.crc32:08x}")
                digests[name] = sha256
        return VerifiedContainer(info=self.info, digests=MappingProxyType(digests), _container=self)

    def _read_entry(self, entry: Entry) -> "Iterator[bytes]":
        """Read a member's content in chunks."""
        if entry.name in self._tags:
            # These bytes are the ones that were parsed; the file could say something else by now.
            yield self._tags[entry.name]
            return
        stream = _MemberStream(self._source, entry)
        while chunk := stream.read_chunk(CHUNK_BYTES):
            yield chunk

    def read(self, name: str, max_bytes: int) -> bytes:
        """Read one payload member and compare it with the manifest; return the bytes that were compared.

        Raises:
            NotFoundError: there is no such payload member.
            TooLargeError: it has more than `max_bytes`.
            VerificationError: its SHA-256 is not the manifest's.
            StoreError: the source cannot be read.
        """
        entry = self._find(name)
        if entry.size > max_bytes:
            raise TooLargeError(f"{name}: {entry.size} bytes; at most {max_bytes} are read here")
        data = read_at(self._source, entry.content_offset, entry.size)
        sha256 = hashlib.sha256(data).hexdigest()
        if sha256 != self.manifest[name]:
            raise VerificationError(f"{name}: sha-256 is {sha256}, the manifest says {self.manifest[name]}")
        return data

    def open(self, name: str) -> BinaryIO:
        """Open one payload member for streaming. What is read is not compared with anything.

        Raises:
            NotFoundError: there is no such payload member.
        """
        return io.BufferedReader(_MemberStream(self._source, self._find(name)), _STREAM_BUFFER_BYTES)

    def _find(self, name: str) -> Entry:
        if name not in self.manifest:
            raise NotFoundError(f"{name}: no such payload member in this container")
        return self._entries[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedContainer:
    """A container whose every member has the digest that its manifests state; only `Container.verify` makes one.

    `digests` holds SHA-256 of every member by name, in the order of the file. The tag manifest's own digest names
    the container: no other container in this profile has the same one.
    """

    info: Mapping[str, str]
    digests: Mapping[str, str]
    _container: Container = field(repr=False)

    @property
    def sizes(self) -> Mapping[str, int]:
        """Size of every member by name, in the order of the file."""
        return self._container.sizes

    def read(self, name: str, max_bytes: int) -> bytes:
        """Read one payload member; it is compared again, in case the file was changed since.

        Raises:
            NotFoundError: there is no such payload member.
            TooLargeError: it has more than `max_bytes`.
            VerificationError: the file was changed since it was verified.
            StoreError: the source cannot be read.
        """
        return self._container.read(name, max_bytes)

    def open(self, name: str) -> BinaryIO:
        """Open one payload member for streaming; it was verified if the file has not changed since.

        Raises:
            NotFoundError: there is no such payload member.
        """
        return self._container.open(name)


class _MemberStream(io.RawIOBase):
    """A member's content as a file of its own, to be read or searched; several may be open over one source."""

    def __init__(self, source: BinaryIO, entry: Entry) -> None:
        self._source = source
        self._entry = entry
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a position, which may lie beyond the member's end, as in any file.

        Raises:
            OSError: it lies before the member's start.
        """
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._entry.size}[whence]
        if start + offset < 0:
            raise OSError(errno.EINVAL, f"{self._entry.name}: a position before the start")
        self._position = start + offset
        return self._position

    def read_chunk(self, max_bytes: int) -> bytes:
        """Read up to `max_bytes` at the present position, fewer only where the member ends.

        Raises:
            VerificationError: the file is shorter than when it was opened.
            StoreError: the source cannot be read.
        """
        wanted = max(0, min(max_bytes, self._entry.size - self._position))
        data = read_at(self._source, self._entry.content_offset + self._position, wanted)
        if len(data) < wanted:
            raise VerificationError(f"{self._entry.name}: the file ends within the member; it was cut since opened")
        self._position += wanted
        return data

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Read into `buffer`.

        Raises:
            VerificationError: the file is shorter than when it was opened.
            StoreError: the source cannot be read.
        """
        view = memoryview(buffer).cast("B")
        data = self.read_chunk(len(view))
        view[: len(data)] = data
        return len(data)


def open_container(source: BinaryIO) -> Container:
    """Read and check a container's headers and tag files; `source` must be seekable and stays the caller's.

    Raises:
        MalformedError: the file is not written in this profile; the message says what differs and where.
        TooLargeError: it has more members, longer names or larger tag files than a reader holds.
        StoreError: the source cannot be read.
    """
    entries = read_entries(source)
    names = [entry.name for entry in entries]
    check_names(names)
    _check_order(names)
    tags = {entry.name: _read_tag(source, entry) for entry in (*entries[:3], entries[-1])}
    if tags[DECLARATION_NAME] != DECLARATION:
        raise MalformedError(f"{DECLARATION_NAME}: not the declaration of BagIt 1.0 in UTF-8")
    payload = entries[3:-1]
    _compare_names(
        list(parse_manifest(tags[TAG_MANIFEST_NAME], TAG_MANIFEST_NAME)), sorted(names[:3]), TAG_MANIFEST_NAME
    )
    manifest = parse_manifest(tags[MANIFEST_NAME], MANIFEST_NAME)
    _compare_names(list(manifest), names[3:-1], MANIFEST_NAME)
    total = sum(entry.size for entry in payload)
    info = parse_info(tags[INFO_NAME], payload_bytes=total, payload_members=len(payload))
    return Container(
        info=MappingProxyType(info),
        manifest=MappingProxyType(manifest),
        _source=source,
        _entries=MappingProxyType({entry.name: entry for entry in entries}),
        _tags=MappingProxyType(tags),
    )


def _check_order(names: list[str]) -> None:
    """Check that the members are the tag files and a payload, in their fixed order."""
    for name in (DECLARATION_NAME, INFO_NAME, MANIFEST_NAME, TAG_MANIFEST_NAME):
        if name not in names:
            raise MalformedError(f"not written in the container profile: {name} is missing")
    first, payload, last = names[:3], names[3:-1], names[-1]
    _check_payload(name for name in names if name not in _MAX_TAG_BYTES)
    if first != [DECLARATION_NAME, INFO_NAME, MANIFEST_NAME] or last != TAG_MANIFEST_NAME or payload != sorted(payload):
        raise MalformedError("not written in the container profile: the members are not in their fixed order")


def _read_tag(source: BinaryIO, entry: Entry) -> bytes:
    if entry.size > _MAX_TAG_BYTES[entry.name]:
        raise TooLargeError(f"{entry.name}: {entry.size} bytes; at most {_MAX_TAG_BYTES[entry.name]}")
    return read_at(source, entry.content_offset, entry.size)


def _compare_names(listed: list[str], present: list[str], manifest: str) -> None:
    """Check that a manifest lists the members there are; both are sorted."""
    for name in sorted(set(present) - set(listed)):
        raise MalformedError(f"{name}: the member is not listed in {manifest}")
    for name in sorted(set(listed) - set(present)):
        raise MalformedError(f"{manifest}: lists {name!a}, which is no member")

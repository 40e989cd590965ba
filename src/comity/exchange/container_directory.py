"""Reading a container's ZIP headers, strictly.

Python's `zipfile` is not used, because what it forgives (prefixes, overlaps, headers that disagree) is how one
file comes to mean two things to two readers. Here the few free values are decoded, every header is encoded again
as `container_zip` lays it out, and the bytes are compared; the code that names what differs runs only after that
comparison has failed. Memory is bounded by the limits in `container_zip`, whatever a file announces.
"""

import io
import itertools
import stat
import struct
from collections.abc import Sequence
from typing import BinaryIO, NoReturn

from comity.errors import MalformedError, StoreError, TooLargeError
from comity.exchange.container_zip import (
    CENTRAL_HEADER,
    CENTRAL_SIGNATURE,
    END_64_SIGNATURE,
    END_RECORD,
    END_RECORD_64,
    END_SIGNATURE,
    EXTRA_HEADER,
    LOCAL_HEADER,
    LOCAL_SIGNATURE,
    LOCATOR_64,
    MARK_16,
    MARK_32,
    MAX_DIRECTORY_BYTES,
    MAX_MEMBERS,
    REGULAR_FILE,
    STORED,
    UTF8,
    Entry,
    encode_central_header,
    encode_end,
    encode_local_header,
)

_ENCRYPTED = 0x0001
_DESCRIPTOR = 0x0008
_DOS_DIRECTORY = 0x10
# The fields of a local header, in order, for messages.
_LOCAL_FIELDS = (
    "signature",
    "version needed",
    "flags",
    "method",
    "time",
    "date",
    "crc-32",
    "stored size",
    "size",
    "name length",
    "extra length",
)
# The longest comment an end record can announce, and so the furthest a foreign one can lie from the end.
_MAX_COMMENT_BYTES = 0xFFFF


def read_at(source: BinaryIO, offset: int, size: int) -> bytes:
    """Read up to `size` bytes at `offset`; fewer only where the source ends.

    Raises:
        StoreError: the source cannot be read.
    """
    try:
        source.seek(offset)
        data = source.read(size)
        while 0 < len(data) < size and (more := source.read(size - len(data))):
            data += more
    except OSError as exc:
        raise StoreError(f"cannot read the container at offset {offset}: {exc}") from exc
    return data


def read_entries(source: BinaryIO) -> list[Entry]:
    """Read and check all headers of a ZIP file; contents are not touched.

    Raises:
        MalformedError: the file is not in the one layout; the message says what differs and where.
        TooLargeError: there are more members or longer names than a reader holds.
        StoreError: the source cannot be read.
    """
    try:
        size = source.seek(0, io.SEEK_END)
    except OSError as exc:
        raise StoreError(f"cannot find the end of the container: {exc}") from exc
    # 1. The file starts with a member and ends with an end record.
    if read_at(source, 0, 4) != LOCAL_SIGNATURE:
        _refuse("offset 0", "no member starts here; bytes before the first member, or no ZIP file")
    count, directory_size, directory_offset = _read_end(source, size)
    # 2. The directory fits between the members and the end records, and within memory.
    if count > MAX_MEMBERS:
        raise TooLargeError(f"{count} members; a container holds at most {MAX_MEMBERS}")
    if directory_size > MAX_DIRECTORY_BYTES:
        raise TooLargeError(f"a central directory of {directory_size} bytes; at most {MAX_DIRECTORY_BYTES}")
    # A directory beyond the file is refused before its offset is encoded again, which could overflow.
    outside = directory_offset + directory_size > size
    tail = 0 if outside else len(encode_end(count, directory_size, directory_offset))
    if directory_offset + directory_size + tail != size:
        _refuse(
            f"offset {directory_offset}",
            f"a central directory of {directory_size} bytes is announced here, which with its end records does not "
            f"reach to the end of the file at {size}; a gap, an overlap or bytes added",
        )
    directory = read_at(source, directory_offset, directory_size)
    # 3. Every central header is the one spelling of its values; members leave no gap and do not overlap.
    entries = _parse_directory(directory, count, directory_offset)
    # 4. The end records are the one spelling of theirs.
    written = read_at(source, directory_offset + directory_size, tail)
    if written != encode_end(count, directory_size, directory_offset):
        _refuse(f"offset {directory_offset + directory_size}", "the end records disagree with each other")
    # 5. Every local header says what the central one says.
    for entry in entries:
        expected = encode_local_header(entry)
        found = read_at(source, entry.header_offset, len(expected))
        if found != expected:
            _refuse_local(entry, found, expected)
    return entries


def _refuse(where: str, what: str) -> NoReturn:
    raise MalformedError(f"not written in the container profile: {where}: {what}")


def _read_end(source: BinaryIO, size: int) -> tuple[int, int, int]:
    """Return (members, directory size, directory offset) as announced; whether it is true is not checked."""
    end_offset = size - END_RECORD.size
    end = read_at(source, max(end_offset, 0), END_RECORD.size)
    if len(end) < END_RECORD.size or not end.startswith(END_SIGNATURE) or end[-2:] != b"\0\0":
        _refuse_end(source, size)
    _, _, _, _, count, directory_size, directory_offset, _ = END_RECORD.unpack(end)
    if count == MARK_16 or MARK_32 in {directory_size, directory_offset}:
        wide_size = END_RECORD_64.size + LOCATOR_64.size
        wide_offset = max(end_offset - wide_size, 0)
        wide = read_at(source, wide_offset, END_RECORD_64.size)
        if len(wide) < END_RECORD_64.size or not wide.startswith(END_64_SIGNATURE):
            _refuse(f"offset {wide_offset}", "the end record refers to a ZIP64 end record, which is not here")
        *_, count, directory_size, directory_offset = END_RECORD_64.unpack(wide)
    return count, directory_size, directory_offset


def _refuse_end(source: BinaryIO, size: int) -> NoReturn:
    start = max(size - END_RECORD.size - _MAX_COMMENT_BYTES, 0)
    tail = read_at(source, start, size - start)
    found = tail.rfind(END_SIGNATURE)
    after = len(tail) - found - END_RECORD.size
    if found < 0 or after < 0:
        _refuse(f"offset {size}", "the file does not end with an end record; cut short, or no ZIP file")
    comment = int.from_bytes(tail[found + END_RECORD.size - 2 : found + END_RECORD.size], "little")
    what = f"an archive comment of {comment} bytes, and " if comment else ""
    _refuse(f"offset {start + found + END_RECORD.size}", f"{what}{after} bytes after the end record")


def _parse_directory(directory: bytes, count: int, offset: int) -> list[Entry]:
    """Parse the central directory that starts at `offset` of the file, where the members must end."""
    entries: list[Entry] = []
    position = expected = 0
    for number in range(1, count + 1):
        entry, length = _parse_central(directory, position, f"member {number} at offset {offset + position}")
        if entry.header_offset != expected:
            distance = entry.header_offset - expected
            what = f"a gap of {distance} bytes before it" if distance > 0 else f"it overlaps by {-distance} bytes"
            _refuse(f"{entry.name!a}", f"{what}; the member before ends at offset {expected}")
        expected = entry.end_offset
        position += length
        entries.append(entry)
    if position != len(directory):
        _refuse(f"offset {offset + position}", f"{len(directory) - position} bytes after the last central header")
    if expected != offset:
        _refuse(f"offset {offset}", f"the directory starts here, but the last member ends at {expected}")
    return entries


def _parse_central(directory: bytes, position: int, where: str) -> tuple[Entry, int]:
    """Parse one central header; return the entry and the header's length."""
    if len(directory) - position < CENTRAL_HEADER.size:
        _refuse(where, "the central header is cut short")
    fields = CENTRAL_HEADER.unpack_from(directory, position)
    if fields[0] != CENTRAL_SIGNATURE:
        _refuse(where, "no central header here")
    crc32, _, size, name_length, extra_length, comment_length = fields[7:13]
    header_offset = fields[-1]
    length = CENTRAL_HEADER.size + name_length + extra_length + comment_length
    encoded = directory[position : position + length]
    name_end = CENTRAL_HEADER.size + name_length
    try:
        name = encoded[CENTRAL_HEADER.size : name_end].decode()
    except UnicodeDecodeError as exc:
        where_name = f"not written in the container profile: {where}"
        raise MalformedError(f"{where_name}: byte {exc.start} of the name is not UTF-8") from exc
    wide = itertools.chain(_parse_extra(encoded[name_end : name_end + extra_length]), itertools.repeat(0))
    if size == MARK_32:
        size = next(wide)
        next(wide)
    if header_offset == MARK_32:
        header_offset = next(wide)
    entry = Entry(name=name, size=size, crc32=crc32, header_offset=header_offset)
    if encode_central_header(entry) != encoded:
        _refuse_central(f"{name!a}", fields)
    return entry, length


def _parse_extra(extra: bytes) -> tuple[int, ...]:
    """Return the values of a ZIP64 extra field, none for anything else; the caller compares the encoding."""
    if len(extra) < EXTRA_HEADER.size or len(extra) % 8 != EXTRA_HEADER.size:
        return ()
    values: tuple[int, ...] = struct.unpack_from(f"<{len(extra) // 8}Q", extra, EXTRA_HEADER.size)
    return values


def _refuse_central(where: str, fields: Sequence[int]) -> NoReturn:
    """Say in which way a central header differs from the only one there is for its values."""
    _, _, _, flags, method, _, _, _, stored_size, size, _, extra_length, comment_length, _, _, attributes, _ = fields
    kind = stat.S_IFMT(attributes >> 16)
    faults = (
        (flags & _ENCRYPTED, "the member is encrypted"),
        (flags & _DESCRIPTOR, "the member has a data descriptor"),
        (method != STORED, f"the member is compressed with method {method}; members are stored"),
        (kind == stat.S_IFLNK, "the member is a symbolic link"),
        (kind == stat.S_IFDIR or attributes & _DOS_DIRECTORY, "the member is a directory"),
        (flags != UTF8, f"the flags are {flags:#06x}; only the UTF-8 flag, {UTF8:#06x}, is set here"),
        (
            attributes != REGULAR_FILE,
            f"the external attributes are {attributes:#010x}, not those of a regular file with mode 0644",
        ),
        (comment_length, f"the member has a comment of {comment_length} bytes"),
        (size != stored_size, f"the size is {size}, the stored size {stored_size}"),
        (extra_length, f"an extra field of {extra_length} bytes that is not the one needed for ZIP64"),
    )
    otherwise = "a version, date, disk number, internal attribute or ZIP64 mark differs from the only one allowed"
    _refuse(where, next((what for found, what in faults if found), otherwise))


def _refuse_local(entry: Entry, found: bytes, expected: bytes) -> NoReturn:
    """Say in which field a local header differs from the central one."""
    where = f"{entry.name!a}: local header at offset {entry.header_offset}"
    pairs = zip(_LOCAL_FIELDS, LOCAL_HEADER.unpack_from(found), LOCAL_HEADER.unpack_from(expected), strict=True)
    for label, got, wanted in pairs:
        if got != wanted:
            _refuse(where, f"{label} is {got}, the central header makes it {wanted}")
    _refuse(where, "name or extra field differs from the central header")

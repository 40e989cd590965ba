"""ASCII armour of age files: strict PEM as RFC 7468 section 3, figure 3 (c2sp.org/age, "ASCII armor").

Invariants: between the two marker lines there is one spelling (64 columns, canonical padded Base64, one line
ending throughout, nothing else); white space is tolerated before and after them, up to a small limit.
"""

import binascii
import io
from typing import Final

from comity.age.reader import ByteReader, Source
from comity.errors import MalformedError, TooLargeError

MAX_OUTER_SPACE_BYTES: Final = 1024
"""White space tolerated on either side, as in the reference implementation."""

_BEGIN: Final = b"-----BEGIN AGE ENCRYPTED FILE-----"
_END: Final = b"-----END AGE ENCRYPTED FILE-----"
_COLUMNS: Final = 64
_BYTES_PER_LINE: Final = 48
_MAX_LINE_BYTES: Final = _COLUMNS + len(b"\r\n")
_SPACE: Final = b" \t\r\n"


def armor(data: bytes) -> str:
    """Write `data`, an age file, as text."""
    lines = [
        binascii.b2a_base64(data[start : start + _BYTES_PER_LINE], newline=False).decode("ascii")
        for start in range(0, len(data), _BYTES_PER_LINE)
    ]
    return "\n".join((_BEGIN.decode("ascii"), *lines, _END.decode("ascii"), ""))


def parse_armor(text: bytes) -> bytes:
    """Read the age file within armoured `text`.

    Raises:
        MalformedError: the text is not armoured, or in another spelling.
    """
    # Base64 is never shorter than what it encodes, so the length of the text bounds the data.
    return ByteReader(ArmorReader(io.BytesIO(text))).read(len(text))


def open_either(source: Source) -> Source:
    """Return a source of the binary age file, whether `source` is armoured or not.

    Raises:
        UnavailableError: the source does not block.
    """
    reader = ByteReader(source)
    opening = reader.peek(MAX_OUTER_SPACE_BYTES + len(_BEGIN)).lstrip(_SPACE)
    return ArmorReader(reader) if opening.startswith(_BEGIN) else reader


class ArmorReader:
    """A source of the bytes within an armoured source.

    `read` raises MalformedError as soon as the spelling breaks; what was read before came from a well-spelt part,
    and is no more trusted than any other unverified bytes.
    """

    __slots__ = ("_decoded", "_ended", "_ending", "_reader")

    def __init__(self, source: Source) -> None:
        self._reader = source if isinstance(source, ByteReader) else ByteReader(source)
        self._ending = b""
        self._decoded = bytearray()
        self._ended = False

    def read(self, size: int, /) -> bytes:
        """Return `size` bytes; fewer only at the end.

        Raises:
            MalformedError: the source is not armoured, or in another spelling.
            UnavailableError: the source does not block.
        """
        if not self._ending:
            self._ending = self._read_begin()
        while len(self._decoded) < size and not self._ended:
            self._decode_line()
        taken = bytes(self._decoded[:size])
        del self._decoded[:size]
        return taken

    def _read_begin(self) -> bytes:
        """Skip blank lines and the opening mark; return the line ending."""
        budget = MAX_OUTER_SPACE_BYTES + len(_BEGIN) + len(b"\r\n")
        while True:
            line = self._reader.read_line(budget)
            budget -= len(line)
            if not line:
                raise MalformedError("armour has no BEGIN line")
            if line.strip(_SPACE):
                break
        for ending in (b"\r\n", b"\n"):
            if line == _BEGIN + ending:
                return ending
        raise MalformedError("armour does not begin with its BEGIN line")

    def _decode_line(self) -> None:
        line = self._read_line()
        if self._take_end(line):
            return
        if not line.endswith(self._ending):
            raise MalformedError("armour has a line with another ending than its first, or no END line")
        text = line[: -len(self._ending)]
        try:
            data = binascii.a2b_base64(text, strict_mode=True)
        except ValueError as exc:
            raise MalformedError("armour has a line that is not Base64") from exc
        if not data or binascii.b2a_base64(data, newline=False) != text:
            raise MalformedError("armour has a line that is empty or not canonical Base64")
        self._decoded += data
        if len(data) < _BYTES_PER_LINE and not self._take_end(self._read_line()):
            raise MalformedError("armour has a short line that is not its last")

    def _read_line(self) -> bytes:
        try:
            return self._reader.read_line(_MAX_LINE_BYTES)
        except TooLargeError as exc:
            raise MalformedError(f"armour has a line of more than {_COLUMNS} columns") from exc

    def _take_end(self, line: bytes) -> bool:
        if line not in {_END, _END + b"\n", _END + b"\r\n"}:
            return False
        rest = self._reader.read(MAX_OUTER_SPACE_BYTES + 1)
        if len(rest) > MAX_OUTER_SPACE_BYTES or rest.strip(_SPACE):
            raise MalformedError("armour has something after its END line")
        self._ended = True
        return True

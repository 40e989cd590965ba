"""A byte source with a small look-ahead, so that lines and chunks can be taken from one stream.

Invariants: `read` is short only at the end of the source; look-ahead stays small, and once it is used up reads go
straight to the source, so a payload is copied no more than the source itself copies it.
"""

from typing import Final, Protocol

from comity.errors import TooLargeError, UnavailableError

_LOOK_AHEAD_BYTES: Final = 4096


class Source(Protocol):
    """Where bytes come from: any file, socket file or pipe opened for reading.

    `read` blocks until at least one byte is there, may return fewer bytes than asked, and returns none only at the
    end. Its own exceptions (`OSError`) pass through this room unchanged: they are the caller's.
    """

    def read(self, size: int, /) -> bytes | None:
        """Return at most `size` bytes."""
        ...


class ByteReader:
    """Reads lines and exact amounts from a source. Not for use from several threads."""

    __slots__ = ("_ahead", "_source")

    def __init__(self, source: Source) -> None:
        self._source = source
        self._ahead = b""

    def peek(self, size: int) -> bytes:
        """Return the next `size` bytes without taking them; fewer only at the end.

        Raises:
            UnavailableError: the source does not block.
        """
        if len(self._ahead) < size:
            self._ahead += self._read_source(size - len(self._ahead))
        return self._ahead[:size]

    def read(self, size: int) -> bytes:
        """Take exactly `size` bytes; fewer only at the end.

        Raises:
            UnavailableError: the source does not block.
        """
        if not self._ahead:
            return self._read_source(size)
        taken, self._ahead = self._ahead[:size], self._ahead[size:]
        return taken if len(taken) == size else taken + self._read_source(size - len(taken))

    def read_line(self, max_bytes: int) -> bytes:
        """Take one line with its line feed; without one only at the end.

        Raises:
            TooLargeError: no line feed within `max_bytes`.
            UnavailableError: the source does not block.
        """
        searched = 0
        while (end := self._ahead.find(b"\n", searched)) < 0 and len(self._ahead) <= max_bytes:
            searched = len(self._ahead)
            if not (more := self._read_source(_LOOK_AHEAD_BYTES)):
                break
            self._ahead += more
        length = end + 1 if end >= 0 else len(self._ahead)
        if length > max_bytes:
            raise TooLargeError(f"line is longer than {max_bytes} bytes")
        return self.read(length)

    def _read_source(self, size: int) -> bytes:
        piece = self._read_once(size)
        if len(piece) == size or not piece:
            return piece
        pieces = [piece]
        missing = size - len(piece)
        while missing and (piece := self._read_once(missing)):
            pieces.append(piece)
            missing -= len(piece)
        return b"".join(pieces)

    def _read_once(self, size: int) -> bytes:
        piece = self._source.read(size)
        if piece is None:
            # Taking this for the end would cut a file short without anyone knowing.
            raise UnavailableError("source has no bytes ready: give one that blocks")
        return piece

"""Lines and exact amounts from sources that give bytes as they please."""

import io

import pytest

from comity.age.reader import ByteReader
from comity.errors import TooLargeError, UnavailableError


class Dripping:
    """A source that gives one byte at a time."""

    def __init__(self, data: bytes) -> None:
        self._held = io.BytesIO(data)

    def read(self, size: int, /) -> bytes:
        return self._held.read(min(size, 1))


class Unready:
    def read(self, size: int, /) -> bytes | None:
        return None


def test_lines_then_exact_amounts_come_from_one_stream() -> None:
    for source in (io.BytesIO(b"one\ntwo\nrest"), Dripping(b"one\ntwo\nrest")):
        reader = ByteReader(source)
        assert reader.peek(2) == b"on"
        assert reader.read_line(100) == b"one\n"
        assert reader.read(2) == b"tw"
        assert reader.read_line(100) == b"o\n"
        assert reader.read_line(100) == b"rest"
        assert reader.read_line(100) == b""
        assert reader.read(1) == b""


def test_a_line_of_exactly_the_limit_is_taken_and_one_byte_more_is_refused() -> None:
    assert ByteReader(io.BytesIO(b"abc\n")).read_line(4) == b"abc\n"
    with pytest.raises(TooLargeError):
        ByteReader(io.BytesIO(b"abc\n")).read_line(3)
    with pytest.raises(TooLargeError):
        ByteReader(io.BytesIO(b"a" * 100_000)).read_line(4)


def test_a_source_that_is_not_ready_is_not_taken_for_one_that_ended() -> None:
    with pytest.raises(UnavailableError):
        ByteReader(Unready()).read(1)

import io

import pytest

from comity.exchange.writing import write_all


class Raw(io.RawIOBase):
    """A raw target that takes `room` bytes, three at a time, and then says what a full or busy one says."""

    def __init__(self, room: int, full: int | None) -> None:
        self.taken = bytearray()
        self.room = room
        self.full = full

    def write(self, data: memoryview) -> int | None:  # type: ignore[override]
        taken = bytes(data[: min(3, self.room - len(self.taken))])
        self.taken += taken
        return len(taken) or self.full


@pytest.mark.parametrize("data", [b"", b"12", b"123", b"1234567"])
def test_everything_is_written_in_as_many_pieces_as_it_takes(data: bytes) -> None:
    target = Raw(100, None)
    write_all(target, data)  # type: ignore[arg-type]  # a raw stream is no BinaryIO to typeshed
    assert target.taken == data


@pytest.mark.parametrize("full", [None, 0])
def test_a_target_that_takes_nothing_is_an_error_and_not_asked_for_ever(full: int | None) -> None:
    target = Raw(4, full)
    with pytest.raises(OSError, match="the target takes no bytes"):
        write_all(target, b"1234567")  # type: ignore[arg-type]  # a raw stream is no BinaryIO to typeshed
    assert target.taken == b"1234"

"""Writing all of some bytes to whatever a caller opened: a file, a pipe, a raw descriptor."""

import errno
from typing import BinaryIO


def write_all(target: BinaryIO, data: bytes) -> None:
    """Write all of `data`; an unbuffered target may take it in pieces.

    A raw target that does not block says None where it takes nothing now, and a full one may say 0. To ask it again
    at once would never end, so either is an error.

    Raises:
        OSError: the target failed, or takes no bytes.
    """
    rest = memoryview(data)
    while rest:
        # The type of a buffered target knows no None; a raw one gives it all the same.
        taken: int | None = target.write(rest)
        if not taken:
            raise OSError(errno.EAGAIN, "the target takes no bytes")
        rest = rest[taken:]

"""How the exercise speaks: what happens, in the order in which it does, with the seconds that it took.

Every step that the exercise claims goes through `expect`: one that fails ends the night with an error.
"""

import time
from collections.abc import Callable
from typing import Final

from comity.errors import VerificationError

WIDTH: Final = 110


class Stage:
    """Narrates a night and counts what was checked."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._began = time.monotonic()
        self.checks = 0

    @property
    def seconds(self) -> float:
        """Seconds since the night began."""
        return time.monotonic() - self._began

    def part(self, title: str) -> None:
        """Open a part of the night."""
        self._write("")
        self._write(f"── {title} {'─' * max(0, WIDTH - len(title) - 4)}")

    def tell(self, text: str) -> None:
        """Say what happens."""
        self._write(f"  {text}")

    def show(self, text: str) -> None:
        """Show what a program or peer answered, as it did."""
        for line in text.rstrip().splitlines():
            self._write(f"    │ {line}")

    def expect(self, holds: bool, text: str) -> None:  # noqa: FBT001 - reads as a sentence at the call
        """Say what was checked, or end the night.

        Raises:
            VerificationError: it does not hold.
        """
        if not holds:
            raise VerificationError(f"the exercise went wrong: {text}: this does not hold")
        self.checks += 1
        self._write(f"  ✓ {text}")

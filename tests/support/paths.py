"""Where tests find what is not part of the project."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def shared(name: str) -> Path:
    """Return a file or folder of third-party material kept beside the checkout, or skip the test."""
    path = ROOT.parent / "shared" / name
    if not path.exists():
        pytest.skip(f"{name} is not beside this checkout; see CONTRIBUTING.md, 'Third-party vectors'")
    return path

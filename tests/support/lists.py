"""Lists of parties in the layouts of depositaries, as the importers' tests change and break them."""

from pathlib import Path

from comity.law.importing.imported import ImportedList

LISTS = Path(__file__).resolve().parents[1] / "fixtures" / "law"


def fixture(name: str) -> bytes:
    """Return a list of the fixtures."""
    return (LISTS / name).read_bytes()


def changed(name: str, old: str, new: str, *, encoding: str = "utf-8") -> bytes:
    """Return a list in which the first `old`, which must be there, is `new`."""
    text = fixture(name).decode(encoding)
    assert old in text
    return text.replace(old, new, 1).encode(encoding)


def told(found: ImportedList) -> list[tuple[str, str, str]]:
    """Return who did what when, in the order of the file."""
    return [(act.participant, act.act.value, str(act.on or act.known_by)) for act in found.acts]

"""A law folder: what a user adds to the installed tables, in the same form, and the readings of certified texts.

    instruments.csv, conduct.csv, profiles.csv      own instruments, conduct and profiles
    <instrument>/actions.csv, provisions.csv, …     acts and rules of own instruments, further acts of installed ones
    <instrument>/list.csv                           the acts that imported lists of the depositary state
    <instrument>/replaced.csv, list.json            the acts that give way to them, and the days of the lists
    texts/<instrument>.json                         the text as it was recognised, and what was confirmed against it

Nothing installed is changed. An imported list takes the place of the acts that were shown as changed when it was
applied, and of no other. What is written here was held against the tables before, so that it can be read again.
"""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from comity.errors import MalformedError, NotFoundError, StoreError
from comity.law.lists import KeptList, check_act, check_once, with_list
from comity.law.model import ActSort, lies_within
from comity.law.readings import Reading, with_readings
from comity.law.register import Register, load_register
from comity.law.rows import Action
from comity.law.tables import ACTION_COLUMNS, build_action
from comity.law.text import InstrumentText
from comity.parties.table import Fields, TableFolder, parse_table, write_table
from comity.store.files import Folder

_LIST = "list.csv"
_REPLACED = "replaced.csv"
_DAYS = "list.json"
_TEXTS = "texts"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedText:
    """A text in the folder: what was recognised, and the readings confirmed against it."""

    instrument: str
    text: InstrumentText
    readings: tuple[Reading, ...]

    def renewed(self, text: InstrumentText) -> tuple["LoadedText", tuple[str, ...]]:
        """Return another text of the instrument with the readings of what it says alike, and which it drops."""
        kept = tuple(row for row in self.readings if _said(self.text, row.provision) == _said(text, row.provision))
        dropped = tuple(row.provision for row in self.readings if row not in kept)
        return LoadedText(instrument=self.instrument, text=text, readings=kept), dropped


class LawFolder:
    """The law folder at a path; it is made when something is first kept in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._files = Folder(path)

    def tables(self, base: Register | None = None) -> Register:
        """Return the installed tables with those of the folder, without its lists and readings.

        Raises:
            NotFoundError: a row names an unknown participant.
            StoreError: a file cannot be read.
            MalformedError: a file does not follow its format.
        """
        installed = load_register() if base is None else base
        return installed.with_tables(self._tables()) if self.path.is_dir() else installed

    def register(self, base: Register | None = None) -> Register:
        """Return the installed tables with those of the folder, its lists and its readings.

        Raises:
            NotFoundError: the folder is not there, or a row names an unknown participant.
            StoreError: a file cannot be read.
            MalformedError: a file does not follow its format.
        """
        if not self.path.is_dir():
            raise NotFoundError(f"law folder {self.path} is not there; an import makes one")
        register = tables = self.tables(base)
        for row in tables.instruments:
            if (kept := self.kept_list(row.key, tables)) is not None:
                register = with_list(register, kept)
        return with_readings(register, (reading for text in self.texts() for reading in text.readings))

    def kept_list(self, instrument: str, tables: Register) -> KeptList | None:
        """Return the list of an instrument that is kept, held against the tables, or None where there is none.

        Raises:
            StoreError: a file cannot be read.
            MalformedError: a file does not follow its format, or a row strays from the tables.
        """
        folder = self._tables().subfolder(instrument)

        def build(fields: Fields) -> Action:
            return _build(fields, instrument, tables)

        acts = folder.read(_LIST, columns=ACTION_COLUMNS, build=build, optional=True)
        if not acts:
            return None
        check_once(acts, where=f"{folder.name}/{_LIST}")
        # What has given way may since be gone from the tables, so that it is not held against them.
        replaced = folder.read(
            _REPLACED, columns=ACTION_COLUMNS, build=lambda fields: build_action(fields, instrument), optional=True
        )
        path = self.path / instrument / _DAYS
        try:
            days = json.loads(path.read_text(encoding="utf-8"))
            return KeptList(
                instrument=instrument,
                acts=acts,
                as_of=date.fromisoformat(days["as_of"]),
                covers={ActSort(sort): date.fromisoformat(day) for sort, day in days.get("covers", {}).items()},
                replaced=replaced,
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
            raise MalformedError(f"the days of the list in {path} cannot be read; import the list again") from exc

    def keep_list(self, kept: KeptList) -> Path:
        """Write a list in place of what was kept, once it is sure that it can be read again, and return the file.

        Raises:
            NotFoundError: a table of the folder names an unknown participant.
            StoreError: a file cannot be written.
            MalformedError: the list does not agree with the tables; nothing was written.
        """
        name, tables = f"{kept.instrument}/{_LIST}", self.tables()
        content = _table(kept.acts)
        acts = parse_table(
            content,
            where="the list",
            columns=ACTION_COLUMNS,
            build=lambda fields: _build(fields, kept.instrument, tables),
        )
        check_once(acts, where="the list")
        with_list(tables, kept)
        self._files.replace(name, content)
        self._files.replace(f"{kept.instrument}/{_REPLACED}", _table(kept.replaced))
        days = {
            "as_of": kept.as_of.isoformat(),
            "covers": {sort.value: day.isoformat() for sort, day in sorted(kept.covers.items())},
        }
        self._files.replace(f"{kept.instrument}/{_DAYS}", json.dumps(days).encode() + b"\n")
        return self.path / name

    def texts(self) -> tuple[LoadedText, ...]:
        """Return the texts in the folder.

        Raises:
            StoreError: a file cannot be read.
            MalformedError: a file does not follow its format.
        """
        return tuple(_load_text(path) for path in sorted((self.path / _TEXTS).glob("*.json")))

    def text(self, instrument: str) -> LoadedText:
        """Return the text of an instrument.

        Raises:
            NotFoundError: none is loaded.
            StoreError: the file cannot be read.
            MalformedError: the file does not follow its format.
        """
        path = self.path / _TEXTS / f"{instrument}.json"
        if not path.is_file():
            raise NotFoundError(f"no text of {instrument} is loaded in {self.path}; comity law text import loads one")
        return _load_text(path)

    def keep_text(self, loaded: LoadedText) -> Path:
        """Write a text and its readings, and return the file.

        Raises:
            StoreError: the file cannot be written.
        """
        name = f"{_TEXTS}/{loaded.instrument}.json"
        content = {
            "instrument": loaded.instrument,
            "sha256": loaded.text.sha256,
            "titles": loaded.text.titles,
            "parts": loaded.text.parts,
            "readings": [
                {
                    "provision": row.provision,
                    "digest": row.digest,
                    "text_sha256": row.text_sha256,
                    "by": row.by,
                    "on": row.on.isoformat(),
                }
                for row in loaded.readings
            ],
        }
        self._files.replace(name, json.dumps(content, ensure_ascii=False, indent=1).encode() + b"\n")
        return self.path / name

    def _tables(self) -> TableFolder:
        return TableFolder(root=self.path, name=str(self.path))


def _build(fields: Fields, instrument: str, tables: Register) -> Action:
    act = build_action(fields, instrument)
    try:
        check_act(tables, act)
    except NotFoundError as exc:
        fields.refuse(exc.message)
    return act


def _table(acts: tuple[Action, ...]) -> bytes:
    rows = (
        {
            "participant": act.participant,
            "act": act.act.value,
            "on": _day(act.on),
            "known_by": _day(act.known_by),
            "confidence": act.confidence.value,
            "provision": act.provision or "",
            "about": act.about or "",
            "note": act.note or "",
            "source": act.source,
            "grade": act.grade_detail,
        }
        for act in acts
    )
    return write_table(ACTION_COLUMNS, rows)


def _said(text: InstrumentText, provision: str) -> str | None:
    """Return what a text says in a provision, however its lines are broken."""
    part = text.part(provision)
    return None if part is None else " ".join(part.split())


def _load_text(path: Path) -> LoadedText:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        text = InstrumentText(
            sha256=str(content["sha256"]), titles=dict(content["titles"]), parts=dict(content["parts"])
        )
        readings = tuple(
            Reading(
                instrument=str(content["instrument"]),
                provision=str(row["provision"]),
                digest=str(row["digest"]),
                # A reading that was carried over from another file of the text names that one.
                text_sha256=str(row.get("text_sha256", text.sha256)),
                by=str(row["by"]),
                on=date.fromisoformat(row["on"]),
                covers=frozenset(name for name in text.parts if lies_within(name, str(row["provision"]))),
            )
            for row in content["readings"]
        )
        return LoadedText(instrument=str(content["instrument"]), text=text, readings=readings)
    except OSError as exc:
        raise StoreError(f"the text {path} cannot be read: {exc.strerror}") from exc
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise MalformedError(f"the text {path} is damaged; import it again") from exc


def _day(day: date | None) -> str:
    return "" if day is None else day.isoformat()

"""A law folder: what a user adds to the installed tables, in the same form, and the readings of certified texts.

    instruments.csv, conduct.csv, profiles.csv      own instruments, conduct and profiles
    <instrument>/actions.csv, provisions.csv, …     acts and rules of own instruments, further acts of installed ones
    <instrument>/list.csv, list.json                the acts that an imported list of the depositary states, and its day
    texts/<instrument>.json                         the text as it was recognised, and what was confirmed against it

Nothing installed is changed. An imported list takes the place of the installed acts of the sorts that it states; the
installed ones that it lacks stay and are shown beside it.
"""

import json
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from comity.errors import MalformedError, NotFoundError, StoreError
from comity.law.model import Confidence, Parties
from comity.law.readings import Reading, with_readings
from comity.law.register import Register, load_register
from comity.law.rows import Action, Instrument
from comity.law.tables import ACTION_COLUMNS, build_action
from comity.law.text import InstrumentText
from comity.parties.table import TableFolder, write_table
from comity.store.files import Folder

_LIST = "list"
_TEXTS = "texts"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptList:
    """A depositary's list in the folder: its acts and the day on which it was taken."""

    instrument: str
    acts: tuple[Action, ...]
    as_of: date


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedText:
    """A text in the folder: what was recognised, and the readings confirmed against it."""

    instrument: str
    text: InstrumentText
    readings: tuple[Reading, ...]


class LawFolder:
    """The law folder at a path; it is made when something is first kept in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._files = Folder(path)

    def register(self, base: Register | None = None) -> Register:
        """Return the installed tables with those of the folder, its lists and its readings.

        Raises:
            NotFoundError: the folder is not there, or a row names an unknown participant.
            StoreError: a file cannot be read.
            MalformedError: a file does not follow its format.
        """
        if not self.path.is_dir():
            raise NotFoundError(f"law folder {self.path} is not there; an import makes one")
        tables = TableFolder(root=self.path, name=str(self.path))
        register = (load_register() if base is None else base).with_tables(tables)
        for row in register.instruments:
            if (kept := self._list(tables, row.key)) is not None:
                register = with_list(register, kept)
        return with_readings(register, (reading for text in self.texts() for reading in text.readings))

    def keep_list(self, kept: KeptList) -> Path:
        """Write an imported list, in place of an earlier one, and return the file.

        Raises:
            StoreError: a file cannot be written.
        """
        name = f"{kept.instrument}/{_LIST}.csv"
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
            for act in kept.acts
        )
        self._files.replace(name, write_table(ACTION_COLUMNS, rows))
        content = json.dumps({"as_of": kept.as_of.isoformat()}).encode() + b"\n"
        self._files.replace(f"{kept.instrument}/{_LIST}.json", content)
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
                {"provision": row.provision, "digest": row.digest, "by": row.by, "on": row.on.isoformat()}
                for row in loaded.readings
            ],
        }
        self._files.replace(name, json.dumps(content, ensure_ascii=False, indent=1).encode() + b"\n")
        return self.path / name

    def _list(self, tables: TableFolder, instrument: str) -> KeptList | None:
        acts = tables.subfolder(instrument).read(
            f"{_LIST}.csv",
            columns=ACTION_COLUMNS,
            build=lambda fields: build_action(fields, instrument),
            optional=True,
        )
        if not acts:
            return None
        path = self.path / instrument / f"{_LIST}.json"
        try:
            as_of = date.fromisoformat(json.loads(path.read_text(encoding="utf-8"))["as_of"])
        except (OSError, ValueError, KeyError, TypeError) as exc:
            raise MalformedError(f"the day of the list beside {path} cannot be read; import the list again") from exc
        return KeptList(instrument=instrument, acts=acts, as_of=as_of)


def with_list(register: Register, kept: KeptList) -> Register:
    """Return a register in which a depositary's list has replaced the acts that it states anew.

    An installed act goes when the list has one of its participant and sort; what the list lacks stays, and so does a
    day that is known where the list only says that the act was made by then.
    """
    days_known = {
        (act.participant, act.act.sort): act.on
        for act in register.actions_of(kept.instrument)
        if act.confidence is Confidence.CONFIRMED and act.on is not None
    }
    listed = tuple(
        act
        for act in kept.acts
        if act.known_by is None
        or (known := days_known.get((act.participant, act.act.sort))) is None
        or known > act.known_by
    )
    stated = {(act.participant, act.act.sort) for act in listed}
    others = tuple(
        act
        for act in register.actions
        if act.instrument != kept.instrument or (act.participant, act.act.sort) not in stated
    )
    instruments = tuple(_dated(row, kept) if row.key == kept.instrument else row for row in register.instruments)
    return replace(register, instruments=instruments, actions=(*others, *listed))


def _dated(row: Instrument, kept: KeptList) -> Instrument:
    until = kept.as_of if row.parties_until is None else max(row.parties_until, kept.as_of)
    parties = Parties.PARTIAL if row.parties is Parties.NOT_LOADED else row.parties
    return replace(row, parties_until=until, parties=parties)


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
                text_sha256=text.sha256,
                by=str(row["by"]),
                on=date.fromisoformat(row["on"]),
            )
            for row in content["readings"]
        )
        return LoadedText(instrument=str(content["instrument"]), text=text, readings=readings)
    except OSError as exc:
        raise StoreError(f"the text {path} cannot be read: {exc.strerror}") from exc
    except (ValueError, KeyError, TypeError) as exc:
        raise MalformedError(f"the text {path} is damaged; import it again") from exc


def _day(day: date | None) -> str:
    return "" if day is None else day.isoformat()

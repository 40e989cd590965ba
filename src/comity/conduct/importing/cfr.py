"""The Cyber Operations Tracker of the Council on Foreign Relations, as the CSV file that it hands out.

A row is an operation, and its sponsor is the Council's claim at the level of the state. The date is when an operation
became known; when it took place the file does not tell. Profiles of groups stand among the operations, and nothing
marks them. A response that is a denial gives a reply, whose speaker the file does not name; every other response stays
with the operation as what the tracker records.

The file is damaged in places, and copies of it more so. Rows with shifted columns, and rows whose title, sponsor or
victims lost letters, are left out one by one. A copy in which joint sponsors were split over the rows that follow is
refused as a whole: there most sponsors stand beside operations of others.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

from comity.conduct.importing.imported import UNTYPED, Gathering, Imported, SourceFile, source_file
from comity.conduct.importing.rows import (
    Row,
    find_place,
    is_broken,
    is_region,
    keep_rows,
    line,
    place_named,
    read_table,
    sources,
    target,
)
from comity.conduct.record import Record
from comity.conduct.statements import Category, Claim, Operation, Reply, Source, Speaker, Subject, Target
from comity.errors import MalformedError

_WHO: Final = "Council on Foreign Relations"
LINEAGE: Final = "cfr"
_TRACKER: Final = Speaker(name=_WHO, kind="research")
_NOBODY_NAMED: Final = Speaker(name="not named by the tracker", kind="unknown")

# What the tracker calls types; denial of service and defacement need not touch infrastructure, so they are `other`.
TYPES: Final[Mapping[str, Category]] = MappingProxyType(
    {
        "Data destruction": "sabotage",
        "Defacement": "other",
        "Denial of service": "other",
        "Doxing": "other",
        "Espionage": "espionage",
        "Financial Theft": "other",
        "Sabotage": "sabotage",
    }
)
SECTORS: Final = MappingProxyType(
    {text: text for text in ("Civil society", "Government", "Military", "Private sector")}
)
Response = Literal["denial", "other", "unknown"]
RESPONSES: Final[Mapping[str, Response]] = MappingProxyType(
    {
        "Confirmation": "other",
        "Criminal charges": "other",
        "Denial": "denial",
        "Denouncement": "other",
        "Hack back": "other",
        "Hack Back": "other",
        "Sanctions": "other",
        "Unknown": "unknown",
    }
)
# Names with a comma of their own, as a list of sponsors must not be cut in them.
_WITH_COMMA: Final[Mapping[str, str]] = MappingProxyType(
    {"Palestine, State of": "State of Palestine", "Taiwan, Province of China": "Taiwan"}
)
_SOURCES: Final = ("Sources_1", "Sources_2", "Sources_3")
_COLUMNS: Final = frozenset(
    {
        "Title",
        "Date",
        "Affiliations",
        "Description",
        "Response",
        "Victims",
        "Sponsor",
        "Type",
        "Category",
        *_SOURCES,
    }
)
# The day of a claim is the only one that the tracker gives; it began in 2017 and lists what became known since 2005.
_NO_DAYS: Final = (
    "when it took place: the tracker dates when it became known",
    "when the tracker itself said so, which may be years later",
)


def import_cfr(source: bytes | Path | SourceFile, *, on: date) -> Imported:
    """Read the tracker.

    Raises:
        TooLargeError: the file is larger than any known collection.
        StoreError: it cannot be read.
        MalformedError: its layout is another, or sponsors were moved to other rows.
    """
    file = source_file(source, name="cyber-operations-incidents.csv")
    gathering = Gathering([file], on=on)
    _check_sponsors(file)
    table = read_table(file, required=_COLUMNS, blanks=frozenset())
    rows = keep_rows(file, table, gathering, _read)
    return gathering.finish(source=_WHO, version=None, rows=rows)


def _check_sponsors(file: SourceFile) -> None:
    """Refuse a copy whose joint sponsors were split: pieces begin with the blank after a comma, and none is joint."""
    split, joint = 0, 0
    for row in read_table(file, required=_COLUMNS, blanks=frozenset()).rows:
        if not row.damaged:
            sponsor = row.raw("Sponsor")
            split += sponsor.startswith(" ") and sponsor.strip() != ""
            joint += "," in sponsor
    if split and not joint:
        raise MalformedError(
            f"{file.name}: {split} sponsors are pieces of lists that were split, so sponsors stand in rows of other "
            "operations; take the file as the tracker hands it out"
        )


def _read(row: Row, file: SourceFile, gathering: Gathering) -> tuple[Record, ...]:
    """Return the operation of a row with what is said about it; a shifted row fails in some column."""
    day = row.day("Date")
    kinds = row.choices("Type", TYPES, separator=",")
    sorts = set(kinds)
    sectors = row.choices("Category", SECTORS, separator=",")
    sponsors = _sponsors(row)
    denied, told, proof = _response(row)
    title, victims = _whole(row, "Title"), _whole(row, "Victims", may_be_blank=True)
    affiliation, description = row.optional("Affiliations") or "", row.optional("Description") or ""
    lost = is_broken(affiliation) or is_broken(description)
    cells = [row.optional(column) for column in _SOURCES]
    row.done()
    listed = sources("source of the operation as listed", *cells, publisher=_WHO)
    made = gathering.record(
        Operation(
            title=line(title),
            category=sorts.pop() if len(sorts) == 1 else "other",
            hit=[*_victims(victims), *(Target(name=sector, kind="sector") for sector in sectors)],
            sources=[*listed, *([Source(title=told, url=proof, publisher=_WHO)] if told else [])],
        ),
        file=file,
        place=row.place,
    )
    records = [made]
    if sponsors:
        claim = Claim(
            operation=made.id,
            claimant=_TRACKER,
            polarity="asserts",
            about=sponsors,
            said=day,
            wording=None if affiliation == "" or is_broken(affiliation) else line(affiliation),
            sources=listed,
            lineage=[LINEAGE],
            lacks=["on what it rests", *_NO_DAYS, *([] if listed else ["references"])],
        )
        records.append(gathering.record(claim, file=file, place=row.place))
    if denied:
        reply = _denial(made.id, [record.id for record in records[1:]], proof)
        records.append(gathering.record(reply, file=file, place=row.place))
    gathering.count("without a sponsor", int(not sponsors))
    gathering.count(UNTYPED, int(not kinds))
    gathering.count("letters lost in cells that are not read", int(lost))
    if told is not None:
        gathering.count(told)
    return tuple(records)


def _whole(row: Row, column: str, *, may_be_blank: bool = False) -> str:
    text = row.optional(column) or "" if may_be_blank else row.text(column)
    if is_broken(text):
        row.refuse(column, f"letters were lost in {text[:80]!r}")
    return text


def _sponsors(row: Row) -> list[Subject]:
    text = _whole(row, "Sponsor", may_be_blank=True)
    for name, plain in _WITH_COMMA.items():
        text = text.replace(name, plain)
    found = []
    for part in dict.fromkeys(part.strip() for part in text.split(",") if part.strip()):
        try:
            place = place_named(part)
        except MalformedError as exc:
            row.refuse("Sponsor", exc.message)
        found.append(Subject(level="state", name=line(place.name), participant=place.participant))
    return found


def _response(row: Row) -> tuple[bool, str | None, str | None]:
    """Return whether it is a denial, what the tracker records, and the address behind it."""
    text = row.optional("Response")
    if text is None:
        return False, None, None
    word, _, address = text.partition(" http")
    if word not in RESPONSES:
        row.refuse("Response", f"the value {word[:80]!r} is not known")
    meaning = RESPONSES[word]
    if meaning == "unknown":
        return False, None, None
    proof = next((source.url for source in sources(word, f"http{address}")), None) if address else None
    return meaning == "denial", f"response recorded by the tracker: {word}", proof


def _denial(operation: str, claims: list[str], proof: str | None) -> Reply:
    return Reply(
        operation=operation,
        to_claims=claims,
        by=_NOBODY_NAMED,
        kind="denial",
        text="The tracker records a denial and does not say whose.",
        sources=[] if proof is None else [Source(title="source of the denial as listed", url=proof, publisher=_WHO)],
    )


def _victims(text: str) -> Iterator[Target]:
    """Yield the states and regions of a list of such; any other text stays one target in its words."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if parts and all(find_place(part) is not None or is_region(part) for part in parts):
        yield from (target(part) for part in dict.fromkeys(parts))
    elif text:
        yield Target(name=line(text), kind="unknown")

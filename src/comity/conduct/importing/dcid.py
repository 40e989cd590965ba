"""The Dyadic Cyber Incident and Campaign Data, release 2.0, exported from its workbook as CSV.

A row is an incident between two rival states, and its initiator is the coders' claim at the level of the state. The
collection holds rival pairs only, so that many relationships cannot appear in it at all; its authors call it always
provisional. The initiator must be one of the two states of the row, and the number of the pair must be made of the
numbers of both: a row in which they differ accuses a third, and is left out.
"""

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeVar

from comity.conduct.importing.imported import Gathering, Imported, SourceFile, source_file
from comity.conduct.importing.rows import (
    Place,
    Row,
    fictitious_place,
    keep_rows,
    line,
    place_named,
    read_table,
    sources,
)
from comity.conduct.record import Record
from comity.conduct.statements import Category, Claim, ExternalId, Operation, Period, Speaker, Subject, Target
from comity.errors import MalformedError
from comity.parties.participants import participant

Meaning = TypeVar("Meaning")

_WHO: Final = "Dyadic Cyber Incident and Campaign Data"
_CODERS: Final = Speaker(name=f"coders of the {_WHO}", kind="research")
_BLANKS: Final = frozenset({"NA", "N/A"})

# The numbers of states in the Correlates of War project, of those that are rivals of others or may become so.
_NUMBERS: Final = """
2USA 20CAN 40CUB 70MEX 90GTM 100COL 101VEN 130ECU 135PER 140BRA 145BOL 155CHL 160ARG 200GBR 210NLD 211BEL 220FRA 230ESP
255DEU 290POL 305AUT 310HUN 316CZE 317SVK 325ITA 339ALB 341MNE 343MKD 344HRV 345SRB 346BIH 349SVN 350GRC 352CYP 355BGR
359MDA 360ROU 365RUS 366EST 367LVA 368LTU 369UKR 370BLR 371ARM 372GEO 373AZE 375FIN 380SWE 385NOR 390DNK 501KEN 530ETH
531ERI 520SOM 560ZAF 600MAR 615DZA 616TUN 620LBY 625SDN 630IRN 640TUR 645IRQ 651EGY 652SYR 660LBN 663JOR 666ISR 670SAU
679YEM 690KWT 692BHR 694QAT 696ARE 698OMN 700AFG 701TKM 702TJK 703KGZ 704UZB 705KAZ 710CHN 712MNG 731PRK 732KOR 740JPN
750IND 770PAK 771BGD 775MMR 780LKA 790NPL 800THA 811KHM 812LAO 816VNM 820MYS 830SGP 840PHL 850IDN 900AUS 920NZL
"""
_NUMBER: Final = re.compile(r"([0-9]+)([A-Z]{3})", re.ASCII)
STATES: Final[Mapping[str, str]] = MappingProxyType(dict(_NUMBER.findall(_NUMBERS)))
# Taiwan has a number there and no code in the table of participants.
_NOT_LISTED: Final[Mapping[str, str]] = MappingProxyType({"713": "Taiwan"})
_SHORT: Final[Mapping[str, str]] = MappingProxyType({"N Korea": "PRK", "S Korea": "KOR", "UK": "GBR", "US": "USA"})

# What the coders call objectives; a disruption need not touch infrastructure, and an influence need not deceive.
OBJECTIVES: Final[Mapping[str, tuple[Category, str]]] = MappingProxyType(
    {
        "1": ("other", "disruption"),
        "2": ("espionage", "short-term espionage"),
        "3": ("espionage", "long-term espionage"),
        "4": ("sabotage", "degradation"),
        "5": ("other", "influence"),
    }
)
METHODS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "1": "vandalism",
        "2": "denial of service",
        "3": "intrusion",
        "3.1": "intrusion",
        "4": "infiltration",
        "4.1": "infiltration by logic bomb",
        "4.2": "infiltration by virus",
        "4.3": "infiltration by worm",
        "4.4": "infiltration by recording of keys",
    }
)
TARGETS: Final[Mapping[str, str]] = MappingProxyType(
    {"1": "private or non-state", "2": "government, not military", "3": "government, military"}
)
_FLAGS: Final[Mapping[str, bool]] = MappingProxyType({"0": False, "1": True})
_SOURCES: Final = ("Sources1", "Sources2", "Sources3", "Sources4", "Sources5")
_REQUIRED: Final = frozenset(
    {
        "Cyberincidentnum",
        "Dyadpair",
        "StateA",
        "StateB",
        "Name",
        "interactionstartdate",
        "interactionenddate",
        "initiator",
        "cyber_objective",
    }
)
_OPTIONAL: Final = frozenset({"method", "targettype", "3rdpartyinitiator", "severity", *_SOURCES})
_ASIDE: Final = frozenset(
    {
        "information_operation",
        "objective_achievement",
        "Concession",
        "damage type",
        "Crit Inf",
        "Supply Ch",
        "Ransomware",
        "Political Objective",
        "Justice",
        "Cert",
        "FBI",
    }
)


def import_dcid(source: bytes | Path | SourceFile, *, on: date) -> Imported:
    """Read the sheet of incidents.

    Raises:
        TooLargeError: the file is larger than any known collection.
        StoreError: it cannot be read.
        MalformedError: its layout is another.
    """
    file = source_file(source, name="DCID_2.0.csv")
    gathering = Gathering([file], on=on)
    table = read_table(file, required=_REQUIRED, known=_OPTIONAL | _ASIDE, blanks=_BLANKS)
    gathering.note("the collection holds pairs of rival states only: that a pair is missing says nothing")
    rows = keep_rows(file, table, gathering, _read)
    return gathering.finish(source=_WHO, version=None, rows=rows)


def state_of_number(text: str) -> Place:
    """Return the state with a number of the Correlates of War project, or the fictitious one with a code.

    Raises:
        MalformedError: the number is not known here.
    """
    number = text.removesuffix(".0")
    if number in _NOT_LISTED:
        return Place(name=_NOT_LISTED[number], participant=None)
    if number in STATES:
        return Place(name=participant(STATES[number]).name, participant=STATES[number])
    fictitious = fictitious_place(text)
    if fictitious is None:
        raise MalformedError(f"{text[:20]!r} is no known number of a state")
    return fictitious


def _read(row: Row, file: SourceFile, gathering: Gathering) -> tuple[Record, ...]:
    row.skip(*_ASIDE)
    initiator, other = _pair(row)
    number = row.text("Cyberincidentnum").removesuffix(".0")
    category, objective = row.choice("cyber_objective", _whole_numbers(OBJECTIVES))
    begin, end = row.day("interactionstartdate"), row.day("interactionenddate")
    said = [f"objective: {objective}"]
    for column, label, meanings in (("method", "method", METHODS), ("targettype", "target", TARGETS)):
        word = row.optional_choice(column, _whole_numbers(meanings)) if row.has(column) else None
        said.extend([] if word is None else [f"{label}: {word}"])
    severity = row.optional("severity") if row.has("severity") else None
    said.extend([] if severity is None else [f"severity on the coders' own scale: {line(severity)[:20]}"])
    third = row.optional_choice("3rdpartyinitiator", _whole_numbers(_FLAGS)) if row.has("3rdpartyinitiator") else None
    cells = [row.optional(column) for column in _SOURCES if row.has(column)]
    listed = sources("source of the incident as listed", *cells, publisher=_WHO)
    made = gathering.record(
        Operation(
            title=line(row.text("Name")),
            category=category,
            occurred=Period(begin=begin, end=end) if begin or end else None,
            hit=[Target(name=line(other.name), kind="state", participant=other.participant)],
            effects=f"as coded: {'; '.join(said)}",
            external=[ExternalId(scheme="dcid_incident", id=number)],
            sources=listed,
        ),
        file=file,
        place=row.place,
    )
    row.done()
    claim = Claim(
        operation=made.id,
        claimant=_CODERS,
        polarity="asserts",
        about=[Subject(level="state", name=line(initiator.name), participant=initiator.participant)],
        basis="coded from public reports; a third party is coded as initiator"
        if third
        else "coded from public reports",
        sources=listed,
        lacks=["when it was said", "how sure the coders are", *([] if listed else ["references"])],
    )
    gathering.count("with a third party as initiator", int(bool(third)))
    return made, gathering.record(claim, file=file, place=row.place)


def _pair(row: Row) -> tuple[Place, Place]:
    """Return the initiator and the other state of the pair, having compared names and numbers."""
    both = (_state(row, "StateA"), _state(row, "StateB"))
    text, pair = row.text("initiator"), row.text("Dyadpair").removesuffix(".0")
    try:
        initiator = state_of_number(text)
    except MalformedError as exc:
        row.refuse("initiator", exc.message)
    others = [state for state in both if state.key != initiator.key]
    if len(others) != 1:
        row.refuse("initiator", f"{initiator.name} is not one of {both[0].name} and {both[1].name}")
    number = text.removesuffix(".0")
    rest = {pair.removeprefix(number), pair.removesuffix(number)} - {pair}
    if not any(_is_number_of(part, others[0]) for part in rest):
        row.refuse("Dyadpair", f"{pair[:20]!r} is not made of the numbers of {both[0].name} and {both[1].name}")
    return initiator, others[0]


def _is_number_of(text: str, state: Place) -> bool:
    try:
        return state_of_number(text).key == state.key
    except MalformedError:
        return False


def _state(row: Row, column: str) -> Place:
    try:
        return place_named(row.text(column), _SHORT)
    except MalformedError as exc:
        row.refuse(column, exc.message)


def _whole_numbers(meanings: Mapping[str, Meaning]) -> Mapping[str, Meaning]:
    """Let a whole number also be written as workbooks export it, with `.0`."""
    return {**meanings, **{f"{text}.0": meaning for text, meaning in meanings.items() if "." not in text}}

"""Participants are those who can act under an instrument, by their codes."""

import csv
import re
from datetime import date

import pytest

from comity.errors import MalformedError, NotFoundError
from comity.parties import participants
from comity.parties.participants import (
    ParticipantKind,
    continued,
    current_participants,
    is_fictitious,
    load_participants,
    participant,
)
from comity.parties.table import parse_table
from support.paths import shared

HEADER = (
    "code,name,also,kind,un_member_since,responsible,responsible_since,existed_until,continued_by,succeeded_by,"
    "source,grade\n"
)


def test_every_member_of_the_united_nations_is_listed_with_the_year_it_joined() -> None:
    with (shared("data/treaties/context") / "un_members_groups.csv").open(encoding="utf-8-sig") as file:
        wanted = {row["iso3"]: int(row["un_member_since"]) for row in csv.DictReader(file)}
    listed = {
        code: row.un_member_since for code, row in load_participants().items() if row.kind is ParticipantKind.STATE
    }
    assert len(listed) == 193
    assert listed == wanted


def test_those_who_act_and_are_no_member_states_are_listed_by_kind() -> None:
    others = {
        row.code: row.kind.value
        for row in current_participants(date(2026, 5, 1))
        if row.kind is not ParticipantKind.STATE
    }
    assert others == {
        "COK": "associated_state",
        "EUE": "organisation",
        "NIU": "associated_state",
        "PSE": "observer_state",
        "VAT": "observer_state",
    }


def test_names_are_the_short_names_of_the_united_nations() -> None:
    assert participant("VNM").name == "Viet Nam"
    assert participant("KOR").name == "Republic of Korea"
    assert participant("TUR").name == "Türkiye"
    assert participant("CPV").name == "Cabo Verde"
    assert "Netherlands" in participant("NLD").also


def test_names_are_different() -> None:
    names = [name for row in load_participants().values() for name in (row.name, *row.also)]
    assert len(names) == len(set(names))


def test_every_row_carries_source_and_grade() -> None:
    assert all(row.source and row.grade for row in load_participants().values())


def test_organisations_and_territories_are_not_added_to_the_count_of_instruments() -> None:
    counted = {row.kind: row.counts_towards_entry_into_force for row in load_participants().values()}
    assert counted == {
        ParticipantKind.STATE: True,
        ParticipantKind.OBSERVER_STATE: True,
        ParticipantKind.ASSOCIATED_STATE: True,
        ParticipantKind.FORMER_STATE: True,
        ParticipantKind.ORGANISATION: False,
        ParticipantKind.TERRITORY: False,
    }


def test_those_who_act_today_are_198() -> None:
    assert len(current_participants(date(2026, 5, 1))) == 198


def test_a_territory_names_a_member_state_that_acts_for_it() -> None:
    responsible = {
        row.code: row.responsible for row in load_participants().values() if row.kind is ParticipantKind.TERRITORY
    }
    assert {code: responsible[code] for code in ("HKG", "FRO", "NCL", "GIB", "TKL", "ALA", "SXM", "PRI", "SJM")} == {
        "HKG": "CHN",
        "FRO": "DNK",
        "NCL": "FRA",
        "GIB": "GBR",
        "TKL": "NZL",
        "ALA": "FIN",
        "SXM": "NLD",
        "PRI": "USA",
        "SJM": "NOR",
    }
    assert all(code and participant(code).kind is ParticipantKind.STATE for code in responsible.values())


def test_a_territory_never_acts_itself() -> None:
    assert not participant("HKG").acts_today(date(1990, 1, 1))


def test_a_former_state_acts_until_its_last_day() -> None:
    assert participant("CSK").acts_today(date(1992, 12, 31))
    assert not participant("CSK").acts_today(date(1993, 1, 1))


def test_former_states_name_who_continues_them_and_who_came_after() -> None:
    former = {
        row.code: (row.continued_by, row.succeeded_by)
        for row in load_participants().values()
        if row.kind is ParticipantKind.FORMER_STATE
    }
    assert former == {
        "CSK": (None, ("CZE", "SVK")),
        "DDR": (None, ("DEU",)),
        "SCG": ("SRB", ("MNE",)),
        "SUN": ("RUS", ("ARM", "AZE", "BLR", "GEO", "KAZ", "KGZ", "MDA", "TJK", "TKM", "UKR", "UZB")),
        "YMD": ("YEM", ()),
        "YUG": (None, ("BIH", "HRV", "MKD", "SCG", "SVN")),
    }


def test_a_participant_knows_the_former_states_that_it_continues() -> None:
    assert {code: continued(code) for code in ("RUS", "SRB", "YEM", "DEU", "XAA")} == {
        "RUS": ("SUN",),
        "SRB": ("SCG",),
        "YEM": ("YMD",),
        "DEU": (),
        "XAA": (),
    }


def test_codes_that_the_treaty_data_use_are_listed_unless_they_are_no_participants() -> None:
    with shared("data/treaties/manytreaties_parties_2025.csv").open(encoding="utf-8-sig") as file:
        used = {row["iso3"] for row in csv.DictReader(file) if re.fullmatch(r"[A-Z]{3}", row["iso3"])}
    # Territories without a state that acts for them under a depositary, and codes that ISO 3166 does not have.
    assert used - set(load_participants()) == {"ESH", "TWN"} | {"ALG", "BZL", "EUU", "GDR", "LES", "SAR", "UNK", "YAR"}


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("HKG,Hong Kong,,territory,,,,,,,source,S", "exactly the territories"),
        ("PRT,Portugal,,state,1955,ESP,,,,,source,S", "exactly the territories"),
        ("PRT,Portugal,,state,1955,,,1990-01-01,ESP,,source,S", "has a last day"),
        ("SUN,Soviet Union,,former_state,,,,,RUS,,source,S", "carries its last day"),
        ("SUN,Soviet Union,,former_state,,,,1991-12-25,,,source,S", "continues it or came after"),
        ("PRT,Portugal,,state,1955,,,,ESP,,source,S", "carries its last day"),
        ("XAA,Nowhere,,state,1955,,,,,,source,S", "never listed"),
        ("PRT,Portugal,,state,,,,,,,source,S", "carry the year"),
    ],
)
def test_a_row_that_contradicts_its_kind_is_refused(row: str, why: str) -> None:
    with pytest.raises(MalformedError, match=f"^table:2: .*{why}"):
        parse_table(
            f"{HEADER}{row}\n".encode(), where="table", columns=participants._COLUMNS, build=participants._build
        )


def test_a_user_assigned_code_is_a_fictitious_participant() -> None:
    assert is_fictitious("XAA")
    assert participant("XZZ").kind is ParticipantKind.FICTITIOUS
    assert "XAA" not in load_participants()


@pytest.mark.parametrize("code", ["PRT", "XKX", "XXA", "xaa", "XA", "XAAA", "AXA", ""])
def test_nothing_else_is_fictitious(code: str) -> None:
    assert not is_fictitious(code)


def test_a_code_in_use_elsewhere_is_refused_by_name() -> None:
    with pytest.raises(NotFoundError, match="Kosovo"):
        participant("XKX")


@pytest.mark.parametrize(
    ("text", "near"),
    [("prt", "PRT (Portugal)"), ("Vietnam", "VNM (Viet Nam)"), ("PRX", "PRT (Portugal)"), ("Birma", "MMR (Myanmar)")],
)
def test_an_unknown_code_names_the_nearest(text: str, near: str) -> None:
    with pytest.raises(NotFoundError) as refusal:
        participant(text)
    assert near in refusal.value.message


def test_a_code_near_to_nothing_explains_the_codes() -> None:
    with pytest.raises(NotFoundError, match="ISO 3166-1 alpha-3"):
        participant("ZZZ")

"""Participants are those who can act under an instrument, by their codes."""

import csv

import pytest

from comity.errors import NotFoundError
from comity.parties.participants import ParticipantKind, is_fictitious, load_participants, participant
from support.paths import shared


def test_every_member_of_the_united_nations_is_listed_with_the_year_it_joined() -> None:
    with (shared("data/treaties/context") / "un_members_groups.csv").open(encoding="utf-8-sig") as file:
        wanted = {row["iso3"]: int(row["un_member_since"]) for row in csv.DictReader(file)}
    listed = {
        code: row.un_member_since for code, row in load_participants().items() if row.kind is ParticipantKind.STATE
    }
    assert len(listed) == 193
    assert listed == wanted


def test_those_who_are_no_member_states_are_listed_by_kind() -> None:
    others = {
        code: row.kind.value for code, row in load_participants().items() if row.kind is not ParticipantKind.STATE
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


def test_only_an_organisation_is_not_added_to_the_count_of_instruments() -> None:
    assert not participant("EUE").counts_towards_entry_into_force
    assert participant("PSE").counts_towards_entry_into_force


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

"""Who is not bound is said only where something loaded shows it; the rest is reported, or not known."""

from dataclasses import replace
from datetime import date

import pytest

from comity.law.basis import Basis, legal_basis
from comity.law.circles import Circle, circle_of, is_open_to, load_circles
from comity.law.measures import Measure
from comity.law.model import Act, Confidence, Parties
from comity.law.option import BasisOption
from comity.law.register import Register, exercise_actions, load_register
from comity.law.standings import Standings
from comity.parties.table import Grade
from support.law_rows import act, with_acts

TODAY = date(2026, 11, 23)
REGISTER = load_register()


def basis(asker: str, asked: str, on: date = TODAY, *, register: Register = REGISTER) -> Basis:
    return legal_basis(asker, asked, Measure.STORED_DATA, on, register=register)


def said(option: BasisOption, code: str) -> str:
    return next(reason.text for reason in option.reasons if reason.code == code)


def only(*keys: str, **changes: object) -> Register:
    """Return the tables with some instruments alone, changed alike."""
    rows = tuple(
        replace(row, **changes) if changes and row.key != "reciprocity" else row  # type: ignore[arg-type]
        for row in REGISTER.instruments
        if row.key in keys
    )
    kept = {
        name: tuple(row for row in getattr(REGISTER, name) if row.instrument in keys)
        for name in (
            *("provisions", "carriers", "contents", "grounds", "clocks", "actions", "reported_counts"),
            *("obligations", "direct", "conduct"),
        )
    }
    return replace(REGISTER, instruments=rows, **kept)  # type: ignore[arg-type]


def test_a_consent_that_is_only_reported_is_called_so_with_its_day_and_source() -> None:
    option = basis("IRL", "CHE").option("coe_mla_1959")
    text = said(option, "does_not_bind_both")
    assert text.startswith("is reported, not confirmed, to bind both: IRL: ratification by 2021-04-12, day not seen (")
    assert "(reported; Encyclopedia article" in text
    assert "CHE: party since 1967-03-20" in text
    assert said(option, "would_need") == "a consent of IRL is reported, not confirmed"
    assert option.reported
    assert not option.binds_both
    assert not option.usable


def test_of_two_reported_parties_neither_is_called_no_party() -> None:
    for option in basis("PRT", "DEU").options:
        for reason in option.reasons:
            assert "is no party" not in reason.text
            assert "are no parties" not in reason.text
    option = basis("PRT", "DEU").option("coe_mla_1959")
    assert said(option, "would_need") == "a consent of PRT and DEU is reported, not confirmed"


def test_a_list_that_ends_before_the_day_makes_nobody_a_stranger() -> None:
    register = with_acts(REGISTER, [], without=("untoc", "JPN"))
    option = basis("JPN", "PRT", register=register).option("untoc")
    assert said(option, "does_not_bind_both").startswith("is not known to bind both: JPN: no act")
    assert said(option, "would_need") == "no consent of JPN is loaded (acts are loaded until 2014-01-27)"
    earlier = basis("JPN", "PRT", date(2014, 1, 27), register=register).option("untoc")
    assert said(earlier, "does_not_bind_both").startswith("does not bind both: JPN")
    assert said(earlier, "would_need") == "JPN is no party"


def test_a_list_that_is_loaded_in_part_is_said_to_be() -> None:
    option = basis("JPN", "PRT").option("interamerican_mla_1992")
    assert said(option, "would_need").endswith("(acts are loaded in part, until 2021-02-26)")
    then = basis("JPN", "PRT", date(2021, 2, 26)).option("interamerican_mla_1992")
    assert said(then, "does_not_bind_both").startswith("is not known to bind both"), "not even on its last day"


def test_what_is_said_of_the_parties_has_not_the_grade_of_the_provision() -> None:
    for option in basis("JPN", "VNM").options:
        reasons = {reason.code: reason for reason in option.reasons}
        if "would" in reasons:
            assert reasons["would"].grade is not None
            assert reasons["would_need"].grade is None


def test_a_treaty_that_is_not_in_force_and_a_fictitious_state_are_known_not_to_be_bound() -> None:
    hanoi = basis("PRT", "VNM").option("hanoi")
    assert said(hanoi, "does_not_bind_both").startswith("does not bind both: PRT: signed on 2025-10-25")
    assert said(hanoi, "would_need").endswith(
        "no consent of PRT is loaded (acts are loaded in part, until 2026-08-01); "
        "a consent of VNM is reported, not confirmed"
    )
    invented = basis("XAA", "PRT").option("budapest")
    assert said(invented, "does_not_bind_both").startswith("does not bind both: XAA")
    assert said(invented, "would_need") == "XAA is no party"


def test_who_left_by_a_confirmed_act_is_known_to_be_out() -> None:
    acts = [act("budapest", "CPV", Act.ACCESSION, "2018-06-19"), act("budapest", "CPV", Act.WITHDRAWAL, "2020-01-01")]
    register = with_acts(REGISTER, acts, without=("budapest", "CPV"))
    option = basis("PRT", "CPV", register=register).option("budapest")
    assert said(option, "does_not_bind_both").startswith("does not bind both: PRT: party")
    assert said(option, "would_need") == "CPV left"


def test_a_reported_consent_whose_delay_has_not_run_does_not_reportedly_bind_yet() -> None:
    made = act("budapest", "CPV", Act.ACCESSION, known_by="2026-11-01", confidence=Confidence.REPORTED)
    register = with_acts(REGISTER, [made], without=("budapest", "CPV"))
    option = basis("PRT", "CPV", register=register).option("budapest")
    assert not option.reported
    assert basis("PRT", "CPV", date(2027, 3, 1), register=register).option("budapest").reported


def test_rules_from_memory_bind_nobody_and_are_called_what_they_are() -> None:
    register = replace(
        REGISTER,
        instruments=tuple(
            replace(row, grade=Grade.MEMORY, grade_detail="M") if row.key == "untoc" else row
            for row in REGISTER.instruments
        ),
    )
    option = basis("PRT", "CPV", register=register).option("untoc")
    assert option.reported
    text = said(option, "does_not_bind_both")
    assert text.startswith(
        "binds both by rules that rest on memory only: PRT: party since 2004-06-09, by rules on enter"
    )
    assert said(option, "would_need") == "what is known of PRT and CPV rests on rules from memory"


def test_that_none_binds_both_is_said_of_what_is_known_and_how_much_is_not_loaded() -> None:
    assert basis("PRK", "SSD").summary == (
        "none of the 21 instruments loaded is known to bind both PRK and SSD; the parties of 7 are not loaded, of 10 "
        "only in part, of 4 until an earlier day"
    )
    assert legal_basis("HUN", "HRV", Measure.PRESERVATION, date(2003, 6, 1)).summary == (
        "none of the 21 instruments loaded is known to bind both HUN and HRV; the parties of 4 are not loaded, of 7 "
        "only in part"
    ), "an instrument that was not there yet is no gap"


def test_where_every_list_is_loaded_up_to_the_day_the_answer_is_plain() -> None:
    complete = only("budapest", "untoc", "reciprocity", parties=Parties.LOADED, parties_until=TODAY)
    assert basis("PRK", "SSD", register=complete).summary == "none of the 2 instruments loaded binds both PRK and SSD"
    alone = only("budapest", "reciprocity", parties=Parties.NOT_LOADED, parties_until=None)
    found = basis("PRK", "SSD", register=replace(alone, actions=()))
    assert found.summary.endswith("is known to bind both PRK and SSD; the parties of 1 are not loaded")


def test_without_a_bond_those_that_are_reported_to_bind_both_are_named() -> None:
    register = only("coe_mla_1959", "budapest", "reciprocity")
    assert basis("IRL", "CHE", register=register).summary.endswith(
        "; by what is reported or remembered, not confirmed: European MLA Convention article 3(1)"
    )


@pytest.mark.parametrize(
    ("instrument", "asker", "asked"),
    [("arab_it_2010", "AFG", "AGO"), ("commonwealth_scheme", "AFG", "AGO"), ("eu_mla_2000", "PRT", "CHE")],
)
def test_an_instrument_that_is_closed_to_one_of_the_two_says_to_whom_it_is_open(
    instrument: str, asker: str, asked: str
) -> None:
    codes = [reason.code for reason in basis(asker, asked).option(instrument).reasons]
    assert not {"would", "would_need"} & set(codes)
    text = said(basis(asker, asked).option(instrument), "not_open_to_both")
    assert "is open to" in text
    assert text.endswith("among them")


def test_who_has_acted_is_in_the_circle_and_a_territory_is_where_its_state_is() -> None:
    standings = Standings(TODAY)
    coe, commonwealth = (standings.register.instrument(key) for key in ("coe_mla_1959", "commonwealth_scheme"))
    assert is_open_to(standings, coe, "KOR"), "it was invited"
    assert not is_open_to(standings, coe, "JPN")
    assert is_open_to(standings, coe, "ALB")
    assert is_open_to(standings, commonwealth, "JEY")
    assert is_open_to(standings, standings.register.instrument("budapest"), "JPN"), "no circle is known"


def test_a_dated_group_counts_on_the_day() -> None:
    coe = REGISTER.instrument("coe_mla_1959")
    bare = replace(REGISTER, actions=())
    assert not is_open_to(Standings(date(1995, 7, 12), register=bare), coe, "ALB")
    assert is_open_to(Standings(date(1995, 7, 13), register=bare), coe, "ALB")


def test_every_circle_belongs_to_an_instrument_and_to_an_article_that_is_there() -> None:
    rows = load_circles()
    assert len({row.instrument for row in rows}) == len(rows)
    for row in rows:
        REGISTER.instrument(row.instrument)
        if row.provision is not None:
            provision = REGISTER.provision(row.instrument, row.provision)
            assert tuple(Grade).index(row.grade) >= tuple(Grade).index(provision.grade)
    assert isinstance(circle_of("nordic_mla"), Circle)
    assert circle_of("budapest") is None


def test_an_exercise_opens_a_circle_by_its_acts() -> None:
    joined = REGISTER.with_actions(exercise_actions(["XAA"], instrument="nordic_mla", on=date(2026, 1, 1)))
    standings = Standings(TODAY, register=joined)
    assert is_open_to(standings, joined.instrument("nordic_mla"), "XAA")
    assert not is_open_to(standings, joined.instrument("nordic_mla"), "XAB")

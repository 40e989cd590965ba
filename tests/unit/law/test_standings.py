"""Disputes, territories, former states, withdrawals and reservations, each from acts and nothing else."""

from dataclasses import replace
from datetime import date

import pytest

from comity.errors import MalformedError
from comity.law.model import Act, ActSort, Confidence, Parties
from comity.law.register import Register, load_register
from comity.law.rows import Action
from comity.law.standings import Standing, Standings
from comity.parties.table import Grade

TODAY = date(2026, 11, 23)
REGISTER = load_register()


def act(
    code: str,
    on: date | None,
    kind: Act = Act.ACCESSION,
    *,
    instrument: str = "budapest",
    confidence: Confidence = Confidence.CONFIRMED,
    source: str = "a register",
    provision: str | None = None,
    about: str | None = None,
    known_by: date | None = None,
) -> Action:
    return Action(
        instrument=instrument,
        participant=code,
        act=kind,
        on=on,
        known_by=known_by,
        confidence=confidence,
        provision=provision,
        about=about,
        note=None,
        source=source,
        grade=Grade.SECONDARY,
        grade_detail="S",
    )


def with_acts(*acts: Action) -> Register:
    return REGISTER.with_actions(acts)


def test_days_that_differ_among_equal_sources_are_a_dispute_that_shows_both() -> None:
    register = with_acts(act("XAA", date(2020, 1, 15)), act("XAA", date(2020, 5, 15), source="another register"))
    found = Standings(TODAY, register=register).of("budapest", "XAA")
    assert found.standing is Standing.PARTY
    assert found.since == date(2020, 9, 1), "the later of the two is certain"
    (dispute,) = found.disputes
    assert dispute.sort is ActSort.CONSENT
    assert "a register" in dispute.sentence
    assert "another register" in dispute.sentence


def test_a_participant_bound_by_one_version_only_is_not_bound() -> None:
    register = with_acts(act("XAA", date(2020, 1, 15)), act("XAA", date(2020, 5, 15), source="another register"))
    found = Standings(date(2020, 6, 1), register=register).of("budapest", "XAA")
    assert (found.standing, found.bound) == (Standing.DISPUTED, False)


def test_a_weaker_source_that_differs_is_shown_and_decides_nothing() -> None:
    report = act("XAA", date(2019, 1, 1), confidence=Confidence.REPORTED, source="a newspaper")
    register = replace(REGISTER, actions=(*REGISTER.actions, act("XAA", date(2020, 1, 15)), report))
    found = Standings(TODAY, register=register).of("budapest", "XAA")
    assert (found.since, found.bound) == (date(2020, 5, 1), True)
    assert "a newspaper" in found.disputes[0].sentence


def test_the_same_act_from_the_same_source_stands_once() -> None:
    with pytest.raises(MalformedError, match="repeats budapest XAA"):
        with_acts(act("XAA", date(2020, 1, 15)), act("XAA", date(2020, 1, 15)))


def test_canada_s_day_of_signature_is_disputed() -> None:
    found = Standings(TODAY).of("hanoi", "CAN")
    assert found.standing is Standing.SIGNATORY
    assert len(found.disputes) == 1


def test_a_withdrawal_takes_effect_after_its_delay() -> None:
    register = with_acts(act("XAA", date(2010, 1, 15)), act("XAA", date(2020, 1, 15), Act.WITHDRAWAL))
    during = Standings(date(2020, 4, 30), register=register).of("budapest", "XAA")
    assert (during.standing, during.bound, during.until) == (Standing.PARTY, True, date(2020, 5, 1))
    after = Standings(date(2020, 5, 1), register=register).of("budapest", "XAA")
    assert (after.standing, after.bound) == (Standing.WITHDRAWN, False)
    before = Standings(date(2020, 1, 14), register=register).of("budapest", "XAA")
    assert (before.standing, before.until) == (Standing.PARTY, None)


def test_who_left_may_come_back() -> None:
    register = with_acts(
        act("XAA", date(2010, 1, 15)),
        act("XAA", date(2020, 1, 15), Act.WITHDRAWAL),
        act("XAA", date(2022, 1, 15)),
    )
    found = Standings(TODAY, register=register).of("budapest", "XAA")
    assert (found.standing, found.since, found.until) == (Standing.PARTY, date(2022, 5, 1), None)


def test_a_withdrawn_consent_does_not_bring_an_instrument_into_force() -> None:
    codes = [f"X{a}{b}" for a in "FGHJ" for b in "ABCDEFGHJK"]
    acts = [act(code, date(2027, 1, 1), instrument="hanoi") for code in codes]
    left = act(codes[0], date(2026, 12, 1), Act.WITHDRAWAL, instrument="hanoi")
    early = replace(acts[0], on=date(2026, 11, 24))
    register = with_acts(early, left, *acts[1:])
    assert Standings(date(2027, 6, 1), register=register).treaty_day("hanoi") is None
    assert Standings(date(2027, 6, 1), register=with_acts(*acts)).treaty_day("hanoi") == date(2027, 4, 1)


def test_a_territory_follows_what_its_state_declared() -> None:
    standings = Standings(TODAY)
    excluded = standings.of("budapest", "FRO")
    assert (excluded.standing, excluded.bound, excluded.through) == (Standing.EXCLUDED, False, "DNK")
    included = standings.of("budapest", "CUW")
    assert (included.standing, included.bound, included.through) == (Standing.PARTY, True, "NLD")
    assert included.since is not None
    assert included.since > date(2024, 5, 24)
    assert standings.of("budapest", "NLD").since == date(2007, 3, 1)


def test_a_territory_that_no_declaration_names_is_presumed_and_binds_nobody_here() -> None:
    found = Standings(TODAY).of("untoc", "GRL")
    assert (found.standing, found.bound) == (Standing.PRESUMED, False)
    assert "article 29" in found.reasons[-1]


def test_a_former_state_is_bound_until_its_end() -> None:
    assert Standings(date(1990, 1, 1)).of("high_seas_1958", "YUG").bound
    found = Standings(date(1995, 1, 1)).of("high_seas_1958", "YUG")
    assert (found.standing, found.bound) == (Standing.NONE, False)
    assert "existed until" in found.reasons[0]


def test_a_state_that_continues_another_keeps_its_acts() -> None:
    register = with_acts(act("SUN", date(1985, 1, 1), instrument="high_seas_1958", source="a further register"))
    found = Standings(TODAY, register=register).of("high_seas_1958", "RUS")
    assert "SUN" in {row.participant for row in found.acts}
    assert found.bound


def test_a_succession_counts_from_the_day_it_names() -> None:
    found = Standings(TODAY).of("high_seas_1958", "CZE")
    consent = next(row for row in found.acts if row.act.binds)
    assert consent.act is Act.SUCCESSION
    assert found.since == consent.on


def test_a_reservation_stands_until_it_is_withdrawn() -> None:
    before = Standings(date(2019, 7, 4)).of("budapest", "CZE")
    after = Standings(TODAY).of("budapest", "CZE")
    on_29 = [row for row in before.remarks if row.act is Act.RESERVATION and row.provision == "29(4)"]
    assert len(on_29) == 1
    assert not [row for row in after.remarks if row.act is Act.RESERVATION and row.provision == "29(4)"]


def test_parties_that_are_not_loaded_are_said_to_be_so() -> None:
    row = next(row for row in REGISTER.instruments if row.parties is Parties.NOT_LOADED)
    found = Standings(TODAY).of(row.key, "PRT")
    assert (found.standing, found.bound) == (Standing.NOT_LOADED, False)


def test_a_status_says_until_when_acts_are_loaded() -> None:
    assert any("acts are loaded until 2014-07-10" in reason for reason in Standings(TODAY).of("uncac", "DEU").reasons)


def test_dates_before_an_instrument_bind_nobody() -> None:
    found = Standings(date(1990, 1, 1)).of("budapest", "PRT")
    assert (found.standing, found.since, found.acts) == (Standing.NONE, None, ())

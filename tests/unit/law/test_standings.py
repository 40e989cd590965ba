"""Disputes, territories, former states, withdrawals and reservations, each from acts and nothing else."""

from dataclasses import replace
from datetime import date

import pytest

from comity.errors import MalformedError
from comity.law.membership import Standing
from comity.law.model import Act, ActSort, Confidence, Parties
from comity.law.register import Register, load_register
from comity.law.rows import Action
from comity.law.standings import Standings
from comity.law.status import treaty_summary
from comity.law.tables import ACTION_COLUMNS, build_action
from comity.parties.table import Grade, parse_table

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


def test_two_days_by_which_an_act_was_known_do_not_contradict_each_other() -> None:
    found = Standings(TODAY).of("hanoi", "CAN")
    assert found.standing is Standing.SIGNATORY
    assert len(found.acts) == 2
    assert not found.disputes


def test_a_day_after_that_by_which_an_act_was_known_contradicts_it() -> None:
    report = act("XAA", None, known_by=date(2019, 1, 1), confidence=Confidence.REPORTED, source="a newspaper")
    register = replace(REGISTER, actions=(*REGISTER.actions, act("XAA", date(2020, 1, 15)), report))
    assert Standings(TODAY, register=register).of("budapest", "XAA").disputes
    later = replace(report, known_by=date(2021, 1, 1))
    register = replace(REGISTER, actions=(*REGISTER.actions, act("XAA", date(2020, 1, 15)), later))
    assert not Standings(TODAY, register=register).of("budapest", "XAA").disputes


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


def standing(register: Register, code: str, on: date, instrument: str = "budapest") -> Standing:
    return Standings(on, register=register).of(instrument, code).standing


def plus(*acts: Action) -> Register:
    """The installed tables with further acts, none replaced."""
    return replace(REGISTER, actions=(*REGISTER.actions, *acts))


@pytest.mark.parametrize("confidence", [Confidence.REPORTED, Confidence.MEMORY])
def test_an_unconfirmed_withdrawal_leaves_the_standing_disputed(confidence: Confidence) -> None:
    joined = act("XAA", date(2010, 1, 15))
    left = act("XAA", None, Act.WITHDRAWAL, known_by=date(2020, 1, 15), confidence=confidence)
    register = plus(joined, left)
    assert standing(register, "XAA", date(2020, 4, 30)) is Standing.PARTY
    found = Standings(date(2020, 5, 1), register=register).of("budapest", "XAA")
    assert (found.standing, found.bound) == (Standing.DISPUTED, False)
    assert found.disputes


def test_two_days_of_withdrawal_are_disputed_between_their_effects() -> None:
    register = plus(
        act("XAA", date(2010, 1, 15)),
        act("XAA", date(2015, 1, 15), Act.WITHDRAWAL),
        act("XAA", date(2019, 12, 15), Act.WITHDRAWAL, source="another register"),
    )
    assert standing(register, "XAA", date(2020, 1, 20)) is Standing.DISPUTED
    assert standing(register, "XAA", date(2021, 1, 1)) is Standing.WITHDRAWN
    assert Standings(date(2020, 1, 20), register=register).of("budapest", "XAA").disputes


def test_who_comes_back_while_leaving_is_never_without_the_treaty() -> None:
    register = plus(
        act("XAA", date(2010, 1, 15)),
        act("XAA", date(2020, 1, 15), Act.WITHDRAWAL),
        act("XAA", date(2020, 1, 20)),
    )
    assert standing(register, "XAA", date(2020, 4, 15)) is Standing.PARTY
    assert standing(register, "XAA", date(2020, 5, 15)) is Standing.PARTY
    later = plus(
        act("XAA", date(2010, 1, 15)),
        act("XAA", date(2020, 1, 15), Act.WITHDRAWAL),
        act("XAA", date(2020, 4, 20)),
    )
    assert standing(later, "XAA", date(2020, 6, 15)) is Standing.CONSENTED


def test_a_territory_never_stands_better_than_its_state() -> None:
    register = plus(
        act("GBR", date(2012, 6, 1), Act.TERRITORIAL_APPLICATION, about="JEY", source="a note"),
        act("GBR", date(2015, 6, 1), Act.WITHDRAWAL, source="a note"),
    )
    assert standing(register, "JEY", date(2014, 1, 1)) is Standing.PARTY
    assert standing(register, "JEY", date(2020, 1, 1)) is Standing.WITHDRAWN


def test_a_remark_of_a_territory_applies_nothing_to_it() -> None:
    register = plus(act("JEY", date(2013, 1, 1), Act.DESIGNATION, provision="35(1)"))
    assert standing(register, "JEY", TODAY) is Standing.PRESUMED


def test_the_best_known_declaration_about_a_territory_decides_and_equals_dispute() -> None:
    applied = act("GBR", date(2012, 6, 1), Act.TERRITORIAL_APPLICATION, about="JEY", source="a note")
    rumour = act(
        "GBR",
        None,
        Act.TERRITORIAL_EXCLUSION,
        about="JEY",
        known_by=date(2016, 1, 1),
        confidence=Confidence.REPORTED,
        source="a newspaper",
    )
    found = Standings(TODAY, register=plus(applied, rumour)).of("budapest", "JEY")
    assert (found.standing, found.confidence, found.since) == (
        Standing.PARTY,
        Confidence.CONFIRMED,
        date(2012, 10, 1),
    )
    excluded = replace(rumour, on=date(2016, 1, 1), known_by=None, confidence=Confidence.CONFIRMED)
    assert standing(plus(applied, excluded), "JEY", TODAY) is Standing.EXCLUDED
    both = plus(applied, replace(excluded, on=applied.on, source="another note"))
    assert standing(both, "JEY", TODAY) is Standing.DISPUTED
    unsure = replace(applied, confidence=Confidence.REPORTED)
    assert not Standings(TODAY, register=plus(unsure)).of("budapest", "JEY").bound


def test_a_territory_is_asked_about_in_its_own_time() -> None:
    assert standing(REGISTER, "ANT", date(2020, 1, 1)) is Standing.NONE
    assert standing(REGISTER, "ANT", date(2008, 1, 1)) is Standing.EXCLUDED
    early = Standings(date(1996, 12, 1)).of("unclos", "HKG")
    assert early.standing is Standing.NONE
    assert "since 1997-07-01" in early.reasons[0]


def test_a_former_state_has_the_acts_that_later_lists_show_under_its_heir() -> None:
    found = Standings(date(1985, 1, 1)).of("high_seas_1958", "SUN")
    assert found.bound
    assert standing(REGISTER, "SCG", date(2004, 1, 1), "untoc") is Standing.PARTY
    assert standing(REGISTER, "SUN", date(1991, 12, 31), "high_seas_1958") is Standing.NONE
    assert Standings(date(1991, 1, 1)).of("unclos", "YUG").since is None, "it was no more when that began to bind"


def test_a_reservation_is_ended_by_what_is_known_as_well_and_covers_it() -> None:
    made = act("XAA", date(2012, 1, 1), Act.RESERVATION, provision="29(4)")
    joined = act("XAA", date(2010, 1, 15))

    def stands(confidence: Confidence, provision: str | None) -> bool:
        end = act(
            "XAA",
            None,
            Act.WITHDRAWAL_OF_RESERVATION,
            known_by=date(2015, 1, 1),
            provision=provision,
            confidence=confidence,
        )
        if confidence is Confidence.CONFIRMED:
            end = replace(end, on=date(2015, 1, 1), known_by=None)
        found = Standings(TODAY, register=plus(joined, made, end)).of("budapest", "XAA")
        return any(row.act is Act.RESERVATION for row in found.remarks)

    assert stands(Confidence.MEMORY, "29(4)")
    assert not stands(Confidence.CONFIRMED, "29(4)")
    assert not stands(Confidence.CONFIRMED, "29")
    assert not stands(Confidence.CONFIRMED, None)
    assert stands(Confidence.CONFIRMED, "2")


def test_rules_that_rest_on_memory_bind_nobody() -> None:
    row = REGISTER.instrument("cis_chisinau_2002")
    assert not row.grade.binding
    found = Standings(TODAY).of("cis_chisinau_2002", "KAZ")
    assert (found.standing, found.bound) == (Standing.PARTY, False)
    assert any("rest on memory" in reason for reason in found.reasons)


def test_an_act_that_rests_on_memory_is_not_confirmed() -> None:
    table = ",".join((*ACTION_COLUMNS, "source", "grade")) + "\nUSA,ratification,2026-01-01,,confirmed,,,,memory,M\n"
    with pytest.raises(MalformedError, match="rests on memory is not confirmed"):
        parse_table(
            table.encode(), where="a.csv", columns=ACTION_COLUMNS, build=lambda fields: build_action(fields, "hanoi")
        )


def fictitious(count: int, first: date, *, instrument: str = "hanoi") -> list[Action]:
    codes = [f"X{a}{b}" for a in "FGHJ" for b in "ABCDEFGHJK"]
    return [act(code, first, instrument=instrument) for code in codes[:count]]


def test_a_disputed_deposit_counts_from_its_latest_day() -> None:
    first = date(2026, 1, 1)
    *others, last = fictitious(40, first)
    register = plus(*others, last, replace(last, on=date(2026, 3, 1), source="another register"))
    assert Standings(TODAY, register=register).treaty_day("hanoi") == date(2026, 5, 30)


def test_a_state_and_the_one_that_it_continues_count_once() -> None:
    register = plus(
        *fictitious(38, date(2026, 1, 1)),
        act("SCG", date(2026, 1, 1), instrument="hanoi"),
        act("SRB", date(2026, 1, 1), instrument="hanoi"),
    )
    assert Standings(TODAY, register=register).treaty_day("hanoi") is None


def test_a_summary_counts_as_the_rule_does() -> None:
    gone = fictitious(40, date(2026, 1, 1))
    left = [act(row.participant, date(2026, 1, 2), Act.WITHDRAWAL, instrument="hanoi") for row in gone[:2]]
    register = plus(*gone, *left)
    assert treaty_summary("hanoi", date(2025, 12, 1), register=register).missing == 40
    fresh = plus(*fictitious(39, date(2026, 1, 1)), act("EUE", date(2026, 1, 1), instrument="hanoi"))
    assert treaty_summary("hanoi", TODAY, register=fresh).missing == 1
    row = replace(REGISTER.instrument("budapest"), in_force_since=None)
    instruments = tuple(row if item.key == "budapest" else item for item in REGISTER.instruments)
    nobody = tuple(item for item in REGISTER.actions if item.instrument != "budapest")
    outsiders = tuple(fictitious(5, date(2003, 1, 1), instrument="budapest"))
    lone = replace(REGISTER, instruments=instruments, actions=(*nobody, *outsiders))
    found = treaty_summary("budapest", TODAY, register=lone)
    assert (found.in_force_since, found.missing, found.members_missing) == (None, 3, {"council_of_europe": 3})


def test_what_is_known_now_is_not_said_to_have_been_known_then() -> None:
    found = treaty_summary("budapest", date(2002, 1, 1))
    assert found.hindsight
    assert found.sentence.startswith("not in force: 0 confirmed")
    assert found.sentence.endswith("as is known now, in force since 2004-07-01")

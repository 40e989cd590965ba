"""Who is bound by what on a day, and how surely that is known."""

from datetime import date, timedelta

import pytest

from comity.errors import NotFoundError
from comity.law.membership import Standing
from comity.law.model import Act, Confidence, CountOf
from comity.law.register import exercise_actions, load_register
from comity.law.rows import Action
from comity.law.status import common_instruments, in_force, in_force_since, status, treaty_summary
from comity.parties.table import Grade

TODAY = date(2026, 11, 23)
CODES = [f"X{a}{b}" for a in "FGHJ" for b in "ABCDEFGHJK"]


def act(code: str, on: date, *, confidence: Confidence = Confidence.CONFIRMED, kind: Act = Act.RATIFICATION) -> Action:
    return Action(
        instrument="hanoi",
        participant=code,
        act=kind,
        on=on,
        known_by=None,
        confidence=confidence,
        provision=None,
        about=None,
        note=None,
        source="test",
        grade=Grade.TEXT,
        grade_detail="T",
    )


@pytest.mark.parametrize(
    ("code", "since"),
    [
        ("PRT", "2010-07-01"),
        ("CPV", "2018-10-01"),
        ("ALB", "2004-07-01"),
        ("LTU", "2004-07-01"),
        ("USA", "2007-01-01"),
        ("GBR", "2011-09-01"),
        ("NZL", "2025-12-01"),
    ],
)
def test_a_party_to_budapest_is_bound_from_the_first_of_a_month(code: str, since: str) -> None:
    found = status("budapest", code, TODAY)
    assert (found.standing, str(found.since), found.bound) == (Standing.PARTY, since, True)


def test_the_day_before_entry_into_force_binds_nobody() -> None:
    found = status("budapest", "CPV", date(2018, 9, 30))
    assert found.standing is Standing.CONSENTED
    assert found.since == date(2018, 10, 1)
    assert not found.bound
    assert any("will bind it from 2018-10-01" in reason for reason in found.reasons)


def test_a_signature_binds_nobody() -> None:
    found = status("budapest", "IRL", TODAY)
    assert (found.standing, found.bound) == (Standing.SIGNATORY, False)


def test_no_act_is_said_to_be_no_act_in_the_tables() -> None:
    found = status("budapest", "VNM", TODAY)
    assert found.standing is Standing.NONE
    assert found.confidence is None
    assert found.reasons == ("no act towards it is among those loaded, which run to 2026-04-25",)


def test_a_reported_ratification_is_shown_as_reported_and_binds_nobody() -> None:
    found = status("hanoi", "VNM", TODAY)
    assert (found.standing, found.confidence, found.since) == (Standing.CONSENTED, Confidence.REPORTED, None)
    assert "ratification by 2026-04-10, day not seen (reported)" in found.reasons
    assert "the instrument is not in force" in found.reasons


def test_an_act_counts_from_the_day_it_was_known() -> None:
    assert status("hanoi", "VNM", date(2026, 4, 9)).standing is Standing.SIGNATORY
    assert status("hanoi", "MUS", date(2025, 11, 18)).standing is Standing.NONE
    assert status("hanoi", "MUS", date(2025, 11, 19)).standing is Standing.SIGNATORY


def test_unknown_instruments_and_participants_are_refused() -> None:
    with pytest.raises(NotFoundError):
        status("atlantis", "PRT", TODAY)
    with pytest.raises(NotFoundError):
        status("hanoi", "QQQ", TODAY)


def test_budapest_is_in_force_and_hanoi_is_not() -> None:
    assert in_force("budapest", TODAY)
    assert not in_force("budapest", date(2004, 6, 30))
    assert not in_force("hanoi", TODAY)
    assert in_force_since("hanoi", TODAY) is None


def test_common_instruments_bind_both() -> None:
    assert common_instruments("PRT", "CPV", TODAY) == ("budapest", "untoc", "uncac", "unclos")
    assert common_instruments("PRT", "CPV", date(2018, 9, 30)) == ("untoc", "uncac", "unclos")
    assert common_instruments("PRT", "CPV", date(1995, 1, 1)) == ()


def test_the_summary_of_hanoi_keeps_confirmed_and_reported_apart() -> None:
    found = treaty_summary("hanoi", TODAY)
    assert (found.signatories.confirmed, found.signatories.reported, found.signatories.memory) == (65, 7, 3)
    assert (found.consents.confirmed, found.consents.reported, found.consents.memory) == (0, 3, 0)
    assert (found.needed, found.missing, found.missing_if_reported) == (40, 40, 37)
    assert found.signature_closes == date(2026, 12, 31)
    assert found.days_until_signature_closes == 38
    assert "0 confirmed and 3 reported" in found.sentence
    assert [(total.of, total.count) for total in found.reported_counts if total.of is CountOf.SIGNATORIES][-1:] == [
        (CountOf.SIGNATORIES, 76)
    ]


def test_the_summary_of_budapest_has_eighty_one_parties() -> None:
    found = treaty_summary("budapest", TODAY)
    assert (found.consents.confirmed, found.missing) == (81, 0)
    assert found.sentence == "in force since 2004-07-01"
    assert found.days_until_signature_closes is None
    assert [total.of for total in found.reported_counts] == [CountOf.CONSENTS]


def test_forty_confirmed_instruments_bring_hanoi_into_force_ninety_days_later() -> None:
    first = date(2026, 12, 1)
    acts = [act(code, first + timedelta(days=n)) for n, code in enumerate(CODES)]
    fortieth = first + timedelta(days=39)
    register = load_register().with_actions(acts)
    assert in_force_since("hanoi", fortieth - timedelta(days=1), register=register) is None
    since = in_force_since("hanoi", fortieth, register=register)
    assert since == fortieth + timedelta(days=90)
    early = status("hanoi", CODES[0], since, register=register)
    assert (early.standing, early.since) == (Standing.PARTY, since)
    assert treaty_summary("hanoi", fortieth, register=register).sentence == f"enters into force on {since}"
    later = register.with_actions([act("XKA", since)])
    assert status("hanoi", "XKA", since, register=later).since == since + timedelta(days=30)


def test_neither_reports_nor_organisations_bring_hanoi_into_force() -> None:
    day = date(2026, 12, 1)
    acts = [act(code, day) for code in CODES[:39]]
    with_union = load_register().with_actions([*acts, act("EUE", day, kind=Act.APPROVAL)])
    assert in_force_since("hanoi", day, register=with_union) is None
    assert treaty_summary("hanoi", day, register=with_union).missing == 1
    reported = load_register().with_actions([*acts, act(CODES[39], day, confidence=Confidence.REPORTED)])
    assert in_force_since("hanoi", day, register=reported) is None


def test_a_reported_consent_to_an_instrument_in_force_does_not_bind() -> None:
    reported = Action(
        instrument="budapest",
        participant="XAA",
        act=Act.ACCESSION,
        on=date(2020, 1, 1),
        known_by=None,
        confidence=Confidence.REPORTED,
        provision=None,
        about=None,
        note=None,
        source="test",
        grade=Grade.SECONDARY,
        grade_detail="S",
    )
    found = status("budapest", "XAA", TODAY, register=load_register().with_actions([reported]))
    assert found.standing is Standing.PARTY
    assert not found.bound


def test_fictitious_participants_join_for_an_exercise() -> None:
    acts = exercise_actions(["XAA", "XBB"], instrument="budapest", on=date(2020, 1, 1))
    register = load_register().with_actions(acts)
    assert common_instruments("XAA", "XBB", TODAY, register=register) == ("budapest",)
    assert common_instruments("XAA", "XBB", TODAY) == ()

"""Thresholds and delays: their spelling, their arithmetic, and which deposit decides."""

import random
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.errors import MalformedError
from comity.law.entry import (
    Delay,
    DelayUnit,
    Deposit,
    Depositor,
    EntryIntoForce,
    MemberMinimum,
    ShareMinimum,
    Threshold,
    binding_from,
    entered_into_force,
    parse_delay,
    parse_threshold,
)
from comity.law.groups import groups_of, load_groups
from comity.parties.participants import load_participants

NINETY = parse_delay("90 days")
DAYS = st.dates(min_value=date(1850, 1, 1), max_value=date(2150, 12, 31))
DELAYS = st.builds(Delay, count=st.integers(1, 1200), unit=st.sampled_from(DelayUnit), first_of_month=st.booleans())
CODES = [f"X{a}{b}" for a in "FGH" for b in "ABCDEFGHJK"]


def deposits(*pairs: tuple[str, str]) -> list[Deposit]:
    return [Deposit(participant=code, day=date.fromisoformat(day)) for code, day in pairs]


def organisation(code: str, day: str) -> Deposit:
    return Deposit(participant=code, day=date.fromisoformat(day), counts_as=Depositor.ORGANISATION)


def found(entry: EntryIntoForce | None) -> tuple[str, str, int]:
    assert entry is not None
    return str(entry.day), entry.deciding.participant, entry.counted


@pytest.mark.parametrize(
    ("text", "day", "after"),
    [
        ("90 days", "2003-07-01", "2003-09-29"),
        ("30 days", "2027-02-01", "2027-03-03"),
        ("12 months", "1993-11-16", "1994-11-16"),
        ("3 months", "1975-12-23", "1976-03-23"),
        ("1 months", "2027-01-31", "2027-02-28"),
        ("1 months", "2028-01-31", "2028-02-29"),
        ("12 months", "2028-02-29", "2029-02-28"),
        ("3 months then first of month", "2004-03-18", "2004-07-01"),
        ("3 months then first of month", "2004-03-01", "2004-07-01"),
        ("3 months then first of month", "2026-11-30", "2027-03-01"),
        ("5 months then first of month", "1998-09-16", "1999-03-01"),
        ("60 days then first of month", "2002-04-11", "2002-07-01"),
        ("60 days then first of month", "2027-03-02", "2027-06-01"),
    ],
)
def test_a_delay_counts_on_the_calendar(text: str, day: str, after: str) -> None:
    assert parse_delay(text).after(date.fromisoformat(day)) == date.fromisoformat(after)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "90",
        "90 day",
        "0 days",
        "090 days",
        "90  days",
        " 90 days",
        "90 days ",
        "90 Days",
        "three months",
        "3 months, then first of month",
        "3 months then first of the month",
        "-3 months",
        "٣ months",
        "12345 days",
        "1 year",
    ],
)
def test_a_delay_has_one_spelling(text: str) -> None:
    with pytest.raises(MalformedError, match="delay"):
        parse_delay(text)


def test_a_delay_beyond_the_calendar_is_said() -> None:
    for text in ("9000 days", "1200 months", "1 months then first of month"):
        with pytest.raises(MalformedError, match="beyond the year 9999"):
            parse_delay(text).after(date(9999, 11, 30))


@given(DELAYS)
def test_a_delay_is_written_as_it_is_read(delay: Delay) -> None:
    assert parse_delay(delay.text) == delay


@given(DELAYS, DAYS, DAYS)
def test_who_deposits_later_is_never_bound_earlier(delay: Delay, one: date, other: date) -> None:
    assert (one <= other) <= (delay.after(one) <= delay.after(other))


@given(DELAYS, DAYS)
def test_a_delay_always_lies_ahead_and_starts_a_month_where_it_says_so(delay: Delay, day: date) -> None:
    after = delay.after(day)
    assert after > day
    assert not delay.first_of_month or after.day == 1


@given(st.integers(1, 600), DAYS)
def test_months_never_leave_the_month_that_they_reach(count: int, day: date) -> None:
    after = Delay(count=count, unit=DelayUnit.MONTHS).after(day)
    assert (after.year * 12 + after.month) - (day.year * 12 + day.month) == count
    assert after.day == day.day or (after + timedelta(days=1)).day == 1


@pytest.mark.parametrize(
    ("text", "threshold"),
    [
        ("40 states", Threshold(count=40)),
        ("40 parties", Threshold(count=40, organisations_count=True)),
        (
            "5 states including 3 council_of_europe",
            Threshold(count=5, members=(MemberMinimum(count=3, group="council_of_europe"),)),
        ),
        (
            "55 parties and 55 % emissions",
            Threshold(count=55, organisations_count=True, share=ShareMinimum(percent=55, weight="emissions")),
        ),
        (
            "50 states including 5 annex_1 including 2 annex_2 and 100 % gross_tonnage",
            Threshold(
                count=50,
                members=(MemberMinimum(count=5, group="annex_1"), MemberMinimum(count=2, group="annex_2")),
                share=ShareMinimum(percent=100, weight="gross_tonnage"),
            ),
        ),
    ],
)
def test_a_threshold_is_read_and_written(text: str, threshold: Threshold) -> None:
    assert parse_threshold(text) == threshold
    assert threshold.text == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "40",
        "0 states",
        "040 states",
        "40 State",
        "40 states ",
        "forty states",
        "40 states including council_of_europe",
        "40 states including 3 Council_of_Europe",
        "40 states  including 3 council_of_europe",
        "55 parties and 55% emissions",
        "55 parties and 55 %",
        "55 % emissions and 55 parties",
        "55 parties and 55 % emissions including 3 annex_1",
        "55 parties and 55 % emissions and 10 % tonnage",
        "5 states including 6 council_of_europe",
        "5 states including 2 annex_1 including 3 annex_1",
        "55 parties and 101 % emissions",
    ],
)
def test_a_threshold_has_one_spelling_and_can_be_met(text: str) -> None:
    with pytest.raises(MalformedError, match="threshold"):
        parse_threshold(text)


def test_the_nth_deposit_decides_in_whatever_order_they_are_given() -> None:
    rows = deposits(("XFC", "2027-03-01"), ("XFA", "2027-01-01"), ("XFD", "2027-04-01"), ("XFB", "2027-02-01"))
    assert found(entered_into_force(parse_threshold("3 states"), NINETY, rows)) == ("2027-05-30", "XFC", 3)


def test_too_few_deposits_bring_nothing_into_force() -> None:
    rows = deposits(("XFA", "2027-01-01"), ("XFB", "2027-02-01"))
    assert entered_into_force(parse_threshold("3 states"), NINETY, rows) is None
    assert entered_into_force(parse_threshold("3 states"), NINETY, []) is None


def test_of_several_deposits_on_the_deciding_day_all_are_named() -> None:
    rows = deposits(("XFD", "2027-02-01"), ("XFB", "2027-02-01"), ("XFA", "2027-01-01"), ("XFC", "2027-02-01"))
    entry = entered_into_force(parse_threshold("2 states"), NINETY, rows)
    assert found(entry) == ("2027-05-02", "XFB", 2)
    assert entry is not None
    assert entry.same_day == ("XFB", "XFC", "XFD")


def test_an_organisation_counts_for_parties_and_not_for_states() -> None:
    rows = [*deposits(("XFA", "2027-01-01"), ("XFB", "2027-03-01")), organisation("EUE", "2027-02-01")]
    assert found(entered_into_force(parse_threshold("2 states"), NINETY, rows)) == ("2027-05-30", "XFB", 2)
    assert found(entered_into_force(parse_threshold("2 parties"), NINETY, rows)) == ("2027-05-02", "EUE", 2)


def test_an_organisation_that_does_not_count_is_not_among_those_of_the_deciding_day() -> None:
    rows = [*deposits(("XFA", "2027-01-01"), ("XFB", "2027-02-01")), organisation("EUE", "2027-02-01")]
    entry = entered_into_force(parse_threshold("2 states"), NINETY, rows)
    assert entry is not None
    assert entry.same_day == ("XFB",)


def test_a_group_within_the_threshold_is_waited_for() -> None:
    rows = deposits(("XFA", "2027-01-01"), ("XFB", "2027-01-02"), ("XFC", "2027-01-03"))
    member = Deposit(participant="XFD", day=date(2027, 3, 1), groups=frozenset({"council_of_europe"}))
    threshold = parse_threshold("3 states including 1 council_of_europe")
    assert entered_into_force(threshold, NINETY, rows) is None
    assert found(entered_into_force(threshold, NINETY, [*rows, member])) == ("2027-05-30", "XFD", 4)


def test_members_alone_do_not_replace_the_number() -> None:
    rows = [
        Deposit(participant=code, day=date(2027, 1, 1), groups=frozenset({"council_of_europe"})) for code in CODES[:3]
    ]
    assert entered_into_force(parse_threshold("4 states including 3 council_of_europe"), NINETY, rows) is None


def test_both_conditions_of_a_compound_threshold_must_be_met() -> None:
    def row(code: str, day: int, weight: float | None) -> Deposit:
        return Deposit(participant=code, day=date(2027, 1, day), weight=weight)

    threshold = parse_threshold("2 states and 55 % emissions")
    large = [row("XFA", 1, 54.9), row("XFB", 2, None)]
    assert entered_into_force(threshold, NINETY, large) is None
    assert found(entered_into_force(threshold, NINETY, [*large, row("XFC", 3, 0.1)])) == ("2027-04-03", "XFC", 3)
    assert entered_into_force(threshold, NINETY, [row("XFA", 1, 60.0)]) is None


def test_a_share_that_is_exactly_reached_is_enough_whatever_the_sum_of_its_parts() -> None:
    rows = [Deposit(participant=code, day=date(2027, 1, 1), weight=5.5) for code in CODES[:10]]
    assert entered_into_force(parse_threshold("10 states and 55 % emissions"), NINETY, rows) is not None


def test_the_weight_of_an_organisation_that_does_not_count_is_left_out() -> None:
    rows = deposits(("XFA", "2027-01-01"))
    union = Deposit(participant="EUE", day=date(2027, 1, 1), counts_as=Depositor.ORGANISATION, weight=90.0)
    assert entered_into_force(parse_threshold("1 states and 55 % emissions"), NINETY, [*rows, union]) is None
    assert entered_into_force(parse_threshold("1 parties and 55 % emissions"), NINETY, [*rows, union]) is not None


def test_a_deposit_withdrawn_before_the_threshold_counts_no_more() -> None:
    rows = deposits(("XFA", "2027-01-01"), ("XFB", "2027-02-01"), ("XFC", "2027-04-01"))
    two = parse_threshold("2 states")
    withdrawn = {"XFA": date(2027, 1, 15)}
    assert found(entered_into_force(two, NINETY, rows, withdrawn=withdrawn)) == ("2027-06-30", "XFC", 2)


def test_a_withdrawal_on_the_deciding_day_is_in_time_and_one_the_day_after_is_not() -> None:
    rows = deposits(("XFA", "2027-01-01"), ("XFB", "2027-02-01"))
    two = parse_threshold("2 states")
    assert entered_into_force(two, NINETY, rows, withdrawn={"XFA": date(2027, 2, 1)}) is None
    assert entered_into_force(two, NINETY, rows, withdrawn={"XFA": date(2027, 2, 2)}) is not None


def test_who_withdrew_may_deposit_again() -> None:
    rows = deposits(("XFA", "2027-01-01"), ("XFB", "2027-02-01"), ("XFA", "2027-03-01"))
    entry = entered_into_force(parse_threshold("2 states"), NINETY, rows, withdrawn={"XFA": date(2027, 1, 15)})
    assert found(entry) == ("2027-05-30", "XFA", 2)


def test_two_deposits_of_one_participant_count_once() -> None:
    rows = deposits(("XFA", "2027-01-01"), ("XFA", "2027-02-01"), ("XFB", "2027-03-01"))
    assert found(entered_into_force(parse_threshold("2 states"), NINETY, rows)) == ("2027-05-30", "XFB", 2)


def test_a_state_that_is_no_more_counts_until_one_that_came_after_it_does() -> None:
    before = deposits(("YUG", "1986-05-05"), ("XFA", "1990-01-01"))
    after = deposits(("BIH", "1994-01-12"), ("HRV", "1995-04-05"))
    successors = {"YUG": frozenset({"BIH", "HRV"})}

    def day(threshold: str) -> str | None:
        entry = entered_into_force(parse_threshold(threshold), NINETY, [*after, *before], successors=successors)
        return None if entry is None else str(entry.deciding.day)

    assert [day("2 states"), day("3 states"), day("4 states")] == ["1990-01-01", "1995-04-05", None]


def test_a_protocol_waits_for_its_convention() -> None:
    rows = deposits(("XFA", "2027-01-01"))
    one = parse_threshold("1 states")
    early = entered_into_force(one, NINETY, rows, not_before=date(2027, 2, 1))
    late = entered_into_force(one, NINETY, rows, not_before=date(2027, 12, 1))
    assert early is not None
    assert late is not None
    assert (early.day, late.day) == (date(2027, 4, 1), date(2027, 12, 1))


@given(st.lists(st.tuples(st.sampled_from(CODES), DAYS), max_size=40), st.integers(1, 20), st.randoms())
def test_the_answer_is_that_of_a_plain_count(
    pairs: list[tuple[str, date]], needed: int, shuffled: random.Random
) -> None:
    rows = [Deposit(participant=code, day=day) for code, day in pairs]
    first = {code: min(day for other, day in pairs if other == code) for code, _ in pairs}
    days = sorted(first.values())
    shuffled.shuffle(rows)
    entry = entered_into_force(Threshold(count=needed), NINETY, rows)
    if len(days) < needed:
        assert entry is None
    else:
        assert entry is not None
        assert entry.day == NINETY.after(days[needed - 1])
        assert entry.counted == needed
        assert entry.deciding.participant in entry.same_day


@pytest.mark.parametrize(
    ("deposit", "since"),
    [("2003-06-01", "2003-09-29"), ("2003-08-30", "2003-09-29"), ("2003-08-31", "2003-09-30")],
)
def test_a_later_joiner_is_bound_after_its_own_delay_and_not_before_the_treaty(deposit: str, since: str) -> None:
    thirty = parse_delay("30 days")
    assert binding_from(date(2003, 9, 29), date.fromisoformat(deposit), thirty) == date.fromisoformat(since)


@pytest.mark.parametrize(
    ("code", "day", "member"),
    [
        ("LTU", "2004-03-18", True),
        ("LTU", "1993-05-13", False),
        ("LTU", "1993-05-14", True),
        ("GRC", "1972-01-01", False),
        ("GRC", "1980-01-01", True),
        ("RUS", "2022-03-15", True),
        ("RUS", "2022-03-16", False),
        ("USA", "2024-01-01", False),
    ],
)
def test_membership_of_a_group_has_its_days(code: str, day: str, member: bool) -> None:  # noqa: FBT001 - a table
    on = date.fromisoformat(day)
    assert ("council_of_europe" in groups_of(code, on)) is member
    assert ("council_of_europe" in Deposit.of(code, on).groups) is member


def test_the_council_of_europe_has_forty_six_members_and_every_row_its_evidence() -> None:
    rows = load_groups()
    assert len({row.participant for row in rows if row.holds(date(2026, 11, 23))}) == 46
    assert {row.participant for row in rows} <= set(load_participants())
    assert all(row.source and row.grade_detail for row in rows)

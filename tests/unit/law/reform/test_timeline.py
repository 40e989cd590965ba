"""A day that depends on events still to come is a bound, and nobody is a party before the instrument is in force."""

import itertools
from dataclasses import replace
from datetime import date, timedelta

import pytest

from comity.law.reform.amendment_rules import load_amendment_rules
from comity.law.reform.amendments import RouteCode, routes
from comity.law.reform.drafts import parse_draft, parse_forecast, shipped_draft_text
from comity.law.reform.gaps import gap_matrix
from comity.law.reform.timeline import DayBasis, Timeline
from comity.law.register import Register, exercise_actions, load_register
from comity.parties.participants import is_fictitious
from comity.parties.table import Grade

REGISTER = load_register()
ON = date(2026, 11, 23)


def with_parties(count: int, on: date) -> Register:
    codes = ("X" + "".join(pair) for pair in itertools.product("ABCDEFGHIJKLMNOPQRSTUVWXYZ", repeat=2))
    fictitious = itertools.islice((code for code in codes if is_fictitious(code)), count)
    return REGISTER.with_actions(exercise_actions(fictitious, instrument="hanoi", on=on))


def test_exactly_as_many_parties_as_are_needed_are_enough_today() -> None:
    on = date(2027, 6, 1)
    timeline = Timeline("hanoi", on, register=with_parties(60, date(2027, 1, 1)), forecast=None)
    (reached,) = timeline.with_parties(60)
    assert (reached.on, reached.basis, reached.text) == (on, DayBasis.KNOWN, "it has 60 today")
    (bound, _) = timeline.with_parties(61)
    assert (bound.on, bound.basis) == (on + timedelta(days=30), DayBasis.NOT_BEFORE)


def test_the_bound_on_parties_is_not_before_that_on_entry_into_force() -> None:
    # A consent of today would take effect after thirty days, the instrument itself only after ninety.
    bound, unknown = Timeline("hanoi", ON, register=REGISTER, forecast=None).with_parties(60)
    assert (bound.on, bound.basis) == (ON + timedelta(days=90), DayBasis.NOT_BEFORE)
    assert unknown.basis is DayBasis.UNKNOWN


def test_a_forecast_of_parties_is_not_before_its_own_entry_into_force() -> None:
    rows = "[{on = 2028-01-01, parties = 60, quantile = 0.5}]"
    forecast = parse_forecast(f"parties_by = {rows}".encode(), where="forecast.toml")
    found = Timeline("hanoi", ON, register=REGISTER, forecast=forecast).with_parties(60)
    assert [row.on for row in found if row.basis is DayBasis.FORECAST] == [date(2028, 1, 1) + timedelta(days=90)]


@pytest.mark.parametrize(("articles", "read"), [({"62"}, False), ({"61"}, False), ({"61", "62"}, True)])
def test_a_rule_on_a_protocol_counts_as_read_with_all_of_its_articles(articles: set[str], *, read: bool) -> None:
    provisions = tuple(
        replace(row, grade=Grade.TEXT, grade_detail="T")
        if row.instrument == "hanoi" and row.provision in articles
        else row
        for row in REGISTER.provisions
    )
    matrix = gap_matrix(REGISTER)
    concerns = {row.code for row in matrix.concerns}
    draft = parse_draft(shipped_draft_text("submarine_cables"), where="draft.toml", concerns=concerns)
    found = routes(draft, replace(REGISTER, provisions=provisions), ON, matrix=matrix)
    route = next(row for row in found if row.code is RouteCode.SUPPLEMENTARY_PROTOCOL)
    assert (route.conditions[0].reason.grade is Grade.TEXT) is read


def test_no_rule_on_changing_an_instrument_is_less_sure_than_its_article() -> None:
    # Otherwise a rule would count as read, although nobody held it against the text.
    sure = [
        rule
        for rule in load_amendment_rules()
        if rule.provision is not None and REGISTER.provision(rule.instrument, rule.provision).grade is Grade.TEXT
    ]
    assert sure
    assert {rule.grade for rule in sure} == {Grade.TEXT}

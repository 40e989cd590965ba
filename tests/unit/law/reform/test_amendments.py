"""A draft is read strictly, and each route says what it can do, when at the earliest, for whom, on what evidence."""

import csv
import io
import itertools
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from comity.errors import MalformedError, NotFoundError, TooLargeError
from comity.law.reform.amendment_rules import RuleRoute, load_amendment_rules
from comity.law.reform.amendments import Route, RouteCode, RouteStanding, routes, workbench
from comity.law.reform.drafts import (
    ArticleKind,
    Draft,
    Forecast,
    parse_draft,
    parse_forecast,
    read_draft,
    read_forecast,
    shipped_draft_text,
    shipped_drafts,
)
from comity.law.reform.form import MAX_FORM_BYTES
from comity.law.reform.gaps import Finding, gap_matrix
from comity.law.reform.timeline import DayBasis, Milestone
from comity.law.register import Register, exercise_actions, load_register
from comity.parties.participants import is_fictitious
from comity.parties.table import Grade

REGISTER = load_register()
MATRIX = gap_matrix(REGISTER)
CONCERNS = {row.code for row in MATRIX.concerns}
ON = date(2026, 11, 23)
FORECAST = parse_forecast(
    b"""
    parties_by = [
      {on = 2026-01-01, parties = 1, quantile = 0.5},
      {on = 2028-01-01, parties = 39, quantile = 0.1},
      {on = 2028-01-01, parties = 45, quantile = 0.5},
      {on = 2029-01-01, parties = 50, quantile = 0.1},
      {on = 2030-01-01, parties = 61, quantile = 0.5},
    ]
    """,
    where="forecast.toml",
)
DRAFT = """
title = "A draft"
subject = "Something"
[[article]]
number = 1
title = "Terms"
kind = "definition"
text = "A word."
closes = []
[[article]]
number = 2
title = "Deadline"
kind = "obligation"
text = "Answer soon."
closes = ["answer_deadlines"]
"""


def draft(text: str = DRAFT) -> Draft:
    return parse_draft(text.encode(), where="draft.toml", concerns=CONCERNS)


def cables() -> Draft:
    return parse_draft(shipped_draft_text("submarine_cables"), where="submarine_cables.toml", concerns=CONCERNS)


def by_code(
    subject: Draft, *, register: Register = REGISTER, on: date = ON, forecast: Forecast | None = None
) -> dict[RouteCode, Route]:
    found = routes(subject, register, on, forecast, matrix=MATRIX)
    return {route.code: route for route in found}


def step(route: Route, name: str, basis: DayBasis) -> list[Milestone]:
    return [row for row in route.dates if row.step == name and row.basis is basis]


def with_parties(count: int, on: date) -> Register:
    codes = ("X" + "".join(pair) for pair in itertools.product("ABCDEFGHIJKLMNOPQRSTUVWXYZ", repeat=2))
    fictitious = itertools.islice((code for code in codes if is_fictitious(code)), count)
    return REGISTER.with_actions(exercise_actions(fictitious, instrument="hanoi", on=on))


def test_the_worked_draft_on_cables_is_shipped_and_closes_what_it_says() -> None:
    assert shipped_drafts() == ("submarine_cables",)
    found = cables()
    assert [article.number for article in found.articles] == list(range(1, 14))
    closed = {code for article in found.articles for code in article.closes}
    assert {"cable_eez_shelf", "flag_state_duties", "record_at_sea", "silence_or_refusal"} <= closed
    assert {article.kind for article in found.articles} == set(ArticleKind)


def test_a_draft_that_is_not_shipped_is_told_with_those_that_are() -> None:
    with pytest.raises(NotFoundError, match="there are submarine_cables"):
        shipped_draft_text("weather")


def test_the_four_routes_come_in_order() -> None:
    assert list(by_code(cables())) == list(RouteCode)


def test_a_protocol_waits_for_sixty_parties_and_only_warns_since_that_rests_on_memory() -> None:
    route = by_code(cables())[RouteCode.SUPPLEMENTARY_PROTOCOL]
    assert route.standing is RouteStanding.CONDITIONAL
    (condition,) = route.conditions
    assert condition.met is False
    assert "60 parties" in condition.text
    assert condition.reason.grade is Grade.MEMORY
    assert "check against the certified text" in condition.line
    assert {warning.provision for warning in route.warnings} >= {"62", "61"}
    assert all(reason.grade is not Grade.MEMORY for reason in route.reasons)


def test_once_the_text_of_its_articles_was_read_the_condition_no_longer_asks_to_check_it() -> None:
    provisions = tuple(
        replace(row, grade=Grade.TEXT, grade_detail="T", source="the certified text")
        if row.instrument == "hanoi" and row.provision in {"61", "62"}
        else row
        for row in REGISTER.provisions
    )
    route = by_code(cables(), register=replace(REGISTER, provisions=provisions))[RouteCode.SUPPLEMENTARY_PROTOCOL]
    assert route.conditions[0].reason.source == "the certified text"
    assert route.conditions[0].line.endswith("[T]")
    assert "62" not in {warning.provision for warning in route.warnings}


def test_talks_on_a_protocol_are_mandated_today() -> None:
    route = by_code(cables())[RouteCode.SUPPLEMENTARY_PROTOCOL]
    assert [row.on for row in step(route, "negotiation", DayBasis.KNOWN)] == [ON]
    assert "mandate" in {reason.code for reason in route.reasons}


def test_without_a_forecast_a_day_is_a_bound_or_unknown_and_never_a_guess() -> None:
    for route in by_code(cables()).values():
        for row in route.dates:
            assert row.basis is not DayBasis.FORECAST
            assert (row.on is None) is (row.basis is DayBasis.UNKNOWN)


def test_the_bound_on_entry_into_force_is_ninety_days_after_today() -> None:
    route = by_code(cables())[RouteCode.AMENDMENT]
    (entry,) = step(route, "in_force", DayBasis.NOT_BEFORE)
    assert entry.on == date(2027, 2, 21)
    assert "all 40 missing consents" in entry.text
    (proposal,) = step(route, "proposal", DayBasis.NOT_BEFORE)
    assert proposal.on == date(2032, 2, 21)
    (effect,) = step(route, "effect", DayBasis.NOT_BEFORE)
    assert effect.on == date(2032, 5, 21)


def test_a_forecast_gives_days_by_quantile_from_its_own_rows_alone() -> None:
    route = by_code(cables(), forecast=FORECAST)[RouteCode.SUPPLEMENTARY_PROTOCOL]
    entry = {row.quantile: row.on for row in step(route, "in_force", DayBasis.FORECAST)}
    assert entry == {0.1: date(2029, 4, 1), 0.5: date(2028, 3, 31)}
    sixty = {row.quantile: row.on for row in step(route, "60_parties", DayBasis.FORECAST)}
    assert sixty == {0.1: None, 0.5: date(2030, 1, 31)}
    unreached = next(row for row in route.dates if row.quantile == 0.1 and row.on is None)
    assert "no 60 by 2029-01-01" in unreached.text


def test_a_forecast_moves_the_amendment_as_well() -> None:
    route = by_code(cables(), forecast=FORECAST)[RouteCode.AMENDMENT]
    assert {row.quantile: row.on for row in step(route, "proposal", DayBasis.FORECAST)} == {
        0.1: date(2034, 4, 1),
        0.5: date(2033, 3, 31),
    }


def test_a_forecast_in_the_draft_is_used_unless_another_one_is_given() -> None:
    own = "parties_by = [{on = 2027-06-01, parties = 40, quantile = 0.5}]\n"
    found = workbench(draft(own + DRAFT), REGISTER, ON, matrix=MATRIX)
    assert found.forecast is not None
    assert found.forecast.source == "draft.toml"
    given = workbench(draft(own + DRAFT), REGISTER, ON, FORECAST, matrix=MATRIX)
    assert given.forecast is FORECAST


def test_rows_of_a_forecast_before_the_day_are_left_out() -> None:
    assert FORECAST.reached(1, 0.5, since=date(2025, 1, 1)) == date(2026, 1, 1)
    assert FORECAST.reached(1, 0.5, since=ON) == date(2028, 1, 1)


def test_with_sixty_parties_the_protocol_route_is_open() -> None:
    day = date(2027, 1, 1)
    register = with_parties(60, day)
    route = by_code(cables(), register=register, on=date(2027, 6, 1))[RouteCode.SUPPLEMENTARY_PROTOCOL]
    assert route.standing is RouteStanding.OPEN
    assert route.conditions[0].met is True
    assert [row.on for row in step(route, "in_force", DayBasis.KNOWN)] == [date(2027, 4, 1)]


def test_with_fifty_parties_ten_are_missing() -> None:
    register = with_parties(50, date(2027, 1, 1))
    route = by_code(cables(), register=register, on=date(2027, 6, 1))[RouteCode.SUPPLEMENTARY_PROTOCOL]
    (bound,) = step(route, "60_parties", DayBasis.NOT_BEFORE)
    assert bound.on == date(2027, 7, 1)
    assert "all 10 missing" in bound.text
    assert "there are 50" in route.conditions[0].text


def test_consents_that_do_not_yet_bind_make_no_parties() -> None:
    register = with_parties(60, date(2027, 1, 1))
    route = by_code(cables(), register=register, on=date(2027, 1, 2))[RouteCode.SUPPLEMENTARY_PROTOCOL]
    assert route.conditions[0].met is False
    assert [row.on for row in step(route, "60_parties", DayBasis.KNOWN)] == [date(2027, 4, 1)]


def test_five_years_after_entry_into_force_an_amendment_may_be_proposed() -> None:
    register = with_parties(40, date(2027, 1, 1))
    before = by_code(cables(), register=register, on=date(2032, 3, 31))[RouteCode.AMENDMENT]
    after = by_code(cables(), register=register, on=date(2032, 4, 1))[RouteCode.AMENDMENT]
    assert before.standing is RouteStanding.CONDITIONAL
    assert [row.on for row in step(before, "proposal", DayBasis.KNOWN)] == [date(2032, 4, 1)]
    assert after.standing is RouteStanding.OPEN
    assert [row.on for row in step(after, "effect", DayBasis.NOT_BEFORE)] == [date(2032, 6, 30)]


def test_an_amendment_binds_only_who_accepts_it_and_rests_on_a_parent_text() -> None:
    route = by_code(cables())[RouteCode.AMENDMENT]
    assert route.binds.startswith("each party that accepts it, 90 days after its deposit")
    assert "two thirds" in route.why
    assert {reason.grade for reason in route.reasons} == {Grade.PARENT}


def test_a_separate_instrument_has_no_precondition_and_binds_who_joins() -> None:
    route = by_code(cables())[RouteCode.SEPARATE_INSTRUMENT]
    assert route.standing is RouteStanding.OPEN
    assert not route.conditions
    assert "nobody else" in route.binds


def test_national_law_leaves_out_what_binds_states_towards_each_other() -> None:
    route = by_code(cables())[RouteCode.NATIONAL_LAW]
    assert route.articles == (1, 2, 4, 7, 8)
    assert "flag_state_duties" in route.remains
    assert "no other state" in route.binds


def test_the_law_of_one_state_closes_nothing_that_lies_beyond_its_ships_and_nationals() -> None:
    route = by_code(cables())[RouteCode.NATIONAL_LAW]
    assert route.closes == ("cable_territorial_sea", "landing_stations")
    assert route.partly == ("cable_eez_shelf", "cable_high_seas", "record_at_sea", "physical_cut_evidence")
    line = next(line for line in route.lines if "answers for its own ships, nationals and authorities only" in line)
    assert "cable_eez_shelf" in line
    others = [found for code, found in by_code(cables()).items() if code is not RouteCode.NATIONAL_LAW]
    assert all(found.partly == () for found in others)
    assert all("cable_high_seas" in found.closes for found in others)


def test_what_only_states_together_can_answer_is_left_open_by_the_law_of_one() -> None:
    text = DRAFT.replace('"obligation"', '"procedure"').replace("answer_deadlines", "silence_or_refusal")
    found = by_code(draft(text))
    assert "silence_or_refusal" in found[RouteCode.NATIONAL_LAW].remains
    assert "silence_or_refusal" in found[RouteCode.SEPARATE_INSTRUMENT].closes


def test_what_the_convention_covers_already_is_closed_by_no_route() -> None:
    for route in by_code(draft(DRAFT.replace("answer_deadlines", "dispute_settlement"))).values():
        assert "dispute_settlement" not in {*route.closes, *route.partly, *route.remains}


def test_a_draft_of_duties_between_states_alone_cannot_be_national_law() -> None:
    route = by_code(draft(DRAFT.replace('"definition"', '"institution"')))[RouteCode.NATIONAL_LAW]
    assert route.standing is RouteStanding.CLOSED
    assert route.articles == ()
    assert route.dates == ()


def test_a_route_closes_only_what_is_open_and_names_what_stays_open() -> None:
    for route in by_code(cables()).values():
        open_today = {cell.concern for cell in MATRIX.of_column("hanoi") if cell.finding is not Finding.COVERED}
        told = [*route.closes, *route.partly, *route.remains]
        assert sorted(told) == sorted(open_today)


def test_only_an_amendment_can_change_the_text_itself() -> None:
    changed = draft(DRAFT.replace("[[article]]", "[kind_of_change]\namends_articles = ['41']\n[[article]]", 1))
    found = by_code(changed)
    codes = {code: {warning.code for warning in route.warnings} for code, route in found.items()}
    assert "cannot_amend" not in codes.pop(RouteCode.AMENDMENT)
    assert all("cannot_amend" in names for names in codes.values())


def test_every_reason_and_condition_carries_source_and_grade() -> None:
    for route in by_code(cables()).values():
        for reason in (*route.reasons, *(condition.reason for condition in route.conditions)):
            assert reason.source
            assert reason.grade_detail


def test_the_workbench_shows_what_other_texts_already_cover() -> None:
    found = workbench(cables(), REGISTER, ON, matrix=MATRIX)
    assert ("cable_high_seas", "unclos") in {(cell.concern, cell.column) for cell in found.overlaps}
    assert all(cell.column != "hanoi" for cell in found.overlaps)


@pytest.mark.parametrize("instrument", ["untoc", "uncac", "budapest"])
def test_other_conventions_have_rules_of_their_own(instrument: str) -> None:
    found = by_code(draft(f'instrument = "{instrument}"\n{DRAFT}'))
    assert found[RouteCode.AMENDMENT].standing is RouteStanding.OPEN
    assert (RouteCode.SUPPLEMENTARY_PROTOCOL in found) is (instrument != "uncac")


def test_an_amendment_of_the_budapest_convention_waits_for_all_parties() -> None:
    route = by_code(draft(f'instrument = "budapest"\n{DRAFT}'))[RouteCode.AMENDMENT]
    assert route.binds == "all parties, 30 days after the last of them has accepted it"
    assert step(route, "effect", DayBasis.UNKNOWN)


def test_an_instrument_without_rules_on_its_change_is_told() -> None:
    with pytest.raises(NotFoundError, match="no rules on changing the Paris Convention of 1884"):
        by_code(draft(f'instrument = "paris_1884"\n{DRAFT}'))
    with pytest.raises(NotFoundError, match="'atlantis' is not loaded"):
        by_code(draft(f'instrument = "atlantis"\n{DRAFT}'))


def test_every_rule_has_evidence_and_points_to_an_article_that_is_there() -> None:
    for rule in load_amendment_rules():
        assert rule.source
        for provision in (rule.provision, rule.binds_provision):
            if provision is not None:
                assert REGISTER.provision(rule.instrument, provision).paraphrase
        assert (rule.provision is None) is (rule.route is RuleRoute.MANDATE)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title = 1 2", r"draft\.toml: not TOML: .*line 1"),
        ('title = "A"\nsubject = "B"\n', r"draft\.toml: there is no \[\[article\]\]"),
        (DRAFT.replace('title = "A draft"\n', ""), r"draft\.toml: title is missing or empty"),
        (DRAFT.replace("answer_deadlines", "weather"), r"draft\.toml: article 2: closes names the concern 'weather'"),
        (DRAFT.replace("obligation", "wish"), r"draft\.toml: article 2: kind is 'wish', wanted one of obligation"),
        (DRAFT.replace("number = 2", "number = 3"), r"articles are numbered 1, 3"),
        (DRAFT.replace("number = 2", 'number = "2"'), r"article 2: number is '2', wanted a whole number"),
        (DRAFT + "colour = 1\n", r"draft\.toml: article 2: unknown member 'colour'; known are number"),
        ("colour = 1\n" + DRAFT, r"draft\.toml: unknown member 'colour'"),
        (DRAFT.replace('"Answer soon."', "7"), r"article 2: text is 7, wanted a text in quotes"),
        (DRAFT.replace("Answer soon", "Answer \\u202esoon"), r"article 2: text holds a control character or a hidden"),
        (DRAFT.replace('["answer_deadlines"]', '"answer_deadlines"'), r"article 2: closes must be a list of texts"),
        (DRAFT.replace('["answer_deadlines"]', '["observers", "observers"]'), r"article 2: closes holds .* one twice"),
        ("article = 3\n" + DRAFT.split("[[", maxsplit=1)[0], r"draft\.toml: article must be a list of tables"),
        (DRAFT + "[kind_of_change]\nnew = true\namends_articles = ['41']\n", r"kind_of_change: give either new"),
        (DRAFT + "[kind_of_change]\namends_articles = ['41 bis']\n", r"kind_of_change: amends_articles: provision"),
        ("parties_by = []\n" + DRAFT, r"draft\.toml: parties_by has no row"),
        ("parties_by = [{on = 2027-01-01, parties = 40, quantile = 1.5}]\n" + DRAFT, r"parties_by 1: quantile is 1\.5"),
        ('parties_by = [{on = "soon", parties = 40, quantile = 0.5}]\n' + DRAFT, r"parties_by 1: on is 'soon'"),
        (
            "parties_by = [{on = 2027-01-01T00:00:00Z, parties = 40, quantile = 0.5}]\n" + DRAFT,
            r"parties_by 1: on is datetime",
        ),
        (
            "parties_by = [{on = 2028-01-01, parties = 40, quantile = 0.5}, "
            "{on = 2027-01-01, parties = 41, quantile = 0.5}]\n" + DRAFT,
            r"parties_by 2: 2027-01-01 does not come after 2028-01-01",
        ),
        (
            "parties_by = [{on = 2027-01-01, parties = 40, quantile = 0.5}, "
            "{on = 2028-01-01, parties = 39, quantile = 0.5}]\n" + DRAFT,
            r"parties_by 2: 39 parties are fewer than 40 before",
        ),
    ],
)
def test_a_bad_draft_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(MalformedError, match=message):
        draft(text)


def test_an_article_that_is_not_there_cannot_be_amended() -> None:
    changed = draft(DRAFT + "[kind_of_change]\namends_articles = ['69']\n")
    with pytest.raises(MalformedError, match=r"draft\.toml: kind_of_change: amends_articles: article 69 of 'hanoi'"):
        by_code(changed)


def test_a_draft_that_is_no_text_or_too_large_is_refused() -> None:
    with pytest.raises(MalformedError, match=r"draft\.toml: not UTF-8 at byte 0"):
        parse_draft(b"\xff", where="draft.toml", concerns=CONCERNS)
    with pytest.raises(TooLargeError, match=r"at most 1000000 are read"):
        parse_draft(b" " * (MAX_FORM_BYTES + 1), where="draft.toml", concerns=CONCERNS)


def test_drafts_and_forecasts_are_read_from_files(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_bytes(shipped_draft_text("submarine_cables"))
    assert read_draft(tmp_path / "own.toml", concerns=CONCERNS).title == cables().title
    (tmp_path / "forecast.toml").write_text("parties_by = [{on = 2027-01-01, parties = 40, quantile = 0.5}]\n")
    assert read_forecast(tmp_path / "forecast.toml").quantiles == (0.5,)
    with pytest.raises(NotFoundError, match="cannot be read"):
        read_draft(tmp_path / "none.toml", concerns=CONCERNS)


def test_a_forecast_file_holds_nothing_else() -> None:
    with pytest.raises(MalformedError, match=r"forecast\.toml: unknown member 'title'"):
        parse_forecast(b'title = "x"\nparties_by = []', where="forecast.toml")


def test_the_lines_fit_a_terminal_and_the_exports_agree_with_the_routes() -> None:
    found = workbench(cables(), REGISTER, ON, FORECAST, matrix=MATRIX)
    assert max(map(len, found.lines())) <= 110
    value = found.to_json()
    assert value["forecast"] == "forecast.toml"
    assert [route["route"] for route in value["routes"]] == list(RouteCode)  # type: ignore[attr-defined]
    rows = list(csv.DictReader(io.StringIO(found.to_csv())))
    for item in ("closes", "partly", "remains"):
        listed = {(row["route"], row["name"]) for row in rows if row["item"] == item}
        assert listed == {(route.code.value, concern) for route in found.routes for concern in getattr(route, item)}

"""A report tells what the reader's law tables say of a request, and stops where they do not hold its instrument."""

from datetime import UTC, datetime

import pytest

from comity.errors import MalformedError, PolicyError
from comity.exchange.dossier_facts import Checked, Fact, opening_of
from comity.exchange.dossier_fold import Closed
from comity.exchange.dossier_law import check_law, tell_safeguards
from comity.exchange.dossier_log import Logged, Window
from comity.kernel.canonical import Json
from comity.kernel.statement import Statement
from comity.kernel.trust import KeyHistory
from comity.law.register import Register, exercise_actions, load_register
from support.bodies import CASE, body, opening, within
from support.speakers import AUTHORITY, NOW, PEER, STATEMENT, designation, recognition

TABLES = load_register()
BOUND = TABLES.with_actions(
    exercise_actions(["XAA", "XAB"], instrument="budapest", on=datetime(2020, 1, 1, tzinfo=UTC).date())
)
BEFORE = (1, designation())


def told(register: Register = BOUND, asked: str = PEER, /, **changes: Json) -> list[Fact]:
    """Return what is told of a request whose body differs in `changes`."""
    item = checked(opening(body=body("request", **changes)))
    return check_law(item, {AUTHORITY: recognition()}, asked=asked, register=register)


def checked(statement: Statement) -> Checked:
    return Checked(
        id=CASE,
        statement=statement,
        size_bytes=1,
        logged=Logged(origin=f"{AUTHORITY}/log", index=5, size=6, logged_by=NOW, witnesses=()),
        window=Window(before=BEFORE, after=None, history=KeyHistory(authority=AUTHORITY, designations=(BEFORE,))),
        pair=STATEMENT.public,
    )


def test_what_carries_a_request_is_told_with_grade_and_source() -> None:
    facts = told()
    assert {(fact.topic, fact.where) for fact in facts} == {("law", opening_of(CASE))}
    (binds,) = [fact.text for fact in facts if "binds both since 2020" in fact.text]
    assert binds.startswith("Budapest Convention on 2026-03-02, by the reader's tables: ")
    (carries,) = [fact.text for fact in facts if "article 29 carries preservation" in fact.text]
    assert "(grade T, source: Convention on Cybercrime" in carries


@pytest.mark.parametrize("article", ["29", "29(2)", "29(2)(e)"])
def test_a_paragraph_of_the_carrying_article_is_no_disagreement(article: str) -> None:
    assert not any("the request names" in fact.text for fact in told(article=article))


@pytest.mark.parametrize("article", ["31(3)", "31", "31(1)"])
def test_a_carrier_that_is_a_paragraph_covers_its_article(article: str) -> None:
    facts = told(measure="emergency_data", article=article)
    assert any("article 31(3) carries" in fact.text for fact in facts)
    assert not any("the request names" in fact.text for fact in facts)


def test_another_article_is_told() -> None:
    assert any(
        fact.text == "the request names article 31, the reader's tables carry preservation under article 29"
        for fact in told(article="31")
    )


def test_tables_that_lack_a_ratification_tell_so_and_no_more() -> None:
    assert any("does not bind both: XAA" in fact.text for fact in told(TABLES))


@pytest.mark.parametrize(
    ("asked", "changes", "why"),
    [
        (PEER, {"measure": "divination"}, "measure 'divination' is unknown"),
        ("qqq.centre", {}, "QQQ"),
        ("xaa.other", {}, "XAA cannot ask itself"),
    ],
)
def test_a_request_that_the_tables_cannot_judge_is_told_as_such(asked: str, changes: dict[str, Json], why: str) -> None:
    (fact,) = told(BOUND, asked, **changes)
    assert fact.text.startswith("Budapest Convention: the reader's tables cannot judge this request: ")
    assert why in fact.text


def test_an_instrument_outside_the_tables_stops_the_check() -> None:
    with pytest.raises(PolicyError, match="legal ground cannot be told: instrument 'westphalia' is not loaded"):
        told(instrument="westphalia")


# Safeguards.


def answers_told(statement: Statement, closed: Closed | None = None) -> list[str]:
    facts = tell_safeguards(checked(statement), closed or {})
    assert {(fact.topic, fact.where) for fact in facts} <= {("safeguards", opening_of(CASE))}
    return [fact.text for fact in facts]


def without(kind: str) -> dict[str, Json]:
    return {name: value for name, value in body(kind).items() if name != "safeguards"}


def test_each_answer_is_told_with_its_reason() -> None:
    assert answers_told(opening()) == [
        f"safeguards of the asker, in request {CASE[:12]}…: {told}"
        for told in (
            "purpose and proportionality met (reason: One account, one week.)",
            "onward transfer not applicable",
            "notice to user met",
        )
    ]
    told = answers_told(within("preserved"))
    assert told[0] == f"safeguards of the asked, in preserved {CASE[:12]}…: purpose and proportionality met"
    assert answers_told(within("refused"))[0].startswith("safeguards of the asked, in refused")
    assert answers_told(within("not-executed"))[0].startswith("safeguards of the asked, in not-executed")


@pytest.mark.parametrize("kind", ["request", "authorised", "preserved", "refused", "not-executed"])
def test_withheld_answers_are_told_as_withheld(kind: str) -> None:
    statement = opening(body=without(kind)) if kind == "request" else within(kind, body=without(kind))
    side = "asker" if kind == "request" else "asked"
    told = f"safeguards of the {side}, in {kind} {CASE[:12]}…: withheld"
    assert answers_told(statement, {CASE: ("safeguards",)}) == [told]
    assert answers_told(statement, {CASE: None}) == [f"{told}, with the whole body"]


def test_no_answers_are_told_of_a_request_and_an_order_only() -> None:
    assert answers_told(opening(body=without("request")), {CASE: ("persons",)}) == [
        f"safeguards of the asker, in request {CASE[:12]}…: none is answered"
    ]
    assert answers_told(within("authorised", body=without("authorised"))) == [
        f"safeguards of the asked, in authorised {CASE[:12]}…: none is answered"
    ]
    for kind in ("preserved", "refused", "not-executed"):
        assert answers_told(within(kind, body=without(kind))) == []
    assert answers_told(within("package")) == []


def test_a_reason_cannot_break_or_turn_a_line() -> None:
    answers: list[Json] = [{"step": "notice_to_user", "answer": "skipped", "reason": "a\n\u202edesrever"}]
    (told,) = answers_told(opening(body=body("request", safeguards=answers)))
    assert told.endswith("notice to user skipped (reason: a desrever)")


def test_answers_that_break_their_form_are_refused() -> None:
    with pytest.raises(MalformedError, match="safeguards: "):
        answers_told(within("authorised", body={"safeguards": [{"step": "notice_to_user", "answer": "yes"}]}))

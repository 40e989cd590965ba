"""A report tells what the reader's law tables say of a request, and stops where they do not hold its instrument."""

from datetime import UTC, datetime

import pytest

from comity.errors import PolicyError
from comity.exchange.dossier_facts import Checked, Fact, opening_of
from comity.exchange.dossier_law import check_law
from comity.exchange.dossier_log import Logged, Window
from comity.kernel.canonical import Json
from comity.kernel.trust import KeyHistory
from comity.law.register import Register, exercise_actions, load_register
from support.bodies import CASE, body, opening
from support.speakers import AUTHORITY, NOW, PEER, STATEMENT, designation, recognition

TABLES = load_register()
BOUND = TABLES.with_actions(
    exercise_actions(["XAA", "XAB"], instrument="budapest", on=datetime(2020, 1, 1, tzinfo=UTC).date())
)
BEFORE = (1, designation())


def told(register: Register = BOUND, asked: str = PEER, /, **changes: Json) -> list[Fact]:
    """Return what is told of a request whose body differs in `changes`."""
    item = Checked(
        id=CASE,
        statement=opening(body=body("request", **changes)),
        size_bytes=1,
        logged=Logged(origin=f"{AUTHORITY}/log", index=5, size=6, logged_by=NOW, witnesses=()),
        window=Window(before=BEFORE, after=None, history=KeyHistory(authority=AUTHORITY, designations=(BEFORE,))),
        pair=STATEMENT.public,
    )
    return check_law(item, {AUTHORITY: recognition()}, asked=asked, register=register)


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
    with pytest.raises(PolicyError, match="legal ground cannot be told: instrument 'malabo' is not loaded"):
        told(instrument="malabo")

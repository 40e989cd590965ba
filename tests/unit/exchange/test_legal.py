"""Both sides judge a request, and what is answered to it, by the law tables and nothing else."""

from datetime import date

import pytest

from comity.errors import MalformedError, NotFoundError, PolicyError
from comity.exchange.legal import (
    basis_on,
    check_not_executed,
    check_outcome_law,
    check_preserved,
    check_refused,
    check_request,
    covers,
    keeping_floor,
    parse_measure,
)
from comity.kernel.canonical import Json
from comity.kernel.statement import Statement
from comity.law.measures import Measure
from support.bodies import ANSWERS, CASE, body, opening, within

REAL: dict[str, object] = {"issuer": "prt.contact-point", "to": ("cpv.contact-point",)}
ANSWERS_CASE = ANSWERS | {"request": CASE}


def request(**changes: Json) -> Statement:
    return opening(**REAL, body=body("request", **changes))


def refused(ground: str, article: str) -> Statement:
    return within("refused", body=body("refused", answers=ANSWERS_CASE, ground=ground, article=article))


def preserved(until: str) -> Statement:
    return within("preserved", body=body("preserved", answers=ANSWERS_CASE, until=until))


# Requests.


def test_a_request_between_parties_passes_with_its_basis() -> None:
    found = check_request(request())
    assert (found.option.instrument.key, found.option.provision) == ("budapest", "29")
    assert found.remark == found.basis.summary
    assert "binds PRT and CPV" in found.remark


@pytest.mark.parametrize("article", ["29", "29(2)", "29(2)(e)"])
def test_a_request_may_name_any_paragraph_of_the_article(article: str) -> None:
    check_request(request(article=article))


@pytest.mark.parametrize(
    ("changes", "error", "reason"),
    [
        ({"article": "31"}, PolicyError, "article 29 carries preservation, the request names article 31"),
        ({"article": "2"}, PolicyError, "the request names article 2"),
        ({"instrument": "hanoi", "article": "42"}, PolicyError, "cannot carry"),
        ({"measure": "freezing"}, PolicyError, "cannot carry"),
        ({"measure": "divination"}, MalformedError, "measure 'divination' is unknown; known are preservation"),
        ({"instrument": "malabo"}, NotFoundError, "malabo"),
    ],
)
def test_a_request_without_basis_is_refused(changes: dict[str, Json], error: type[Exception], reason: str) -> None:
    with pytest.raises(error, match=reason):
        check_request(request(**changes))


def test_a_request_that_lacks_an_item_is_refused() -> None:
    lacking = {name: value for name, value in body("request").items() if name != "necessity"}
    with pytest.raises(PolicyError, match="necessity"):
        check_request(opening(**REAL, body=lacking))


def test_a_fictitious_state_asks_in_exercises_only() -> None:
    found = check_request(opening(exercise=True))
    assert found.remark.startswith("exercise with a fictitious state")
    with pytest.raises(PolicyError, match="names a fictitious state: for exercises only"):
        check_request(opening())


def test_the_measure_of_another_option_than_asked_has_no_floor() -> None:
    on = date(2026, 3, 2)
    floor = keeping_floor(basis_on("PRT", "CPV", "preservation", on).option("budapest"))
    assert floor is not None
    assert (floor.provision, floor.length) == ("29(7)", 60)
    assert keeping_floor(basis_on("PRT", "CPV", "stored_data", on).option("budapest")) is None
    assert parse_measure("stored_data") is Measure.STORED_DATA


def test_an_article_covers_its_paragraphs_and_no_neighbour() -> None:
    assert covers("29", "29(2)")
    assert covers("31(3)", "31")
    assert not covers("29", "2")
    assert not covers("2", "29")


# Outcomes.


@pytest.mark.parametrize(
    ("ground", "article"),
    [
        ("political_offence", "29(5)(a)"),
        ("essential_interests", "29(5)(b)"),
        ("essential_interests", "29(5)"),
        ("dual_criminality", "29(4)"),
    ],
)
def test_a_ground_of_the_instrument_passes(ground: str, article: str) -> None:
    check_refused(refused(ground, article), request())
    check_refused(refused(ground, article), opening(exercise=True))
    check_outcome_law(refused(ground, article), {CASE: request()})


@pytest.mark.parametrize(
    ("ground", "article", "reason"),
    [
        ("persecution", "29(5)", "gives no ground persecution for preservation; it gives dual_criminality"),
        ("displeasure", "29(5)", "ground 'displeasure' is unknown; known are political_offence"),
        (
            "essential_interests",
            "27(4)(b)",
            r"ground essential_interests in article 29\(5\)\(b\), the refusal names article 27\(4\)\(b\)",
        ),
    ],
)
def test_a_ground_that_the_instrument_does_not_give_is_refused(ground: str, article: str, reason: str) -> None:
    with pytest.raises(PolicyError, match=reason):
        check_outcome_law(refused(ground, article), {CASE: request()})


def test_the_grounds_follow_what_was_asked_for() -> None:
    asked = request(measure="stored_data", article="31")
    check_refused(refused("essential_interests", "27(4)(b)"), asked)
    with pytest.raises(PolicyError, match=r"in article 27\(4\)\(b\)"):
        check_refused(refused("essential_interests", "29(5)(b)"), asked)


def test_a_reason_of_non_execution_is_one_of_the_table() -> None:
    def said(reason: str) -> Statement:
        return within("not-executed", body=body("not-executed", reason=reason))

    check_not_executed(said("data_not_held"))
    # Nothing of the request matters for it, so that none is looked for.
    check_outcome_law(said("impossible_in_fact"), {})
    with pytest.raises(PolicyError, match="no reason of non-execution has the code 'busy'; there are"):
        check_outcome_law(said("busy"), {})


def test_data_are_kept_for_at_least_the_floor() -> None:
    # From 09:00 on 2 March, sixty days end on 1 May.
    for asked in (request(), opening(exercise=True)):
        check_preserved(preserved("2026-05-01T09:00:00Z"), asked)
        with pytest.raises(PolicyError, match=r"article 29\(7\) wants at least 60 days, until 2026-05-01T09:00:00Z"):
            check_outcome_law(preserved("2026-05-01T08:59:59Z"), {CASE: asked})


@pytest.mark.parametrize("outcome", [refused("political_offence", "29(5)(a)"), preserved("2026-05-01T09:00:00Z")])
def test_an_outcome_answers_a_request_of_its_case(outcome: Statement) -> None:
    for requests in ({}, {CASE: within("question")}):
        with pytest.raises(PolicyError, match=f"request {CASE[:12]}… is not in this case"):
            check_outcome_law(outcome, requests)


@pytest.mark.parametrize("kind", ["package", "acknowledged", "receipt", "closed"])
def test_the_law_says_nothing_of_other_kinds(kind: str) -> None:
    check_outcome_law(within(kind), {})

import pytest

from comity.errors import MalformedError, PolicyError
from comity.exchange.rules import (
    ASKED_KINDS,
    ASKER_KINDS,
    OUTCOME_KINDS,
    check_custody,
    check_in_case,
    check_opening,
)
from comity.exchange.statements import KINDS, Custody, CustodyEvent, body_of
from comity.kernel.canonical import JsonObject
from comity.kernel.statement import Statement
from support.bodies import BODIES, CASE, DIGEST, EVENT, identity, opening, within
from support.speakers import AUTHORITY, PEER

HELD = (CASE, identity("earlier"))


def check(statement: Statement, opened: Statement | None = None) -> None:
    check_in_case(statement, case=CASE, opening=opened or opening(), held=HELD)


def chain(*changes: dict[str, str]) -> list[CustodyEvent]:
    """Return a whole chain of three events with some members changed."""
    steps: list[dict[str, str]] = [
        {"action": "acquired", "holder_before": "mail.example", "holder_after": "XAB"},
        {"action": "sent", "holder_before": "XAB", "holder_after": "XAA"},
        {"action": "received", "holder_before": "XAA", "holder_after": "XAA", "at": "2026-03-02T09:30:00Z"},
    ]
    events: list[JsonObject] = [
        {**EVENT, **step, **change} for step, change in zip(steps, [*changes, {}, {}, {}], strict=False)
    ]
    return body_of(within("custody", body={"custody": list(events)}), Custody).custody


def test_every_kind_but_three_belongs_to_one_side() -> None:
    assert ASKER_KINDS.isdisjoint(ASKED_KINDS)
    assert set(KINDS) - ASKER_KINDS - ASKED_KINDS == {"receipt", "custody", "closed"}
    assert OUTCOME_KINDS < ASKED_KINDS
    assert {kind for kind, shape in KINDS.items() if "answers" in shape.__struct_fields__} == OUTCOME_KINDS


def test_a_request_to_one_other_authority_opens_a_case() -> None:
    check_opening(opening())
    check_opening(opening(exercise=True))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "receipt", "body": BODIES["receipt"]}, "receipt statement cannot open a case"),
        ({"to": ()}, "exactly one authority"),
        ({"to": (PEER, "xac.centre")}, "exactly one authority"),
        ({"to": (AUTHORITY,)}, "a request to itself"),
        ({"follows": (DIGEST,)}, "follows no statement"),
    ],
)
def test_anything_else_opens_none(changes: dict[str, object], message: str) -> None:
    with pytest.raises(PolicyError, match=message):
        check_opening(opening(**changes))


def test_a_request_without_its_body_opens_none() -> None:
    with pytest.raises(MalformedError, match="body of request"):
        check_opening(opening(body={}))


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_side_says_its_own_kinds(kind: str) -> None:
    sides = {AUTHORITY: kind not in ASKED_KINDS, PEER: kind not in ASKER_KINDS}
    for issuer, allowed in sides.items():
        said = within(kind, issuer=issuer)
        if allowed:
            check(said)
            continue
        side = "asker" if kind in ASKER_KINDS else "asked"
        with pytest.raises(PolicyError, match=f"only the {side} .* may say '{kind}'"):
            check(said)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"subject": DIGEST}, "names case"),
        ({"subject": None}, "names case None"),
        ({"issuer": "xac.centre"}, "xac.centre is no party of case"),
        ({"to": ()}, "go to its parties only"),
        ({"to": ("xac.centre",)}, "go to its parties only"),
        ({"to": (AUTHORITY, "xac.centre")}, "go to its parties only"),
        ({"to": (PEER,)}, "go to its parties only"),
        ({"exercise": True}, "never mix"),
        ({"follows": (DIGEST,)}, "which is not in this case here"),
        ({"follows": tuple(sorted((CASE, DIGEST)))}, "which is not in this case here"),
        ({"follows": ()}, "follows at least one"),
    ],
)
def test_a_statement_that_does_not_belong_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(PolicyError, match=message):
        check(within("acknowledged", **changes))


def test_an_exercise_takes_exercise_statements_only() -> None:
    check(within("acknowledged", exercise=True), opening(exercise=True))
    with pytest.raises(PolicyError, match="never mix"):
        check(within("acknowledged"), opening(exercise=True))


def test_a_body_is_read_last() -> None:
    with pytest.raises(MalformedError, match="body of acknowledged"):
        check(within("acknowledged", body={}))
    with pytest.raises(MalformedError, match="kind 'greeting' is unknown"):
        check(within("closed", kind="greeting"))


def test_a_whole_chain_of_custody_passes() -> None:
    check_custody(chain())
    check_custody(chain()[:1])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ([{"action": "sent"}], "begins with 'sent', not 'acquired'"),
        ([{}, {"exhibit": "E2"}], "exhibit E2, between events 1 .acquired. and 2: another exhibit"),
        ([{}, {"holder_before": "nobody"}], "left with 'XAB', taken up from 'nobody'"),
        ([{}, {}, {"digest": "ab" * 32}], "between events 2 .sent. and 3: the digest changed"),
        ([{}, {"at": "2026-03-02T08:59:59Z"}], "time runs backwards"),
    ],
)
def test_a_gap_in_custody_is_named(changes: list[dict[str, str]], message: str) -> None:
    with pytest.raises(PolicyError, match=message):
        check_custody(chain(*changes))


def test_two_clocks_may_differ_a_little_at_the_hand_over_and_only_there() -> None:
    check_custody(chain({}, {}, {"at": "2026-03-02T08:55:00Z"}))
    with pytest.raises(PolicyError, match="time runs backwards"):
        check_custody(chain({}, {}, {"at": "2026-03-02T08:54:59Z"}))
    with pytest.raises(PolicyError, match="time runs backwards"):
        check_custody(chain({}, {}, {"at": "2026-03-02T08:59:00Z", "action": "examined"}))


def test_no_event_is_no_custody() -> None:
    with pytest.raises(PolicyError, match="no custody event"):
        check_custody([])

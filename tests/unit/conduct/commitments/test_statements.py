"""The bodies of these kinds take what they should and refuse members that do not fit each other."""

from typing import Any

import jsonschema
import pytest

from comity.conduct.commitments.statements import KINDS, commitment_schema, parse_commitment_body
from comity.conduct.statements import KINDS as LEDGER_KINDS
from comity.conduct.statements import encode_body
from comity.errors import MalformedError

ID = "ab" * 32
SOURCE = {"title": "A page of the ministry"}
STATE = {"name": "State XAA", "kind": "state", "participant": "XAA"}
MEASURE = {"code": "contacts", "label": "send a list", "duty": "report", "every_months": 12}
BODIES: dict[str, dict[str, Any]] = {
    "commitment": {
        "participant": "XAA",
        "catalogue": "gge_norms",
        "item": "f",
        "act": "endorsed",
        "on": "2026-01",
        "sources": [SOURCE],
    },
    "conforming-act": {
        "participant": "XAA",
        "kind": "help_given",
        "on": "2026-01-02",
        "said_by": STATE,
        "towards": ["XBB"],
        "under": ["gge_norms:h"],
        "summary": "State XAA says that it helped.",
    },
    "ping": {
        "by": "XAA",
        "to": "XBB",
        "point": "Duty desk",
        "nonce": "00" * 16,
        "sent": "2026-01-02T03:04:05Z",
        "window_seconds": 3600,
    },
    "ping-answer": {
        "ping": ID,
        "nonce": "00" * 16,
        "by": "XBB",
        "to": "XAA",
        "point": "Duty desk",
        "answered": "2026-01-02T03:14:05Z",
    },
    "drill-service": {"of": ID, "by": "XBB", "how": "receipt", "point": "Duty desk"},
    "notification": {"by": "XAA", "subject": "exercise", "on": "2026-01-02", "text": "An exercise of response teams."},
    "consultation": {
        "by": "XAA",
        "parties": ["XAA", "XBB"],
        "state": "held",
        "on": "2026-01-02",
        "topic": "an incident",
    },
    "pact": {
        "title": "A pact",
        "parties": ["XAA", "XBB"],
        "measures": [MEASURE],
        "signed": "2025-12-01",
        "begins": "2026-01-01",
    },
    "pact-return": {"pact": ID, "measure": "contacts", "by": "XAA", "on": "2026-06-01", "what": "nil"},
    "disclosure": {
        "participant": "XAA",
        "question": "doctrine",
        "answer": "published",
        "text": "It stands in the strategy of 2025.",
        "said_by": STATE,
        "said": "2026-01-02",
    },
}


def changed(kind: str, *without: str, **members: Any) -> dict[str, Any]:
    body = BODIES[kind] | members
    return {name: value for name, value in body.items() if name not in without}


def test_every_kind_has_a_sample_and_no_kind_of_the_ledger_is_taken_twice() -> None:
    assert BODIES.keys() == KINDS.keys()
    assert KINDS.keys().isdisjoint(LEDGER_KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_body_is_read_and_written_without_loss_and_its_schema_accepts_it(kind: str) -> None:
    assert encode_body(parse_commitment_body(kind, BODIES[kind])) == BODIES[kind]
    schema = commitment_schema(kind)
    jsonschema.validate(BODIES[kind], schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(BODIES[kind] | {"score": 3}, schema)


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_member_is_refused_and_named(kind: str) -> None:
    with pytest.raises(MalformedError, match=rf"body of {kind}: .*score"):
        parse_commitment_body(kind, BODIES[kind] | {"score": 3})


@pytest.mark.parametrize(
    ("kind", "body", "why"),
    [
        ("commitment", changed("commitment", act="promised"), "act"),
        ("commitment", changed("commitment", "sources"), "sources"),
        ("commitment", changed("commitment", on="2026-02-30"), "no day of the calendar"),
        ("commitment", changed("commitment", item="f\n"), "item"),
        ("ping", changed("ping", to="XAA"), "two sides"),
        ("ping", changed("ping", nonce="00" * 15), "nonce"),
        ("ping", changed("ping", sent="2026-13-02T03:04:05Z"), "does not exist"),
        ("ping", changed("ping", window_seconds=5), "window_seconds"),
        ("ping-answer", changed("ping-answer", by="XAA"), "two sides"),
        ("consultation", changed("consultation", by="XDD"), "none of the parties"),
        ("consultation", changed("consultation", parties=["XAA", "XAA"]), "names one twice"),
        ("pact", changed("pact", parties=["XAA"]), "parties"),
        ("pact", changed("pact", begins="2026"), "whole day"),
        ("pact", changed("pact", signed="2026-02-01"), "not later"),
        ("pact", changed("pact", until="2025-12-31"), "before begins"),
        ("pact", changed("pact", measures=[MEASURE, MEASURE]), "names one twice"),
        ("pact", changed("pact", measures=[MEASURE | {"duty": "abstain"}]), "has no period"),
        ("pact", changed("pact", measures=[{**MEASURE, "every_months": 0}]), "every_months"),
        (
            "pact",
            changed("pact", measures=[{"code": "a", "label": "b", "duty": "report"}]),
            "needs every_months",
        ),
        ("pact-return", changed("pact-return", what="report"), "else it is nil"),
        ("disclosure", changed("disclosure", "text"), "has a text or a source"),
        ("disclosure", changed("disclosure", answer="no_answer"), "has no text"),
        ("disclosure", changed("disclosure", "text", answer="no_answer"), "asked or searched"),
        ("disclosure", changed("disclosure", searched="2026-01-01"), "with no_answer only"),
        (
            "disclosure",
            changed("disclosure", "text", answer="no_answer", searched="2026-01-01"),
            "needs searched_where",
        ),
        (
            "disclosure",
            changed("disclosure", answer="declined", said_by={**STATE, "participant": "XBB"}),
            "needs a source",
        ),
        ("disclosure", changed("disclosure", answer="unclear"), "answer"),
    ],
)
def test_members_that_do_not_fit_are_refused(kind: str, body: dict[str, Any], why: str) -> None:
    with pytest.raises(MalformedError, match=why):
        parse_commitment_body(kind, body)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(MalformedError, match="record kind 'claim' is unknown"):
        parse_commitment_body("claim", {})

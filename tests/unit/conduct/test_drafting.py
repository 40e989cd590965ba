"""What is to be said is judged beforehand as its readers will judge it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from comity.conduct.drafting import draft_statement, heads
from comity.conduct.inquiry.statements import Consent
from comity.conduct.inquiry.view import read_inquiry
from comity.conduct.record import record_id
from comity.conduct.statements import Body, Claim, Operation, Speaker, Subject, encode_body
from comity.errors import MalformedError, PolicyError
from comity.exchange.view import Held
from comity.kernel.statement import Statement
from support.inquiries import SampleInquiry, worked_example

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FERRY = Operation(title="Ferry bookings gone dark", category="sabotage")
FERRY_ID = record_id("operation", encode_body(FERRY))
SAID = Held(
    id="ab" * 32,
    statement=Statement(
        kind="operation", issuer="xaa.office", to=(), issued=AT, exercise=True, body=encode_body(FERRY)
    ),
)


def claim(by: str = "XAA", **members: Any) -> Claim:
    about = [Subject(level="state", name="State XBB", participant="XBB")]
    speaker = Speaker(name=f"State {by}", kind="state", participant=by)
    given: dict[str, Any] = {"operation": FERRY_ID, "claimant": speaker, "polarity": "asserts", "about": about}
    return Claim(**(given | members))


def drafted(kind: str, body: Body, *held: Held, issuer: str = "xaa.office", **more: Any) -> Any:
    given: dict[str, Any] = {"issuer": issuer, "issued": AT, "exercise": True, "held": held}
    return draft_statement(kind, encode_body(body), **(given | more))


def test_a_claim_follows_the_statement_of_its_operation() -> None:
    found = drafted("claim", claim(), SAID)
    assert found.statement.follows == (SAID.id,)
    assert found.notes == ()
    assert found.to_json() == {
        "kind": "claim",
        "body": encode_body(claim()),
        "subject": None,
        "follows": [SAID.id],
    }


def test_a_claim_about_what_only_the_ledger_holds_follows_nothing() -> None:
    found = drafted("claim", claim(), held_kind={FERRY_ID: "operation"}.get)
    assert found.statement.follows == ()


def test_what_readers_would_pass_over_is_refused_with_their_reason() -> None:
    with pytest.raises(PolicyError, match=r"pass the claim over: its claim refers in operation to .*not held"):
        drafted("claim", claim())
    with pytest.raises(PolicyError, match="lies after 2026-03-02"):
        drafted("claim", claim(said="2026-04-01"), SAID)
    with pytest.raises(PolicyError, match="names fictitious participants only"):
        drafted("claim", claim(about=[Subject(level="state", name="x", participant="FRA")]), SAID)
    with pytest.raises(MalformedError, match="record kind 'verdict' is unknown"):
        drafted("verdict", claim(), SAID)


def test_a_claim_in_anothers_name_is_remarked_on() -> None:
    (note,) = drafted("claim", claim(by="XEE"), SAID).notes
    assert note == "taken, as what State XEE says in the words of xaa.office"


@pytest.fixture(scope="module")
def example() -> SampleInquiry:
    return worked_example()


def test_a_statement_of_an_inquiry_follows_its_newest_ones_and_its_rules(example: SampleInquiry) -> None:
    held = example.held()
    mandate = held[0]
    consent = Consent(participant="XBB", consent="given")
    issuer = next(item.statement.issuer for item in held if item.statement.issuer.startswith("xbb."))
    at = max(item.statement.issued for item in held)
    before = [item for item in held if item.statement.kind in {"mandate", "interest"}]
    more: dict[str, Any] = {"issuer": issuer, "issued": at, "inquiry": mandate.id}
    found = drafted("consent", consent, *before, **more)
    assert found.statement.subject == mandate.id
    assert found.statement.follows == heads(read_inquiry(mandate.id, before)[0])
    later = drafted("consent", consent, *held[:5], **more).statement.follows
    # The mandate and whatever else is followed already is not followed again.
    assert set(later) == {item.id for item in held[:5]} - {name for item in held[:5] for name in item.statement.follows}
    assert mandate.id not in later
    with pytest.raises(PolicyError, match="cannot say the consent of XAA"):
        drafted("consent", Consent(participant="XAA", consent="given"), *before, **more)
    with pytest.raises(MalformedError, match="a consent belongs to an inquiry; name its mandate"):
        drafted("consent", consent, *before, issuer=issuer)
    with pytest.raises(MalformedError, match="a claim belongs to no inquiry"):
        drafted("claim", claim(), SAID, inquiry=mandate.id)

"""Statements of others' logs as records: each leads back to its statement, and none holds up the others."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

import msgspec
import pytest

from comity.conduct.commitments.drill import answer_ping, make_ping
from comity.conduct.commitments.drill_service import make_service
from comity.conduct.commitments.statements import Commitment
from comity.conduct.inquiry.statements import KINDS as INQUIRY_KINDS
from comity.conduct.kinds import KINDS
from comity.conduct.ledger import Ledger
from comity.conduct.receiving import receive
from comity.conduct.record import Origin, record_id
from comity.conduct.statements import Body, Claim, Correction, Reply, Source, encode_body
from comity.exchange.view import Held, Position
from comity.kernel.statement import Statement
from comity.store.sqlite import MEMORY
from support.inquiries import (
    ACCUSED,
    CLAIM,
    CLAIM_ID,
    CLAIMANT,
    DENIAL,
    INVESTIGATOR,
    OPERATION,
    OPERATION_ID,
    SampleInquiry,
    add_interests,
    find,
    put_question,
    start,
    state,
    worked_example,
)

DAY = date(2026, 12, 1)
TIME = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def inquiry() -> SampleInquiry:
    return worked_example()


def everything(inquiry: SampleInquiry) -> list[Held]:
    return [item.held() for item in (*inquiry.said, *inquiry.outside)]


def said(
    kind: str, body: Body | Mapping[str, object], *, issuer: str = CLAIMANT, index: int = 7, **headers: object
) -> Held:
    """Return a statement that was verified elsewhere."""
    values: dict[str, object] = {
        "kind": kind,
        "issuer": issuer,
        "to": (),
        "issued": TIME,
        "exercise": True,
        "body": encode_body(body) if isinstance(body, Body) else dict(body),
    }
    statement = Statement(**(values | headers))  # type: ignore[arg-type]
    place = Position(origin=f"{issuer}/log", index=index, logged_by=TIME)
    return Held(id=f"{index:064x}", statement=statement, position=place)


def test_a_record_leads_back_to_its_statement(inquiry: SampleInquiry) -> None:
    found = receive(everything(inquiry), exercise=True, on=DAY)
    claim = next(record for record in found.records if record.kind == "claim")
    statement = inquiry.named("claim")
    assert claim.id == CLAIM_ID
    came = claim.provenance
    assert (came.origin, came.source, came.digest, came.place, came.on) == (
        Origin.STATEMENT,
        CLAIMANT,
        statement.id,
        str(statement.said.index),
        DAY,
    )


def test_a_whole_inquiry_goes_into_a_ledger_of_exercises(inquiry: SampleInquiry) -> None:
    found = receive(everything(inquiry), exercise=True, on=DAY)
    assert found.notes == ()
    kinds = Counter(record.kind for record in found.records)
    assert {kind: kinds[kind] for kind in ("operation", "claim", "reply", "finding", "correction")} == {
        "operation": 1,
        "claim": 1,
        "reply": 3,
        "finding": 2,
        "correction": 1,
    }
    assert set(INQUIRY_KINDS) <= kinds.keys()
    with Ledger.open(MEMORY, create=True, exercise=True, kinds=KINDS) as ledger:
        added = ledger.add(found.records)
        assert added.new == len(found.records)
        again = ledger.add(receive(everything(inquiry), exercise=True, on=DAY).records)
        assert (again.new, again.known) == (0, len(found.records))


def test_every_record_comes_after_those_to_which_it_refers(inquiry: SampleInquiry) -> None:
    found = receive(reversed(everything(inquiry)), exercise=True, on=DAY)
    assert found.notes == ()
    with Ledger.open(MEMORY, create=True, exercise=True, kinds=KINDS) as ledger:
        for record in found.records:
            ledger.add([record])


def test_what_refers_to_nothing_that_is_held_is_passed_over_and_the_rest_taken() -> None:
    statements = [said("claim", CLAIM), said("operation", msgspec.structs.replace(OPERATION, title="Other"), index=8)]
    found = receive(statements, exercise=True, on=DAY)
    assert [record.kind for record in found.records] == ["operation"]
    (note,) = found.notes
    assert note.startswith(f"claim {statements[0].id[:12]}… of {CLAIMANT} (entry 7 of {CLAIMANT}/log): passed over, ")
    assert note.endswith(f"its claim refers in operation to {OPERATION_ID[:12]}…, which is not held")
    kinds = {OPERATION_ID: "operation"}
    assert [record.kind for record in receive(statements[:1], exercise=True, on=DAY, held_kind=kinds.get).records] == [
        "claim"
    ]
    wrong = {OPERATION_ID: "claim"}
    assert receive(statements[:1], exercise=True, on=DAY, held_kind=wrong.get).records == ()


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (said("weather-report", {"sky": "clear"}), "its kind 'weather-report' is unknown here"),
        (said("operation", OPERATION, exercise=False), "it is live, and this ledger is an exercise"),
        (said("operation", OPERATION, to=(ACCUSED,)), "it goes to named authorities"),
        (said("operation", {"title": "A"}), "missing required field `category`"),
        (said("operation", encode_body(OPERATION) | {"verdict": "guilty"}), "unknown field `verdict`"),
        (said("operation", {"title": "A", "category": "other", "effects": "x" * 600_000}), "at most 524288 are read"),
        (said("claim", msgspec.structs.replace(CLAIM, said="2027-01-01")), "after 2026-12-01, the day of entry"),
        (said("consent", {"participant": "XAA", "consent": "given"}, subject="ab" * 32), "of its inquiry is not held"),
        (said("consent", {"participant": "XAA", "consent": "given"}), "of its inquiry is not held"),
    ],
)
def test_what_cannot_be_taken_is_noted_and_passed_over(item: Held, reason: str) -> None:
    other = said("operation", msgspec.structs.replace(OPERATION, title="Other"), index=9)
    found = receive([item, other], exercise=True, on=DAY)
    assert [record.provenance.digest for record in found.records] == [other.id]
    (note,) = found.notes
    assert "passed over" in note
    assert reason in note


def test_an_exercise_stays_out_of_a_ledger_of_real_claims(inquiry: SampleInquiry) -> None:
    found = receive(everything(inquiry), exercise=False, on=DAY)
    assert found.records == ()
    assert all(note.endswith("it is an exercise") for note in found.notes)


def test_fictitious_states_do_not_act_in_live_statements() -> None:
    found = receive([said("operation", OPERATION, exercise=False)], exercise=False, on=DAY)
    assert found.records == ()
    assert "fictitious participants act in exercises only" in found.notes[0]


def test_a_finding_that_the_rules_of_an_inquiry_refuse_is_no_record() -> None:
    early = start()
    add_interests(early)
    put_question(early)
    finding = find(early)
    found = receive(everything(early), exercise=True, on=DAY)
    assert not [record for record in found.records if record.kind in {"finding", "inquiry-finding"}]
    (note,) = [note for note in found.notes if note.startswith(f"inquiry-finding {finding.id[:12]}…")]
    assert "has not answered yet" in note


def test_an_inquiry_without_a_good_mandate_gives_nothing(inquiry: SampleInquiry) -> None:
    without = [item for item in everything(inquiry) if item.statement.kind != "mandate"]
    found = receive(without, exercise=True, on=DAY)
    assert {record.kind for record in found.records} == {"operation", "claim", "reply"}
    assert len(found.notes) == len(inquiry.said) - 1
    bad = [
        replace(item, statement=replace(item.statement, issuer=CLAIMANT)) if item.id == inquiry.id else item
        for item in everything(inquiry)
    ]
    found = receive(bad, exercise=True, on=DAY)
    assert {record.kind for record in found.records} == {"operation", "claim", "reply"}
    assert len(found.notes) == len(inquiry.said)


def test_what_somebody_tells_of_another_is_taken_with_a_note() -> None:
    told = msgspec.structs.replace(CLAIM, claimant=state("XAC"))
    found = receive([said("operation", OPERATION), said("claim", told, index=8)], exercise=True, on=DAY)
    assert len(found.records) == 2
    (note,) = found.notes
    assert note.endswith(f"taken, as what State XAC says in the words of {CLAIMANT}")
    assert "passed over" not in note


def retraction(corrects: str, **members: object) -> Correction:
    body = Correction(corrects=corrects, kind="retraction", by=state("XAA"), said="2026-03-02", reason="It was wrong.")
    return msgspec.structs.replace(body, **members)


@pytest.mark.parametrize(
    ("replacement", "reason"),
    [(CLAIM_ID, "is the record that it corrects"), (OPERATION_ID, "is a operation, and corrects")],
)
def test_a_correction_that_no_ledger_takes_holds_up_nobody(replacement: str, reason: str) -> None:
    bad = retraction(CLAIM_ID, kind="correction", replacement=replacement)
    later = retraction(record_id("correction", encode_body(bad)))
    statements = [said("operation", OPERATION), said("claim", CLAIM, index=8)]
    statements += [said("correction", bad, index=9), said("correction", later, index=10)]
    found = receive(statements, exercise=True, on=DAY)
    assert [record.kind for record in found.records] == ["operation", "claim"]
    refused, without = found.notes
    assert reason in refused
    assert without.endswith("which is not held")
    with Ledger.open(MEMORY, create=True, exercise=True) as ledger:
        assert ledger.add(found.records).new == 2


def test_however_statements_refer_to_each_other_each_is_looked_up_once() -> None:
    chain = [retraction(OPERATION_ID)]
    for number in range(2_000):
        chain.append(retraction(record_id("correction", encode_body(chain[-1])), reason=f"Step {number}."))
    statements = [said("correction", body, index=9 + number) for number, body in enumerate(chain)]
    asked: Counter[str] = Counter()

    def held_kind(identifier: str) -> str | None:
        asked[identifier] += 1
        return "operation" if identifier == OPERATION_ID else None

    found = receive(reversed(statements), exercise=True, on=DAY, held_kind=held_kind)
    assert [record.body for record in found.records] == chain
    assert set(asked.values()) == {1}


def test_nobody_answers_a_drill_in_anothers_name() -> None:
    ping = make_ping(by="XAA", to="XAB", point="Desk", nonce=bytes(32), sent=TIME, window_seconds=3600)
    answer = answer_ping(ping, point="Night desk", answered=TIME)
    receipt = make_service(ping, by="XAB", how="receipt", point="Night desk")
    own = [said("ping", ping, issuer="xaa.centre"), said("ping-answer", answer, issuer="xab.centre", index=8)]
    assert [record.kind for record in receive(own, exercise=True, on=DAY).records] == ["ping", "ping-answer"]
    forged = [said("ping-answer", answer, issuer="xac.centre", index=8)]
    forged.append(said("drill-service", receipt, issuer="xaa.centre", index=9))
    found = receive([own[0], *forged], exercise=True, on=DAY)
    assert [record.kind for record in found.records] == ["ping"]
    assert [note.partition("passed over, ")[2] for note in found.notes] == [
        "xac.centre does not speak for XAB, by which it is said to be",
        "xaa.centre does not speak for XAB, by which it is said to be",
    ]


def test_a_correction_told_in_the_words_of_another_is_taken_with_a_note() -> None:
    told = retraction(OPERATION_ID, by=state("XAC"))
    found = receive([said("operation", OPERATION), said("correction", told, index=8)], exercise=True, on=DAY)
    assert len(found.records) == 2
    assert found.notes[0].endswith(f"taken, as what State XAC says in the words of {CLAIMANT}")


def test_a_statement_that_is_logged_again_counts_at_its_first_place() -> None:
    item = said("operation", OPERATION)
    again = replace(item, position=Position(origin=f"{CLAIMANT}/log", index=90, logged_by=TIME))
    (record,) = receive([item, again], exercise=True, on=DAY).records
    assert record.provenance.place == "7"


def test_the_same_words_in_two_logs_are_two_provenances_of_one_record() -> None:
    statements = [said("operation", OPERATION), said("operation", OPERATION, issuer=ACCUSED, index=8)]
    found = receive(statements, exercise=True, on=DAY)
    assert len({record.id for record in found.records}) == 1
    with Ledger.open(MEMORY, create=True, exercise=True) as ledger:
        ledger.add(found.records)
        assert {came.source for came in ledger.provenances(OPERATION_ID)} == {CLAIMANT, ACCUSED}


def test_a_statement_given_twice_is_taken_once() -> None:
    item = said("operation", OPERATION)
    assert len(receive([item, item], exercise=True, on=DAY).records) == 1


def test_commitments_are_received_as_well_and_held_to_their_rules() -> None:
    source = Source(title="Report of a fictitious meeting")
    good = said(
        "commitment", Commitment(participant="XAA", catalogue="gge_norms", act="endorsed", on="2021", sources=[source])
    )
    assert [record.kind for record in receive([good], exercise=True, on=DAY).records] == ["commitment"]
    ping = {"by": "XAA", "to": "XAA"}
    found = receive([said("ping", ping)], exercise=True, on=DAY)
    assert (found.records, len(found.notes)) == ((), 1)


def test_statements_that_are_not_logged_yet_have_no_place() -> None:
    item = replace(said("operation", OPERATION), position=None)
    (record,) = receive([item], exercise=True, on=DAY).records
    assert record.provenance.place is None


def test_a_reply_is_a_record_of_its_own_beside_the_claim() -> None:
    statements = [said("operation", OPERATION), said("claim", CLAIM, index=8), said("reply", DENIAL, issuer=ACCUSED)]
    statements[2] = replace(statements[2], id="cd" * 32)
    found = receive(statements, exercise=True, on=DAY)
    bodies = {record.kind: record.body for record in found.records}
    assert isinstance(bodies["claim"], Claim)
    assert isinstance(bodies["reply"], Reply)
    assert bodies["reply"].to_claims == [CLAIM_ID]
    assert INVESTIGATOR not in {record.provenance.source for record in found.records}

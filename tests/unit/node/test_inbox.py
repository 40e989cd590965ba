"""Deliveries on arrival: each step refuses in its own words, keeps nothing of what it refuses, and loses nothing."""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from comity.age.identity import generate_x25519
from comity.age.stream import decrypt_bytes, encrypt_bytes
from comity.errors import (
    Error,
    MalformedError,
    NotFoundError,
    PolicyError,
    StoreError,
    TooLargeError,
    UnavailableError,
    VerificationError,
)
from comity.exchange import legal
from comity.exchange.delivery import MAX_DELIVERY_BYTES, Spoken, encode_delivery, open_delivery, parse_delivery, speak
from comity.exchange.statements import Receipt, body_of
from comity.kernel.canonical import (
    Json,
    JsonObject,
    decode_base64,
    encode_base64,
    encode_json,
    format_time,
    parse_object,
)
from comity.kernel.disclosure import parse_disclosure
from comity.kernel.evidence import verify_evidence
from comity.kernel.key import KeyPair, Role
from comity.kernel.statement import Statement
from comity.kernel.trust import Designation
from comity.log.state import append_pending
from comity.node import contradictions, inbox
from comity.node.inbox import MAX_ENCRYPTED_BYTES, accept_delivery, shown
from comity.node.inception import issue_keys, reissue_keys
from comity.node.keyring import generate_seeds
from comity.store.database import Reader
from support.bodies import BODIES
from support.nodes import ASKED, ASKER, Network, RunningNode, answers, request


def deliver(to: RunningNode, spoken: Spoken) -> bytes:
    return to.service.deliver(to.encrypted(spoken))


def receipt_of(answer: bytes, to: RunningNode, by: RunningNode) -> tuple[Spoken, Receipt]:
    """Open the answer to a delivery as its sender does."""
    spoken = parse_delivery(decrypt_bytes(answer, [to.keys.delivery], max_bytes=1_000_000))
    history = to.node.history(by.authority)
    return spoken, body_of(open_delivery(spoken, history.latest()[1], history=history), Receipt)


def holdings(node: RunningNode) -> dict[str, int]:
    """Return how many rows of each kind a node has that a delivery could add."""
    tables = ("statement", "log_pending", "job", "exhibit")
    with node.node.database.transaction() as tx:
        return {name: tx._connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables}


def refused(to: RunningNode, data: bytes, kind: type[Error], match: str) -> Error:
    """Deliver what must be refused, and check that only a line for the desk is left of it."""
    before = holdings(to)
    with pytest.raises(kind, match=match) as caught:
        to.service.deliver(data)
    assert holdings(to) == before
    if not isinstance(caught.value, UnavailableError | StoreError):
        assert to.refusals()[0] == (kind.code, shown(caught.value.message))
    return caught.value


# The way that is meant.


def test_a_delivery_is_kept_with_its_receipt_and_the_receipts_entry(asker: RunningNode, asked: RunningNode) -> None:
    spoken = asker.sign(asked)
    receipt, said = receipt_of(deliver(asked, spoken), asker, asked)
    assert (said.received, said.bytes) == (spoken.envelope.id, len(spoken.envelope.encoded))
    assert asked.record(spoken.envelope.id).receipt == receipt.envelope.id
    assert holdings(asked)["log_pending"] == 1


def test_everything_a_case_needs_gets_through(network: Network, asker: RunningNode, asked: RunningNode) -> None:
    case = asker.ask(asked)
    network.settle()
    asked.say("acknowledged", asker, BODIES["acknowledged"] | {"request": case}, case)
    network.settle()
    follow_up = asker.say("request", asked, request(reference="XAA-2026-0018"), case)
    network.settle()
    network.checkpoint()
    assert asked.record(follow_up).case == case
    assert {record.id for record in asker.case(case)} == {record.id for record in asked.case(case)}
    assert all(record.log_index is not None for record in [*asker.case(case), *asked.case(case)])


# 1. Size and encryption.


def test_a_delivery_cut_short_anywhere_is_refused(asker: RunningNode, asked: RunningNode) -> None:
    data = asked.encrypted(asker.sign(asked))
    before = holdings(asked)
    for length in [*range(0, len(data), 211), len(data) - 17, len(data) - 1]:
        with pytest.raises((MalformedError, VerificationError)):
            asked.service.deliver(data[:length])
    assert holdings(asked) == before
    assert deliver(asked, asker.sign(asked))


def test_a_plain_text_cut_short_before_its_encryption_is_refused(asker: RunningNode, asked: RunningNode) -> None:
    plain = encode_delivery(asker.sign(asked))
    for length in range(0, len(plain), 1009):
        refused(asked, asked.encrypt(plain[:length]), MalformedError, "JSON")


def test_an_oversized_delivery_is_refused_unread(asked: RunningNode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "decrypt_bytes", None)
    refused(asked, bytes(MAX_ENCRYPTED_BYTES + 1), TooLargeError, f"at most {MAX_ENCRYPTED_BYTES} are read")


def test_an_oversized_plain_text_is_refused(asked: RunningNode) -> None:
    refused(asked, asked.encrypt(bytes(MAX_DELIVERY_BYTES + 1)), TooLargeError, "plaintext exceeds")


def test_a_delivery_to_somebody_elses_key_is_refused(asker: RunningNode, asked: RunningNode) -> None:
    to_other = encrypt_bytes(encode_delivery(asker.sign(asked)), [generate_x25519().recipient])
    refused(asked, to_other, VerificationError, "encrypted to others")


def test_bytes_that_are_no_age_file_are_refused(asked: RunningNode) -> None:
    for data in (
        b"",
        b"\n",
        b"hello",
        b"age-encryption.org/v1\n",
        b"age-encryption.org/v1\n-> \n--- \n",
        os.urandom(99),
    ):
        refused(asked, data, MalformedError, ".")


# 2. Form.


@pytest.mark.parametrize("member", ["envelope", "salt", "disclosures", "comity_delivery"])
def test_a_delivery_with_a_member_missing_or_of_another_type_is_refused(
    asker: RunningNode, asked: RunningNode, member: str
) -> None:
    value = parse_object(encode_delivery(asker.sign(asked)))
    others: list[Json] = [None, 7, "x", [7], {}]
    for other in others:
        refused(asked, asked.encrypt(encode_json(value | {member: other})), MalformedError, ".")
    del value[member]
    refused(asked, asked.encrypt(encode_json(value)), MalformedError, f"missing member {member}")


# 3. Sender.


def test_a_stranger_is_refused_with_what_to_do(asker: RunningNode, asked: RunningNode) -> None:
    pair = generate_seeds().pair("xyz.nobody", Role.STATEMENT)
    data = asked.encrypted(asker.sign(asked, pair=pair, issuer="xyz.nobody"))
    refused(asked, data, PolicyError, "xyz.nobody is not recognised here; add it with 'comity trust add'")


def test_a_statement_in_this_authoritys_own_name_is_refused(asker: RunningNode, asked: RunningNode) -> None:
    refused(asked, asked.encrypted(asked.sign(asker)), PolicyError, "this authority itself")


def test_an_unknown_key_is_refused_after_one_look_at_the_log(
    network: Network, asker: RunningNode, asked: RunningNode
) -> None:
    pair = generate_seeds().pair(ASKER, Role.STATEMENT)
    asked.follow(asker)
    network.calls.clear()
    data = asked.encrypted(asker.sign(asked, pair=pair))
    refused(asked, data, VerificationError, f"which no keys statement of {ASKER} designates")
    assert sum(url.endswith("/log/checkpoint") for _, _, url in network.calls) == 1


def test_a_changed_signature_is_refused(asker: RunningNode, asked: RunningNode) -> None:
    spoken = asker.sign(asked)
    for number in range(2):
        envelope: Any = parse_object(spoken.envelope.encoded, max_bytes=1_000_000)
        signature = bytearray(decode_base64(envelope["signatures"][number]["sig"]))
        signature[7] ^= 1
        envelope["signatures"][number]["sig"] = encode_base64(bytes(signature))
        value = parse_object(encode_delivery(spoken)) | {"envelope": encode_base64(encode_json(envelope))}
        refused(asked, asked.encrypt(encode_json(value)), VerificationError, "not signed by both keys")


def designate(node: RunningNode, pair: KeyPair) -> None:
    reissue_keys(node.directory, node.root, add=pair.public, now=node.now())


def revoke(node: RunningNode, pair: KeyPair) -> None:
    reissue_keys(node.directory, node.root, revoke=pair.public.key_ids()[0], now=node.now())


def test_a_key_is_not_valid_before_its_keys_statement_is_logged(asker: RunningNode, asked: RunningNode) -> None:
    pair = generate_seeds().pair(ASKER, Role.STATEMENT)
    designate(asker, pair)
    spoken = asker.sign(asked, pair=pair)
    refused(asked, asked.encrypted(spoken), VerificationError, "which no keys statement")
    asker.checkpoint()
    # The inbox follows the log by itself and finds the key.
    assert receipt_of(deliver(asked, spoken), asker, asked)


def test_a_key_that_was_revoked_signs_nothing_new(asker: RunningNode, asked: RunningNode) -> None:
    assert asker.approver.statement is not None
    revoke(asker, asker.approver.statement)
    asker.checkpoint()
    asked.follow(asker)
    late = asked.encrypted(asker.sign(asked))
    refused(asked, late, VerificationError, "was revoked: keys statement 2 at entry .* lists it, number 3")


def test_what_was_logged_before_its_key_was_revoked_is_accepted_after(
    network: Network, asker: RunningNode, asked: RunningNode
) -> None:
    assert asker.approver.statement is not None
    network.down.add(ASKED)
    case = asker.ask(asked)
    asker.checkpoint()
    revoke(asker, asker.approver.statement)
    asker.checkpoint()
    network.down.clear()
    asked.follow(asker)
    network.clock.advance(days=1)
    network.settle()
    assert asker.duty(case)[0] == "done"
    assert asked.record(case).problem is None


def test_the_service_key_may_say_receipt_and_nothing_else(asker: RunningNode, asked: RunningNode) -> None:
    data = asked.encrypted(asker.sign(asked, pair=asker.keys.service))
    refused(asked, data, VerificationError, f"service key of {ASKER} may not say 'request'")


def test_the_log_and_witness_keys_say_nothing(asker: RunningNode, asked: RunningNode) -> None:
    for pair in (asker.keys.log, asker.keys.witness, asker.root.pair):
        refused(asked, asked.encrypted(asker.sign(asked, pair=pair)), VerificationError, "no keys statement")


def test_a_key_of_one_authority_cannot_speak_for_another(
    asker: RunningNode, asked: RunningNode, third: RunningNode
) -> None:
    assert third.approver.statement is not None
    data = asked.encrypted(asker.sign(asked, pair=third.approver.statement))
    refused(asked, data, VerificationError, "no keys statement")


def test_a_sender_whose_log_cannot_be_read_is_asked_to_come_again(
    network: Network, asker: RunningNode, asked: RunningNode
) -> None:
    pair = generate_seeds().pair(ASKER, Role.STATEMENT)
    designate(asker, pair)
    asker.checkpoint()
    network.down.add(ASKER)
    spoken = asker.sign(asked, pair=pair)
    error = refused(asked, asked.encrypted(spoken), UnavailableError, f"log of {ASKER} cannot be followed")
    assert isinstance(error, UnavailableError)
    assert error.retry_after_seconds is not None
    assert not asked.refusals()
    network.down.clear()
    assert deliver(asked, spoken)


def test_whoever_cannot_be_answered_is_refused_before_anything_is_kept(asker: RunningNode, asked: RunningNode) -> None:
    current = asker.node.designation(ASKER)

    def broken(previous: int | None) -> Designation:
        return replace(current, number=current.number + 1, recipient="age1nothing", previous=previous)

    issue_keys(asker.node.database, asker.root, broken, exercise=True, now=asker.now())
    asker.checkpoint()
    asked.follow(asker)
    refused(asked, asked.encrypted(asker.sign(asked)), PolicyError, "names no usable recipient")


# 4. Addressee, exercise, time.


def test_a_delivery_passed_on_to_another_authority_is_refused_there(
    asker: RunningNode, asked: RunningNode, third: RunningNode
) -> None:
    spoken = asker.sign(asked)
    assert deliver(asked, spoken)
    refused(third, third.encrypted(spoken), PolicyError, f"addressed to {ASKED}, not to {third.authority}")


def test_a_sealed_statement_to_the_public_is_refused(asker: RunningNode, asked: RunningNode) -> None:
    assert asker.approver.statement is not None
    sealed = asker.statement(asked)
    object.__setattr__(sealed, "to", ())
    # `speak` would not seal a public statement, so it is sealed as one that is addressed.
    spoken = _seal_as_addressed(sealed, asker.approver.statement, asked)
    refused(asked, asked.encrypted(spoken), PolicyError, "addressed to the public")


def _seal_as_addressed(statement: Statement, pair: KeyPair, to: RunningNode) -> Spoken:
    class Unlisted(Statement):
        """Says that it is not public, so that it is sealed."""

        @property
        def public(self) -> bool:
            return False

        def headers(self) -> dict[str, Json]:
            return super().headers() | {"to": "public"}

    values = {name: getattr(statement, name) for name in Statement.__dataclass_fields__}
    return speak(Unlisted(**values), pair, to.node.random)


def test_exercise_and_live_never_mix(asker: RunningNode, asked: RunningNode) -> None:
    live = asker.sign(asked, exercise=False)
    refused(asked, asked.encrypted(live), PolicyError, "this is an exercise and refuses live statements")
    before = holdings(asked)
    live_node = replace(asked.node, settings=replace(asked.node.settings, exercise=False))
    data = asked.encrypted(asker.sign(asked))
    with pytest.raises(PolicyError, match="this is a live node and refuses exercise statements"):
        accept_delivery(live_node, data, follow=lambda authority: None, is_fresh=lambda authority: True)
    assert holdings(asked)["statement"] == before["statement"]


def test_a_statement_from_the_future_waits_until_its_time_has_come(
    network: Network, asker: RunningNode, asked: RunningNode
) -> None:
    asker.skew = timedelta(minutes=10)
    spoken = asker.sign(asked)
    error = refused(asked, asked.encrypted(spoken), UnavailableError, "600 s ahead of this node's clock")
    assert isinstance(error, UnavailableError)
    assert error.retry_after_seconds == 301
    network.clock.advance(seconds=301)
    assert deliver(asked, spoken)


def test_a_node_whose_clock_was_set_back_loses_no_delivery(
    network: Network, asker: RunningNode, asked: RunningNode
) -> None:
    asked.skew = timedelta(hours=-6)
    case = asker.ask(asked)
    asker.run()
    state, attempts, problem = asker.duty(case)
    assert (state, attempts) == ("due", 1)
    assert problem is not None
    assert "one of the two clocks is wrong" in problem
    asked.skew = timedelta()
    network.clock.advance(seconds=400)
    network.settle()
    assert asker.duty(case)[0] == "done"


def test_a_difference_that_honest_clocks_have_is_fine(asker: RunningNode, asked: RunningNode) -> None:
    asker.skew = timedelta(minutes=5)
    assert deliver(asked, asker.sign(asked))


# 5. The same again.


def test_the_same_statement_again_gets_the_stored_receipt(asker: RunningNode, asked: RunningNode) -> None:
    spoken = asker.sign(asked)
    first, _ = receipt_of(deliver(asked, spoken), asker, asked)
    after_first = holdings(asked)
    second, _ = receipt_of(deliver(asked, spoken), asker, asked)
    assert first.envelope.encoded == second.envelope.encoded
    assert holdings(asked) == after_first


def deliver_at_once(to: RunningNode, spoken: Spoken, monkeypatch: pytest.MonkeyPatch, threads: int = 4) -> list[bytes]:
    """Deliver the same statement several times, each past the first look for a stored receipt before any is kept."""
    nobody_knew, find, first_look = threading.Barrier(threads), inbox._stored_receipt, threading.local()

    def stalled(reader: Reader, statement_id: str) -> Spoken | None:
        found = find(reader, statement_id)
        if not hasattr(first_look, "done"):
            first_look.done = True
            nobody_knew.wait(timeout=20)
        return found

    with monkeypatch.context() as patched, ThreadPoolExecutor(threads) as pool:
        patched.setattr(inbox, "_stored_receipt", stalled)
        return list(pool.map(lambda _: deliver(to, spoken), range(threads)))


def test_the_same_statement_several_times_at_once_gets_one_receipt(
    asker: RunningNode, asked: RunningNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoken = asker.sign(asked)
    before = holdings(asked)
    replies = deliver_at_once(asked, spoken, monkeypatch)
    receipts = {receipt_of(reply, asker, asked)[0].envelope.id for reply in replies}
    assert receipts == {asked.record(spoken.envelope.id).receipt}
    after = holdings(asked)
    assert (after["statement"] - before["statement"], after["log_pending"] - before["log_pending"]) == (2, 1)


def test_an_outcome_that_arrives_twice_at_once_does_not_contradict_itself(
    network: Network, asker: RunningNode, asked: RunningNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = asker.ask(asked)
    network.settle()
    body = BODIES["refused"] | {"answers": answers(case)}
    outcome = asked.sign(asker, kind="refused", subject=case, follows=(case,), body=body)
    replies = deliver_at_once(asker, outcome, monkeypatch)
    assert len({receipt_of(reply, asked, asker)[0].envelope.id for reply in replies}) == 1
    assert not asker.rows("statement_evidence_list", authority=ASKED)
    assert not asker.refusals()


# 6. The case.


def evidence(node: RunningNode, of: RunningNode) -> list[bytes]:
    return [bytes(row[1]) for row in node.rows("statement_evidence_list", authority=of.authority)]


def contradict(network: Network, asker: RunningNode, asked: RunningNode, pair: KeyPair | None = None) -> Spoken:
    """Answer an item, and then again as if nothing had been answered; the second answer is not logged yet."""
    case = asker.ask(asked)
    network.settle()
    body = BODIES["refused"] | {"answers": answers(case)}
    asked.say("refused", asker, body, case)
    network.settle()
    second = asked.sign(asker, pair=pair, kind="refused", subject=case, follows=(case,), body=body)
    refused(asker, asker.encrypted(second), PolicyError, "contradicts")
    return second


def log(node: RunningNode, spoken: Spoken) -> None:
    with node.node.database.transaction() as tx:
        append_pending(tx, spoken.entry)


def test_two_replies_are_evidence_once_both_are_logged(
    network: Network, asker: RunningNode, asked: RunningNode
) -> None:
    second = contradict(network, asker, asked)
    network.checkpoint()
    assert not evidence(asker, asked)
    assert len(asker.rows("contradictions_of", issuer=ASKED)) == 1
    log(asked, second)
    network.checkpoint()
    (found,) = evidence(asker, asked)
    sentence = verify_evidence(found, asker.node.recognition(ASKED)).sentence
    assert sentence == f"EXERCISE: {ASKED} gave two replies, refused and refused, to one item"
    assert not asker.rows("contradictions_of", issuer=ASKED)
    # No more of the case is shown than it must.
    shown = parse_object(found, max_bytes=8_000_000)["replies"]
    assert isinstance(shown, list)
    for reply in shown:
        assert isinstance(reply, dict)
        assert isinstance(reply["disclosures"], list)
        names = {parse_disclosure(str(text)).name for text in reply["disclosures"]}
        assert {name for name in names if name.startswith("body.")} == {"body.answers"}


def test_two_replies_under_two_designations_are_evidence(
    network: Network, asker: RunningNode, asked: RunningNode
) -> None:
    pair = generate_seeds().pair(ASKED, Role.STATEMENT)
    assert asked.approver.statement is not None
    case = asker.ask(asked)
    network.settle()
    body = BODIES["refused"] | {"answers": answers(case)}
    asked.say("refused", asker, body, case)
    network.settle()
    network.checkpoint()
    designate(asked, pair)
    revoke(asked, asked.approver.statement)
    network.checkpoint()
    second = asked.sign(asker, pair=pair, kind="refused", subject=case, follows=(case,), body=body)
    refused(asker, asker.encrypted(second), PolicyError, "contradicts")
    log(asked, second)
    network.checkpoint()
    (found,) = evidence(asker, asked)
    assert verify_evidence(found, asker.node.recognition(ASKED)).authority == ASKED


def test_whoever_stole_a_pair_that_was_revoked_since_convicts_nobody(
    network: Network, asker: RunningNode, asked: RunningNode
) -> None:
    assert asked.approver.statement is not None
    second = contradict(network, asker, asked)
    revoke(asked, asked.approver.statement)
    network.checkpoint()
    log(asked, second)
    network.checkpoint()
    assert not evidence(asker, asked)
    assert not asker.rows("contradictions_of", issuer=ASKED)


def test_contradictions_that_are_never_logged_fill_no_disk(
    network: Network, asker: RunningNode, asked: RunningNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contradictions, "MAX_WAITING", 2)
    first = contradict(network, asker, asked)
    statement = first.statement()
    refused(asker, asker.encrypted(first), PolicyError, "contradicts")
    for _ in range(3):
        other = asked.sign(
            asker, kind="refused", subject=statement.subject, follows=statement.follows, body=dict(statement.body)
        )
        refused(asker, asker.encrypted(other), PolicyError, "contradicts")
    assert len(asker.rows("contradictions_of", issuer=ASKED)) == 2


@pytest.fixture
def case(network: Network, asker: RunningNode, asked: RunningNode) -> str:
    case = asker.ask(asked)
    network.settle()
    return case


def within(node: RunningNode, to: RunningNode, case: str, kind: str, /, **changes: object) -> Spoken:
    values: dict[str, object] = {"kind": kind, "subject": case, "follows": (case,), "body": BODIES[kind]}
    return node.sign(to, **(values | changes))  # type: ignore[arg-type]


def test_a_third_party_cannot_slip_a_statement_into_a_case(asked: RunningNode, third: RunningNode, case: str) -> None:
    slipped = within(third, asked, case, "answer")
    refused(asked, asked.encrypted(slipped), PolicyError, f"{third.authority} is no party of case")
    assert {record.issuer for record in asked.case(case)} == {ASKER, ASKED}


def test_a_party_cannot_say_what_is_the_others_to_say(
    network: Network, asker: RunningNode, asked: RunningNode, case: str
) -> None:
    refusal = within(asker, asked, case, "refused", body=BODIES["refused"] | {"answers": answers(case)})
    refused(asked, asked.encrypted(refusal), PolicyError, f"only the asked {ASKED} may say 'refused'")
    withdrawal = within(asked, asker, case, "withdrawn")
    refused(asker, asker.encrypted(withdrawal), PolicyError, f"only the asker {ASKER} may say 'withdrawn'")


def test_what_follows_a_statement_that_has_not_arrived_waits(asker: RunningNode, asked: RunningNode, case: str) -> None:
    early = within(asker, asked, case, "withdrawn", follows=("ab" * 32,), body={"request": case})
    refused(
        asked,
        asked.encrypted(early),
        UnavailableError,
        "statement abababababab…, which this one follows, has not arrived",
    )
    assert not asked.refusals()


def test_a_statement_of_an_unknown_case_waits(asker: RunningNode, asked: RunningNode) -> None:
    early = within(asker, asked, "cd" * 32, "withdrawn", body={"request": "cd" * 32})
    refused(asked, asked.encrypted(early), UnavailableError, "cdcdcdcdcdcd")


def test_a_statement_that_follows_nothing_is_refused(asker: RunningNode, asked: RunningNode, case: str) -> None:
    loose = within(asker, asked, case, "withdrawn", follows=(), body={"request": case})
    refused(asked, asked.encrypted(loose), PolicyError, "follows at least one")


def test_only_a_request_opens_a_case(asker: RunningNode, asked: RunningNode) -> None:
    opening = asker.sign(asked, kind="closed", body=BODIES["closed"])
    refused(asked, asked.encrypted(opening), PolicyError, "a closed statement cannot open a case")


def test_an_unknown_kind_or_member_is_refused_by_name(asker: RunningNode, asked: RunningNode, case: str) -> None:
    gossip = within(asker, asked, case, "withdrawn", kind="gossip")
    refused(asked, asked.encrypted(gossip), MalformedError, "'gossip' is unknown")
    odd = asker.sign(asked, body=request() | {"colour": "red"})
    refused(asked, asked.encrypted(odd), MalformedError, "colour")


# 7. The law.


def test_a_request_under_an_instrument_that_does_not_bind_both_is_refused_though_the_sender_let_it_pass(
    asker: RunningNode, asked: RunningNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoken = asker.sign(asked)
    # Taken for real states, the two fictitious ones are parties to nothing.
    monkeypatch.setattr(legal, "is_fictitious", lambda code: False)
    refused(asked, asked.encrypted(spoken), PolicyError, "Budapest Convention")


def test_a_request_that_lacks_a_required_item_is_refused_on_arrival(asker: RunningNode, asked: RunningNode) -> None:
    spoken = asker.sign(asked, body=request(facts=None))
    refused(asked, asked.encrypted(spoken), PolicyError, r"incomplete under .*; missing: .*29\(2\)")


def test_a_request_under_another_article_is_refused_on_arrival(asker: RunningNode, asked: RunningNode) -> None:
    spoken = asker.sign(asked, body=request(article="25"))
    refused(asked, asked.encrypted(spoken), PolicyError, "the request names article 25")


def test_a_request_without_answers_to_the_safeguards_is_refused_on_arrival(
    asker: RunningNode, asked: RunningNode
) -> None:
    spoken = asker.sign(asked, body=request(safeguards=None))
    refused(asked, asked.encrypted(spoken), PolicyError, "leaves safeguards open: purpose_and_proportionality")


def test_a_follow_up_request_is_held_to_the_same_law(asker: RunningNode, asked: RunningNode, case: str) -> None:
    follow_up = within(asker, asked, case, "request", body=request(facts=None))
    refused(asked, asked.encrypted(follow_up), PolicyError, "incomplete")


def test_data_kept_for_less_than_the_floor_is_refused_on_arrival(
    network: Network, asker: RunningNode, asked: RunningNode, case: str
) -> None:
    order = asked.say("authorised", asker, BODIES["authorised"] | {"request": case}, case)
    network.settle()
    kept: JsonObject = {"order": order, "since": format_time(asked.now()), "until": "2026-03-20T00:00:00Z"}
    body = BODIES["preserved"] | {"answers": answers(case)} | kept
    refused(asker, asker.encrypted(within(asked, asker, case, "preserved", body=body)), PolicyError, "at least 60 days")


# 8. Receipts.


def receipt_body(of: Spoken, **changes: Json) -> JsonObject:
    body: JsonObject = {
        "received": of.envelope.id,
        "bytes": len(of.envelope.encoded),
        "at": "2026-03-02T09:05:00Z",
    }
    return body | changes


def make_receipt(by: RunningNode, to: RunningNode, of: Spoken, case: str, **changes: object) -> Spoken:
    values: dict[str, object] = {
        "kind": "receipt",
        "subject": case,
        "follows": (of.envelope.id,),
        "body": receipt_body(of),
        "pair": by.keys.service,
    }
    return by.sign(to, **(values | changes))  # type: ignore[arg-type]


@pytest.fixture
def unanswered(asker: RunningNode, asked: RunningNode) -> Spoken:
    """A request that was approved, and not delivered yet."""
    return asker.record(asker.ask(asked)).spoken


def test_a_receipt_may_come_by_itself_and_is_kept_once(
    asker: RunningNode, asked: RunningNode, unanswered: Spoken
) -> None:
    receipt = make_receipt(asked, asker, unanswered, unanswered.envelope.id)
    assert deliver(asker, receipt) == b""
    after = holdings(asker)
    assert deliver(asker, receipt) == b""
    assert deliver(asker, make_receipt(asked, asker, unanswered, unanswered.envelope.id)) == b""
    assert holdings(asker) == after
    assert asker.record(unanswered.envelope.id).receipt == receipt.envelope.id


def test_a_third_partys_receipt_counts_for_nothing(asker: RunningNode, third: RunningNode, unanswered: Spoken) -> None:
    forged = make_receipt(third, asker, unanswered, unanswered.envelope.id)
    refused(asker, asker.encrypted(forged), PolicyError, f"{third.authority} cannot receipt statement")
    assert asker.record(unanswered.envelope.id).receipt is None


@pytest.mark.parametrize(
    "changes",
    [
        {"body": {"bytes": 1}},
        {"subject": "ab" * 32},
        {"follows": ("ab" * 32,)},
    ],
    ids=["size", "case", "followed"],
)
def test_a_receipt_for_other_bytes_counts_for_nothing(
    asker: RunningNode, asked: RunningNode, unanswered: Spoken, changes: dict[str, Any]
) -> None:
    if "body" in changes:
        changes = {"body": receipt_body(unanswered, **changes["body"])}
    forged = make_receipt(asked, asker, unanswered, unanswered.envelope.id, **changes)
    refused(asker, asker.encrypted(forged), VerificationError, "for other bytes than were delivered")
    assert asker.record(unanswered.envelope.id).receipt is None


def test_a_receipt_for_what_was_never_said_is_refused(asker: RunningNode, asked: RunningNode) -> None:
    never_kept = asker.sign(asked)
    forged = make_receipt(asked, asker, never_kept, never_kept.envelope.id)
    refused(asker, asker.encrypted(forged), NotFoundError, "no statement")


def test_neither_a_foreign_statement_nor_a_receipt_is_receipted(
    network: Network, asker: RunningNode, asked: RunningNode, case: str
) -> None:
    said = asked.record(asked.say("acknowledged", asker, BODIES["acknowledged"] | {"request": case}, case)).spoken
    network.settle()
    own_words = make_receipt(asked, asker, said, case)
    refused(asker, asker.encrypted(own_words), PolicyError, "cannot receipt statement")
    receipt = asker.record(str(asker.record(said.envelope.id).receipt)).spoken
    of_a_receipt = make_receipt(asked, asker, receipt, case)
    refused(asker, asker.encrypted(of_a_receipt), PolicyError, "cannot receipt statement")


# The disk, the list of refusals.


def test_a_full_disk_keeps_nothing_and_the_next_delivery_is_whole(asker: RunningNode, asked: RunningNode) -> None:
    large = asker.sign(asked, body=request(facts="A long story. " * 1400))
    writer = asked.node.database._writer
    (pages,) = writer.execute("PRAGMA page_count").fetchone()
    writer.execute(f"PRAGMA max_page_count = {pages}")
    refused(asked, asked.encrypted(large), StoreError, "the disk is full; nothing was kept")
    assert not asked.refusals()
    writer.execute("PRAGMA max_page_count = 1000000")
    assert deliver(asked, large)


def test_a_refusal_that_cannot_be_noted_is_told_all_the_same(
    asked: RunningNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(inbox, "_note_refusal", full)
    with pytest.raises(MalformedError):
        asked.service.deliver(b"nonsense")


def test_only_the_newest_refusals_are_kept(
    network: Network, asked: RunningNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "KEPT_REFUSALS", 5)
    for number in range(12):
        with pytest.raises(TooLargeError):
            asked.service.deliver(bytes(MAX_ENCRYPTED_BYTES + 1 + number))
    kept = [message.split(" has ")[1].split(",")[0] for _, message in asked.refusals()]
    assert kept == [f"{MAX_ENCRYPTED_BYTES + 1 + number} bytes" for number in (11, 10, 9, 8, 7)]


def test_a_strangers_words_are_bounded_and_cannot_steer_a_terminal(asked: RunningNode) -> None:
    names: JsonObject = {f"\x1b[2J{number:05}": number for number in range(3000)}
    with pytest.raises(MalformedError):
        asked.service.deliver(asked.encrypt(encode_json(names)))
    ((_, message),) = asked.refusals()
    assert len(message) <= inbox.MAX_SHOWN
    assert message.isprintable()


@pytest.mark.parametrize("state", ["starting", "quarantined: restored", "the log has stopped: tiles"])
def test_a_node_that_must_not_sign_gives_no_receipt(asker: RunningNode, asked: RunningNode, state: str) -> None:
    asked.service.state = state
    refused(asked, asked.encrypted(asker.sign(asked)), UnavailableError, f"does not sign now: {state}")


def test_the_handler_needs_only_a_way_to_follow(asker: RunningNode, asked: RunningNode) -> None:
    followed: list[str] = []
    follow: Callable[[str], None] = followed.append
    assert accept_delivery(
        asked.node, asked.encrypted(asker.sign(asked)), follow=follow, is_fresh=lambda authority: True
    )
    assert followed == []

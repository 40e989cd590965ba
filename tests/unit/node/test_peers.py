"""Following peers: whose keys count is read from their logs, and what contradicts itself is kept as evidence."""

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

import pytest

from comity.errors import PolicyError, UnavailableError, VerificationError
from comity.exchange.delivery import speak
from comity.kernel.envelope import STATEMENT_TYPE, sign_envelope
from comity.kernel.evidence import verify_evidence
from comity.kernel.key import Role
from comity.kernel.statement import Statement
from comity.kernel.trust import KEYS_KIND, Designation
from comity.log.state import append_pending
from comity.node import desk
from comity.node.inception import current_designation, issue_keys, reissue_keys
from comity.node.keyring import generate_seeds
from support.nodes import ASKED, ASKER, Answer, Network, RunningNode


def next_keys(node: RunningNode, *, skip: int = 0, title: str = "Renamed") -> int:
    """Issue the next keys statement, or one that leaves numbers out; return its number."""
    current = current_designation(node.node.database, node.authority)
    number = current.number + 1 + skip

    def following(previous: int | None) -> Designation:
        return replace(current, number=number, title=title, previous=previous)

    return issue_keys(node.node.database, node.root, following, exercise=True, now=node.now()).number


def log_again(node: RunningNode, number: int, *, title: str) -> None:
    """Log another root-signed keys statement with a number that is taken, as only the root's holder can."""
    designation = replace(current_designation(node.node.database, node.authority), number=number, title=title)
    statement = Statement(
        kind=KEYS_KIND, issuer=node.authority, to=(), issued=node.now(), exercise=True, body=designation.body()
    )
    publish(node, speak(statement, node.root.pair, node.node.random).envelope.encoded)


def publish(node: RunningNode, envelope: bytes) -> None:
    with node.node.database.transaction() as tx:
        append_pending(tx, b"\x01" + sha256(envelope).digest(), envelope)
    node.checkpoint()


def known(node: RunningNode, of: RunningNode) -> list[int]:
    return [int(row[0]) for row in node.rows("designations", authority=of.authority)]


def evidence(node: RunningNode, of: RunningNode) -> list[bytes]:
    return [bytes(row[1]) for row in node.rows("statement_evidence_list", authority=of.authority)]


def test_a_keys_statement_counts_once_it_is_logged_and_followed(asker: RunningNode, asked: RunningNode) -> None:
    number = next_keys(asked)
    asker.follow(asked)
    assert asker.node.designation(ASKED).number == number - 1
    asked.checkpoint()
    asker.follow(asked)
    assert asker.node.designation(ASKED).number == number
    assert asker.node.designation(ASKED).title == "Renamed"


def test_an_unrecognised_authority_is_not_followed(asker: RunningNode) -> None:
    with pytest.raises(PolicyError, match="is not recognised here"):
        asker.service.peers.follow("xyz.nobody")


def test_a_gap_in_the_numbers_could_hide_a_revocation_and_refuses_all(
    network: Network, asker: RunningNode, asked: RunningNode
) -> None:
    next_keys(asked, skip=1)
    asked.checkpoint()
    asker.follow(asked)
    with pytest.raises(PolicyError, match=f"keys statements of {ASKED} numbered 2 and 4 do not follow each other"):
        asker.node.designation(ASKED)
    with pytest.raises(VerificationError, match="do not follow each other"):
        asker.service.deliver(asker.encrypted(asked.sign(asker)))
    with pytest.raises(PolicyError):
        asker.ask(asked)


def test_nothing_after_a_withheld_keys_statement_counts_until_it_is_served(
    network: Network, asker: RunningNode, asked: RunningNode
) -> None:
    withheld = next_keys(asked, title="Withheld")
    asked.checkpoint()
    shown = next_keys(asked, title="Shown")
    asked.checkpoint()
    network.intercept = lambda method, url, proceed: (404, {}, b"") if "/envelope/" in url else proceed()
    for _ in range(2):
        with pytest.raises(UnavailableError, match="does not serve the public statement at entry"):
            asker.follow(asked)
    assert known(asker, asked) == [1, 2]
    network.intercept = lambda method, url, proceed: proceed()
    asker.follow(asked)
    assert known(asker, asked) == [1, 2, withheld, shown]
    assert asker.node.designation(ASKED).title == "Shown"


def test_two_keys_statements_with_one_number_are_kept_as_evidence(
    network: Network, asker: RunningNode, asked: RunningNode
) -> None:
    number = next_keys(asked)
    asked.checkpoint()
    asker.follow(asked)
    log_again(asked, number, title="Another story")
    log_again(asked, number, title="A third story")
    asker.follow(asked)
    (found,) = evidence(asker, asked)
    assert verify_evidence(found, asker.node.recognition(ASKED)).authority == ASKED
    assert asker.node.designation(ASKED).title == "Renamed"


def test_the_same_keys_statement_signed_again_is_no_evidence(
    network: Network, asker: RunningNode, asked: RunningNode
) -> None:
    number = next_keys(asked)
    asked.checkpoint()
    asker.follow(asked)
    network.clock.advance(seconds=-60)
    log_again(asked, number, title="Renamed")
    asker.follow(asked)
    assert evidence(asker, asked) == []


@pytest.mark.parametrize("signer", ["statement", "root of a third party"])
def test_a_keys_statement_that_the_root_did_not_sign_designates_nothing(
    asker: RunningNode, asked: RunningNode, third: RunningNode, signer: str
) -> None:
    current = current_designation(asked.node.database, ASKED)
    forged = replace(current, number=3, pairs=(*current.pairs, generate_seeds().pair(ASKED, Role.STATEMENT).public))
    statement = Statement(kind=KEYS_KIND, issuer=ASKED, to=(), issued=asked.now(), exercise=True, body=forged.body())
    assert asked.approver.statement is not None
    pair = asked.approver.statement if signer == "statement" else third.root.pair
    publish(asked, sign_envelope(STATEMENT_TYPE, statement.encode(), [pair]).encoded)
    asker.follow(asked)
    assert known(asker, asked) == [1, 2]


@pytest.mark.parametrize("payload", [b"", b"{}", b"\xff", b'{"comity":2}'])
def test_a_public_entry_that_is_no_statement_stops_no_later_keys(
    asker: RunningNode, asked: RunningNode, payload: bytes
) -> None:
    publish(asked, sign_envelope(STATEMENT_TYPE, payload, [asked.root.pair]).encoded)
    publish(asked, b"no envelope at all")
    number = next_keys(asked)
    asked.checkpoint()
    asker.follow(asked)
    assert asker.node.designation(ASKED).number == number


def test_other_bytes_than_the_log_names_are_refused_and_asked_for_again(
    network: Network, asker: RunningNode, asked: RunningNode
) -> None:
    number = next_keys(asked)
    asked.checkpoint()

    def tampered(method: str, url: str, proceed: Callable[[], Answer]) -> Answer:
        status, headers, body = proceed()
        return status, headers, body.replace(b"A", b"B", 1) if "/envelope/" in url else body

    network.intercept = tampered
    with pytest.raises(VerificationError, match=f"{ASKED} serves other bytes for statement"):
        asker.follow(asked)
    assert asker.node.designation(ASKED).number == number - 1
    network.intercept = lambda method, url, proceed: proceed()
    asker.follow(asked)
    assert asker.node.designation(ASKED).number == number


def test_a_pull_that_broke_off_goes_on(network: Network, asker: RunningNode, asked: RunningNode) -> None:
    number = next_keys(asked)
    asked.checkpoint()

    def broken(method: str, url: str, proceed: Callable[[], Answer]) -> Answer:
        if "/tile/entries" in url or "/envelope/" in url:
            raise UnavailableError(f"{url} broke off")
        return proceed()

    network.intercept = broken
    with pytest.raises(UnavailableError):
        asker.follow(asked)
    network.intercept = lambda method, url, proceed: proceed()
    asker.follow(asked)
    assert asker.node.designation(ASKED).number == number


def test_following_finds_the_places_of_what_was_received(
    network: Network, asker: RunningNode, asked: RunningNode
) -> None:
    case = asker.ask(asked)
    network.settle()
    asked.follow(asker)
    assert asked.record(case).log_index is None
    asker.checkpoint()
    asked.follow(asker)
    placed = asked.record(case)
    assert placed.log_index == asker.record(case).log_index
    assert placed.logged_by == asker.record(case).logged_by
    assert placed.problem is None
    assert ASKER in {record.issuer for record in asked.case(case)}


def test_a_place_is_noted_once_under_the_first_checkpoint_that_covers_it(
    network: Network, asker: RunningNode, asked: RunningNode
) -> None:
    case = asker.ask(asked)
    network.settle()
    network.checkpoint()
    first = (asker.record(case), asked.record(case))
    for _ in range(3):
        network.checkpoint()
    assert (asker.record(case), asked.record(case)) == first


def test_a_statement_whose_key_was_not_valid_at_its_place_is_shown_and_carries_nothing(
    network: Network, asker: RunningNode, asked: RunningNode
) -> None:
    assert asker.approver.statement is not None
    spoken = asker.sign(asked)
    # Accepted under the newest keys known, and logged only after they have lost their validity.
    asked.service.deliver(asked.encrypted(spoken))
    reissue_keys(asker.directory, asker.root, revoke=asker.approver.statement.public.key_ids()[0], now=asker.now())
    asker.checkpoint()
    with asker.node.database.transaction() as tx:
        append_pending(tx, spoken.entry)
    asker.checkpoint()
    asked.follow(asker)
    record = asked.record(spoken.envelope.id)
    assert record.problem is not None
    assert "was revoked" in record.problem
    with pytest.raises(PolicyError, match="carries nothing, because of its opening statement: key"):
        desk.case_view(asked.node, spoken.envelope.id)

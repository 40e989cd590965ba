from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

from comity.errors import UnavailableError
from comity.kernel.checkpoint import cosign_checkpoint
from comity.kernel.note import encode_signatures
from comity.kernel.policy import parse_policy, write_policy
from comity.log.cosigning import Cosigners, Round, request_cosignatures, witness_peers
from comity.log.witness import SIZE
from support.logs import LOG, START, WITNESSES, Clock, Node, WitnessNode, cosigners, entry
from support.trees import checkpoint_at, path_between, signed

Answer = tuple[int, Mapping[str, str], bytes]
WITNESS = WITNESSES[0]


def ask(*answers: Answer, size: int = 8, old_size: int = 5) -> tuple[Round, list[bytes]]:
    bodies: list[bytes] = []

    def post(url: str, body: bytes) -> Answer:
        assert url == f"http://{WITNESS.public.name}/add-checkpoint"
        bodies.append(body)
        return answers[len(bodies) - 1]

    peer = WitnessNode(WITNESS, Clock()).peer
    outcome = request_cosignatures(
        peer, signed(size), prove=lambda old: path_between(old, size), old_size=old_size, post=post
    )
    return outcome, bodies


def good(size: int = 8) -> bytes:
    return encode_signatures(cosign_checkpoint(checkpoint_at(size), WITNESS, START))


def told(size: int) -> Answer:
    return 409, {"content-type": SIZE}, f"{size}\n".encode()


def test_a_policy_names_each_witness_with_an_address_once_and_with_both_keys() -> None:
    addresses = [(WITNESSES[0].public, "http://first"), (WITNESSES[1].public, None)]
    (peer,) = witness_peers(parse_policy(write_policy(LOG.public, None, addresses, 1)))
    assert (peer.name, peer.url, peer.keys) == (WITNESS.public.name, "http://first", WITNESS.public.verifier_keys())


def test_verified_lines_are_kept_and_nothing_else() -> None:
    outcome, bodies = ask((200, {}, good() + "\u2014 stranger AAAAAAAA\n".encode()))
    assert [line.name for line in outcome.lines] == [WITNESS.public.name] * 2
    assert (outcome.size, outcome.problem, len(bodies)) == (8, None, 1)
    assert bodies[0].startswith(b"old 5\n")


def test_a_409_is_asked_again_from_the_size_it_tells() -> None:
    outcome, bodies = ask(told(3), (200, {}, good()), old_size=0)
    assert len(outcome.lines) == 2
    assert [body.split(b"\n")[0] for body in bodies] == [b"old 0", b"old 3"]


def test_a_witness_ahead_of_the_log_is_reported() -> None:
    outcome, bodies = ask(told(9))
    assert (outcome.lines, outcome.size, len(bodies)) == ((), 9, 1)
    assert outcome.problem is not None
    assert "ahead" in outcome.problem


@pytest.mark.parametrize(
    "answer",
    [
        *((status, {}, b"no\n") for status in (201, 204, 400, 403, 404, 413, 422, 429, 500, 503)),
        (409, {}, b"3\n"),
        (409, {"content-type": SIZE}, b"three\n"),
        (409, {"content-type": SIZE}, b"5\n"),
        (200, {}, b""),
        (200, {}, b"not lines\n"),
        (200, {}, bytes(100_000)),
        (200, {}, encode_signatures(cosign_checkpoint(checkpoint_at(7), WITNESS, START))),
        (200, {}, encode_signatures(cosign_checkpoint(checkpoint_at(8), WITNESS, START)[:1])),
        (200, {}, encode_signatures(cosign_checkpoint(checkpoint_at(8), WITNESSES[1], START))),
    ],
)
def test_any_other_answer_is_no_cosignature_this_round(answer: Answer) -> None:
    outcome, bodies = ask(answer)
    assert outcome.lines == ()
    assert outcome.problem is not None
    assert len(bodies) == 1


def test_a_witness_that_keeps_moving_is_left_for_the_next_round() -> None:
    outcome, bodies = ask(told(3), told(4), told(6))
    assert (outcome.lines, outcome.size, len(bodies)) == ((), 6, 3)


def test_a_transport_that_fails_is_no_cosignature_this_round() -> None:
    def post(url: str, body: bytes) -> Answer:
        raise UnavailableError("timed out")

    peer = WitnessNode(WITNESS, Clock()).peer
    outcome = request_cosignatures(peer, signed(8), prove=lambda old: [], old_size=0, post=post)
    assert (outcome.lines, outcome.size, outcome.problem) == ((), None, "timed out")


def test_sizes_are_remembered_so_that_one_request_does() -> None:
    node = Node().create()
    for number in range(3):
        node.append(entry(number))
        node.tick()
    assert [len(witness.requests) for witness in node.witnesses] == [3, 3]
    assert [outcome.problem for outcome in node.cosigners.rounds] == [None, None]


def test_witnesses_are_asked_at_once_where_the_map_is_parallel() -> None:
    clock = Clock()
    nodes = [WitnessNode(witness, clock) for witness in WITNESSES]
    serial = cosigners(nodes)
    with ThreadPoolExecutor(2) as pool:
        parallel = Cosigners([node.peer for node in nodes], serial._post, pool.map)
        assert len(parallel(signed(5), lambda old: [])) == 4

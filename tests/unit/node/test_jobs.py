"""Duties: tried until done, in order for each peer; only a refusal by the peer's rules ends one."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from comity.age.recipient import parse_recipient
from comity.age.stream import encrypt_bytes
from comity.errors import StoreError, UnavailableError
from comity.exchange.delivery import Spoken, encode_delivery
from comity.kernel.canonical import Json
from comity.kernel.key import Role
from comity.kernel.trust import Designation
from comity.node import jobs
from comity.node.context import Node
from comity.node.inception import current_designation, issue_keys
from comity.node.jobs import due_duties
from comity.node.keyring import generate_seeds
from comity.node.peers import Peers
from comity.node.side_by_side import SideBySide
from support.bodies import BODIES
from support.nodes import ASKED, THIRD, Answer, Network, RunningNode


def answer_with(network: Network, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
    """Have every delivery answered so."""

    def instead(method: str, url: str, proceed: Callable[[], Answer]) -> Answer:
        return (status, headers or {}, body) if url.endswith("/deliver") else proceed()

    network.intercept = instead


def lose_answer(method: str, url: str, proceed: Callable[[], Answer]) -> Answer:
    """Let a delivery arrive, and its answer not."""
    answer = proceed()
    if url.endswith("/deliver"):
        raise UnavailableError(f"{url} does not answer: read timed out")
    return answer


def let_through(method: str, url: str, proceed: Callable[[], Answer]) -> Answer:
    return proceed()


def deliveries(network: Network, to: str) -> int:
    return sum(url == f"https://{to}.example/deliver" for _, _, url in network.calls)


# A peer that does not answer.


def test_a_peer_that_is_down_for_a_day_gets_everything_on_the_next(
    network: Network, asker: RunningNode, asked: RunningNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried, deliver = [], jobs._deliver

    def recorded(node: Node, peers: Peers, job: jobs.Job) -> None:
        tried.append(job.key)
        deliver(node, peers, job)

    monkeypatch.setattr(jobs, "_deliver", recorded)
    network.down.add(ASKED)
    cases = [asker.ask(asked, reference=f"XAA-{number}") for number in range(3)]
    waits, last = [], network.clock.now
    end = last.timestamp() + 24 * 3600
    while network.clock.now.timestamp() < end:
        before = deliveries(network, ASKED)
        asker.run()
        if deliveries(network, ASKED) > before:
            waits.append((network.clock.now - last).total_seconds())
            last = network.clock.now
        network.clock.advance(seconds=1 if len(waits) < 8 else 50)
    assert waits[1:8] == [1, 2, 4, 8, 16, 32, 64]
    assert max(waits) <= jobs.LONGEST_WAIT_SECONDS
    assert {asker.duty(case)[0] for case in cases} == {"due"}
    assert "connection refused" in str(asker.duty(cases[0])[2])
    network.down.clear()
    network.clock.advance(seconds=300)
    network.settle()
    assert [asker.duty(case)[0] for case in cases] == ["done"] * 3
    assert tried[-3:] == cases
    assert all(asker.record(case).receipt is not None for case in cases)


def test_one_try_is_enough_to_know_that_a_peer_is_down(
    network: Network, asker: RunningNode, asked: RunningNode
) -> None:
    network.down.add(ASKED)
    for number in range(5):
        asker.ask(asked, reference=f"XAA-{number}")
    asker.run()
    asker.run()
    assert deliveries(network, ASKED) == 1


def test_a_long_queue_for_one_peer_does_not_hold_up_the_others(
    network: Network, asker: RunningNode, asked: RunningNode, third: RunningNode
) -> None:
    network.down.add(ASKED)
    waiting = asker.ask(asked)
    with asker.node.database.transaction() as tx:
        for number in range(120):
            tx.run("job_add", {"kind": "fetch", "key": f"{number:064x}", "addressee": ASKED, "due": 0})
    case = asker.ask(third)
    for _ in range(4):
        asker.run()
    assert asker.duty(case)[0] == "done"
    assert asker.duty(waiting)[0] == "due"


def test_what_waits_is_delivered_at_once_when_the_peer_answers_again(
    network: Network, asker: RunningNode, asked: RunningNode
) -> None:
    network.down.add(ASKED)
    first = asker.ask(asked)
    for _ in range(9):
        asker.run()
        network.clock.advance(seconds=300)
    asker.run()
    network.down.clear()
    second = asker.ask(asked, reference="XAA-2")
    asker.run()
    assert (asker.duty(first)[0], asker.duty(second)[0]) == ("due", "done")
    asker.run()
    assert asker.duty(first)[0] == "done"


def test_a_delivery_whose_answer_was_lost_gets_the_stored_receipt(
    network: Network, asker: RunningNode, asked: RunningNode
) -> None:
    network.intercept = lose_answer
    case = asker.ask(asked)
    asker.run()
    assert asker.duty(case)[:2] == ("due", 1)
    stored = asked.record(case).receipt
    assert stored is not None
    network.intercept = let_through
    network.clock.advance(seconds=1)
    asker.run()
    assert asker.record(case).receipt == stored
    assert len(asked.case(case)) == 2


def test_a_duty_outlives_the_process(network: Network, asker: RunningNode, asked: RunningNode) -> None:
    case = asker.ask(asked)
    # The process ends between the commit of the approval and everything that follows from it.
    asker.restart()
    assert asker.duty(case) == ("due", 0, None)
    network.settle()
    assert asker.record(case).receipt is not None
    asker.restart().checkpoint()
    assert asker.record(case).log_index is not None


def test_a_process_that_ends_between_receipt_and_note_does_not_deliver_again(
    network: Network, asker: RunningNode, asked: RunningNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    class PowerCut(BaseException):
        """Nothing of the project catches this."""

    def cut(*_: object) -> None:
        raise PowerCut

    case = asker.ask(asked)
    with monkeypatch.context() as patched:
        patched.setattr(jobs, "_settle", cut)
        with pytest.raises(PowerCut):
            asker.run()
    asker.restart()
    sent = deliveries(network, ASKED)
    network.settle()
    assert asker.duty(case)[0] == "done"
    assert deliveries(network, ASKED) == sent


def test_a_clock_that_was_set_back_does_not_stop_duties(
    network: Network, asker: RunningNode, asked: RunningNode
) -> None:
    network.down.add(ASKED)
    case = asker.ask(asked)
    asker.run()
    network.down.clear()
    asker.skew = timedelta(days=-1)
    asker.run()
    # It is tried at once, though it was put off to what is a day ahead now; the receipt is from the future, and waits.
    assert asker.duty(case)[:2] == ("due", 2)
    asker.skew = timedelta()
    network.settle()
    assert asker.duty(case)[0] == "done"


# What a peer answers.


def refusal(code: str, message: str) -> bytes:
    return json.dumps({"error": code, "message": message}).encode()


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "malformed"),
        (413, "too-large"),
        (422, "unverified"),
        (403, "refused"),
        (409, "conflict"),
        (404, "not-found"),
    ],
)
def test_a_refusal_by_the_peers_rules_ends_a_duty_and_shows(
    network: Network, asker: RunningNode, asked: RunningNode, status: int, code: str
) -> None:
    answer_with(network, status, refusal(code, "because of rule 7"))
    case = asker.ask(asked)
    asker.run()
    assert asker.duty(case) == ("failed", 1, f"{ASKED} answers {status}: because of rule 7")
    assert [row[2] for row in asker.rows("jobs_failed")] == [case]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (403, b"<html>Forbidden by your provider</html>"),
        (400, b'{"error":"malformed"}'),
        (400, b'["malformed"]'),
        (413, b""),
        (401, refusal("no-session", "log in")),
        (500, refusal("store", "this node has failed")),
        (503, refusal("unavailable", "later")),
        (302, b""),
        (404, b"\xff\xfe"),
        (422, b"[" * 4096),
        (200, b"<html>Please log in to the wireless network</html>"),
        (200, b""),
        (200, b"age-encryption.org/v1\n"),
    ],
)
def test_any_other_answer_may_come_from_a_box_on_the_way_and_the_duty_is_tried_again(
    network: Network, asker: RunningNode, asked: RunningNode, status: int, body: bytes
) -> None:
    answer_with(network, status, body)
    case = asker.ask(asked)
    asker.run()
    state, attempts, problem = asker.duty(case)
    assert (state, attempts) == ("due", 1)
    assert problem
    network.intercept = let_through
    network.clock.advance(seconds=1)
    asker.run()
    assert asker.duty(case)[0] == "done"


def test_a_peer_may_say_when_to_come_back_within_bounds(
    network: Network, asker: RunningNode, asked: RunningNode
) -> None:
    case = asker.ask(asked)
    for header, seconds in (("20", 20), ("99999", 300), ("-5", 4), ("soon", 8)):
        answer_with(network, 503, refusal("unavailable", "later"), {"retry-after": header})
        asker.run()
        attempts = asker.duty(case)[1]
        network.clock.advance(seconds=seconds - 1)
        asker.run()
        assert asker.duty(case)[1] == attempts, header
        network.clock.advance(seconds=1)
        network.intercept = let_through if header == "soon" else network.intercept
    asker.run()
    assert asker.duty(case)[0] == "done"


def test_a_peers_words_cannot_steer_a_terminal(network: Network, asker: RunningNode, asked: RunningNode) -> None:
    answer_with(network, 403, refusal("refused", "\x1b[2Jgone\n" + "x" * 5000))
    case = asker.ask(asked)
    asker.run()
    problem = asker.duty(case)[2]
    assert problem is not None
    assert problem.isprintable()
    assert "gone" in problem
    assert len(problem) < 600


# Receipts.


def forge(network: Network, to: RunningNode, make: Callable[[], Spoken]) -> None:
    """Have every delivery answered with a receipt of a test's own making."""
    recipient = parse_recipient(to.keys.delivery.recipient.encode())

    def instead(method: str, url: str, proceed: Callable[[], Answer]) -> Answer:
        if not url.endswith("/deliver"):
            return proceed()
        return 200, {}, encrypt_bytes(encode_delivery(make()), [recipient])

    network.intercept = instead


def receipt_by(by: RunningNode, to: RunningNode, case: str, /, **changes: object) -> Spoken:
    envelope = to.record(case).spoken.envelope
    body: dict[str, Json] = {"received": case, "bytes": len(envelope.encoded), "at": "2026-03-02T09:05:00Z"}
    values: dict[str, object] = {
        "kind": "receipt",
        "subject": case,
        "follows": (case,),
        "body": body,
        "pair": by.keys.service,
    }
    return by.sign(to, **(values | changes))  # type: ignore[arg-type]


def test_a_forged_receipt_settles_nothing_and_the_true_one_is_fetched(
    network: Network, asker: RunningNode, asked: RunningNode, third: RunningNode
) -> None:
    case = asker.ask(asked)
    other = asker.ask(asked, reference="XAA-2")
    stranger = generate_seeds().pair(ASKED, Role.SERVICE)
    forgeries = (
        (lambda: receipt_by(third, asker, case), "claims to come from xac.centre"),
        (lambda: receipt_by(asked, asker, case, pair=stranger), "no keys statement"),
        (lambda: receipt_by(asked, asker, other), "for other bytes"),
        (lambda: receipt_by(asked, asker, case, kind="acknowledged", body=BODIES["acknowledged"]), "may not say"),
        (lambda: receipt_by(asked, asker, case, to=(THIRD,)), "cannot receipt"),
    )
    for make, expected in forgeries:
        forge(network, asker, make)
        network.clock.advance(seconds=300)
        asker.run()
        state, _, problem = asker.duty(case)
        assert state == "due"
        assert expected in str(problem)
        assert asker.record(case).receipt is None
    network.intercept = let_through
    network.clock.advance(seconds=300)
    network.settle()
    assert asker.duty(case)[0] == asker.duty(other)[0] == "done"


def test_a_receipt_under_a_key_that_is_new_is_verified_after_following_the_peers_log(
    network: Network, asker: RunningNode, asked: RunningNode
) -> None:
    fresh = generate_seeds().pair(ASKED, Role.SERVICE)
    current = current_designation(asked.node.database, ASKED)
    kept = tuple(pair for pair in current.pairs if pair.role is not Role.SERVICE)

    def following(previous: int | None) -> Designation:
        return replace(current, number=current.number + 1, pairs=(*kept, fresh.public), previous=previous)

    issue_keys(
        asked.node.database,
        asked.root,
        following,
        exercise=True,
        now=asked.now(),
    )
    asked.checkpoint()
    object.__setattr__(asked.service.node, "keys", _with_service(asked, fresh))
    case = asker.ask(asked)
    asker.run()
    assert asker.duty(case)[0] == "done"


def _with_service(node: RunningNode, pair: object) -> object:
    values = {name: getattr(node.keys, name) for name in type(node.keys).__dataclass_fields__}
    return type(node.keys)(**(values | {"services": (pair, *node.keys.services)}))


# Order within and across cases.


def test_what_a_peer_does_not_take_yet_holds_up_nothing_else(
    network: Network, asker: RunningNode, asked: RunningNode
) -> None:
    """A statement that follows one that was refused for good never arrives; other cases go on."""
    case = asker.ask(asked)
    network.settle()
    answer_with(network, 403, refusal("refused", "no"))
    lost = asker.say("closed", asked, BODIES["closed"], case)
    asker.run()
    network.intercept = let_through
    assert asker.duty(lost)[0] == "failed"
    stuck = asker.approve(asker.draft("withdrawn", asked, {"request": case}, case, follows=(lost,)))
    other = asker.ask(asked, reference="XAA-2")
    asker.run()
    assert (asker.duty(stuck)[0], asker.duty(other)[0]) == ("due", "done")
    assert "has not arrived here yet" in str(asker.duty(stuck)[2])


def test_a_draft_does_not_follow_what_the_peer_has_refused(
    network: Network, asker: RunningNode, asked: RunningNode
) -> None:
    case = asker.ask(asked)
    network.settle()
    answer_with(network, 403, refusal("refused", "no"))
    lost = asker.say("closed", asked, BODIES["closed"], case)
    asker.run()
    network.intercept = let_through
    withdrawn = asker.say("withdrawn", asked, {"request": case}, case)
    network.settle()
    assert asker.duty(withdrawn)[0] == "done"
    assert lost not in asker.record(withdrawn).statement.follows


def test_a_failing_disk_makes_a_duty_wait(
    network: Network, asker: RunningNode, asked: RunningNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object, **__: object) -> None:
        raise StoreError("the disk is full")

    case = asker.ask(asked)
    with monkeypatch.context() as patched:
        patched.setattr(jobs, "check_receipt", failing)
        asker.run()
    assert asker.duty(case) == ("due", 1, "the disk is full")


def test_nothing_to_do_is_done_quickly(asker: RunningNode) -> None:
    assert asker.run() == 0


def test_a_fault_in_a_duty_is_logged_and_the_duty_stays(
    network: Network,
    asker: RunningNode,
    asked: RunningNode,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a fault")

    case = asker.ask(asked)
    with monkeypatch.context() as patched:
        patched.setattr(jobs, "_deliver", broken)
        side_by_side = SideBySide("test")
        side_by_side.run(ASKED, asker.run)
        side_by_side.stop()
    assert "ZeroDivisionError" in caplog.text
    assert asker.duty(case)[0] == "due"
    network.settle()
    assert asker.duty(case)[0] == "done"


def test_a_slow_peers_long_queue_does_not_hide_the_others_duties(
    asker: RunningNode, asked: RunningNode, third: RunningNode
) -> None:
    with asker.node.database.transaction() as tx:
        for number in range(120):
            tx.run("job_add", {"kind": "fetch", "key": f"{number:064x}", "addressee": ASKED, "due": 0})
    case = asker.ask(third)
    waiting = due_duties(asker.node)
    assert [job.key for job in waiting[THIRD]] == [case]
    assert [int(job.key, 16) for job in waiting[ASKED]] == list(range(len(waiting[ASKED])))

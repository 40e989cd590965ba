"""What keeps a hostile peer, witness or log from more than its own harm."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from comity.errors import NotFoundError, PolicyError, UnavailableError
from comity.node.inception import reissue_keys
from comity.node.peers import FRESH
from comity.node.settings import is_inward
from comity.node.side_by_side import SideBySide
from comity.node.transport import Transport
from support.nodes import Answer, Network, RunningNode


@pytest.mark.parametrize(
    ("host", "inward"),
    [
        ("localhost", True),
        ("a.localhost", True),
        ("127.0.0.1", True),
        ("::1", True),
        ("10.1.2.3", True),
        ("169.254.169.254", True),
        ("192.168.0.1", True),
        ("fe80::1", True),
        ("8.8.8.8", False),
        ("contact.example", False),
    ],
)
def test_addresses_of_this_machine_and_of_private_networks_are_known(host: str, *, inward: bool) -> None:
    assert is_inward(host) is inward


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/x", "https://169.254.169.254/x", "https://[::1]/x"])
def test_no_peer_can_send_a_node_inward(url: str) -> None:
    client = Transport()
    with pytest.raises(PolicyError, match="no peer is asked there"):
        client.get(url)
    with pytest.raises(PolicyError, match="no peer is asked there"):
        client.post(url, b"")
    with pytest.raises(PolicyError, match="no peer is asked there"):
        next(client.stream(url, start=0))
    assert client._made is None


def test_a_peer_whose_log_cannot_be_followed_is_not_believed(
    network: Network, asker: RunningNode, asked: RunningNode
) -> None:
    network.clock.advance(seconds=FRESH.total_seconds() + 1)
    data = asked.encrypted(asker.sign(asked))
    network.down.add(asker.authority)
    with pytest.raises(UnavailableError, match="cannot be followed"):
        asked.service.deliver(data)
    network.down.clear()
    assert asked.service.deliver(data)


def test_a_public_statement_that_is_not_served_is_asked_for_again(
    network: Network, asker: RunningNode, asked: RunningNode
) -> None:
    reissue_keys(asker.directory, asker.root, now=asker.now())
    asker.checkpoint()

    def hidden(method: str, url: str, proceed: Callable[[], Answer]) -> Answer:
        if "/log/envelope/" in url:
            raise NotFoundError(f"{url} has nothing there")
        return proceed()

    before, network.intercept = network.intercept, hidden
    with pytest.raises(UnavailableError, match="its keys are not known"):
        asked.follow(asker)
    number = asked.node.designation(asker.authority).number
    network.intercept = before
    asked.follow(asker)
    assert asked.node.designation(asker.authority).number == number + 1


def test_a_statement_of_long_ago_is_refused(asker: RunningNode, asked: RunningNode) -> None:
    data = asked.encrypted(asker.sign(asked, issued=(asker.now() - timedelta(days=31)).replace(microsecond=0)))
    with pytest.raises(PolicyError, match="more than 30 days before it arrived"):
        asked.service.deliver(data)


def test_a_witness_cosigns_nothing_before_it_knows_its_own_past(asker: RunningNode) -> None:
    asker.service._permitted = False
    assert asker.service.cosign(b"old 0\n\n").status == 503
    asker.service._permitted = True
    assert asker.service.cosign(b"old 0\n\n").status == 400


def test_work_for_one_peer_does_not_wait_for_another() -> None:
    release, done = threading.Event(), threading.Event()
    work = SideBySide("test")
    work.run("slow", lambda: release.wait(20))
    work.run("slow", lambda: pytest.fail("a second task for a busy peer"))
    work.run("quick", done.set)
    assert done.wait(20)
    release.set()
    work.stop()

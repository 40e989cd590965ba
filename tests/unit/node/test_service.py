"""The service: what it waits for before it signs, what it survives, what stops it, and that it says so."""

import shutil
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from comity.errors import ConflictError, MalformedError, PolicyError, StoreError, UnauthenticatedError, UnavailableError
from comity.node import service as service_module
from comity.node.context import POLICY, SERVICE_KEYS
from comity.node.inception import load_card, name_witnesses
from comity.node.service import Service, load_service
from support.bodies import BODIES
from support.nodes import ASKED, ASKER, SECRET, THIRD, WRONG, Answer, Network, RunningNode


def wait_for(done: Callable[[], object], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "did not come about in time"
        time.sleep(0.01)


def remember(node: RunningNode, folder: Path) -> Path:
    """Copy a node's folder as a careless operator does: without telling anybody that it is a backup."""
    node.close()
    copy = shutil.copytree(node.directory, folder / "remembered")
    node.open()
    node.start()
    return copy


def put_back(node: RunningNode, copy: Path) -> None:
    node.close()
    shutil.rmtree(node.directory)
    shutil.copytree(copy, node.directory)
    node.open()


# The whole, with its threads.


def test_three_running_nodes_bring_a_request_to_its_place_and_receipt(
    network: Network, asker: RunningNode, asked: RunningNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_module, "_JOB_PAUSE_SECONDS", 0.02)
    for node in network.nodes.values():
        node.service.state = "starting"
        node.service.start()
    wait_for(lambda: all(node.service.state == "running" for node in network.nodes.values()))
    case = asker.ask(asked)
    asker.service.publish_now()
    wait_for(lambda: asker.record(case).receipt)
    asked.service.publish_now()
    wait_for(lambda: asker.record(case).log_index is not None)
    for node in network.nodes.values():
        node.close()
        assert not any(thread.is_alive() for thread in node.service._threads)


# Before it signs.


def test_an_old_database_put_back_is_found_out_and_signs_nothing(
    network: Network, asker: RunningNode, asked: RunningNode, tmp_path: Path
) -> None:
    copy = remember(asker, tmp_path)
    case = asker.ask(asked)
    network.settle()
    network.checkpoint()
    put_back(asker, copy)
    signed = asker.service.status()["signed_size"]
    asker.service.start()
    wait_for(lambda: asker.service.state.startswith("quarantined"))
    assert "whose database ends at" in asker.service.state
    assert str(asker.service.status()["state"]).startswith("quarantined: ")
    assert asker.service.status()["signed_size"] == signed
    assert asker.service.cosign(b"old 0\n").status == 503
    answer = asked.record(case).spoken
    with pytest.raises(UnavailableError, match="does not sign now: quarantined"):
        asker.service.deliver(asker.encrypted(answer))
    with pytest.raises(UnavailableError, match="does not sign now: quarantined"):
        asker.service.check_signing()
    assert asker.service.status()["signed_size"] == signed


def test_a_log_waits_for_its_witnesses_and_says_so(network: Network, asker: RunningNode) -> None:
    network.down |= {ASKED, THIRD}
    asker.close()
    asker.open()
    asker.service.start()
    wait_for(lambda: asker.service.state.startswith("waiting"))
    assert asker.service.state == "waiting: 0 of 2 wanted witnesses and followers told of this log's latest head"
    with pytest.raises(UnavailableError, match="waiting"):
        asker.service.check_signing()
    network.down.clear()
    wait_for(lambda: asker.service.state == "running")
    assert not asker.service.problems


def test_a_disk_that_is_full_at_the_start_is_tried_again(asker: RunningNode, monkeypatch: pytest.MonkeyPatch) -> None:
    asker.close()
    asker.open()
    monkeypatch.setattr(service_module, "_START_PAUSE_SECONDS", 0.01)
    start, tries = asker.service._sequencer.start, []

    def full(permit: object) -> object:
        tries.append(permit)
        if len(tries) < 3:
            raise StoreError("the disk is full; make room and try again")
        return start(permit)  # type: ignore[arg-type]

    monkeypatch.setattr(asker.service._sequencer, "start", full)
    asker.service.start()
    wait_for(lambda: asker.service.state == "running")
    assert len(tries) == 3
    wait_for(lambda: "log" not in asker.service.problems)


def test_damaged_tiles_stop_the_log_and_nothing_is_acknowledged(
    network: Network, asker: RunningNode, asked: RunningNode
) -> None:
    for path in (asker.directory / "log" / "tile" / "0").rglob("*"):
        if path.is_file():
            path.write_bytes(bytes(len(path.read_bytes())))
    asker.close()
    asker.open()
    asker.service.start()
    wait_for(lambda: asker.service.state.startswith("the log has stopped"))
    with pytest.raises(UnavailableError, match="the log has stopped"):
        asker.service.deliver(asker.encrypted(asked.sign(asker)))


# While it runs.


def test_a_clock_set_back_signs_nothing_until_its_time_has_come_again(
    network: Network, asker: RunningNode, asked: RunningNode
) -> None:
    asker.skew = timedelta(hours=-2)
    case = asker.ask(asked)
    signed = asker.service.status()["signed_size"]
    asker.checkpoint()
    assert "behind the last signature; nothing is signed until then" in asker.service.problems["log"]
    assert asker.service.status()["signed_size"] == signed
    asker.skew = timedelta()
    asker.checkpoint()
    assert asker.record(case).log_index is not None
    assert "log" not in asker.service.problems


def test_a_full_disk_stops_no_log_for_good(network: Network, asker: RunningNode, asked: RunningNode) -> None:
    case = asker.ask(asked)
    writer = asker.node.database._writer
    (pages,) = writer.execute("PRAGMA page_count").fetchone()
    writer.execute(f"PRAGMA max_page_count = {pages}")
    for _ in range(40):
        asker.checkpoint()
        if "log" in asker.service.problems:
            break
    assert "disk is full" in asker.service.problems["log"]
    writer.execute("PRAGMA max_page_count = 1000000")
    asker.checkpoint()
    assert "log" not in asker.service.problems
    assert asker.record(case).log_index is not None


def test_witnesses_that_do_not_answer_are_named(network: Network, asker: RunningNode) -> None:
    network.down.add(THIRD)
    published = asker.service.status()["published_size"]
    asker.checkpoint()
    assert asker.service.problems["log"].startswith(f"{THIRD}/witness: ")
    assert asker.service.status()["published_size"] > published  # type: ignore[operator]
    network.down.add(ASKED)
    published = asker.service.status()["published_size"]
    asker.checkpoint()
    assert asker.service.status()["published_size"] == published
    network.down.clear()
    asker.checkpoint()
    assert not asker.service.problems


def test_a_policy_that_the_published_note_no_longer_satisfies_stops_nothing(
    network: Network, asker: RunningNode, asked: RunningNode, third: RunningNode
) -> None:
    def third_cosigns_nothing(method: str, url: str, proceed: Callable[[], Answer]) -> Answer:
        if url == f"https://{THIRD}.example/witness/add-checkpoint":
            raise UnavailableError(f"{url} does not answer")
        return proceed()

    network.intercept = third_cosigns_nothing
    asker.checkpoint()
    case = asker.ask(asked)
    asker.close()
    name_witnesses(asker.directory, [load_card(third.directory)], 1)
    asker.open()
    asker.start().checkpoint()
    assert "log" in asker.service.problems
    assert asker.service.state == "running"
    network.intercept = lambda method, url, proceed: proceed()
    asker.checkpoint()
    assert asker.record(case).log_index is not None


def test_a_broken_trust_folder_is_shown_and_heals(network: Network, asker: RunningNode, asked: RunningNode) -> None:
    file = asker.directory / "trust" / f"{ASKED}.json"
    sound = file.read_bytes()
    file.write_bytes(sound[:-1])
    assert asker.service.status()["recognised"] == []
    assert f"{ASKED}.json" in asker.service.problems["trust"]
    with pytest.raises(StoreError, match=r"xab\.centre\.json is no recognition"):
        asker.service.deliver(asker.encrypted(asked.sign(asker)))
    assert not asker.refusals()
    file.write_bytes(sound)
    assert asker.service.status()["recognised"] == [ASKED, THIRD]
    assert asker.service.status()["problems"] == {}


def test_a_peer_whose_log_cannot_be_followed_is_shown(network: Network, asker: RunningNode) -> None:
    network.down.add(ASKED)
    assert asker.service._follow(ASKED) is not None
    with pytest.raises(UnavailableError):
        asker.service._follow_once(ASKED)
    assert "connection refused" in asker.service.problems[ASKED]
    network.down.clear()
    asker.service._follow_once(ASKED)
    assert ASKED not in asker.service.problems


def test_the_status_says_what_an_officer_must_know(network: Network, asker: RunningNode, asked: RunningNode) -> None:
    asker.ask(asked)
    status = asker.service.status()
    assert status["state"] == "running"
    assert status["statements_without_place"] == 1
    assert status["keys_known"] == {ASKER: 2, ASKED: 2, THIRD: 2}
    asker.checkpoint()
    assert asker.service.status()["statements_without_place"] == 0


# Opening a folder.


def load(folder: Path, passphrase: str = SECRET) -> Service:
    with ExitStack() as stack:
        service = load_service(folder, passphrase, stack)
        service.stop()
    return service


@pytest.fixture
def folder(asker: RunningNode) -> Path:
    asker.close()
    return asker.directory


def test_a_node_opens_with_its_passphrase_only(folder: Path) -> None:
    with pytest.raises(UnauthenticatedError, match=r"service keys: wrong passphrase, or service\.age is damaged"):
        load(folder, WRONG)
    with pytest.raises(UnauthenticatedError):
        load(folder, "")
    assert load(folder).node.authority == ASKER


def test_a_folder_is_open_once(folder: Path) -> None:
    with ExitStack() as stack:
        first = load_service(folder, SECRET, stack)
        with pytest.raises(ConflictError, match="another process holds"):
            load(folder)
        first.stop()
    assert load(folder).state == "starting"


def test_a_log_without_witnesses_does_not_start(folder: Path) -> None:
    (folder / POLICY).unlink()
    with pytest.raises(PolicyError, match="has no witnesses yet; name them"):
        load(folder)


def test_a_law_folder_that_breaks_its_format_stops_the_start(folder: Path) -> None:
    (folder / "law").mkdir()
    (folder / "law" / "conduct.csv").write_text("conduct,label\n", encoding="utf-8")
    with pytest.raises(MalformedError, match=r"law/conduct\.csv:1: wanted the columns"):
        load(folder)
    (folder / "law" / "conduct.csv").unlink()
    assert load(folder).node.register is not None


def test_the_service_keys_of_another_authority_are_refused(folder: Path, asked: RunningNode) -> None:
    shutil.copy(asked.directory / SERVICE_KEYS, folder / SERVICE_KEYS)
    with pytest.raises(MalformedError, match=f"holds the keys of {ASKED}, not {ASKER}"):
        load(folder)


def test_a_restart_forgets_nothing(network: Network, asker: RunningNode, asked: RunningNode) -> None:
    case = asker.ask(asked)
    network.settle()
    for node in (asker, asked):
        node.restart()
    asked.say("acknowledged", asker, BODIES["acknowledged"] | {"request": case}, case)
    network.settle()
    network.checkpoint()
    assert {record.statement.kind for record in asker.case(case)} == {"request", "receipt", "acknowledged"}
    assert all(record.log_index is not None for record in asker.case(case))

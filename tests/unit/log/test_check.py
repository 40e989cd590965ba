from collections.abc import Callable

import pytest

from comity.errors import Error, NotFoundError, VerificationError
from comity.kernel.entry import public_entry
from comity.kernel.policy import Policy
from comity.log.check import check_log
from comity.log.reader import LogReader, envelope_path
from comity.log.sequencer import Settings
from comity.log.state import append_pending, envelope_id
from support.logs import WITNESSES, Node, entry, pair, policy_of

ENVELOPE = b"a public statement"
STATEMENT = envelope_id(ENVELOPE)


@pytest.fixture(scope="module")
def node() -> Node:
    node = Node(settings=Settings(batch_multiple=1, max_batch=70_000)).create()
    node.append(*(entry(number) for number in range(600)))
    with node.database.transaction() as tx:
        append_pending(tx, public_entry(STATEMENT), ENVELOPE)
    node.tick()
    return node


def changed(node: Node, name: str, change: Callable[[bytes], bytes]) -> Callable[[str], bytes]:
    return lambda path: change(node.folder.read(path)) if path == name else node.folder.read(path)


def flipped(data: bytes) -> bytes:
    return data[:40] + bytes([data[40] ^ 1]) + data[41:]


def test_a_sound_log_is_reported_with_its_size(node: Node) -> None:
    told: list[tuple[int, int]] = []
    report = check_log(node.folder.read, node.policy, progress=lambda done, size: told.append((done, size)))
    assert (report.checkpoint.size, report.envelopes, report.envelopes_absent) == (601, 1, 0)
    assert report.entries_per_second > 0
    assert told == [(0, 601)]


def test_an_empty_log_is_sound() -> None:
    node = Node().create()
    node.tick()
    assert check_log(node.folder.read, node.policy).checkpoint.size == 0


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("tile/entries/001", "entry 257: tile/entries/001 does not hash to tile/0/001"),
        ("tile/0/001", "entry 257: tile/entries/001 does not hash to tile/0/001"),
        ("tile/0/002.p/89", "entry 513: tile/entries/002.p/89 does not hash"),
        ("tile/1/000.p/2", "node 1 of level 1: tile/1/000.p/2 is not what the tiles below give"),
        (envelope_path(STATEMENT), "entry 600: envelope/"),
    ],
)
def test_a_flipped_bit_is_found_and_its_place_is_named(node: Node, name: str, message: str) -> None:
    change = flipped if not name.startswith("envelope") else bytes.upper
    with pytest.raises(VerificationError) as caught:
        check_log(changed(node, name, change), node.policy)
    assert caught.value.message.startswith(message)


@pytest.mark.parametrize(
    "name", ["tile/entries/001", "tile/entries/002.p/89", "tile/0/000", "tile/1/000.p/2", "checkpoint"]
)
def test_a_missing_or_cut_file_is_found(node: Node, name: str) -> None:
    def missing(data: bytes) -> bytes:
        raise NotFoundError(f"no {name}")

    with pytest.raises(NotFoundError):
        check_log(changed(node, name, missing), node.policy)
    with pytest.raises(Error):
        check_log(changed(node, name, lambda data: data[:-1]), node.policy)


def test_a_bit_that_changes_bundle_and_tile_alike_is_found_at_the_root(node: Node) -> None:
    other = Node(settings=Settings(batch_multiple=1, max_batch=70_000)).create()
    other.append(*(entry(number + 1) for number in range(601)))
    other.tick()

    def mixed(path: str) -> bytes:
        return (node if path == "checkpoint" else other).folder.read(path)

    with pytest.raises(VerificationError, match="do not give the root of size 601"):
        check_log(mixed, node.policy)


def test_a_checkpoint_that_the_policy_does_not_accept_is_found(node: Node) -> None:
    strict: Policy = policy_of(witnesses=WITNESSES[:1])
    check_log(node.folder.read, strict)
    with pytest.raises(VerificationError, match="quorum"):
        check_log(node.folder.read, policy_of(witnesses=(pair("xdd.centre/witness"),)))


def test_a_withheld_envelope_is_counted(node: Node) -> None:
    def withheld(path: str) -> bytes:
        if path.startswith("envelope"):
            raise NotFoundError("withheld")
        return node.folder.read(path)

    report = check_log(withheld, node.policy)
    assert (report.envelopes, report.envelopes_absent) == (0, 1)
    assert check_log(withheld, node.policy, envelopes=False).envelopes_absent == 0


def test_a_full_tile_serves_where_a_partial_one_is_gone(node: Node) -> None:
    grown = Node(settings=Settings(batch_multiple=1, max_batch=70_000)).create()
    grown.append(*(entry(number) for number in range(100)))
    grown.tick()
    old = grown.folder.read("checkpoint")
    grown.append(*(entry(number) for number in range(100, 300)))
    grown.tick()
    assert "000.p" not in grown.folder.files.names(grown.folder.path("tile/0"))
    report = check_log(lambda path: old if path == "checkpoint" else grown.folder.read(path), grown.policy)
    assert report.checkpoint.size == 100
    assert len(LogReader(grown.folder.read).entries(90, 100, 100)) == 10

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from comity.errors import ConflictError, NotFoundError, UnavailableError, VerificationError
from comity.exchange.delivery import speak
from comity.kernel.key import Role
from comity.kernel.statement import Statement
from comity.kernel.tile import parse_bundle
from comity.log.check import check_log
from comity.log.reader import envelope_path
from comity.log.state import read_head
from comity.log.witness import DatabaseWitnessState
from comity.node.backup import back_up, is_restored, restore
from comity.node.context import utc_now
from comity.node.desk import keep_own
from comity.node.followed import followed_url
from comity.node.inception import current_designation, reissue_keys
from comity.node.keyring import generate_seeds, open_root
from comity.node.public_statements import read_public
from comity.node.refetch import Report, refetch_node
from support.small_network import NAMES, PASSPHRASE, SmallNetwork

LOST, WITNESS, OTHER = NAMES


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallNetwork]:
    made = SmallNetwork(tmp_path / "nodes", monkeypatch)
    made.start_all()
    for name in NAMES:
        made.tick(name)
    follow_all(made)
    back_up(made.folder(LOST), made.root / "backup", now=utc_now())
    yield made
    made.close()


def follow_all(network: SmallNetwork) -> None:
    for name in NAMES:
        for other in NAMES:
            if name != other and {name, other} <= network.up.keys():
                network.follow(name, other)


def lose(network: SmallNetwork) -> None:
    network.stop(LOST)
    shutil.move(network.folder(LOST), network.root / "lost")
    restore(network.root / "backup", network.folder(LOST), now=utc_now())


def refetched(network: SmallNetwork, log_files: Path | None = None) -> Report:
    now = int(utc_now().timestamp())
    return refetch_node(network.folder(LOST), network.get, now=now, log_files=log_files)


def test_a_restored_node_signs_and_cosigns_nothing_until_it_was_refetched(network: SmallNetwork) -> None:
    lose(network)
    service = network.start(LOST)
    service._run_log()
    assert service.state.startswith("quarantined: restored from a backup")
    assert service.cosign(b"old 0\n").status == 503
    with pytest.raises(UnavailableError):
        service.deliver(b"")
    with pytest.raises(ConflictError):
        refetched(network)
    network.stop(LOST)
    report = refetched(network)
    assert (report.size, report.refetched) == (16, None)
    assert not is_restored(network.folder(LOST))
    assert network.start(LOST).quarantined is False
    assert network.tick(LOST).published == 32


def test_what_was_logged_after_the_backup_comes_back_with_its_keys_statement(network: SmallNetwork) -> None:
    root = open_root(network.root / "safe" / f"{LOST}.age", PASSPHRASE)
    reissue_keys(network.folder(LOST), root, now=utc_now())
    for _ in range(20):
        network.tick(LOST)
    follow_all(network)
    lose(network)
    report = refetched(network)
    assert report.refetched is not None
    assert (report.size, report.refetched.start, report.source) == (21 * 16, 16, WITNESS)
    assert (report.refetched.public_found, report.refetched.public_lost) == ((16,), ())
    service = network.start(LOST)
    assert current_designation(service.node.database, LOST).number == 2
    network.tick(LOST)
    assert service.node.history(LOST).latest()[0] == 16
    assert not [source for source in report.problems if source.startswith("keys statement")]
    report_of_log = check_log(service.node.log_folder.read, service.policy)
    assert (report_of_log.checkpoint.size, report_of_log.envelopes_absent) == (22 * 16, 0)
    follow_all(network)


def test_a_public_statement_that_was_said_after_the_backup_comes_back(network: SmallNetwork) -> None:
    node = network.up[LOST].node
    statement = Statement(
        kind="operation",
        issuer=LOST,
        to=(),
        issued=utc_now().replace(microsecond=0),
        exercise=True,
        body={"title": "A"},
    )
    spoken = speak(statement, generate_seeds().pair(LOST, Role.STATEMENT), node.random)
    with node.database.transaction() as tx:
        name = keep_own(tx, spoken, statement, utc_now())
    network.tick(LOST)
    follow_all(network)
    lose(network)
    report = refetched(network)
    assert report.refetched is not None
    assert (report.refetched.public_found, report.refetched.public_lost) == ((16,), ())
    network.start(LOST)
    network.tick(LOST)
    restored = network.up[LOST].node
    assert restored.log_folder.read(envelope_path(name)) == spoken.envelope.encoded
    (found,) = read_public(restored, LOST).statements
    assert (found.id, found.index) == (name, 16)


def test_a_keys_statement_that_gets_another_place_than_it_was_signed_for_is_reported(network: SmallNetwork) -> None:
    root = open_root(network.root / "safe" / f"{LOST}.age", PASSPHRASE)
    network.tick(LOST)
    follow_all(network)
    lose(network)
    for _ in range(2):
        reissue_keys(network.folder(LOST), root, now=utc_now())
    report = refetched(network)
    assert (report.size, list(report.problems)) == (32, ["keys statement 3"])
    assert "was signed to follow number 2 at entry 16, not at entry 32" in report.problems["keys statement 3"]


def test_a_tail_that_only_witnesses_know_of_needs_the_surviving_files(network: SmallNetwork) -> None:
    network.tick(LOST)
    lose(network)
    with pytest.raises(UnavailableError, match="followers hold 16: nobody gave the entries in between"):
        refetched(network)
    assert is_restored(network.folder(LOST))
    report = refetched(network, network.root / "lost" / "log")
    assert (report.size, report.source) == (32, str(network.root / "lost" / "log"))
    network.start(LOST)
    assert network.tick(LOST).published == 48


def test_a_database_beside_what_was_signed_stays_quarantined(network: SmallNetwork) -> None:
    network.tick(LOST)
    follow_all(network)
    lose(network)
    # The restored node is made to sign, against every rule, so that its database lies beside what others saw.
    (network.folder(LOST) / "restored").rename(network.root / "mark")
    network.down = {WITNESS, OTHER}
    service = network.start(LOST, ask=False)
    service._sequencer.tick()
    network.stop(LOST)
    network.down = set()
    (network.root / "mark").rename(network.folder(LOST) / "restored")
    with pytest.raises(VerificationError, match="must not sign again"):
        refetched(network)
    assert is_restored(network.folder(LOST))


def test_too_few_witnesses_leave_everything_as_it_is(network: SmallNetwork) -> None:
    network.tick(LOST)
    follow_all(network)
    lose(network)
    # With one of two witnesses as quorum, one answer may come from the one that saw nothing.
    network.down = {WITNESS}
    with pytest.raises(UnavailableError, match="1 of 2 wanted witnesses"):
        refetched(network)
    assert is_restored(network.folder(LOST))


def test_a_restored_witness_learns_what_it_had_cosigned(network: SmallNetwork) -> None:
    for _ in range(3):
        network.tick(OTHER)
    origin = f"{OTHER}/log"
    lose(network)
    report = refetched(network)
    assert report.witnessed[origin] == 64
    service = network.start(LOST)
    head = DatabaseWitnessState(service.node.database).head(origin)
    with network.up[OTHER].node.database.reading() as tx:
        assert head is not None
        assert (head.checkpoint.size, head.checkpoint.root) == (64, read_head(tx).root)
    assert network.tick(OTHER).published == 80
    lines = [line.name for line in network.up[OTHER]._cosigners.rounds[0].lines]
    assert lines == [f"{LOST}/witness"] * 2


def test_a_log_of_which_nobody_tells_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = SmallNetwork(tmp_path / "nodes", monkeypatch)
    network.start_all()
    network.tick(LOST)
    network.tick(WITNESS)
    back_up(network.folder(LOST), network.root / "backup", now=utc_now())
    lose(network)
    assert refetched(network).unheard == (OTHER,)
    network.close()


def test_a_followed_log_is_served_as_far_as_it_is_held(network: SmallNetwork) -> None:
    prefix = followed_url("http://127.0.0.1:9003", f"{LOST}/log")
    assert network.get(f"{prefix}/checkpoint") == network.up[LOST].node.log_folder.read("checkpoint")
    entries = parse_bundle(network.get(f"{prefix}/tile/entries/000.p/16"))
    assert entries == parse_bundle(network.up[LOST].node.log_folder.read("tile/entries/000.p/16"))
    assert parse_bundle(network.get(f"{prefix}/tile/entries/000.p/3")) == entries[:3]
    public = entries[0][1:].hex()
    path = f"envelope/{public[:2]}/{public}"
    assert network.get(f"{prefix}/{path}") == network.up[LOST].node.log_folder.read(path)
    unknown = followed_url("http://127.0.0.1:9003", "xzz.nobody/log")
    refused = [
        "tile/entries/000.p/17",
        "tile/entries/000",
        "tile/0/000.p/16",
        "tile/entries/0",
        f"envelope/00/{'0' * 64}",
    ]
    for url in (f"{unknown}/checkpoint", *(f"{prefix}/{path}" for path in refused)):
        with pytest.raises(NotFoundError):
            network.get(url)

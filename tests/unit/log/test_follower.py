import pytest

from comity.errors import ConflictError, MalformedError, NotFoundError, UnavailableError, VerificationError
from comity.kernel.checkpoint import Checkpoint
from comity.kernel.evidence import verify_evidence
from comity.kernel.proof import verify_proof
from comity.log import follower as follower_module
from comity.log.contradiction import read_evidence
from comity.log.follower import Follower, find_entry, prove_held, read_entries, read_peer_head
from comity.log.sequencer import Settings
from comity.store.sqlite import SqliteDatabase
from support.logs import LOG, START, Node, entry, new_database
from support.recognitions import recognition_of

ORIGIN = LOG.public.name
WIDE = Settings(batch_multiple=1, cover_when_idle=False, max_batch=4096)


def grown(*sizes: int, label: str = "entry") -> Node:
    node = Node(settings=WIDE).create()
    grow(node, *sizes, label=label)
    return node


def grow(node: Node, *sizes: int, label: str = "entry") -> None:
    for size in sizes:
        start = node.sequencer._progress().signed
        node.append(*(entry(f"{label} {number}") for number in range(start, size)))
        node.tick()


def following(node: Node, database: SqliteDatabase | None = None) -> tuple[Follower, SqliteDatabase]:
    database = new_database() if database is None else database
    return Follower(origin=ORIGIN, fetch=node.folder.read, policy=node.policy, database=database), database


def evidence(database: SqliteDatabase) -> list[bytes]:
    with database.reading() as tx:
        return [data for _, data in read_evidence(tx, ORIGIN)]


def accused(database: SqliteDatabase) -> str:
    (data,) = evidence(database)
    return verify_evidence(data, recognition_of(LOG)).sentence


def test_every_entry_is_held_found_and_proven() -> None:
    node = grown(3, 300, 301, 700)
    follower, database = following(node)
    head = follower.pull(now=START)
    assert (head.held, head.checkpoint) == (700, node.published())
    assert head.complete
    with database.reading() as tx:
        for index in (0, 255, 256, 511, 512, 699):
            one = entry(f"entry {index}")
            assert find_entry(tx, ORIGIN, one) == index
            assert verify_proof(prove_held(tx, ORIGIN, index), one, node.policy).index == index
        assert read_entries(tx, ORIGIN, 254, 258) == [entry(f"entry {number}") for number in range(254, 258)]
        assert find_entry(tx, ORIGIN, entry("unknown")) is None
        assert find_entry(tx, "xdd.centre/log", entry("entry 1")) is None
        for wrong in (-1, 700):
            with pytest.raises(NotFoundError):
                prove_held(tx, ORIGIN, wrong)
        with pytest.raises(NotFoundError, match="not all held"):
            read_entries(tx, ORIGIN, 699, 701)


def test_a_follower_goes_on_from_what_it_holds_at_every_step() -> None:
    node = Node(settings=WIDE).create()
    follower, database = following(node)
    for size in (1, 2, 255, 256, 257, 512, 513, 800):
        grow(node, size)
        assert follower.pull(now=START).held == size
    follower.pull(now=START)
    with database.reading() as tx:
        assert verify_proof(prove_held(tx, ORIGIN, 255), entry("entry 255"), node.policy).size == 800


def test_an_empty_log_is_followed() -> None:
    node = Node().create()
    node.tick()
    assert following(node)[0].pull(now=START).held == 0


def test_a_broken_pull_goes_on_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower_module, "CHUNK_ENTRIES", 256)
    node = grown(900)
    database = new_database()

    def breaking(path: str) -> bytes:
        if path == "tile/entries/002":
            raise UnavailableError("the line broke")
        return node.folder.read(path)

    follower = Follower(origin=ORIGIN, fetch=breaking, policy=node.policy, database=database)
    with pytest.raises(UnavailableError):
        follower.pull(now=START)
    with database.reading() as tx:
        head = read_peer_head(tx, ORIGIN)
        assert head is not None
        assert (head.held, head.complete) == (512, False)
        with pytest.raises(NotFoundError, match="still being pulled"):
            prove_held(tx, ORIGIN, 1)
    grow(node, 1000)
    follower, _ = following(node, database)
    assert follower.pull(now=START).held == 1000
    with database.reading() as tx:
        assert verify_proof(prove_held(tx, ORIGIN, 600), entry("entry 600"), node.policy).index == 600


def test_nothing_is_kept_of_a_served_entry_that_the_checkpoint_does_not_cover() -> None:
    node = grown(300)
    database = new_database()

    def lying(path: str) -> bytes:
        data = node.folder.read(path)
        return data[:-1] + bytes([data[-1] ^ 1]) if path.startswith("tile/entries/001") else data

    follower = Follower(origin=ORIGIN, fetch=lying, policy=node.policy, database=database)
    with pytest.raises(VerificationError):
        follower.pull(now=START)
    with database.reading() as tx:
        head = read_peer_head(tx, ORIGIN)
        assert head is not None
        assert head.held == 0
    assert evidence(database) == []
    assert following(node, database)[0].pull(now=START).held == 300


def test_a_short_bundle_or_missing_file_is_an_error() -> None:
    node = grown(300)

    def short(path: str) -> bytes:
        return node.folder.read(path)[:35] if path.startswith("tile/entries/001") else node.folder.read(path)

    with pytest.raises(MalformedError, match="has 1 entries"):
        Follower(origin=ORIGIN, fetch=short, policy=node.policy, database=new_database()).pull(now=START)
    with pytest.raises(NotFoundError):
        following(Node().create())[0].pull(now=START)


def test_a_checkpoint_that_the_policy_does_not_accept_is_not_kept() -> None:
    node = grown(3)
    for witness in node.witnesses:
        witness.broken = True
    node.append(entry("more"))
    node.tick()
    with node.database.reading() as tx:
        bare = tx.one("log_head_read")
    assert bare is not None
    node.folder.replace("checkpoint", bare[3])
    follower, database = following(node)
    with pytest.raises(VerificationError, match="quorum"):
        follower.pull(now=START)
    with database.reading() as tx:
        assert read_peer_head(tx, ORIGIN) is None


def test_a_log_under_another_name_is_refused() -> None:
    node = grown(3)
    other = Follower(origin="xdd.centre/log", fetch=node.folder.read, policy=node.policy, database=new_database())
    with pytest.raises(VerificationError, match="served a checkpoint of"):
        other.pull(now=START)


def test_two_roots_for_one_size_are_evidence() -> None:
    follower, database = following(grown(5))
    follower.pull(now=START)
    fork, _ = following(grown(5, label="fork"), database)
    with pytest.raises(VerificationError, match="evidence is kept"):
        fork.pull(now=START)
    assert "signed two roots for size 5" in accused(database)
    assert follower.pull(now=START).held == 5


@pytest.mark.parametrize("size", [5, 8, 300])
def test_a_rewritten_history_is_evidence(size: int) -> None:
    follower, database = following(grown(size))
    follower.pull(now=START)
    fork, _ = following(grown(size + 7, label="fork"), database)
    with pytest.raises(VerificationError, match="evidence is kept"):
        fork.pull(now=START)
    assert f"had signed at size {size}" in accused(database)
    with database.reading() as tx:
        head = read_peer_head(tx, ORIGIN)
    assert head is not None
    assert head.checkpoint.size == size


@pytest.mark.parametrize("size", [5, 8])
def test_an_older_checkpoint_is_ignored_if_consistent_and_evidence_if_not(size: int) -> None:
    node = grown(size, 12)
    follower, database = following(node)
    follower.pull(now=START)
    stale, _ = following(grown(size), database)
    assert stale.pull(now=START).checkpoint.size == 12
    assert evidence(database) == []
    fork, _ = following(grown(size, label="fork"), database)
    with pytest.raises(VerificationError, match="evidence is kept"):
        fork.pull(now=START)
    assert f"had signed at size {size}" in accused(database)


def test_a_newer_note_of_the_same_tree_replaces_the_older() -> None:
    node = grown(5)
    follower, _ = following(node)
    first = follower.pull(now=START).note
    node.tick(WIDE.refresh_seconds)
    assert follower.pull(now=START).note != first


def test_a_follower_that_lost_a_race_says_so() -> None:
    node = grown(5)
    follower, database = following(node)
    follower.pull(now=START)
    checkpoint = Checkpoint(origin=ORIGIN, size=3, root=bytes(32))
    with database.transaction() as tx, pytest.raises(ConflictError, match="newer checkpoint"):
        follower._keep_head(tx, checkpoint, b"note")

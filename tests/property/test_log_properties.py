from hypothesis import given, settings
from hypothesis import strategies as st

from comity.errors import MalformedError
from comity.kernel.merkle import leaf_hash, tree_root, verify_consistency
from comity.log.check import check_log
from comity.log.follower import Follower, read_entries
from comity.log.reader import LogReader
from comity.log.sequencer import Settings
from comity.log.state import position_of
from comity.log.witness import encode_submission, parse_submission
from support.logs import LOG, START, WITNESSES, Clock, Node, WitnessNode, entry, new_database
from support.trees import signed


@settings(max_examples=25, deadline=None)
@given(
    batches=st.lists(st.integers(0, 400), min_size=1, max_size=6),
    multiple=st.sampled_from([1, 3, 16]),
    outages=st.sets(st.integers(0, 5)),
)
def test_however_a_log_grows_its_files_entries_and_followers_agree(
    batches: list[int], multiple: int, outages: set[int]
) -> None:
    node = Node(settings=Settings(batch_multiple=multiple, cover_when_idle=False, max_batch=4800)).create()
    database = new_database()
    follower = Follower(origin=LOG.public.name, fetch=node.folder.read, policy=node.policy, database=database)
    appended: list[tuple[int, bytes]] = []
    roots: dict[int, bytes] = {}
    for number, size in enumerate([*batches, 1]):
        entries = [entry(f"{number}/{one}") for one in range(size)]
        appended += zip(node.append(*entries), entries, strict=True)
        for witness in node.witnesses:
            witness.broken = number in outages and number < len(batches)
        if node.tick().published is not None:
            checkpoint = node.published()
            roots[checkpoint.size] = checkpoint.root
            assert follower.pull(now=START).held == checkpoint.size
    size = check_log(node.folder.read, node.policy).checkpoint.size
    reader = LogReader(node.folder.read)
    found = reader.entries(0, size, size)
    assert tree_root([leaf_hash(one) for one in found]) == roots[size]
    with node.database.reading() as tx:
        positions = [position_of(tx, arrival) for arrival, _ in appended]
    assert positions == sorted({position for position in positions if position is not None})
    assert [found[position] for position in positions if position is not None] == [one for _, one in appended]
    with database.reading() as tx:
        assert read_entries(tx, LOG.public.name, 0, size) == found
    for old_size, root in roots.items():
        if old_size:
            path = reader.consistency_path(old_size, size)
            verify_consistency(old_size=old_size, new_size=size, path=path, old_root=root, new_root=roots[size])


@given(st.binary(max_size=300) | st.binary(max_size=200).map(lambda tail: b"old 0\n\n" + tail))
def test_any_bytes_are_a_submission_in_one_spelling_or_malformed(data: bytes) -> None:
    try:
        submission = parse_submission(data)
    except MalformedError:
        return
    assert encode_submission(submission.old_size, submission.path, submission.note) == data


BODY = encode_submission(0, [], signed(5))


@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, len(BODY) - 1), bit=st.integers(0, 7))
def test_no_flipped_bit_of_a_request_is_cosigned(at: int, bit: int) -> None:
    witness = WitnessNode(WITNESSES[0], Clock())
    changed = bytearray(BODY)
    changed[at] ^= 1 << bit
    assert witness.post(bytes(changed)).status in {400, 403, 404, 409}

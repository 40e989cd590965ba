from functools import partial

import pytest

from comity.kernel.checkpoint import Checkpoint, sign_checkpoint
from comity.kernel.merkle import tree_root
from comity.log.startup import Answer, Decision, Permit, Quarantined, Unheard, may_sign
from comity.log.state import read_head, root_of_size
from comity.log.witness import DatabaseWitnessState
from support.logs import LOG, START, Node, entry, new_database, pair
from support.trees import LEAVES, OTHERS, checkpoint_at, signed


def decide(*answers: Answer, size: int = 8, wanted: int = 1) -> Decision:
    return may_sign(
        checkpoint_at(size),
        answers,
        log=LOG.public,
        wanted=wanted,
        root_at=lambda smaller: tree_root(LEAVES[:smaller]) if smaller != 4 else None,
    )


def seen(size: int, leaves: list[bytes] = LEAVES) -> Answer:
    return Answer(source="xbb.centre", note=signed(size, leaves).encode())


def test_a_log_whose_heads_elsewhere_are_its_own_or_earlier_may_sign() -> None:
    decision = decide(seen(8), seen(5), Answer(source="xcc.centre", note=None), wanted=3)
    assert decision == Permit(origin=LOG.public.name, size=8, root=tree_root(LEAVES[:8]))


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (seen(9), "database ends at 8"),
        (seen(8, OTHERS), "other entries"),
        (seen(5, OTHERS), "other entries"),
        (seen(4), "other entries"),
    ],
)
def test_a_log_behind_or_beside_what_it_signed_is_quarantined(answer: Answer, reason: str) -> None:
    decision = decide(seen(8), answer)
    assert isinstance(decision, Quarantined)
    assert reason in decision.reason
    assert decision.note == answer.note


def test_only_the_logs_own_signature_counts() -> None:
    other = pair("xdd.centre/log")
    foreign = sign_checkpoint(Checkpoint(origin=other.public.name, size=9, root=bytes(32)), other, START)
    for note in (foreign, b"nonsense", b""):
        assert isinstance(decide(Answer(source="liar", note=note)), Unheard)
        assert isinstance(decide(Answer(source="liar", note=note), seen(8)), Permit)


def test_too_few_answers_are_not_a_permit() -> None:
    decision = decide(seen(8), wanted=2)
    assert isinstance(decision, Unheard)
    assert "1 of 2" in decision.reason


def test_a_node_restored_from_a_backup_is_quarantined_by_what_its_witness_kept() -> None:
    node = Node().create()
    node.append(entry(1))
    node.tick()
    backup = new_database()
    node.database._writer.backup(backup._writer)
    node.append(entry(2))
    node.tick()
    head = DatabaseWitnessState(node.witnesses[0].database).head(LOG.public.name)
    assert head is not None
    answer = Answer(source="xbb.centre", note=head.note)
    for database, allowed in ((node.database, True), (backup, False)):
        with database.reading() as tx:
            own = read_head(tx)
            decision = may_sign(
                Checkpoint(origin=LOG.public.name, size=own.size, root=own.root),
                [answer],
                log=LOG.public,
                wanted=1,
                root_at=partial(root_of_size, tx),
            )
        assert isinstance(decision, Permit if allowed else Quarantined)

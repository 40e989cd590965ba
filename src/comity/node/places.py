"""Where statements are logged: for own ones from the own log, for others' from this node's copy of their log.

A place counts once a checkpoint with the policy's quorum covers it; "logged by" is that quorum's time.
"""

from datetime import datetime

from comity.kernel.note import parse_note
from comity.kernel.policy import Policy, verify_witnessed
from comity.kernel.proof import TlogProof
from comity.log.follower import find_entry, prove_held, read_peer_head
from comity.log.reader import LogReader
from comity.log.sequencer import position_of, read_published
from comity.node.context import Node
from comity.node.records import Record
from comity.store.database import Transaction


def place_own(node: Node, policy: Policy) -> int:
    """Note the places of own statements that the published checkpoint covers; return how many were found.

    Raises:
        StoreError: the database failed.
    """
    with node.database.reading() as reader:
        published = read_published(reader)
        waiting = reader.all("statements_without_place", {"issuer": node.authority})
        if published is None or not waiting:
            return 0
        placed = [(row[0], position_of(reader, row[2])) for row in waiting if row[2] is not None]
    checkpoint, note = published
    logged_by = verify_witnessed(parse_note(note), policy).logged_by
    found = [(name, index) for name, index in placed if index is not None and index < checkpoint.size]
    with node.database.transaction() as tx:
        for statement_id, index in found:
            _set_place(tx, statement_id, index, logged_by)
    return len(found)


def place_held(node: Node, issuer: str, policy: Policy) -> int:
    """Note the places of another authority's statements in this node's copy of its log; return how many were found.

    Raises:
        StoreError: the database failed.
    """
    origin = f"{issuer}/log"
    with node.database.reading() as reader:
        head = read_peer_head(reader, origin)
        waiting = reader.all("statements_without_place", {"issuer": issuer})
        if head is None or not head.complete or not waiting:
            return 0
        placed = [(row[0], find_entry(reader, origin, row[1])) for row in waiting]
    logged_by = verify_witnessed(parse_note(head.note), policy).logged_by
    found = [(name, index) for name, index in placed if index is not None]
    with node.database.transaction() as tx:
        for statement_id, index in found:
            _set_place(tx, statement_id, index, logged_by)
    return len(found)


def _set_place(tx: Transaction, statement_id: str, index: int, logged_by: int) -> None:
    tx.run("statement_set_place", {"id": statement_id, "log_index": index, "logged_by": logged_by})
    tx.run("designation_set_place", {"statement_id": statement_id, "log_index": index})


def prove_entry(node: Node, issuer: str, index: int) -> TlogProof:
    """Return the proof that entry `index` is in the log of `issuer`, under its newest checkpoint known here.

    Raises:
        NotFoundError: that entry is not covered yet.
        StoreError: the database failed.
    """
    if issuer != node.authority:
        with node.database.reading() as reader:
            return prove_held(reader, f"{issuer}/log", index)
    with node.database.reading() as reader:
        published = read_published(reader)
    assert published is not None
    checkpoint, note = published
    return LogReader(node.log_folder.read).prove(index, checkpoint.size, note)


def is_overdue_in_log(record: Record, now: datetime, *, grace_seconds: float) -> bool:
    """Whether a statement that was delivered is still in nobody's view of its issuer's log after the grace."""
    return record.log_index is None and (now - record.statement.issued).total_seconds() > grace_seconds

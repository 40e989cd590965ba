"""Where statements are logged: for own ones from the own log, for others' from this node's copy of their log.

A place counts once a checkpoint with the policy's quorum covers it; "logged by" is that quorum's time. The proof is
kept with the place: a later checkpoint would prove the same entry, but a later time.
"""

from dataclasses import dataclass

from comity.errors import VerificationError
from comity.kernel.envelope import parse_envelope
from comity.kernel.note import parse_note
from comity.kernel.policy import Policy, verify_witnessed
from comity.kernel.proof import TlogProof
from comity.kernel.trust import KeyHistory, verify_speaker
from comity.log.designations import key_history
from comity.log.follower import find_entry, prove_held, read_peer_head
from comity.log.reader import LogReader
from comity.log.state import position_of, read_published
from comity.node.context import Node
from comity.store.database import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a statement is logged, with the proof under the first witnessed checkpoint that this node saw cover it."""

    statement: str
    index: int
    logged_by: int
    proof: TlogProof
    problem: str | None = None


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
    reader_of_files = LogReader(node.log_folder.read)
    found = [
        Place(
            statement=name, index=index, logged_by=logged_by, proof=reader_of_files.prove(index, checkpoint.size, note)
        )
        for name, index in placed
        if index is not None and index < checkpoint.size
    ]
    _keep(node, found)
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
        logged_by = verify_witnessed(parse_note(head.note), policy).logged_by
        history = key_history(reader, issuer)
        placed = [(row[0], find_entry(reader, origin, row[1]), row[3]) for row in waiting]
        found = [
            Place(
                statement=name,
                index=index,
                logged_by=logged_by,
                proof=prove_held(reader, origin, index),
                problem=_problem_at(history, index, envelope),
            )
            for name, index, envelope in placed
            if index is not None
        ]
    _keep(node, found)
    return len(found)


def _problem_at(history: KeyHistory, index: int, envelope: bytes) -> str | None:
    """Say what is wrong with the key of a statement at the place where it is logged, if anything is.

    A statement is accepted under the newest keys known; only its place decides which keys were in force.
    """
    try:
        verify_speaker(parse_envelope(envelope), history.at(index)[1], history=history)
    except VerificationError as exc:
        return exc.message
    return None


def _keep(node: Node, places: list[Place]) -> None:
    with node.database.transaction() as tx:
        for place in places:
            where: dict[str, Value] = {"log_index": place.index, "proof": place.proof.encode()}
            found: dict[str, Value] = {"logged_by": place.logged_by, "problem": place.problem}
            tx.run("statement_set_place", {**where, **found, "id": place.statement})
            tx.run("designation_set_place", {**where, "statement_id": place.statement})

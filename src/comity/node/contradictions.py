"""Replies that contradict each other: kept when the second one is refused, evidence once both are logged.

A refused reply alone accuses nobody: whoever stole a revoked pair can sign one. Only the authority's own log, after the
`keys` statement in force there, makes it that authority's. So a refused reply waits for its place in the followed log.
"""

from typing import Final

from comity.errors import MalformedError, VerificationError
from comity.exchange.delivery import Spoken, encode_delivery, parse_delivery
from comity.exchange.rules import unfollowed_outcome
from comity.kernel.disclosure import BODY_PREFIX, parse_disclosure
from comity.kernel.evidence import Reply, encode_two_replies, verify_evidence
from comity.kernel.statement import Statement
from comity.kernel.trust import KeyHistory
from comity.log.designations import KeysRecord, kept_designations, key_history
from comity.log.follower import find_entry, prove_held, read_peer_head
from comity.node import records
from comity.node.context import Node
from comity.store.database import Reader

# A peer that sends contradictions and logs none of them fills no disk.
MAX_WAITING: Final = 64


def keep_contradiction(node: Node, spoken: Spoken, statement: Statement) -> None:
    """Keep a refused reply if it contradicts one that is held; what it proves is seen once it is logged.

    Raises:
        StoreError: the database failed.
    """
    with node.database.transaction() as tx:
        held = {record.id: record.statement for record in records.case_records(tx, statement.subject or "")}
        first = unfollowed_outcome(statement, held)
        if first is None:
            return
        tx.run(
            "contradiction_add",
            {
                "issuer": statement.issuer,
                "first_id": first,
                "second_id": spoken.envelope.id,
                "delivery": encode_delivery(spoken),
                "most": MAX_WAITING,
            },
        )


def complete_contradictions(node: Node, issuer: str) -> int:
    """Turn what contradicts itself into evidence as far as the issuer's log has both replies; return how much.

    Raises:
        StoreError: the database failed.
    """
    with node.database.reading() as reader:
        waiting = reader.all("contradictions_of", {"issuer": issuer})
        head = read_peer_head(reader, f"{issuer}/log") if waiting else None
        if head is None or not head.complete:
            return 0
        try:
            history = key_history(reader, issuer)
        except VerificationError:
            # A gap in the numbers may close; nothing of this authority counts until then.
            return 0
        found = [
            (first_id, second_id, replies)
            for first_id, second_id, delivery in waiting
            if (replies := _logged_replies(reader, issuer, history, first_id, parse_delivery(delivery))) is not None
        ]
    return sum(_settle(node, issuer, first_id, second_id, replies) for first_id, second_id, replies in found)


def _settle(node: Node, issuer: str, first_id: str, second_id: str, replies: tuple[Reply, Reply]) -> bool:
    """Keep two logged replies as evidence if they verify; that they do not, time will not change."""
    evidence: bytes | None = encode_two_replies(*replies)
    try:
        verify_evidence(evidence or b"", node.recognition(issuer))
    except (VerificationError, MalformedError):
        evidence = None
    with node.database.transaction() as tx:
        if evidence is not None:
            about = {"authority": issuer, "about": f"replies {first_id}"}
            tx.run("statement_evidence_add", {**about, "found": int(node.now().timestamp()), "evidence": evidence})
        tx.run("contradiction_drop", {"second_id": second_id})
    return evidence is not None


def _logged_replies(
    reader: Reader, issuer: str, history: KeyHistory, first_id: str, second: Spoken
) -> tuple[Reply, Reply] | None:
    """Return both replies with what proves them, or None while one of them is not known to be logged."""
    origin = f"{issuer}/log"
    first = records.find_statement(reader, first_id)
    index = find_entry(reader, origin, second.entry)
    if first is None or first.log_index is None or first.proof is None or index is None:
        return None
    kept = {record.log_index: record for record in kept_designations(reader, issuer)}
    one = _reply(kept, history, first.spoken, first.log_index, first.proof)
    two = _reply(kept, history, second, index, prove_held(reader, origin, index).encode())
    return None if one is None or two is None else (one, two)


def _reply(
    kept: dict[int | None, KeysRecord], history: KeyHistory, spoken: Spoken, index: int, proof: bytes
) -> Reply | None:
    in_force = [place for place, _ in history.designations if place < index]
    keys = kept[in_force[-1]] if in_force else None
    if keys is None or keys.proof is None or spoken.salt is None:
        return None
    return Reply(
        envelope=spoken.envelope,
        disclosures=tuple(filter(_shows_answer, spoken.disclosures)),
        salt=spoken.salt,
        proof=proof,
        keys=keys.envelope,
        keys_proof=keys.proof,
    )


def _shows_answer(disclosure: str) -> bool:
    """Whether a disclosure is a header, or says which items are answered."""
    name = parse_disclosure(disclosure).name
    return not name.startswith(BODY_PREFIX) or name == f"{BODY_PREFIX}answers"

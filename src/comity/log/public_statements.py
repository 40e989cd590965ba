"""Public statements of followed logs: kept as they are found, and read once they count.

What one says counts when it is read: its entry is in the witnessed log, and a pair signed it that the last `keys`
statement before it designates, under the recognised root. What fails is left out with a note, one statement at a time,
so that nobody can hold up the words of others.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from comity.errors import MalformedError, PolicyError, VerificationError
from comity.kernel.entry import public_entry
from comity.kernel.envelope import Envelope, parse_envelope
from comity.kernel.merkle import leaf_hash, verify_inclusion
from comity.kernel.note import parse_note
from comity.kernel.policy import Witnessed, cosigned_at, verify_witnessed
from comity.kernel.proof import TlogProof, parse_proof
from comity.kernel.statement import Statement, parse_statement
from comity.kernel.trust import KeyHistory, Recognition, check_speaks, verify_speaker
from comity.log.designations import key_history
from comity.log.follower import prove_held
from comity.store.database import Reader, Row, Transaction, Value

# A finding with texts of full length and hundreds of sources fits; files travel as exhibits.
MAX_PUBLIC_BYTES: Final = 512 * 1024
# Of one peer at most this much is kept: it could fill this disk otherwise.
MAX_PEER_BYTES: Final = 1024 * 1024 * 1024
MAX_READ: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicStatement:
    """A verified public statement with its place and what proves it; made only by what read it."""

    id: str
    statement: Statement
    origin: str
    index: int
    logged_by: datetime
    envelope: Envelope
    proof: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicRead:
    """What was read of one log: the statements that count, notes on the others, and where to read on."""

    statements: tuple[PublicStatement, ...]
    notes: tuple[str, ...]
    following: int | None
    """The entry from which to read on, or None at the end of what is held."""


def keep_public(tx: Transaction, origin: str, index: int, envelope: Envelope, kind: str) -> None:
    """Keep a public statement that was found in a followed log, or why it is not kept; `kind` is what it says it is.

    Raises:
        NotFoundError: the log is not held up to its checkpoint.
        StoreError: the database failed.
    """
    row = tx.one("peer_public_total", {"origin": origin})
    total, size = 0 if row is None else int(row[0]), len(envelope.encoded)
    problem = None
    if size > MAX_PUBLIC_BYTES:
        problem = f"the statement has {size} bytes, at most {MAX_PUBLIC_BYTES} are kept"
    elif total + size > MAX_PEER_BYTES:
        problem = f"{total} bytes of this log are kept already, at most {MAX_PEER_BYTES} are"
    place: dict[str, Value] = {"origin": origin, "position": index, "statement_id": envelope.id, "kind": kind}
    kept: dict[str, Value] = {"envelope": None, "proof": None, "problem": problem, "total": total}
    if problem is None:
        proof = prove_held(tx, origin, index).encode()
        kept |= {"envelope": envelope.encoded, "proof": proof, "total": total + size}
    tx.run("peer_public_add", place | kept)


def read_followed(
    reader: Reader,
    recognition: Recognition,
    *,
    exercise: bool,
    start: int = 0,
    most: int = MAX_READ,
    kinds: Collection[str] | None = None,
) -> PublicRead:
    """Return the public statements of a followed log from an entry on, as far as they are held and count.

    What carries another exercise flag than `exercise` is left out with a note, like what fails. With `kinds` those of
    other kinds are passed over before anything of them is verified.

    Raises:
        VerificationError: the `keys` statements known of the authority do not follow each other.
        StoreError: the database failed.
    """
    origin = recognition.log.name
    verifier = _Verifier(recognition, key_history(reader, recognition.authority), exercise=exercise)
    span: dict[str, Value] = {"origin": origin, "start": start, "most": most + 1}
    if kinds is None:
        rows = reader.all("peer_public_range", span)
    else:
        rows = reader.all("peer_public_range_kinds", span | {"kinds": json.dumps(sorted(kinds))})
    found: list[PublicStatement] = []
    notes: list[str] = []
    for row in rows[:most]:
        try:
            item = verifier.verify(row)
        except (MalformedError, VerificationError, PolicyError) as exc:
            notes.append(f"entry {row[0]} of {origin}: {exc.message}")
            continue
        # What was kept before kinds were noted tells its own only when it is read.
        if kinds is None or item.statement.kind in kinds:
            found.append(item)
    return PublicRead(statements=tuple(found), notes=tuple(notes), following=following(rows, most))


def following(rows: list[Row], most: int) -> int | None:
    """Return the entry of the row after the first `most`, which were read, or None if there are no more."""
    return int(rows[most][0]) if len(rows) > most else None


class _Verifier:
    """Verifies the public statements of one log."""

    def __init__(self, recognition: Recognition, history: KeyHistory, *, exercise: bool) -> None:
        self._recognition = recognition
        # Most proofs share a few checkpoints, whose signatures are the costly part.
        self._witnessed: dict[bytes, Witnessed] = {}
        self._history = history
        self._exercise = exercise

    def verify(self, row: Row) -> PublicStatement:
        """Return a statement from its row, or refuse it.

        Raises:
            MalformedError: it breaks its format.
            VerificationError: issuer, key, proof or place fail.
            PolicyError: it was not kept, carries another exercise flag, or is not to the public.
        """
        if row[3] is not None:
            raise PolicyError(str(row[3]))
        position, data, proof = int(row[0]), bytes(row[1]), bytes(row[2])
        envelope = parse_envelope(data)
        if envelope.sealed:
            raise PolicyError("a public entry for a sealed statement")
        statement = parse_statement(envelope.payload)
        if statement.issuer != self._recognition.authority:
            raise VerificationError(f"says that it is of {statement.issuer}")
        logged_by = self._verify_entry(parse_proof(proof), position, public_entry(sha256(data).hexdigest()))
        verified = verify_speaker(envelope, self._history.at(position)[1], history=self._history)
        check_speaks(verified, statement)
        if not statement.public:
            raise PolicyError("a public entry for a statement to named authorities")
        if statement.exercise != self._exercise:
            raise PolicyError(
                "an exercise statement, which a live node does not read"
                if statement.exercise
                else "a live statement, which an exercise node does not read"
            )
        return PublicStatement(
            id=envelope.id,
            statement=statement,
            origin=self._recognition.log.name,
            index=position,
            logged_by=logged_by,
            envelope=envelope,
            proof=proof,
        )

    def _verify_entry(self, proof: TlogProof, position: int, entry: bytes) -> datetime:
        """Return the time by which a quorum of witnesses saw an entry at its place in this log."""
        witnessed = self._witnessed.get(proof.checkpoint_note)
        if witnessed is None:
            witnessed = verify_witnessed(parse_note(proof.checkpoint_note), self._recognition.policy)
            self._witnessed[proof.checkpoint_note] = witnessed
        checkpoint = witnessed.checkpoint
        if (checkpoint.origin, proof.index) != (self._recognition.log.name, position):
            raise VerificationError(f"its proof is for entry {proof.index} of {checkpoint.origin}")
        verify_inclusion(
            index=position, size=checkpoint.size, leaf=leaf_hash(entry), path=proof.path, root=checkpoint.root
        )
        return cosigned_at(witnessed.logged_by)

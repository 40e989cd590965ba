"""Public statements beside the exchange: what this authority says to everybody, and what its peers say.

The kinds are those of rooms that an authority's desk does not load. Whoever drafts a statement has its body checked by
its own room; here only what holds for all is checked: to the public, a kind that is neither of the exchange nor `keys`,
a size, the exercise flag, and that nothing sealed is named in the open. Once logged, its envelope is served beside the
tiles.

Public statements of followed logs are kept as they are found, and served on, so that a log that is lost gets them
back. What one says counts when it is read: under the recognised root, by a pair that was designated at its place.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from comity.errors import MalformedError, PolicyError, TooLargeError, VerificationError
from comity.exchange.dossier_log import Logged, ShownLog
from comity.exchange.statements import KINDS
from comity.exchange.view import Held, Position
from comity.kernel.entry import public_entry
from comity.kernel.envelope import Envelope, parse_envelope
from comity.kernel.statement import PUBLIC, Statement, parse_statement
from comity.kernel.trust import KEYS_KIND, KeyHistory, Recognition, check_speaks, verify_speaker
from comity.log.follower import prove_held
from comity.node import records
from comity.node.context import Node
from comity.store.database import Reader, Row, Transaction, Value

# A finding with texts of full length and hundreds of sources fits; files travel as exhibits.
MAX_PUBLIC_BYTES: Final = 512 * 1024
# Of one peer at most this much is kept: it could fill this disk otherwise.
MAX_PEER_BYTES: Final = 1024 * 1024 * 1024
MAX_READ: Final = 1000
TO_PUBLIC: Final = PUBLIC
_SHORT: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicStatement:
    """A verified public statement with its place and what proves it; made only by `read_public`."""

    id: str
    statement: Statement
    origin: str
    index: int
    logged_by: datetime
    envelope: Envelope
    proof: bytes

    def held(self) -> Held:
        """Return it as views take it."""
        place = Position(origin=self.origin, index=self.index, logged_by=self.logged_by)
        return Held(id=self.id, statement=self.statement, position=place)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicRead:
    """What was read of one log: the statements that count, notes on the others, and where to read on."""

    statements: tuple[PublicStatement, ...]
    notes: tuple[str, ...]
    following: int | None
    """The entry from which to read on, or None at the end of what is held."""


def check_public(node: Node, reader: Reader, statement: Statement) -> None:
    """Refuse a public statement that this node does not say, whatever its body holds.

    Raises:
        PolicyError: its kind is one of the exchange or `keys`, its exercise flag another than this node's, or it names
            a sealed statement in its headers.
        TooLargeError: it is larger than others keep.
    """
    kind = statement.kind
    if kind in KINDS or kind == KEYS_KIND:
        raise PolicyError(f"a {kind} statement is not said to the public from the desk")
    if statement.exercise != node.settings.exercise:
        raise PolicyError("exercise statements come from exercise nodes only, live ones from live nodes")
    if (size := len(statement.encode())) > _payload_limit():
        raise TooLargeError(f"a public statement has {size} bytes, at most {_payload_limit()} are said")
    for name in (statement.subject, *statement.follows):
        known = None if name is None else records.find_statement(reader, name)
        if known is not None and known.spoken.salt is not None:
            raise PolicyError(
                f"statement {known.id[:_SHORT]}… is sealed; a public one does not name it in 'subject' or 'follows'"
            )


def _payload_limit() -> int:
    # Base64 takes a third more, signatures and names some kilobytes.
    return (MAX_PUBLIC_BYTES - 16 * 1024) * 3 // 4


def keep_public(tx: Transaction, origin: str, index: int, envelope: Envelope) -> None:
    """Keep a public statement that was found in a followed log, or why it is not kept.

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
    place: dict[str, Value] = {"origin": origin, "position": index, "statement_id": envelope.id, "problem": problem}
    kept: dict[str, Value] = {"envelope": None, "proof": None, "total": total}
    if problem is None:
        proof = prove_held(tx, origin, index).encode()
        kept = {"envelope": envelope.encoded, "proof": proof, "total": total + size}
    tx.run("peer_public_add", place | kept)


def read_public(node: Node, authority: str, *, start: int = 0, most: int = MAX_READ) -> PublicRead:
    """Return the public statements of an authority's log from an entry on, as far as this node holds it.

    Each was signed by a pair that the last `keys` statement before it designates, under the recognised root, and its
    entry is in the witnessed log. What fails is left out with a note, and so is what carries another exercise flag.
    This node's own statements are returned as it keeps them.

    Raises:
        PolicyError: the authority is not recognised here.
        VerificationError: the `keys` statements known of it do not follow each other.
        StoreError: the database failed.
    """
    wanted: dict[str, Value] = {"start": start, "most": most + 1}
    if authority == node.authority:
        with node.database.reading() as reader:
            rows = reader.all("own_public_range", wanted | {"keys": KEYS_KIND})
        return PublicRead(
            statements=tuple(_own(node, row) for row in rows[:most]), notes=(), following=_following(rows, most)
        )
    recognition = node.recognition(authority)
    origin = recognition.log.name
    verifier = _Verifier(recognition, node.history(authority), exercise=node.settings.exercise)
    with node.database.reading() as reader:
        rows = reader.all("peer_public_range", wanted | {"origin": origin})
    found: list[PublicStatement] = []
    notes: list[str] = []
    for row in rows[:most]:
        try:
            found.append(verifier.verify(row))
        except (MalformedError, VerificationError, PolicyError) as exc:
            notes.append(f"entry {row[0]} of {origin}: {exc.message}")
    return PublicRead(statements=tuple(found), notes=tuple(notes), following=_following(rows, most))


def _following(rows: list[Row], most: int) -> int | None:
    return int(rows[most][0]) if len(rows) > most else None


def _own(node: Node, row: Row) -> PublicStatement:
    envelope = parse_envelope(bytes(row[1]))
    return PublicStatement(
        id=envelope.id,
        statement=parse_statement(envelope.payload),
        origin=node.settings.origin,
        index=int(row[0]),
        logged_by=datetime.fromtimestamp(int(row[3]), UTC),
        envelope=envelope,
        proof=bytes(row[2]),
    )


class _Verifier:
    """Verifies the public statements of one log."""

    def __init__(self, recognition: Recognition, history: KeyHistory, *, exercise: bool) -> None:
        self._recognition = recognition
        self._log = ShownLog(recognition)
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
        statement = parse_statement(envelope.payload)
        if statement.issuer != self._recognition.authority:
            raise VerificationError(f"says that it is of {statement.issuer}")
        logged: Logged = self._log.verify_entry(proof, public_entry(sha256(data).hexdigest()))
        if logged.index != position:
            raise VerificationError(f"its proof is for entry {logged.index}")
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
            origin=logged.origin,
            index=position,
            logged_by=logged.logged_by,
            envelope=envelope,
            proof=proof,
        )

"""Public statements beside the exchange: what this authority says to everybody, and what its peers say.

The kinds are those of rooms that an authority's desk does not load. Whoever drafts a statement has its body checked by
its own room; here only what holds for all is checked: to the public, a kind that is neither of the exchange nor `keys`,
a size, the exercise flag, and that nothing sealed is named in the open. Once logged, its envelope is served beside the
tiles. Those of followed logs are served on, so that a log that is lost gets them back.
"""

from datetime import UTC, datetime
from typing import Final

from comity.errors import PolicyError, TooLargeError
from comity.exchange.statements import KINDS
from comity.kernel.envelope import parse_envelope
from comity.kernel.statement import PUBLIC, Statement, parse_statement
from comity.kernel.trust import KEYS_KIND
from comity.log.public_statements import (
    MAX_PUBLIC_BYTES,
    MAX_READ,
    PublicRead,
    PublicStatement,
    following,
    read_followed,
)
from comity.node import records
from comity.node.context import Node
from comity.store.database import Reader, Row

TO_PUBLIC: Final = PUBLIC
_SHORT: Final = 12


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


def read_public(node: Node, authority: str, *, start: int = 0, most: int = MAX_READ) -> PublicRead:
    """Return the public statements of an authority's log from an entry on, as far as this node holds them.

    This node's own statements are returned as it keeps them, those of others where they count.

    Raises:
        PolicyError: the authority is not recognised here.
        VerificationError: the `keys` statements known of it do not follow each other.
        StoreError: the database failed.
    """
    with node.database.reading() as reader:
        if authority != node.authority:
            recognition = node.recognition(authority)
            return read_followed(reader, recognition, exercise=node.settings.exercise, start=start, most=most)
        rows = reader.all("own_public_range", {"start": start, "most": most + 1, "keys": KEYS_KIND})
    return PublicRead(
        statements=tuple(_own(node, row) for row in rows[:most]), notes=(), following=following(rows, most)
    )


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

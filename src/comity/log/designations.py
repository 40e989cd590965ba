"""The `keys` statements of authorities as a database keeps them, to and from values. Rows only; no rule lives here."""

from dataclasses import dataclass
from functools import lru_cache

from comity.errors import NotFoundError
from comity.kernel.envelope import Envelope, parse_envelope
from comity.kernel.statement import parse_statement
from comity.kernel.trust import Designation, KeyHistory, build_history, parse_designation
from comity.log.state import coming_position
from comity.store.database import Reader, Transaction


def add_designation(
    tx: Transaction,
    designation: Designation,
    envelope: Envelope,
    *,
    log_index: int | None = None,
    proof: bytes | None = None,
) -> None:
    """Keep a verified `keys` statement.

    Raises:
        ConflictError: one with this number is kept already.
    """
    tx.run(
        "designation_add",
        {
            "authority": designation.authority,
            "number": designation.number,
            "statement_id": envelope.id,
            "envelope": envelope.encoded,
            "log_index": log_index,
            "proof": proof,
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysRecord:
    """A `keys` statement as it is kept, with its place and proof once it is logged."""

    designation: Designation
    envelope: Envelope
    log_index: int | None
    proof: bytes | None


def kept_designations(reader: Reader, authority: str) -> list[KeysRecord]:
    """Return the `keys` statements of an authority that are kept, in order of number."""
    found = []
    for _number, _statement_id, data, log_index, proof in reader.all("designations", {"authority": authority}):
        envelope, designation = _parse_keys(data)
        found.append(KeysRecord(designation=designation, envelope=envelope, log_index=log_index, proof=proof))
    return found


def own_keys_places(reader: Reader, authority: str) -> list[tuple[Designation, int]]:
    """Return an authority's own `keys` statements in order of number, with the places that they have or will have.

    Raises:
        NotFoundError: one of them neither has a place nor waits for one.
    """
    found = []
    for _number, statement_id, data, log_index, _proof in reader.all("designations", {"authority": authority}):
        place = log_index
        if place is None:
            row = reader.one("statement_arrival", {"id": statement_id})
            if row is None or row[0] is None:
                raise NotFoundError(f"the keys statement {str(statement_id)[:12]}… was never queued for the log")
            place = coming_position(reader, row[0])
        found.append((_parse_keys(data)[1], int(place)))
    return found


@lru_cache(maxsize=256)
def _parse_keys(data: bytes) -> tuple[Envelope, Designation]:
    """Read a kept `keys` statement; every delivery asks for those of its sender, and they never change."""
    envelope = parse_envelope(data)
    return envelope, parse_designation(parse_statement(envelope.payload))


def key_history(reader: Reader, authority: str) -> KeyHistory:
    """Return an authority's logged `keys` statements.

    Raises:
        VerificationError: their numbers and places do not follow each other.
    """
    kept = kept_designations(reader, authority)
    logged = [(record.log_index, record.designation) for record in kept if record.log_index is not None]
    return build_history(authority, logged)

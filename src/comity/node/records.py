"""Statements and drafts in the node's database, to and from values. Rows only; no rule lives here."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from comity.errors import NotFoundError
from comity.exchange.delivery import Spoken
from comity.exchange.view import Held, Position
from comity.kernel.canonical import JsonObject, encode_json, format_time, parse_object
from comity.kernel.envelope import parse_envelope
from comity.kernel.statement import Statement
from comity.store.database import Reader, Row, Transaction

# A database refuses to look for a number that no row of it could have.
MAX_KEY: Final = 2**63


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A statement as it is kept: what was signed, what opens it, and where it is logged."""

    id: str
    case: str
    issuer: str
    own: bool
    spoken: Spoken
    statement: Statement
    log_index: int | None
    logged_by: int | None
    proof: bytes | None
    problem: str | None
    receipt: str | None

    def held(self) -> Held:
        """Return what the case view is folded from."""
        place = None
        if self.log_index is not None and self.logged_by is not None:
            place = Position(
                origin=f"{self.issuer}/log",
                index=self.log_index,
                logged_by=datetime.fromtimestamp(self.logged_by, UTC),
            )
        return Held(id=self.id, statement=self.statement, position=place)


def add_statement(
    tx: Transaction, spoken: Spoken, statement: Statement, *, own: bool, arrival: int | None, now: datetime
) -> str:
    """Keep a verified statement and return its id.

    Raises:
        ConflictError: it is kept already.
        StoreError: the database failed.
    """
    statement_id = spoken.envelope.id
    tx.run(
        "statement_add",
        {
            "id": statement_id,
            "case_id": statement.subject or statement_id,
            "issuer": statement.issuer,
            "kind": statement.kind,
            "issued": format_time(statement.issued),
            "own": int(own),
            "envelope": spoken.envelope.encoded,
            "salt": spoken.salt,
            "disclosures": json.dumps(spoken.disclosures),
            "entry": spoken.entry,
            "arrival": arrival,
            "held_since": now.astimezone(UTC).isoformat(),
        },
    )
    return statement_id


def find_statement(reader: Reader, statement_id: str) -> Record | None:
    """Return a statement, or None if it is not kept."""
    row = reader.one("statement_get", {"id": statement_id})
    return None if row is None else _record(row)


def get_statement(reader: Reader, statement_id: str) -> Record:
    """Return a statement.

    Raises:
        NotFoundError: it is not kept.
    """
    record = find_statement(reader, statement_id)
    if record is None:
        raise NotFoundError(f"no statement {statement_id[:12]}… is held here")
    return record


def case_records(reader: Reader, case: str) -> list[Record]:
    """Return every statement of a case, in the order of arrival here."""
    return [_record(row) for row in reader.all("statements_of_case", {"case_id": case})]


def _record(row: Row) -> Record:
    statement_id, case, issuer, own, envelope, salt, disclosures = row[:7]
    _entry, log_index, logged_by, proof, problem, receipt = row[7:]
    spoken = Spoken(
        envelope=parse_envelope(envelope), salt=salt, disclosures=tuple(json.loads(disclosures)) if disclosures else ()
    )
    return Record(
        id=statement_id,
        case=case,
        issuer=issuer,
        own=bool(own),
        spoken=spoken,
        statement=spoken.statement(),
        log_index=log_index,
        logged_by=logged_by,
        proof=proof,
        problem=problem,
        receipt=receipt,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A statement that one officer wrote and another may approve."""

    id: int
    drafter: str
    drafted: str
    kind: str
    case: str | None
    addressee: str
    follows: tuple[str, ...]
    body: JsonObject
    approver: str | None
    statement: str | None


def add_draft(
    tx: Transaction,
    *,
    drafter: str,
    kind: str,
    case: str | None,
    addressee: str,
    follows: Iterable[str],
    body: JsonObject,
    now: datetime,
) -> int:
    """Keep a draft and return its number."""
    tx.run(
        "draft_add",
        {
            "drafter": drafter,
            "drafted": format_time(now),
            "kind": kind,
            "case_id": case,
            "addressee": addressee,
            "follows": json.dumps(sorted(set(follows))),
            "body": encode_json(body).decode(),
        },
    )
    return tx.last_key()


def get_draft(reader: Reader, number: int) -> Draft:
    """Return a draft.

    Raises:
        NotFoundError: there is none of that number.
    """
    row = reader.one("draft_get", {"id": number}) if abs(number) < MAX_KEY else None
    if row is None:
        raise NotFoundError(f"no draft {number} is held here")
    return _draft(row)


def waiting_drafts(reader: Reader) -> list[Draft]:
    """Return the drafts that wait for approval."""
    return [_draft(row) for row in reader.all("drafts")]


def _draft(row: Row) -> Draft:
    number, drafter, drafted, kind, case, addressee, follows, body, approver, statement = row
    return Draft(
        id=number,
        drafter=drafter,
        drafted=drafted,
        kind=kind,
        case=case,
        addressee=addressee,
        follows=tuple(json.loads(follows)),
        body=parse_object(body.encode()),
        approver=approver,
        statement=statement,
    )

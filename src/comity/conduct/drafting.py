"""A statement before it is signed: what it would follow, and whether readers would take it.

A draft is judged as whoever follows the logs will judge it, by `receiving` and the rules of an inquiry, so that nothing
is said in public that everybody has to pass over.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from comity.conduct.admission import admit
from comity.conduct.inquiry.file import InquiryFile
from comity.conduct.inquiry.rules import check_next
from comity.conduct.inquiry.statements import KINDS as INQUIRY_KINDS
from comity.conduct.inquiry.view import read_inquiry
from comity.conduct.kinds import KINDS
from comity.conduct.receiving import receive
from comity.conduct.record import Origin, Provenance, Record, record_id
from comity.conduct.statements import parse_body
from comity.errors import MalformedError, PolicyError
from comity.exchange.view import Held
from comity.kernel.canonical import JsonObject
from comity.kernel.statement import Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A statement that readers would take, and in words what they would remark on it."""

    statement: Statement
    notes: tuple[str, ...]

    def to_json(self) -> JsonObject:
        """Return what a desk needs to say it."""
        said = self.statement
        return {"kind": said.kind, "body": said.body, "subject": said.subject, "follows": list(said.follows)}


def draft_statement(
    kind: str,
    body: JsonObject,
    *,
    issuer: str,
    issued: datetime,
    exercise: bool,
    held: Sequence[Held],
    held_kind: Callable[[str], str | None] = lambda _: None,
    inquiry: str | None = None,
) -> Draft:
    """Return the statement to the public that says `body`, if readers who hold `held` and some records would take it.

    `held` are verified statements; `held_kind` gives the kind of a record that a ledger has. A statement of an inquiry
    follows the newest of its statements, any other those that made the records to which it refers.

    Raises:
        MalformedError: the kind is unknown or the body breaks its form.
        PolicyError: a rule forbids it, the inquiry is not held, or readers would pass it over; the message says why.
    """
    shape = parse_body(kind, body, KINDS)
    inside = kind in INQUIRY_KINDS and kind != "mandate"
    if inside != (inquiry is not None):
        raise MalformedError(
            f"a {kind} belongs to an inquiry; name its mandate" if inside else f"a {kind} belongs to no inquiry"
        )
    file = None if inquiry is None else read_inquiry(inquiry, held)[0]
    if file is None:
        came = Provenance(origin=Origin.STATEMENT, source=issuer, on=issued.date())
        follows = _made(admit(Record(kind=kind, body=shape, provenance=came), KINDS, exercise=exercise).refers, held)
    else:
        follows = heads(file)
    statement = Statement(
        kind=kind,
        issuer=issuer,
        to=(),
        issued=issued,
        subject=inquiry,
        follows=follows,
        exercise=exercise,
        body=body,
    )
    if file is not None:
        check_next(file, statement)
    return Draft(statement=statement, notes=_taken(statement, held, held_kind))


def heads(file: InquiryFile) -> tuple[str, ...]:
    """Return the statements of an inquiry that none of its statements follows, sorted."""
    followed = {name for item in file.held.values() for name in item.statement.follows}
    return tuple(sorted(set(file.held) - followed))


def _made(refers: Iterable[tuple[str, str, str | None]], held: Sequence[Held]) -> tuple[str, ...]:
    """Return the statements that made the records which a body names, sorted; those known without one are left out."""
    wanted = {target for _, target, _ in refers}
    made = {record_id(item.statement.kind, item.statement.body): item.id for item in reversed(held)}
    return tuple(sorted(made[target] for target in wanted if target in made))


def _taken(statement: Statement, held: Sequence[Held], held_kind: Callable[[str], str | None]) -> tuple[str, ...]:
    """Return what readers would remark on a statement, or refuse it with the reason why they would pass it over."""
    mine = Held(id=sha256(statement.encode()).hexdigest(), statement=statement)
    on = statement.issued.date()
    found = receive([*held, mine], exercise=statement.exercise, on=on, held_kind=held_kind)
    notes = tuple(note.partition(": ")[2] for note in found.notes if mine.id[:12] in note)
    if not any(record.provenance.digest == mine.id for record in found.records):
        reasons = "; ".join(note.removeprefix("passed over, ") for note in notes)
        raise PolicyError(f"readers would pass the {statement.kind} over: {reasons}")
    return notes

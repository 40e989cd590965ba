"""Records from statements of others' logs: who said a thing, in which statement, at which place in its log.

Statements come in verified, with their places. A statement of the ledger's kinds is a record as it stands. Those of an
inquiry count only together: its mandate must be among them, and what its rules leave out is left out here. A finding,
a reply and a correction of an inquiry are also records of the ledger, whose bodies they carry.

What cannot be taken is noted and passed over, one statement at a time, so that nobody can hold up the words of others:
an unknown kind, a broken body, the other world (exercise or live), a day still to come, a side of a drill in another's
name, a reference to what is not held or has no place there. Nothing is filled in. However statements refer to each
other, the work grows with their number only.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Final

from comity.conduct.admission import Admitted, admit, check_refers
from comity.conduct.commitments.statements import DrillService, Ping, PingAnswer, check_body
from comity.conduct.inquiry.statements import KINDS as INQUIRY_KINDS
from comity.conduct.inquiry.statements import InquiryCorrection, InquiryFinding, InquiryReply
from comity.conduct.inquiry.view import read_inquiry
from comity.conduct.kinds import KINDS
from comity.conduct.record import Origin, Provenance, Record
from comity.conduct.statements import Body, Claim, Correction, Finding, Reply, Speaker, parse_body
from comity.errors import MalformedError, PolicyError
from comity.exchange.view import Held
from comity.kernel.trust import participant_of
from comity.log.public_statements import MAX_PUBLIC_BYTES

_SHORT: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What statements gave: records that a ledger of this world takes, and in words what was passed over."""

    records: tuple[Record, ...]
    notes: tuple[str, ...]


def receive(
    statements: Iterable[Held],
    *,
    exercise: bool,
    on: date,
    held_kind: Callable[[str], str | None] = lambda _: None,
    kinds: dict[str, type[Body]] = KINDS,
) -> Received:
    """Return the records that verified statements make, those first to which others refer.

    `exercise` is whether the ledger is one; `on` the day of entry; `held_kind` gives the kind of a record that the
    ledger has. All statements of an inquiry that are held are given together, also those that were given before.
    """
    notes: list[str] = []
    wanted: list[Held] = []
    once: dict[str, Held] = {}
    for item in statements:
        # What is logged again counts at its first place.
        once.setdefault(item.id, item)
    for item in once.values():
        reason = _passed_over(item, exercise=exercise, kinds=kinds)
        if reason is None:
            wanted.append(item)
        else:
            notes.append(_note(item, reason))
    left_out = dict(_left_out_of_inquiries([item for item in wanted if item.statement.kind in INQUIRY_KINDS]))
    admitted: list[tuple[Held, Admitted]] = []
    for item in wanted:
        if item.id in left_out:
            notes.append(_note(item, left_out[item.id]))
            continue
        try:
            admitted += [(item, admit(record, kinds, exercise=exercise)) for record in _records(item, kinds, on)]
        except (MalformedError, PolicyError) as exc:
            notes.append(_note(item, exc.message))
            continue
        notes += _told_of_another(item, kinds)
    records, without = _in_order(admitted, held_kind)
    return Received(records=tuple(records), notes=(*notes, *without))


def _passed_over(item: Held, *, exercise: bool, kinds: dict[str, type[Body]]) -> str | None:
    """Return why a statement is not read, if it is not."""
    statement = item.statement
    if not statement.public:
        return "it goes to named authorities, and is nobody else's to record"
    if statement.kind not in kinds:
        return f"its kind {statement.kind!r} is unknown here"
    if statement.exercise != exercise:
        return "it is an exercise" if statement.exercise else "it is live, and this ledger is an exercise"
    if (size := len(statement.encode())) > MAX_PUBLIC_BYTES:
        return f"it has {size} bytes, at most {MAX_PUBLIC_BYTES} are read"
    return None


def _left_out_of_inquiries(items: list[Held]) -> Iterator[tuple[str, str]]:
    """Yield the statements that belong into no inquiry, each with the reason."""
    mandates = {item.id for item in items if item.statement.kind == "mandate"}
    inquiries: defaultdict[str | None, list[Held]] = defaultdict(list)
    for item in items:
        inquiries[item.id if item.id in mandates else item.statement.subject].append(item)
    for inquiry, inside in inquiries.items():
        if inquiry is None or inquiry not in mandates:
            reason = f"the mandate {str(inquiry)[:_SHORT]}… of its inquiry is not held"
            yield from ((item.id, reason) for item in inside)
            continue
        try:
            yield from read_inquiry(inquiry, inside)[1]
        except (MalformedError, PolicyError) as exc:
            yield from ((item.id, exc.message) for item in inside)


def _records(item: Held, kinds: dict[str, type[Body]], on: date) -> Iterator[Record]:
    """Yield the records that a statement makes: its own, and the ledger's that it carries."""
    place = None if item.position is None else str(item.position.index)
    came = Provenance(origin=Origin.STATEMENT, source=item.statement.issuer, on=on, digest=item.id, place=place)
    body = parse_body(item.statement.kind, item.statement.body, kinds)
    check_body(body)
    if isinstance(body, Ping | PingAnswer | DrillService) and body.by != participant_of(item.statement.issuer):
        raise PolicyError(f"{item.statement.issuer} does not speak for {body.by}, by which it is said to be")
    if isinstance(body, InquiryFinding):
        yield Record(kind="finding", body=body.finding, provenance=came)
    elif isinstance(body, InquiryReply):
        yield Record(kind="reply", body=body.reply, provenance=came)
    elif isinstance(body, InquiryCorrection):
        yield Record(kind="correction", body=body.correction, provenance=came)
    yield Record(kind=item.statement.kind, body=body, provenance=came)


def _told_of_another(item: Held, kinds: dict[str, type[Body]]) -> Iterator[str]:
    """Yield a note where a statement tells what somebody else than its issuer says."""
    body = parse_body(item.statement.kind, item.statement.body, kinds)
    speaker: Speaker | None = None
    if isinstance(body, Claim):
        speaker = body.claimant
    elif isinstance(body, Reply | Correction):
        speaker = body.by
    elif isinstance(body, Finding):
        speaker = body.investigator
    if speaker is not None and speaker.participant != participant_of(item.statement.issuer):
        yield _note(item, f"taken, as what {speaker.name} says in the words of {item.statement.issuer}", passed=False)


def _in_order(
    admitted: list[tuple[Held, Admitted]], held_kind: Callable[[str], str | None]
) -> tuple[list[Record], list[str]]:
    """Return the records in an order in which each comes after what it refers to, and notes on those that cannot."""
    held = cache(held_kind)
    placed: dict[str, str] = {}
    # By number how many records each still lacks, and by id who lacks it.
    lacking: dict[int, int] = {}
    wanted: defaultdict[str, list[int]] = defaultdict(list)
    for number, (_, found) in enumerate(admitted):
        names = {name for _, name, _ in found.refers if held(name) is None}
        lacking[number] = len(names)
        for name in names:
            wanted[name].append(number)
    ready = deque(number for number, names in lacking.items() if not names)
    records: list[Record] = []
    notes: list[str] = []
    while ready:
        number = ready.popleft()
        del lacking[number]
        item, found = admitted[number]
        try:
            check_refers(found, {name: placed.get(name) or held(name) or "" for _, name, _ in found.refers})
        except MalformedError as exc:
            notes.append(_note(item, exc.message))
            continue
        records.append(found.record)
        placed[found.id] = found.record.kind
        for later in wanted.pop(found.id, ()):
            lacking[later] -= 1
            if not lacking[later]:
                ready.append(later)
    for number in lacking:
        item, found = admitted[number]
        member, name = next((member, name) for member, name, _ in found.refers if not (name in placed or held(name)))
        notes.append(_note(item, f"its {found.record.kind} refers in {member} to {name[:_SHORT]}…, which is not held"))
    return records, notes


def _note(item: Held, text: str, *, passed: bool = True) -> str:
    place = "" if item.position is None else f" (entry {item.position.index} of {item.position.origin})"
    what = f"{item.statement.kind} {item.id[:_SHORT]}… of {item.statement.issuer}{place}"
    return f"{what}: {'passed over, ' if passed else ''}{text}"

"""What a trail must hold and what has no place in it: whatever a published finding cites, and nothing uncalled for.

Pure decisions over what was verified one by one before. Everything here names the member that is missing or too much.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from comity.conduct.inquiry.file import InquiryFile, finding_record, reply_record
from comity.conduct.inquiry.statements import (
    KINDS,
    EvidenceRequest,
    InquiryFinding,
    InquiryReply,
    Publication,
    WithheldPart,
)
from comity.conduct.inquiry.trail_head import HEAD, dossier_member
from comity.conduct.record import record_id
from comity.conduct.statements import Claim, Correction, Finding, Operation, Reply, encode_body, parse_body
from comity.errors import MalformedError, PolicyError, VerificationError
from comity.exchange.dossier_head import STATEMENTS
from comity.exchange.view import Held

# What others may say that belongs beside an inquiry, with the bodies of the ledger.
OUTSIDE_KINDS: Final[dict[str, type[Operation] | type[Claim] | type[Reply] | type[Finding] | type[Correction]]] = {
    "operation": Operation,
    "claim": Claim,
    "reply": Reply,
    "finding": Finding,
    "correction": Correction,
}
OutsideBody = Operation | Claim | Reply | Finding | Correction
_SHORT: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """A public statement that is no part of the inquiry, with the id of the ledger's record of it."""

    held: Held
    record: str
    body: OutsideBody


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """What an attached dossier brings: its case, the statements in it, and the exhibits whose bytes are there."""

    digest: str
    case: str
    asker: str
    asked: tuple[str, ...]
    opened: datetime
    """When its opening statement is dated."""
    origin: str
    index: int
    """The entry of its opening statement in the log of that origin."""
    exercise: bool
    statements: frozenset[str]
    exhibits: Mapping[str, str]
    """Member in the dossier by SHA-256 of an exhibit."""


def read_outside(item: Held) -> Outside:
    """Return a public statement outside the inquiry with its body.

    Raises:
        PolicyError: its kind has no place beside an inquiry.
        MalformedError: its body breaks the form of its kind.
    """
    kind = item.statement.kind
    if kind not in OUTSIDE_KINDS:
        raise PolicyError(
            f"a {kind} statement has no place beside an inquiry; wanted is one of {', '.join(OUTSIDE_KINDS)}"
        )
    body = parse_body(kind, item.statement.body)
    assert isinstance(body, Operation | Claim | Reply | Finding | Correction)
    return Outside(held=item, record=record_id(kind, encode_body(body)), body=body)


def check_attachments(held: Iterable[Held]) -> None:
    """Refuse a trail that lacks a statement which one of the inquiry follows, or a publication attaches.

    Raises:
        VerificationError: naming who wants it.
        MalformedError: the body of a publication breaks its form.
    """
    known = {item.id: item for item in held}
    # What a publication attaches comes first: that is what a reader must not miss.
    for item in known.values():
        if item.statement.kind == "publication":
            body = parse_body("publication", item.statement.body, KINDS)
            assert isinstance(body, Publication)
            _check_here(item, "attaches reply", body.replies, known)
            _check_here(item, "attaches dissent", body.dissents, known)
    for item in known.values():
        _check_here(item, "follows", item.statement.follows, known)


def _check_here(item: Held, what: str, names: Sequence[str], known: Mapping[str, Held]) -> None:
    for name in names:
        if name not in known:
            raise VerificationError(
                f"{_member(item.id)}: the {item.statement.kind} {what} {name[:_SHORT]}…, which the trail leaves out"
            )


def check_outside(file: InquiryFile, outside: Sequence[Outside]) -> None:
    """Refuse statements of others that nothing in the inquiry calls for, or that are no exercise where it is one.

    Raises:
        MalformedError: nothing calls for a statement.
        PolicyError: exercise and live statements are mixed.
    """
    called = called_for(file, outside)
    for item in outside:
        if item.held.statement.exercise != file.opening.exercise:
            raise PolicyError(f"{_member(item.held.id)}: exercise statements and live inquiries never mix")
        if item.held.id not in called:
            raise MalformedError(f"{_member(item.held.id)}: nothing in the inquiry calls for this statement")


def called_for(file: InquiryFile, outside: Sequence[Outside]) -> frozenset[str]:
    """Return which statements of others a finding cites, are about the operation, or correct what is here."""
    cited = {name for _, body in file.of(InquiryFinding) for name in body.statements}
    corrections: defaultdict[str, list[Outside]] = defaultdict(list)
    called: list[Outside] = []
    for item in outside:
        if item.held.id in cited or _concerns(item, file.mandate.operation):
            called.append(item)
        elif isinstance(item.body, Correction):
            corrections[item.body.corrects].append(item)
    # A correction is called for by what it corrects, which may be a correction itself.
    records = [item.record for item in called]
    records += [finding_record(body) for _, body in file.of(InquiryFinding)]
    records += [reply_record(body) for _, body in file.of(InquiryReply)]
    while records:
        found = corrections.pop(records.pop(), [])
        called += found
        records += [item.record for item in found]
    return frozenset(item.held.id for item in called)


def _concerns(item: Outside, operation: str) -> bool:
    """Whether a statement is, or is about, the operation."""
    if isinstance(item.body, Correction):
        return False
    return (item.record if isinstance(item.body, Operation) else item.body.operation) == operation


def check_dossiers(file: InquiryFile, dossiers: Sequence[Attached]) -> None:
    """Refuse a dossier that nothing calls for, or whose case does not fit the request for evidence that names it.

    Raises:
        MalformedError: nothing calls for a dossier.
        PolicyError: exercise and live statements are mixed, or evidence was asked for before the mandate.
        VerificationError: the case is not the one that a request for evidence speaks of.
    """
    cited = {name for _, body in file.of(InquiryFinding) for name in body.statements}
    cited |= {item.digest for _, body in file.of(InquiryFinding) for item in body.exhibits}
    for dossier in dossiers:
        where = dossier_member(dossier.digest)
        if dossier.exercise != file.opening.exercise:
            raise PolicyError(f"{where}: exercise statements and live inquiries never mix")
        requests = [(item, body) for item, body in file.of(EvidenceRequest) if body.case == dossier.case]
        if not requests and cited.isdisjoint(dossier.statements | dossier.exhibits.keys()):
            raise MalformedError(f"{where}: nothing in the inquiry calls for this dossier")
        for item, body in requests:
            if dossier.asker != file.mandate.investigator:
                raise VerificationError(
                    f"{where}: evidence-request {item.id[:_SHORT]}… says that the investigator asked in this case; "
                    f"the asker is {dossier.asker}"
                )
            if body.authority not in {None, *dossier.asked}:
                raise VerificationError(
                    f"{where}: evidence-request {item.id[:_SHORT]}… says that {body.authority} was asked in this case; "
                    f"the asked is {', '.join(dossier.asked)}"
                )
            if body.request is not None and body.request not in dossier.statements:
                raise VerificationError(
                    f"{where}: lacks request {body.request[:_SHORT]}… that {_member(item.id)} names"
                )
            if dossier.opened < file.opening.issued:
                raise PolicyError(
                    f"{where}: evidence was asked for on {dossier.opened:%Y-%m-%d}, before the mandate of "
                    f"{file.opening.issued:%Y-%m-%d} chose the standard of proof"
                )
            # A date is its issuer's word; the order of one log is not.
            mandate = file.held[file.id].position
            if mandate is not None and mandate.origin == dossier.origin and dossier.index < mandate.index:
                raise PolicyError(
                    f"{where}: evidence was asked for at entry {dossier.index} of {dossier.origin}, before the "
                    f"mandate at entry {mandate.index} chose the standard of proof"
                )


def check_cited(file: InquiryFile, outside: Sequence[Outside], dossiers: Sequence[Attached]) -> None:
    """Refuse a trail that lacks what a published finding cites, unless its newest publication withholds it.

    Raises:
        MalformedError: no finding of the inquiry is published.
        VerificationError: a statement or exhibit that is cited is neither here nor declared withheld.
    """
    statements = {*file.held, *(item.held.id for item in outside)}.union(*(item.statements for item in dossiers))
    exhibits = {digest for item in dossiers for digest in item.exhibits}
    published = {body.finding for _, body in file.of(Publication)}
    if not published:
        raise MalformedError(f"{HEAD}: no finding of this inquiry is published; a trail is that of a published one")
    for item, body in file.of(InquiryFinding):
        if item.id not in published:
            continue
        withheld = {part.digest for part in withheld_of(file, item.id)}
        for name in body.statements:
            if name not in statements | withheld:
                raise VerificationError(
                    f"{_member(item.id)}: the finding cites statement {name[:_SHORT]}…, which is neither in the trail "
                    "nor declared withheld"
                )
        for exhibit in body.exhibits:
            if exhibit.digest not in exhibits | withheld:
                raise VerificationError(
                    f"{_member(item.id)}: the finding cites exhibit {exhibit.digest[:_SHORT]}… ({exhibit.what}), whose "
                    "bytes are neither in the trail nor declared withheld"
                )


def withheld_of(file: InquiryFile, finding: str) -> Sequence[WithheldPart]:
    """Return what the newest publication of a finding withholds."""
    publications = [body for _, body in file.of(Publication) if body.finding == finding]
    return publications[-1].withheld if publications else []


def _member(statement_id: str) -> str:
    return f"{STATEMENTS}{statement_id}.json"

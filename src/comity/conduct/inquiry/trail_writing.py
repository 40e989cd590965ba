"""Writes a trail: one file with a published finding and everything that led to it.

The writer refuses what the rules of an inquiry refuse, so that a trail does not leave the house that every reader
would send back. Whether it holds all that the finding cites depends on the dossiers, which only a reader with a trust
folder can check: whoever makes a trail checks it like any other reader before it goes out.
"""

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from comity.conduct.inquiry.trail_calls import check_attachments, check_outside, read_outside
from comity.conduct.inquiry.trail_gathering import is_inside
from comity.conduct.inquiry.trail_head import HEAD, TrailHead, dossier_member, trail_info
from comity.conduct.inquiry.view import read_inquiry
from comity.errors import PolicyError
from comity.exchange.container import Digest, Member, write_container
from comity.exchange.dossier import DossierKeys
from comity.exchange.dossier_head import KEYS, PROOF_SUFFIX, PROOFS, STATEMENTS
from comity.exchange.view import Held, Position
from comity.kernel.canonical import parse_digest
from comity.kernel.checkpoint import parse_checkpoint
from comity.kernel.envelope import Envelope
from comity.kernel.note import parse_note
from comity.kernel.proof import parse_proof
from comity.kernel.statement import parse_statement
from comity.kernel.trust import parse_designation


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailStatement:
    """A public statement, the `.tlog-proof` of its entry, and when witnesses saw it by that proof."""

    envelope: Envelope
    proof: bytes
    logged_by: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailDossier:
    """A dossier as a file; `open` gives the same bytes from their start each time."""

    digest: str
    size: int
    open: Callable[[], BinaryIO]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """What goes into a trail; its statements were verified by whoever holds them."""

    inquiry: str
    made_by: str
    made_at: datetime
    statements: tuple[TrailStatement, ...]
    """Those of the inquiry and those of others, in any order."""
    keys: tuple[DossierKeys, ...]
    dossiers: tuple[TrailDossier, ...] = ()


def write_trail(target: BinaryIO, trail: Trail) -> Digest:
    """Write a trail to `target`, streaming its dossiers; return the digests of what was written.

    When this raises, `target` holds a part of a file and must be thrown away.

    Raises:
        MalformedError: a part breaks its format, or nothing calls for it.
        PolicyError: a rule of an inquiry forbids a statement, or keys are of an authority that says nothing.
        VerificationError: a statement is missing that another one follows or attaches, or a dossier has not the
            digest that was announced.
        StoreError: a dossier cannot be read or the target not be written.
    """
    by_id = {item.envelope.id: item for item in trail.statements}
    held = {name: _held(item) for name, item in by_id.items()}
    inside = [item for item in held.values() if is_inside(trail.inquiry, item)]
    check_attachments(inside)
    file, left_out = read_inquiry(trail.inquiry, inside)
    for statement_id, reason in left_out:
        raise PolicyError(f"statement {statement_id[:12]}… has no place in this inquiry: {reason}")
    outside = [read_outside(item) for item in held.values() if item.id not in file.held]
    check_outside(file, outside)
    head = TrailHead(
        inquiry=trail.inquiry,
        made_by=trail.made_by,
        made_at=trail.made_at,
        statements=tuple(file.held),
        cited=tuple(sorted(item.held.id for item in outside)),
        dossiers=tuple(sorted(item.digest for item in trail.dossiers)),
    )
    members = {HEAD: head.encode()}
    for name, item in by_id.items():
        members[f"{STATEMENTS}{name}.json"] = item.envelope.encoded
        members[f"{PROOFS}{name}{PROOF_SUFFIX}"] = item.proof
    members |= _keys(trail.keys, {item.statement.issuer for item in held.values()})
    written = [_in_memory(name, data) for name, data in members.items()]
    dossiers = [_dossier(item) for item in trail.dossiers]
    return write_container(target, [*written, *dossiers], trail_info(head))


def _held(item: TrailStatement) -> Held:
    parsed = parse_proof(item.proof)
    origin = parse_checkpoint(parse_note(parsed.checkpoint_note).text).origin
    position = Position(origin=origin, index=parsed.index, logged_by=item.logged_by)
    return Held(id=item.envelope.id, statement=parse_statement(item.envelope.payload), position=position)


def _keys(keys: Iterable[DossierKeys], issuers: set[str]) -> dict[str, bytes]:
    members: dict[str, bytes] = {}
    for record in keys:
        designation = parse_designation(parse_statement(record.envelope.payload))
        if designation.authority not in issuers:
            raise PolicyError(f"keys of {designation.authority} are not wanted: it says nothing in this trail")
        stem = f"{KEYS}{designation.authority}/{designation.number}"
        members[f"{stem}.json"] = record.envelope.encoded
        members[f"{stem}{PROOF_SUFFIX}"] = record.proof
    return members


def _dossier(item: TrailDossier) -> Member:
    parse_digest(item.digest)
    return Member(name=dossier_member(item.digest), size=item.size, open=item.open, sha256=item.digest)


def _in_memory(name: str, data: bytes) -> Member:
    return Member(name=name, size=len(data), open=lambda: io.BytesIO(data))

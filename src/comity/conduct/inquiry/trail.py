"""The offline check of a trail: a published finding with everything that led to it, against the reader's trust folder.

`verify_trail` goes these steps; its code carries their numbers:

1. The container is whole: layout, names, manifests, one SHA-256 pass over every member.
2. The head is in its one spelling, and there are exactly the members that it and the layout call for.
3. Every `keys` statement, as in a dossier.
4. Every public statement: its id is that of its bytes; its entry is in its issuer's log under the reader's policy; a
   pair signed it that was valid at that position and may say this kind; its body has the kind's form.
5. The statements of the inquiry: every rule of an inquiry holds, none that another one follows or attaches is left
   out, and the head lists them in view order.
6. Every attached dossier has the digest in its name and passes the check of a dossier.
7. What a published finding cites is here or declared withheld by its publication, evidence was asked for after the
   mandate, and nothing is here that nothing calls for.

What no step can show is said in the report, too. Nothing here judges whether the finding is right.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from comity.conduct.inquiry.file import InquiryFile
from comity.conduct.inquiry.trail_calls import (
    Attached,
    check_attachments,
    check_cited,
    check_dossiers,
    check_outside,
    read_outside,
)
from comity.conduct.inquiry.trail_facts import TrailReport, report_of
from comity.conduct.inquiry.trail_head import (
    HEAD,
    MAX_HEAD_BYTES,
    TrailHead,
    dossier_member,
    parse_trail_head,
    trail_info,
)
from comity.conduct.inquiry.view import read_inquiry, view_of
from comity.errors import MalformedError, NotFoundError, PolicyError, VerificationError
from comity.exchange.container import VerifiedContainer, open_container
from comity.exchange.dossier_check import VerifiedDossier, check_dossier
from comity.exchange.dossier_facts import Checked
from comity.exchange.dossier_head import PROOF_SUFFIX, PROOFS, STATEMENTS
from comity.exchange.dossier_members import ShownLogs, at_member, keys_members
from comity.exchange.view import Held, Position
from comity.kernel.entry import public_entry
from comity.kernel.envelope import MAX_ENVELOPE_BYTES, parse_envelope
from comity.kernel.proof import MAX_PROOF_BYTES
from comity.kernel.statement import parse_statement
from comity.kernel.trust import Recognition, check_speaks, verify_speaker
from comity.law.register import Register
from comity.parties.trust_folder import load_trust


def is_trail(source: BinaryIO) -> bool:
    """Return whether a container holds a trail's head; nothing about it is verified.

    Raises:
        MalformedError: the source is no container.
        StoreError: it cannot be read.
    """
    return HEAD in open_container(source).manifest


def check_trail(path: Path, trust_folder: Path) -> TrailReport:
    """Verify the trail in a file against a trust folder on disk.

    Raises:
        NotFoundError: there is no such file or folder.
        Error: what `verify_trail` and reading the trust folder raise.
    """
    trust = load_trust(trust_folder)
    try:
        with path.open("rb") as source:
            return verify_trail(source, trust)
    except OSError as exc:
        raise NotFoundError(f"{path} cannot be read: {exc.strerror}") from exc


def verify_trail(
    source: BinaryIO,
    trust: Mapping[str, Recognition],
    *,
    register: Register | None = None,
    progress: Callable[[int], object] | None = None,
) -> TrailReport:
    """Verify a trail in `source`, which must be seekable, against the reader's `trust` folder.

    `register` are the reader's law tables for the dossiers within, by default the installed ones; `progress` is called
    with the number of bytes of each chunk that was hashed.

    Raises:
        MalformedError: a part breaks its format, is missing or too much; the message names the member.
        VerificationError: a digest, proof, signature or rule of an inquiry fails; the message names the member.
        PolicyError: an authority is not in the trust folder, or a statement has no place here.
        StoreError: the source cannot be read.
    """
    # 1. The container is whole.
    container = open_container(source).verify(progress)
    # 2. The head, and exactly the members that it calls for.
    if HEAD not in container.digests:
        raise MalformedError(f"{HEAD}: no trail, the container lacks this member")
    with at_member(HEAD):
        head = parse_trail_head(container.read(HEAD, MAX_HEAD_BYTES))
    keys = _check_members(container, head)
    # 3. Keys statements.
    logs = ShownLogs(trust)
    logs.add_keys(container, keys)
    # 4. Statements.
    checked = {name: _verify_statement(container, name, logs) for name in (*head.statements, *head.cited)}
    logs.check_speaking((item.statement.issuer for item in checked.values()), "trail")
    # 5. The inquiry.
    file = _verify_inquiry(head, [_held(checked[name]) for name in head.statements])
    # 6. Dossiers.
    dossiers = [_verify_dossier(container, digest, trust, register) for digest in head.dossiers]
    attached = [_attached(digest, dossier) for digest, dossier in zip(head.dossiers, dossiers, strict=True)]
    # 7. What is cited, and what is called for.
    outside = []
    for name in head.cited:
        with at_member(f"{STATEMENTS}{name}.json"):
            outside.append(read_outside(_held(checked[name])))
    check_outside(file, outside)
    check_dossiers(file, attached)
    check_cited(file, outside, attached)
    return report_of(
        file,
        view_of(file, (), as_of=head.made_at),
        checked=list(checked.values()),
        outside=outside,
        attached=attached,
        reports=[dossier.report for dossier in dossiers],
    )


def _check_members(container: VerifiedContainer, head: TrailHead) -> list[tuple[str, str, int]]:
    """Check that the members are the ones the head calls for; return the `keys` statements among them."""
    payload = {name for name in container.digests if name.startswith("data/")}
    keys = keys_members(payload)
    wanted = {HEAD, *(dossier_member(digest) for digest in head.dossiers)}
    for statement_id in (*head.statements, *head.cited):
        wanted |= {f"{STATEMENTS}{statement_id}.json", f"{PROOFS}{statement_id}{PROOF_SUFFIX}"}
    for name, _, _ in keys:
        wanted |= {name, name.removesuffix(".json") + PROOF_SUFFIX}
    if missing := sorted(wanted - payload):
        raise MalformedError(f"{missing[0]}: the trail lacks this member")
    if extra := sorted(payload - wanted):
        raise MalformedError(f"{extra[0]}: nothing in the trail calls for this member")
    labels = {label: value for label, value in container.info.items() if label != "Payload-Oxum"}
    if labels != trail_info(head):
        raise MalformedError("bag-info.txt: the labels are not those that follow from the head")
    return keys


def _verify_statement(container: VerifiedContainer, statement_id: str, logs: ShownLogs) -> Checked:
    """Verify one public statement in the order of step 4."""
    member, proof_member = f"{STATEMENTS}{statement_id}.json", f"{PROOFS}{statement_id}{PROOF_SUFFIX}"
    with at_member(member):
        envelope = parse_envelope(container.read(member, MAX_ENVELOPE_BYTES))
        if envelope.id != statement_id:
            raise VerificationError(f"the envelope is statement {envelope.id}")
        if envelope.sealed:
            raise PolicyError("a sealed statement; those of a trail are public, and sealed ones come in dossiers")
        statement = parse_statement(envelope.payload)
        if not statement.public:
            raise PolicyError("a statement to named authorities; those of a trail are to the public")
        log = logs.of(statement.issuer)
    with at_member(proof_member):
        logged = log.verify_entry(container.read(proof_member, MAX_PROOF_BYTES), public_entry(envelope.id))
    with at_member(member):
        window = log.around(logged.index)
        verified = verify_speaker(envelope, window.before[1], history=window.history)
        check_speaks(verified, statement)
    return Checked(
        id=envelope.id,
        statement=statement,
        size_bytes=len(envelope.encoded),
        logged=logged,
        window=window,
        pair=verified.pairs[0],
    )


def _held(item: Checked) -> Held:
    place = item.logged
    position = Position(origin=place.origin, index=place.index, logged_by=place.logged_by)
    return Held(id=item.id, statement=item.statement, position=position)


def _verify_inquiry(head: TrailHead, held: Sequence[Held]) -> InquiryFile:
    check_attachments(held)
    with at_member(f"{STATEMENTS}{head.inquiry}.json"):
        file, left_out = read_inquiry(head.inquiry, held)
    for statement_id, reason in left_out:
        raise VerificationError(f"{STATEMENTS}{statement_id}.json: {reason}")
    if strange := [item.id for item in held if item.id not in file.held]:
        raise VerificationError(f"{STATEMENTS}{strange[0]}.json: the statement is no part of this inquiry")
    if tuple(file.held) != head.statements:
        raise VerificationError(f"{HEAD}: statements are not listed in the order that follows from them and their logs")
    return file


def _verify_dossier(
    container: VerifiedContainer, digest: str, trust: Mapping[str, Recognition], register: Register | None
) -> VerifiedDossier:
    member = dossier_member(digest)
    if container.digests[member] != digest:
        raise VerificationError(f"{member}: sha-256 is {container.digests[member]}")
    with at_member(member), container.open(member) as stream:
        return check_dossier(stream, trust, register=register)


def _attached(digest: str, dossier: VerifiedDossier) -> Attached:
    exhibits = {(state.package, state.exhibit.exhibit): state.exhibit.digest for state in dossier.view.exhibits}
    opening = next(item for item in dossier.checked if item.id == dossier.head.case)
    return Attached(
        digest=digest,
        case=dossier.head.case,
        asker=opening.statement.issuer,
        asked=opening.statement.to,
        opened=opening.statement.issued,
        origin=opening.logged.origin,
        index=opening.logged.index,
        exercise=dossier.view.exercise,
        statements=frozenset(dossier.head.statements),
        exhibits={exhibits[place.package, place.exhibit]: place.member for place in dossier.head.exhibits},
    )

"""The offline check of a dossier, against the reader's own trust folder and nothing inside the file.

`verify_dossier` goes these steps; its code carries their numbers:

1. The container is whole: layout, names, manifests, one SHA-256 pass over every member.
2. The head is in its one spelling, and there are exactly the members that it and the layout call for.
3. Every `keys` statement: its authority is in the trust folder; its root pair signed it; its entry is in that
   authority's log under that authority's policy, where the log's own authority never counts as a witness.
4. Every statement: its id is that of its bytes; its entry, sealed with the opening's salt, is in its issuer's log
   under the issuer's policy; a pair signed it that was valid at that position; its disclosures belong to it, all
   headers are disclosed and what is withheld is named; its pair may say this kind, and its body has the kind's form.
5. The statements are one case: every rule of a case holds, none is left out, and the head lists them in view order.
6. Every exhibit in the file has the digest and size that its package states and its opening found; the chain of
   custody of every exhibit is whole.
7. The description in CASE/UCO says what the statements say.
8. The law: the instrument that each request names is one that the reader's tables hold; what they say of it is told,
   and what each side answered to the safeguards, or that it is withheld.

What no step can show is said in the report, too. Nothing here judges what the statements mean.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final

from comity.errors import MalformedError, PolicyError, VerificationError
from comity.exchange.case_uco import encode_case
from comity.exchange.container import VerifiedContainer, open_container
from comity.exchange.dossier_facts import Checked, Fact, collect_facts, collect_not_proved, collect_withheld
from comity.exchange.dossier_fold import Closed, fold_dossier, is_partial
from comity.exchange.dossier_head import (
    CASE_UCO,
    EXHIBITS,
    HEAD,
    MAX_HEAD_BYTES,
    MAX_OPENING_BYTES,
    OPENINGS,
    PROOF_SUFFIX,
    PROOFS,
    STATEMENTS,
    Head,
    Withheld,
    container_info,
    exhibit_member,
    parse_head,
    parse_opening,
)
from comity.exchange.dossier_law import check_law, tell_safeguards
from comity.exchange.dossier_log import ShownLog
from comity.exchange.dossier_members import ShownLogs, at_member, keys_members
from comity.exchange.statements import Opened, body_of, parse_body
from comity.exchange.view import CaseView, Held, Position
from comity.kernel.disclosure import DECOY_STEP, open_sealed, parse_sealed
from comity.kernel.entry import sealed_entry
from comity.kernel.envelope import MAX_ENVELOPE_BYTES, Envelope, parse_envelope
from comity.kernel.proof import MAX_PROOF_BYTES
from comity.kernel.trust import Recognition, check_speaks, verify_speaker
from comity.law.register import Register, load_register

# What a case of 200 exhibits with a hundred custody events each takes, and some.
_MAX_CASE_UCO_BYTES: Final = 64 * 1024 * 1024
# Statements whose absence, even in part, can make a whole chain of custody look broken.
_CUSTODY_KINDS: Final = frozenset({"package", "opened", "custody"})


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierReport:
    """What a dossier proves, what it withholds, and what it cannot prove; made only by `verify_dossier`."""

    case: str
    profile: str
    exercise: bool
    facts: tuple[Fact, ...]
    withheld: tuple[str, ...]
    not_proved: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedDossier:
    """A dossier of which every check holds; made only by `check_dossier`."""

    head: Head
    view: CaseView
    checked: tuple[Checked, ...]
    report: DossierReport


def verify_dossier(
    source: BinaryIO,
    trust: Mapping[str, Recognition],
    *,
    register: Register | None = None,
    progress: Callable[[int], object] | None = None,
) -> DossierReport:
    """Return the report of a dossier, verified as by `check_dossier`.

    Raises:
        Error: what `check_dossier` raises.
    """
    return check_dossier(source, trust, register=register, progress=progress).report


def check_dossier(
    source: BinaryIO,
    trust: Mapping[str, Recognition],
    *,
    register: Register | None = None,
    progress: Callable[[int], object] | None = None,
) -> VerifiedDossier:
    """Verify a dossier in `source`, which must be seekable, against the reader's `trust` folder.

    `register` are the reader's law tables, by default the installed ones; `progress` is called with the number of
    bytes of each chunk that was hashed.

    Raises:
        MalformedError: a part breaks its format, is missing or too much; the message names the member.
        VerificationError: a digest, proof, signature or rule of a case fails; the message names the member.
        PolicyError: an authority is not in the trust folder, or an instrument not in the law tables.
        StoreError: the source cannot be read.
    """
    # 1. The container is whole.
    container = open_container(source).verify(progress)
    # 2. The head, and exactly the members that it calls for.
    if HEAD not in container.digests:
        raise MalformedError(f"{HEAD}: no dossier, the container lacks this member")
    with at_member(HEAD):
        head = parse_head(container.read(HEAD, MAX_HEAD_BYTES))
    keys = _check_members(container, head)
    # 3. Keys statements.
    logs = ShownLogs(trust)
    logs.add_keys(container, keys)
    # 4. Statements.
    withheld = {item.statement: item for item in head.withheld}
    closed = {key: item.members for key, item in withheld.items()}
    checked: list[Checked] = []
    for statement_id in head.statements:
        with at_member(f"{STATEMENTS}{statement_id}.json"):
            envelope = _read_envelope(container, statement_id)
            log = logs.of(parse_sealed(envelope.payload).issuer)
        item = _verify_statement(container, envelope, log, withheld.get(statement_id))
        with at_member(f"{OPENINGS}{statement_id}.json"):
            if not is_partial(statement_id, item.statement, closed):
                parse_body(item.statement.kind, item.statement.body)
        checked.append(item)
    logs.check_speaking((item.statement.issuer for item in checked), "dossier")
    # 5. The case.
    with at_member(HEAD):
        view, order = fold_dossier(head.case, [_held(item) for item in checked], as_of=head.made_at, closed=closed)
        if order != head.statements:
            raise VerificationError("statements are not listed in the order that follows from them and their logs")
    # 6. Exhibits and custody.
    _verify_exhibits(container, head, view)
    custody_hidden = _verify_custody(checked, view, closed)
    # 7. The description in CASE/UCO.
    with at_member(CASE_UCO):
        if container.read(CASE_UCO, _MAX_CASE_UCO_BYTES) != encode_case(view):
            raise VerificationError("the description in CASE/UCO is not the one that follows from the statements")
    # 8. The law.
    tables = load_register() if register is None else register
    law: list[Fact] = []
    for item in checked:
        with at_member(f"{OPENINGS}{item.id}.json"):
            if item.statement.kind == "request" and not is_partial(item.id, item.statement, closed):
                law += check_law(item, trust, asked=view.asked, register=tables)
            law += tell_safeguards(item, closed)
    report = DossierReport(
        case=head.case,
        profile=str(head.profile),
        exercise=view.exercise,
        facts=collect_facts(head, view, checked, law),
        withheld=collect_withheld(head, view, checked),
        not_proved=collect_not_proved(checked, custody_hidden=custody_hidden),
    )
    return VerifiedDossier(head=head, view=view, checked=tuple(checked), report=report)


def _check_members(container: VerifiedContainer, head: Head) -> list[tuple[str, str, int]]:
    """Check that the members are the ones the head calls for; return the `keys` statements among them."""
    payload = {name for name in container.digests if name.startswith("data/")}
    keys = keys_members(payload)
    wanted = {HEAD, CASE_UCO, *(place.member for place in head.exhibits)}
    for statement_id in head.statements:
        wanted |= {
            f"{STATEMENTS}{statement_id}.json",
            f"{OPENINGS}{statement_id}.json",
            f"{PROOFS}{statement_id}{PROOF_SUFFIX}",
        }
    for name, _, _ in keys:
        wanted |= {name, name.removesuffix(".json") + PROOF_SUFFIX}
    if missing := sorted(wanted - payload):
        raise MalformedError(f"{missing[0]}: the dossier lacks this member")
    if extra := sorted(payload - wanted):
        raise MalformedError(f"{extra[0]}: nothing in the dossier calls for this member")
    labels = {label: value for label, value in container.info.items() if label != "Payload-Oxum"}
    if labels != container_info(head):
        raise MalformedError("bag-info.txt: the labels are not those that follow from the head")
    return keys


def _read_envelope(container: VerifiedContainer, statement_id: str) -> Envelope:
    envelope = parse_envelope(container.read(f"{STATEMENTS}{statement_id}.json", MAX_ENVELOPE_BYTES))
    if envelope.id != statement_id:
        raise VerificationError(f"the envelope is statement {envelope.id}")
    if not envelope.sealed:
        raise PolicyError("a public statement; the statements of a case are sealed")
    return envelope


def _verify_statement(
    container: VerifiedContainer, envelope: Envelope, log: ShownLog, withheld: Withheld | None
) -> Checked:
    """Verify one statement in the order of step 4."""
    opening_member, proof_member = f"{OPENINGS}{envelope.id}.json", f"{PROOFS}{envelope.id}{PROOF_SUFFIX}"
    with at_member(opening_member):
        salt, disclosures = parse_opening(container.read(opening_member, MAX_OPENING_BYTES))
    with at_member(proof_member):
        logged = log.verify_entry(container.read(proof_member, MAX_PROOF_BYTES), sealed_entry(salt, envelope.id))
    with at_member(f"{STATEMENTS}{envelope.id}.json"):
        window = log.around(logged.index)
        verified = verify_speaker(envelope, window.before[1], history=window.history)
    with at_member(opening_member):
        opened = open_sealed(envelope.payload, disclosures)
        statement = opened.statement()
        check_speaks(verified, statement)
        _check_withheld(frozenset(opened.body), opened.undisclosed, withheld)
    return Checked(
        id=envelope.id,
        statement=statement,
        size_bytes=len(envelope.encoded),
        logged=logged,
        window=window,
        pair=verified.pairs[0],
    )


def _check_withheld(body: frozenset[str], undisclosed: int, withheld: Withheld | None) -> None:
    """Compare what stays closed with what the head says; at most one step less one of the digests are fillers."""
    if withheld is None:
        named: int | None = 0
    elif withheld.members is None:
        named = None
        if body:
            raise VerificationError(f"the head says that all is withheld, but {min(body)!r} is disclosed")
    else:
        named = len(withheld.members)
        if both := sorted(body.intersection(withheld.members)):
            raise VerificationError(f"the head says that {both[0]!r} is withheld, but it is disclosed")
    if named is not None and not 0 <= undisclosed - named < DECOY_STEP:
        raise VerificationError(
            f"{undisclosed} digests stay closed, but the head names {named} withheld members and at most "
            f"{DECOY_STEP - 1} can be fillers"
        )


def _held(item: Checked) -> Held:
    place = item.logged
    position = Position(origin=place.origin, index=place.index, logged_by=place.logged_by)
    return Held(id=item.id, statement=item.statement, position=position)


def _verify_exhibits(container: VerifiedContainer, head: Head, view: CaseView) -> None:
    listed = {(state.package, state.exhibit.exhibit): state.exhibit for state in view.exhibits}
    for place in head.exhibits:
        exhibit = listed.get((place.package, place.exhibit))
        if exhibit is None:
            raise VerificationError(f"{place.member}: no package in this dossier lists exhibit {place.exhibit!r}")
        if place.member != exhibit_member(exhibit):
            raise MalformedError(f"{HEAD}: exhibit {place.exhibit!r} must lie at {exhibit_member(exhibit)}")
        found = (container.digests[place.member], container.sizes[place.member])
        if found != (exhibit.digest, exhibit.size):
            raise VerificationError(
                f"{place.member}: sha-256 is {found[0]} of {found[1]} bytes, package {place.package[:12]}… states "
                f"{exhibit.digest} of {exhibit.size} bytes"
            )


def _verify_custody(checked: list[Checked], view: CaseView, closed: Closed) -> bool:
    """Verify openings and custody; return whether custody could not be judged, because a part of it is withheld."""
    stated: dict[str, dict[str, str]] = {}
    for state in view.exhibits:
        stated.setdefault(state.package, {})[state.exhibit.exhibit] = state.exhibit.digest
    for held in view.timeline:
        if held.statement.kind != "opened":
            continue
        body = body_of(held.statement, Opened)
        for opened in body.exhibits if body.package in stated else ():
            if stated[body.package].get(opened.exhibit) != opened.digest:
                raise VerificationError(
                    f"{OPENINGS}{held.id}.json: the asker says that it opened exhibit {opened.exhibit!r} and found "
                    f"{opened.digest}, its package does not state that"
                )
    hidden = any(
        item.statement.kind in _CUSTODY_KINDS and is_partial(item.id, item.statement, closed) for item in checked
    )
    for state in view.exhibits:
        if state.custody_gap is not None and not hidden:
            raise VerificationError(f"{EXHIBITS}{state.exhibit.exhibit}/: {state.custody_gap}")
    return hidden and any(state.custody_gap is not None for state in view.exhibits)

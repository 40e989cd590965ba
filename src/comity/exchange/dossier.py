"""The dossier: one file with a case's statements, openings, proofs, keys and exhibits for a reader outside.

Layout inside the container:

| Member | Content |
|---|---|
| data/dossier.json | the head: which statements in which order, which exhibits, what is withheld and why |
| data/statements/<id>.json | an envelope, byte for byte as it was signed |
| data/openings/<id>.json | the salt of its entry, and its disclosures but for those withheld |
| data/proofs/<id>.tlog-proof | that its entry is in its issuer's witnessed log |
| data/keys/<authority>/<number>.json, .tlog-proof | `keys` statements around each statement, with their proofs |
| data/exhibits/<exhibit>/<name> | an exhibit's plain bytes |
| data/case.jsonld | the case in the words of CASE/UCO; derived |

The file is a pure function of what goes in. It carries no trust: its head is not signed, and `dossier_check` believes
nothing in it that does not follow from the reader's own trust folder. Withholding leaves a disclosure out: the digest
of the member stays in what was signed, so that nobody can put another in its place. Headers are always disclosed.
"""

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import BinaryIO

from comity.errors import MalformedError, PolicyError
from comity.exchange.case_uco import encode_case
from comity.exchange.container import Digest, Member, write_container
from comity.exchange.delivery import Spoken
from comity.exchange.dossier_fold import fold_dossier
from comity.exchange.dossier_head import (
    CASE_UCO,
    HEAD,
    KEYS,
    OPENINGS,
    PROOF_SUFFIX,
    PROOFS,
    STATEMENTS,
    ExhibitPlace,
    Head,
    Profile,
    Withheld,
    container_info,
    encode_opening,
    exhibit_member,
)
from comity.exchange.view import CaseView, Held, Position
from comity.kernel.checkpoint import parse_checkpoint
from comity.kernel.disclosure import BODY_PREFIX, parse_disclosure
from comity.kernel.envelope import Envelope
from comity.kernel.note import parse_note
from comity.kernel.proof import parse_proof
from comity.kernel.statement import parse_statement
from comity.kernel.trust import KeyHistory, parse_designation


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierStatement:
    """A statement of the case with all it takes to open it, and the `.tlog-proof` of its entry."""

    spoken: Spoken
    proof: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierKeys:
    """A `keys` statement and the `.tlog-proof` of its entry."""

    envelope: Envelope
    proof: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierExhibit:
    """Where to read an exhibit's plain bytes; `open` gives the same bytes from their start each time."""

    package: str
    exhibit: str
    open: Callable[[], BinaryIO]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """What goes into a dossier; its statements were verified by whoever holds them."""

    case: str
    profile: Profile
    made_by: str
    made_at: datetime
    statements: tuple[DossierStatement, ...]
    keys: tuple[DossierKeys, ...]
    exhibits: tuple[DossierExhibit, ...] = ()
    withheld: tuple[Withheld, ...] = ()


def default_withheld(profile: Profile, statements: Iterable[DossierStatement]) -> tuple[Withheld, ...]:
    """Return what a profile withholds unless the maker decides otherwise: what a request says of persons.

    Raises:
        MalformedError: a disclosure breaks its format.
    """
    if profile is Profile.FULL:
        return ()
    persons = f"{BODY_PREFIX}persons"
    return tuple(
        Withheld(statement=identifier, members=("persons",), reason="personal data of the persons concerned")
        for identifier, names in sorted(
            (item.spoken.envelope.id, {parse_disclosure(text).name for text in item.spoken.disclosures})
            for item in statements
        )
        if persons in names
    )


def keys_around(history: KeyHistory, indices: Iterable[int]) -> tuple[int, ...]:
    """Return the numbers of the `keys` statements that a dossier needs for statements at these entries.

    They are the last before and the first after each. Where none is known after, the dossier can show less: that the
    key was valid when the last one before was logged.

    Raises:
        VerificationError: no `keys` statement stands before one of the entries.
    """
    numbers: set[int] = set()
    for index in indices:
        numbers.add(history.at(index)[1].number)
        later = [designation.number for position, designation in history.designations if position > index]
        numbers.update(later[:1])
    return tuple(sorted(numbers))


def write_dossier(target: BinaryIO, dossier: Dossier) -> Digest:
    """Write a dossier to `target`, streaming its exhibits; return the digests of what was written.

    When this raises, `target` holds a part of a file and must be thrown away.

    Raises:
        MalformedError: a part breaks its format, or what is withheld does not exist.
        PolicyError: the statements are no case, an exhibit is not listed by a package, or keys are of an authority
            that says nothing.
        VerificationError: an exhibit has not the size or digest that its package states.
        StoreError: an exhibit cannot be read or the target not be written.
    """
    withheld = {item.statement: item for item in dossier.withheld}
    opened = {item.spoken.envelope.id: _leave_out(item.spoken, withheld) for item in dossier.statements}
    view, order = fold_dossier(
        dossier.case,
        [_held(opened[item.spoken.envelope.id], item.proof) for item in dossier.statements],
        as_of=dossier.made_at,
        closed={key: item.members for key, item in withheld.items()},
    )
    places, exhibits = _place_exhibits(view, dossier.exhibits)
    head = Head(
        case=dossier.case,
        profile=dossier.profile,
        made_by=dossier.made_by,
        made_at=dossier.made_at,
        statements=order,
        exhibits=tuple(places),
        withheld=tuple(withheld[key] for key in sorted(withheld)),
    )
    members = {HEAD: head.encode(), CASE_UCO: encode_case(view)}
    for item in dossier.statements:
        identifier = item.spoken.envelope.id
        spoken = opened[identifier]
        assert spoken.salt is not None
        members[f"{STATEMENTS}{identifier}.json"] = spoken.envelope.encoded
        members[f"{OPENINGS}{identifier}.json"] = encode_opening(spoken.salt, spoken.disclosures)
        members[f"{PROOFS}{identifier}{PROOF_SUFFIX}"] = item.proof
    issuers = {spoken.statement().issuer for spoken in opened.values()}
    for record in dossier.keys:
        designation = parse_designation(parse_statement(record.envelope.payload))
        if designation.authority not in issuers:
            raise PolicyError(f"keys of {designation.authority} are not wanted: it says nothing in this dossier")
        stem = f"{KEYS}{designation.authority}/{designation.number}"
        members[f"{stem}.json"] = record.envelope.encoded
        members[f"{stem}{PROOF_SUFFIX}"] = record.proof
    written = [_in_memory(name, data) for name, data in members.items()]
    return write_container(target, [*written, *exhibits], container_info(head))


def _in_memory(name: str, data: bytes) -> Member:
    return Member(name=name, size=len(data), open=lambda: io.BytesIO(data))


def _leave_out(spoken: Spoken, withheld: dict[str, Withheld]) -> Spoken:
    """Return `spoken` without the disclosures that are withheld."""
    if spoken.salt is None:
        raise PolicyError(f"statement {spoken.envelope.id[:12]}… is public; the statements of a case are sealed")
    item = withheld.get(spoken.envelope.id)
    if item is None:
        return spoken
    names = {text: parse_disclosure(text).name for text in spoken.disclosures}
    body = {name.removeprefix(BODY_PREFIX) for name in names.values() if name.startswith(BODY_PREFIX)}
    if unknown := sorted(set(item.members or ()) - body):
        raise MalformedError(f"statement {item.statement[:12]}… has no member {unknown[0]!r} that could be withheld")
    kept = tuple(
        text
        for text, name in names.items()
        if not (name.startswith(BODY_PREFIX) and item.covers(name.removeprefix(BODY_PREFIX)))
    )
    return replace(spoken, disclosures=kept)


def _held(spoken: Spoken, proof: bytes) -> Held:
    parsed = parse_proof(proof)
    checkpoint = parse_checkpoint(parse_note(parsed.checkpoint_note).text)
    statement = spoken.statement()
    # The order of a view goes by log and index alone; the time is not known here and does not matter for it.
    position = Position(origin=checkpoint.origin, index=parsed.index, logged_by=statement.issued)
    return Held(id=spoken.envelope.id, statement=statement, position=position)


def _place_exhibits(view: CaseView, exhibits: Sequence[DossierExhibit]) -> tuple[list[ExhibitPlace], list[Member]]:
    listed = {(state.package, state.exhibit.exhibit): state.exhibit for state in view.exhibits}
    places: list[ExhibitPlace] = []
    members: list[Member] = []
    for source in sorted(exhibits, key=lambda item: (item.package, item.exhibit)):
        exhibit = listed.get((source.package, source.exhibit))
        if exhibit is None:
            raise PolicyError(f"no package {source.package[:12]}… of this case lists an exhibit {source.exhibit!r}")
        name = exhibit_member(exhibit)
        places.append(ExhibitPlace(package=source.package, exhibit=source.exhibit, member=name))
        members.append(Member(name=name, size=exhibit.size, open=source.open, sha256=exhibit.digest))
    return places, members

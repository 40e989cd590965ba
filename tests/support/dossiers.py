"""Dossiers of the cases of `support.world`, and a forge that changes them as a dishonest maker would."""

import io
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypedDict, Unpack

import pytest

from comity.errors import Error
from comity.exchange.container import Member, open_container, write_container
from comity.exchange.dossier import Dossier, DossierExhibit, DossierKeys, DossierStatement, write_dossier
from comity.exchange.dossier_check import DossierReport, verify_dossier
from comity.exchange.dossier_facts import Fact
from comity.exchange.dossier_head import (
    HEAD,
    KEYS,
    OPENINGS,
    PROOF_SUFFIX,
    PROOFS,
    STATEMENTS,
    Head,
    Profile,
    Withheld,
    container_info,
    encode_opening,
    parse_head,
    parse_opening,
)
from comity.exchange.statements import Closed, encode_body
from comity.kernel.disclosure import Disclosure, parse_disclosure
from comity.kernel.key import KeyPair
from comity.kernel.trust import Recognition
from support.world import ASKER, Said, SampleCase, World


class Choices(TypedDict, total=False):
    """What a test may choose of a dossier."""

    profile: Profile
    withheld: tuple[Withheld, ...]
    keys: tuple[DossierKeys, ...]
    statements: tuple[DossierStatement, ...]
    exhibits: tuple[DossierExhibit, ...]


def keys_of(world: World, *names: str) -> tuple[DossierKeys, ...]:
    """Return every `keys` statement of these authorities with its proof."""
    return tuple(
        DossierKeys(envelope=envelope, proof=world.proof(name, index))
        for name in names
        for index, _, envelope in world.authorities[name].keys
    )


def dossier_of(case: SampleCase, **choices: Unpack[Choices]) -> Dossier:
    """Return a full dossier of the case, or one that differs in what `choices` name."""
    world = case.world
    statements = tuple(
        DossierStatement(spoken=item.spoken, proof=world.proof(item.issuer, item.index)) for item in case.said
    )
    exhibits = tuple(
        DossierExhibit(package=case.packages[name], exhibit=name, open=_opener(data))
        for name, data in case.exhibits.items()
    )
    dossier = Dossier(
        case=case.id,
        profile=Profile.FULL,
        made_by="Registry of the court of Arlen",
        made_at=world.now,
        statements=statements,
        keys=keys_of(world, *sorted({item.issuer for item in case.said})),
        exhibits=exhibits,
    )
    return replace(dossier, **choices)


def _opener(data: bytes) -> Callable[[], io.BytesIO]:
    return lambda: io.BytesIO(data)


def written(dossier: Dossier) -> bytes:
    """Return the dossier's file."""
    target = io.BytesIO()
    write_dossier(target, dossier)
    return target.getvalue()


def verified(file: bytes, world: World, trust: dict[str, Recognition] | None = None) -> DossierReport:
    """Verify a dossier as a reader who recognises everyone in this world, or those in `trust`."""
    return verify_dossier(io.BytesIO(file), world.trust() if trust is None else trust, register=world.register())


def refused(case: SampleCase, file: bytes, error: type[Error], match: str) -> None:
    """Check that a reader of the case's world refuses the file with this error."""
    with pytest.raises(error, match=match):
        verified(file, case.world)


def topics(facts: Iterable[Fact]) -> list[str]:
    """Return the topics of facts, each once, in their order."""
    return list(dict.fromkeys(fact.topic for fact in facts))


class Headers(TypedDict, total=False):
    """Headers that a test may choose of a statement."""

    to: tuple[str, ...]
    exercise: bool


def closing(case: SampleCase, issuer: str = ASKER, *, pair: KeyPair | None = None, **headers: Unpack[Headers]) -> Said:
    """Say that the case is closed, without adding it to the case, so that a shared case stays as it is."""
    said = case.say(
        issuer,
        "closed",
        encode_body(Closed(outcome="done")),
        change=lambda statement: replace(statement, **headers),
        pair=pair,
    )
    case.said.remove(said)
    return said


class Forge:
    """A dossier's members, to be changed and written again with manifests that fit."""

    def __init__(self, file: bytes) -> None:
        container = open_container(io.BytesIO(file))
        self.members = {name: container.read(name, 1 << 30) for name in container.manifest}

    @property
    def head(self) -> Head:
        return parse_head(self.members[HEAD])

    @head.setter
    def head(self, head: Head) -> None:
        self.members[HEAD] = head.encode()

    def file(self) -> bytes:
        """Return the changed dossier's file."""
        target = io.BytesIO()
        members = [Member(name=name, size=len(data), open=_opener(data)) for name, data in self.members.items()]
        write_container(target, members, container_info(self.head))
        return target.getvalue()

    def add(self, said: Said, proof: bytes) -> None:
        """Put in a statement, after all others."""
        self._put(said, proof)
        self.head = replace(self.head, statements=(*self.head.statements, said.id))

    def exchange(self, old: str, said: Said, proof: bytes) -> None:
        """Put a statement in the place of another."""
        for member in (f"{STATEMENTS}{old}.json", f"{OPENINGS}{old}.json", f"{PROOFS}{old}{PROOF_SUFFIX}"):
            del self.members[member]
        self._put(said, proof)
        self.head = replace(self.head, statements=tuple(said.id if i == old else i for i in self.head.statements))

    def _put(self, said: Said, proof: bytes) -> None:
        assert said.spoken.salt is not None
        self.members[f"{STATEMENTS}{said.id}.json"] = said.spoken.envelope.encoded
        self.members[f"{OPENINGS}{said.id}.json"] = encode_opening(said.spoken.salt, said.spoken.disclosures)
        self.members[f"{PROOFS}{said.id}{PROOF_SUFFIX}"] = proof

    def open_otherwise(self, statement_id: str, change: Callable[[Disclosure], Disclosure | None]) -> None:
        """Change or, where `change` returns None, leave out disclosures of a statement."""
        member = f"{OPENINGS}{statement_id}.json"
        salt, disclosures = parse_opening(self.members[member])
        changed = (change(parse_disclosure(text)) for text in disclosures)
        self.members[member] = encode_opening(salt, [item.encode() for item in changed if item is not None])

    def add_keys(self, authority: str, keys: Iterable[DossierKeys]) -> None:
        """Put in `keys` statements under numbers from 1, whatever theirs are."""
        for number, record in enumerate(keys, start=1):
            self.members[f"{KEYS}{authority}/{number}.json"] = record.envelope.encoded
            self.members[f"{KEYS}{authority}/{number}{PROOF_SUFFIX}"] = record.proof

    def drop_keys(self, authority: str, numbers: Iterable[int]) -> None:
        """Leave out `keys` statements."""
        for number in numbers:
            del self.members[f"{KEYS}{authority}/{number}.json"]
            del self.members[f"{KEYS}{authority}/{number}{PROOF_SUFFIX}"]

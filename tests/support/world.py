"""A small world in memory for tests: fictitious authorities, their logs, witnesses and one whole case.

Everything a run needs comes from names and counters: keys, salts, times. ML-DSA signatures alone differ from run to
run, because the library hedges them, and with them the ids of statements.

Example:
    world = World()
    case = sample_case(world)
    verify_dossier(dossier_file(world, case), world.trust("xab.contact-point"))
"""

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

from comity.age.identity import HybridIdentity
from comity.exchange.delivery import Spoken, speak
from comity.exchange.package import decrypt_exhibit, encrypt_exhibit
from comity.exchange.statements import (
    Acknowledged,
    Answers,
    Authorised,
    CustodyEvent,
    Exhibit,
    Item,
    Opened,
    OpenedExhibit,
    Package,
    Preserved,
    Receipt,
    Request,
    Safeguard,
    encode_body,
)
from comity.kernel.canonical import Json, JsonObject, format_time
from comity.kernel.checkpoint import Checkpoint, cosign_checkpoint, sign_checkpoint, with_signatures
from comity.kernel.entry import cover_entry, public_entry
from comity.kernel.envelope import STATEMENT_TYPE, Envelope, sign_envelope
from comity.kernel.key import KeyPair, PublicPair
from comity.kernel.merkle import inclusion_path, leaf_hash, root_at, tree_root
from comity.kernel.note import parse_note
from comity.kernel.policy import Policy, parse_policy, write_policy
from comity.kernel.proof import TlogProof
from comity.kernel.statement import Statement
from comity.kernel.trust import KEYS_KIND, Checked, Designation, Recognition
from comity.law.register import Register, exercise_actions, load_register

ASKER = "xaa.central-authority"
ASKED = "xab.contact-point"
OTHERS = ("xac.contact-point", "xad.contact-point")
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def key_pair(name: str, generation: int = 1) -> KeyPair:
    """Return the pair of this name; every generation is another one."""
    seeds = [sha256(f"{part} {generation} {name}".encode()).digest() for part in ("ed25519", "mldsa44")]
    return KeyPair.from_seeds(name, *seeds)


class MemoryLog:
    """One authority's log; gives witnessed checkpoints and proofs as of any size."""

    def __init__(self, pair: KeyPair, witnesses: Sequence[KeyPair]) -> None:
        self.pair = pair
        self.witnesses = tuple(witnesses)
        self.entries: list[bytes] = []
        self._leaves: list[bytes] = []
        self._nodes: dict[tuple[int, int], bytes] = {}
        self._notes: dict[tuple[int, int], bytes] = {}

    def append(self, entry: bytes) -> int:
        """Log an entry and return its index."""
        self.entries.append(entry)
        self._leaves.append(leaf_hash(entry))
        return len(self.entries) - 1

    def node(self, level: int, index: int) -> bytes:
        """Return the root of a perfect subtree."""
        if (level, index) not in self._nodes:
            self._nodes[level, index] = tree_root(self._leaves[index << level : (index + 1) << level])
        return self._nodes[level, index]

    def note(self, size: int, time: int, *, witnesses: int | None = None) -> bytes:
        """Return the checkpoint at `size`, cosigned by all witnesses or the first few, a second apart."""
        count = len(self.witnesses) if witnesses is None else witnesses
        if (size, count) not in self._notes:
            checkpoint = Checkpoint(origin=self.pair.public.name, size=size, root=root_at(size, self.node))
            note = parse_note(sign_checkpoint(checkpoint, self.pair, time))
            for later, witness in enumerate(self.witnesses[:count], start=1):
                note = with_signatures(note, cosign_checkpoint(checkpoint, witness, time + later))
            self._notes[size, count] = note.encode()
        return self._notes[size, count]

    def proof(self, index: int, time: int, *, size: int | None = None, witnesses: int | None = None) -> bytes:
        """Return the `.tlog-proof` of an entry in the log at `size`, by default all of it."""
        size = len(self.entries) if size is None else size
        path = tuple(inclusion_path(index, size, self.node))
        return TlogProof(index=index, path=path, checkpoint_note=self.note(size, time, witnesses=witnesses)).encode()


class Authority:
    """An authority with every key it can have, its log and its designations."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.participant = name[:3].upper()
        self.root, self.statement, self.service, self.log_pair, self.witness = (
            key_pair(f"{name}/{role}") for role in ("root", "statement", "service", "log", "witness")
        )
        self.identity = HybridIdentity.from_seed(sha256(f"age {name}".encode()).digest())
        self.log = MemoryLog(self.log_pair, ())
        self.keys: list[tuple[int, Designation, Envelope]] = []
        """Each `keys` statement with its entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A statement that was said and logged."""

    issuer: str
    statement: Statement
    spoken: Spoken
    index: int

    @property
    def id(self) -> str:
        return self.spoken.envelope.id


class World:
    """Authorities that witness each other's logs; every log wants two of the three other witnesses."""

    def __init__(self, names: Iterable[str] = (ASKER, ASKED, *OTHERS), *, quorum: int = 2) -> None:
        self.now = START
        self.authorities = {name: Authority(name) for name in names}
        self.policies: dict[str, Policy] = {}
        self._serial = 0
        for authority in self.authorities.values():
            others = [other.witness for other in self.authorities.values() if other is not authority]
            authority.log = MemoryLog(authority.log_pair, others)
            listed = [(pair.public, None) for pair in others]
            url = f"https://{authority.name}.example/log/"
            self.policies[authority.name] = parse_policy(write_policy(authority.log_pair.public, url, listed, quorum))
        for name in self.authorities:
            self.designate(name)

    def random(self, size: int) -> bytes:
        """Return bytes that differ at every call."""
        self._serial += 1
        return b"".join(sha256(b"%d %d" % (self._serial, part)).digest() for part in range(-(-size // 32)))[:size]

    def later(self, **by: float) -> datetime:
        """Let time pass."""
        self.now += timedelta(**by)
        return self.now

    def recognition(self, name: str) -> Recognition:
        """Return what every viewer of this world holds of an authority."""
        authority = self.authorities[name]
        return Recognition(
            authority=name,
            participant=authority.participant,
            root=authority.root.public,
            log=authority.log_pair.public,
            policy=self.policies[name],
            url=f"https://{name}.example/",
            checked=Checked.MEETING,
            checked_on=START,
        )

    def trust(self, *names: str) -> dict[str, Recognition]:
        """Return a trust folder with these authorities, by default all."""
        return {name: self.recognition(name) for name in names or self.authorities}

    def register(self) -> Register:
        """Return the law tables with every participant of this world bound by the Budapest Convention."""
        codes = [authority.participant for authority in self.authorities.values()]
        return load_register().with_actions(exercise_actions(codes, instrument="budapest", on=date(2020, 1, 1)))

    def designate(
        self,
        name: str,
        pairs: Sequence[PublicPair] | None = None,
        *,
        number: int | None = None,
        root: KeyPair | None = None,
    ) -> int:
        """Log the next `keys` statement; it lists the usual pairs, or those given beside the log's."""
        authority = self.authorities[name]
        usual = (authority.statement.public, authority.service.public, authority.witness.public)
        designation = Designation(
            authority=name,
            participant=authority.participant,
            number=number or len(authority.keys) + 1,
            title=f"Contact point {authority.participant}",
            competences=("central_authority", "contact_point"),
            pairs=(*(usual if pairs is None else pairs), authority.log_pair.public),
            recipient=authority.identity.recipient.encode(),
            url=f"https://{name}.example/",
            previous=authority.keys[-1][0] if authority.keys and number != 1 else None,
        )
        statement = Statement(kind=KEYS_KIND, issuer=name, to=(), issued=self.later(minutes=1), body=designation.body())
        envelope = sign_envelope(STATEMENT_TYPE, statement.encode(), [root or authority.root])
        index = authority.log.append(public_entry(envelope.id))
        authority.keys.append((index, designation, envelope))
        return index

    def cover(self, name: str, count: int = 1) -> None:
        """Log entries that commit to nothing."""
        for _ in range(count):
            self.authorities[name].log.append(cover_entry(self.random(32)))

    def say(self, statement: Statement, *, pair: KeyPair | None = None) -> Said:
        """Seal, sign and log a statement with its issuer's statement pair, or with another one."""
        authority = self.authorities[statement.issuer]
        spoken = speak(statement, pair or authority.statement, self.random)
        return Said(
            issuer=statement.issuer, statement=statement, spoken=spoken, index=authority.log.append(spoken.entry)
        )

    def proof(self, issuer: str, index: int, *, witnesses: int | None = None) -> bytes:
        """Return the proof of an entry in the issuer's log as it is now."""
        return self.authorities[issuer].log.proof(index, int(self.now.timestamp()), witnesses=witnesses)


@dataclass(slots=True, kw_only=True)
class SampleCase:
    """A case as it grows; `said` is in the order in which it was said."""

    world: World
    asker: str = ASKER
    asked: str = ASKED
    exercise: bool = True
    said: list[Said] = field(default_factory=list)
    exhibits: dict[str, bytes] = field(default_factory=dict)
    """Plain bytes by exhibit."""
    packages: dict[str, str] = field(default_factory=dict)
    """Id of the package by exhibit."""

    @property
    def id(self) -> str:
        return self.said[0].id

    @property
    def asked_said(self) -> Said:
        """The last statement of the asked."""
        return next(item for item in reversed(self.said) if item.issuer == self.asked)

    def named(self, kind: str) -> Said:
        """Return the first statement of a kind."""
        return next(item for item in self.said if item.statement.kind == kind)

    def say(
        self,
        issuer: str,
        kind: str,
        body: JsonObject,
        *,
        follows: Iterable[str] | None = None,
        change: Callable[[Statement], Statement] = lambda statement: statement,
        pair: KeyPair | None = None,
    ) -> Said:
        """Let a party say something to the other, after what was said last unless `follows` says otherwise."""
        other = self.asked if issuer == self.asker else self.asker
        last = (self.said[-1].id,) if self.said else ()
        statement = Statement(
            kind=kind,
            issuer=issuer,
            to=(other,),
            issued=self.world.later(minutes=7),
            subject=self.said[0].id if self.said else None,
            follows=tuple(sorted(last if follows is None else follows)),
            exercise=self.exercise,
            body=body,
        )
        self.said.append(self.world.say(change(statement), pair=pair))
        return self.said[-1]


def request_body(**changes: Json) -> JsonObject:
    """Return the body of a complete request for preservation."""
    body = Request(
        measure="preservation",
        instrument="budapest",
        article="29",
        reference="XAA-2026-0017",
        items=[Item(item="1", description="Mailbox of the account named under data, 1 to 7 February 2026")],
        urgency="urgent",
        requesting_authority="Public prosecutor of Arlen, XAA",
        offence="Illegal access",
        facts="An account was entered from abroad and used to send false payment orders.",
        data="account 4471 at mail.example",
        necessity="The provider deletes after 30 days.",
        persons="The holder of account 4471, name not known",
        safeguards=[
            Safeguard(step="purpose_and_proportionality", answer="met", reason="One account, one week."),
            Safeguard(step="notice_to_user", answer="met"),
        ],
    )
    return {**encode_body(body), **changes}


def custody(digest: str, at: datetime, *steps: tuple[str, str, str, str], exhibit: str = "E1") -> list[CustodyEvent]:
    """Return events of (action, by, holder before, holder after), a minute apart."""
    return [
        CustodyEvent(
            exhibit=exhibit,
            action=action,
            by=by,
            at=format_time(at + timedelta(minutes=number)),
            why="order O-2026-7",
            holder_before=before,
            holder_after=after,
            digest=digest,
        )
        for number, (action, by, before, after) in enumerate(steps)
    ]


def open_case(world: World, **changes: Json) -> SampleCase:
    """Return a case with a request, its receipt and its acknowledgement."""
    case = SampleCase(world=world)
    request = case.say(ASKER, "request", request_body(**changes))
    size = len(request.spoken.envelope.encoded)
    receipt = encode_body(Receipt(received=request.id, bytes=size, at=format_time(world.now)))
    case.say(ASKED, "receipt", receipt, pair=world.authorities[ASKED].service)
    case.say(ASKED, "acknowledged", encode_body(Acknowledged(request=request.id, reference="XAB/24-7/88")))
    return case


def add_preservation(case: SampleCase) -> None:
    """Let the asked order and confirm the preservation."""
    now = case.world.now
    order = Authorised(
        request=case.id,
        items=["1"],
        ordered_by="Investigating judge, second chamber, XAB",
        legal_ground="Code of procedure of XAB, article 88",
        order_reference="O-2026-7",
        dated=format_time(now),
        served_on="mail.example",
        safeguards=[
            Safeguard(step="purpose_and_proportionality", answer="met"),
            Safeguard(step="political_offence", answer="skipped", reason="No motive is known yet."),
        ],
    )
    ordered = case.say(case.asked, "authorised", encode_body(order))
    kept = Preserved(
        answers=Answers(request=case.id, items=["1"]),
        order=ordered.id,
        what="Mailbox of account 4471",
        custodian="mail.example",
        since=format_time(now),
        until=format_time(now + timedelta(days=90)),
    )
    case.say(case.asked, "preserved", encode_body(kept))


def add_package(
    case: SampleCase,
    data: bytes = b"From: a@mail.example\n" * 40,
    *,
    exhibit: str = "E1",
    name: str = "mailbox.mbox",
) -> Exhibit:
    """Let the asked encrypt an exhibit and state it in a package."""
    sealed = io.BytesIO()
    identity = case.world.authorities[case.asker].identity
    made = encrypt_exhibit(io.BytesIO(data), sealed, identity.recipient)
    described = made.describe(
        exhibit=exhibit, name=name, description="Mailbox of account 4471", media_type="application/mbox"
    )
    assert decrypt_exhibit(io.BytesIO(sealed.getvalue()), None, [identity], described) == made.digest
    state_package(case, described)
    case.exhibits[exhibit] = data
    return described


def state_package(case: SampleCase, described: Exhibit) -> None:
    """Let the asked state a package with one exhibit, whose bytes the caller keeps."""
    steps = [
        ("acquired", "Officer Bo, XAB", "mail.example", "XAB contact point"),
        ("described", "Officer Bo, XAB", "XAB contact point", "XAB contact point"),
        ("sent", "Officer Bo, XAB", "XAB contact point", "XAA central authority"),
    ]
    package = Package(
        answers=Answers(request=case.id, items=["1"]),
        exhibits=[described],
        custody=custody(described.digest, case.world.now, *steps, exhibit=described.exhibit),
        recipient=case.asker,
    )
    case.packages[described.exhibit] = case.say(case.asked, "package", encode_body(package)).id


def add_opened(case: SampleCase, exhibit: Exhibit) -> None:
    """Let the asker confirm what it decrypted."""
    world = case.world
    world.later(hours=1)
    steps = [
        ("received", "Officer Ann, XAA", "XAA central authority", "XAA central authority"),
        ("decrypted", "Officer Ann, XAA", "XAA central authority", "Public prosecutor of Arlen"),
    ]
    opened = Opened(
        package=case.packages[exhibit.exhibit],
        exhibits=[OpenedExhibit(exhibit=exhibit.exhibit, digest=exhibit.digest)],
        custody=custody(exhibit.digest, world.now, *steps, exhibit=exhibit.exhibit),
    )
    case.say(case.asker, "opened", encode_body(opened))


def sample_case(world: World) -> SampleCase:
    """Return a case from request to opened, with one exhibit and `keys` statements around everything said."""
    case = open_case(world)
    world.cover(ASKED, 3)
    add_preservation(case)
    add_opened(case, add_package(case))
    finish(case)
    return case


def finish(case: SampleCase) -> None:
    """Log the `keys` statements that follow, and noise, so that proofs are of some length."""
    for name in (case.asker, case.asked):
        case.world.designate(name)
        case.world.cover(name, 5)
    case.world.later(minutes=1)

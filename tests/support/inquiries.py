"""A fictitious inquiry for tests: XAA claims, XBB denies, an authority of XCB investigates, XAD has the data.

Everything is said in public in the logs of `support.world` and proved as of when it was said, as a node keeps it. A
test may leave out a step, say another one, or change what a step says.

Example:
    inquiry = worked_example()
    report = verified_trail(trail_file(inquiry), inquiry)
"""

import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from comity.conduct.inquiry.file import InquiryFile, finding_record
from comity.conduct.inquiry.statements import (
    CitedExhibit,
    Consent,
    Dissent,
    EvidenceRequest,
    InquiryCorrection,
    InquiryFinding,
    InquiryReply,
    Interest,
    Mandate,
    Publication,
    QuestionPut,
)
from comity.conduct.inquiry.trail import verify_trail
from comity.conduct.inquiry.trail_facts import TrailReport
from comity.conduct.inquiry.trail_head import HEAD, TrailHead, parse_trail_head, trail_info
from comity.conduct.inquiry.trail_writing import Trail, TrailDossier, TrailStatement, write_trail
from comity.conduct.inquiry.view import InquiryView, read_inquiry, view_of
from comity.conduct.record import record_id
from comity.conduct.statements import (
    Body,
    Claim,
    Correction,
    Finding,
    Operation,
    Period,
    Reply,
    Speaker,
    Subject,
    Target,
    encode_body,
)
from comity.exchange.container import Member, open_container, write_container
from comity.exchange.dossier_head import PROOF_SUFFIX, PROOFS, STATEMENTS
from comity.exchange.package import encrypt_exhibit
from comity.exchange.statements import Answers, Authorised, Opened, OpenedExhibit, Package
from comity.exchange.statements import encode_body as encode_exchange
from comity.exchange.view import Held, Position
from comity.kernel.canonical import Json, format_time
from comity.kernel.key import KeyPair
from comity.kernel.statement import Statement
from support.dossiers import dossier_of, keys_of, written
from support.world import Said, SampleCase, World, custody, request_body

CLAIMANT = "xaa.foreign-office"
ACCUSED = "xbb.foreign-office"
INVESTIGATOR = "xcb.inquiry"
HOLDER = "xad.contact-point"
AUTHORITIES = (CLAIMANT, ACCUSED, INVESTIGATOR, HOLDER)
MEMBERS = ("member from the university of Arlen", "member from the harbour office of Belt")
STANDARD = "clear and convincing"
DAYS = 30
EXHIBIT_DATA = b"2026-01-17T02:14:09Z host 7 session opened\n" * 30


def state(code: str) -> Speaker:
    """Return a fictitious state as one who says something."""
    return Speaker(name=f"State {code}", kind="state", participant=code)


OPERATION = Operation(
    title="Ferry bookings gone dark",
    category="sabotage",
    occurred=Period(begin="2026-01-17", end="2026-01-19"),
    hit=[Target(name="Ferry line of Belt", kind="infrastructure", participant="XAA")],
    effects="No ferry could be booked for two days.",
)
OPERATION_ID = record_id("operation", encode_body(OPERATION))
CLAIM = Claim(
    operation=OPERATION_ID,
    claimant=state("XAA"),
    polarity="asserts",
    about=[Subject(level="state", name="State XBB", participant="XBB")],
    said="2026-02-20",
    basis_tier=3,
    wording="with high confidence",
)
CLAIM_ID = record_id("claim", encode_body(CLAIM))
DENIAL = Reply(
    operation=OPERATION_ID,
    to_claims=[CLAIM_ID],
    by=state("XBB"),
    kind="denial",
    said="2026-02-23",
    text="No organ of this state has anything to do with it.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Public:
    """A public statement that was said and logged, with its proof as of then."""

    said: Said
    proof: bytes
    logged_by: datetime

    @property
    def id(self) -> str:
        return self.said.id

    def held(self) -> Held:
        place = Position(origin=f"{self.said.issuer}/log", index=self.said.index, logged_by=self.logged_by)
        return Held(id=self.id, statement=self.said.statement, position=place)


@dataclass(slots=True, kw_only=True)
class SampleInquiry:
    """An inquiry as it grows, with what others say of the operation."""

    world: World
    exercise: bool = True
    outside: list[Public] = field(default_factory=list)
    said: list[Public] = field(default_factory=list)
    case: SampleCase | None = None
    dossiers: list[bytes] = field(default_factory=list)

    @property
    def id(self) -> str:
        return self.said[0].id

    def named(self, kind: str, number: int = 0) -> Public:
        """Return a statement of a kind, the first unless told otherwise."""
        found = [item for item in (*self.said, *self.outside) if item.said.statement.kind == kind]
        return found[number]

    def say_outside(self, issuer: str, kind: str, body: Body) -> Public:
        """Let somebody say something in public that is no part of the inquiry."""
        self.outside.append(self._say(issuer, kind, encode_body(body), subject=None, follows=()))
        return self.outside[-1]

    def say(
        self,
        issuer: str,
        kind: str,
        body: Body | dict[str, Any],
        *,
        follows: Iterable[str] | None = None,
        pair: KeyPair | None = None,
        **headers: Any,
    ) -> Public:
        """Let somebody say something in the inquiry, after what was said last unless `follows` says otherwise."""
        last = (self.said[-1].id,) if self.said else ()
        content = encode_body(body) if isinstance(body, Body) else body
        self.said.append(
            self._say(
                issuer,
                kind,
                content,
                subject=headers.pop("subject", self.said[0].id if self.said else None),
                follows=last if follows is None else follows,
                pair=pair,
                **headers,
            )
        )
        return self.said[-1]

    def _say(
        self,
        issuer: str,
        kind: str,
        body: Any,
        *,
        subject: str | None,
        follows: Iterable[str],
        pair: KeyPair | None = None,
        **headers: Any,
    ) -> Public:
        values: dict[str, Any] = {
            "kind": kind,
            "issuer": issuer,
            "to": (),
            "issued": self.world.later(minutes=7),
            "subject": subject,
            "follows": tuple(sorted(follows)),
            "exercise": self.exercise,
            "body": body,
        }
        said = self.world.say(Statement(**(values | headers)), pair=pair)
        logged_by = self.world.later(minutes=1)
        # Two of the witnesses, a second apart, make the quorum.
        return Public(said=said, proof=self.world.proof(issuer, said.index), logged_by=logged_by + timedelta(seconds=2))

    def held(self) -> list[Held]:
        """Return the statements of the inquiry as somebody holds them who has followed every log."""
        return [item.held() for item in self.said]

    def file(self) -> InquiryFile:
        """Return the file of what was said, all of which belongs."""
        file, left_out = read_inquiry(self.id, self.held())
        assert left_out == ()
        return file

    def view(self) -> InquiryView:
        """Return the view, whatever of it was left out."""
        return view_of(*read_inquiry(self.id, self.held()), as_of=self.world.now)


def mandate_body(**changes: Any) -> Mandate:
    """Return the body of a complete mandate."""
    values: dict[str, Any] = {
        "operation": OPERATION_ID,
        "claims": [CLAIM_ID],
        "given_by": Speaker(name="Council of the Belt Conference", kind="organisation"),
        "basis": "resolution 4 of 25 February 2026",
        "investigator": INVESTIGATOR,
        "members": list(MEMBERS),
        "scope": "Where the sessions came from that stopped the bookings, and on whose behalf they were opened.",
        "accused": ["XBB"],
        "standard_of_proof": STANDARD,
        "answer_days": DAYS,
    }
    return Mandate(**(values | changes))


def start(*, exercise: bool = True, **mandate: Any) -> SampleInquiry:
    """Return an inquiry of which the mandate was said, after a claim and its denial."""
    inquiry = SampleInquiry(world=World(AUTHORITIES), exercise=exercise)
    inquiry.say_outside(CLAIMANT, "operation", OPERATION)
    inquiry.say_outside(CLAIMANT, "claim", CLAIM)
    inquiry.say_outside(ACCUSED, "reply", DENIAL)
    inquiry.say(INVESTIGATOR, "mandate", mandate_body(**mandate))
    return inquiry


def add_consents(inquiry: SampleInquiry) -> None:
    """Let the claimant consent on a condition and the accused refuse."""
    conditions = "Names of passengers stay closed."
    inquiry.say(CLAIMANT, "consent", Consent(participant="XAA", consent="given", conditions=conditions))
    inquiry.say(ACCUSED, "consent", Consent(participant="XBB", consent="refused"))


def add_interests(inquiry: SampleInquiry, members: Iterable[str] = MEMBERS) -> None:
    """Let each of the members declare its interests."""
    for number, member in enumerate(members):
        declared = (
            {"declares": "nothing"} if number else {"declares": "interests", "interests": "Taught in XAA to 2019."}
        )
        inquiry.say(INVESTIGATOR, "interest", Interest(member=member, **declared))  # type: ignore[arg-type]


def add_evidence(inquiry: SampleInquiry, *, mandated: bool = True) -> SampleCase:
    """Let the investigator ask the holder of the data through the exchange, and open what comes.

    Without `mandated` it asks in the exchange alone, for a test in which it did so too early.
    """
    world = inquiry.world
    case = SampleCase(world=world, asker=INVESTIGATOR, asked=HOLDER, exercise=inquiry.exercise)
    items: list[Json] = [{"item": "1", "description": "Sessions of host 7, 15 to 20 January 2026"}]
    changes: dict[str, Json] = {
        "reference": "XCB-INQ-3",
        "items": items,
        "requesting_authority": "Inquiry into the ferry bookings, XCB",
        "facts": "Bookings of a ferry line stopped for two days.",
        "data": "sessions of host 7 at transit.example",
    }
    world.later(hours=1)
    case.say(INVESTIGATOR, "request", request_body(**changes))
    if mandated:
        ask_for_evidence(inquiry, case)
    order = Authorised(
        request=case.id,
        items=["1"],
        ordered_by="Investigating judge of XAD",
        legal_ground="Code of procedure of XAD, article 12",
        order_reference="D-2026-3",
        dated=format_time(world.now),
        served_on="transit.example",
    )
    case.say(HOLDER, "authorised", encode_exchange(order))
    sealed = io.BytesIO()
    made = encrypt_exhibit(io.BytesIO(EXHIBIT_DATA), sealed, world.authorities[INVESTIGATOR].identity.recipient)
    exhibit = made.describe(
        exhibit="E1", name="sessions.log", description="Sessions of host 7", media_type="text/plain"
    )
    handed = [
        ("acquired", "Officer Dee, XAD", "transit.example", "XAD contact point"),
        ("sent", "Officer Dee, XAD", "XAD contact point", "XCB inquiry"),
    ]
    package = Package(
        answers=Answers(request=case.id, items=["1"]),
        exhibits=[exhibit],
        custody=custody(exhibit.digest, world.later(days=2), *handed),
        recipient=INVESTIGATOR,
    )
    case.packages["E1"] = case.say(HOLDER, "package", encode_exchange(package)).id
    case.exhibits["E1"] = EXHIBIT_DATA
    taken = [
        ("received", "Registrar of the inquiry", "XCB inquiry", "XCB inquiry"),
        ("decrypted", "Registrar of the inquiry", "XCB inquiry", "Examiner of the inquiry"),
    ]
    opened = Opened(
        package=case.packages["E1"],
        exhibits=[OpenedExhibit(exhibit="E1", digest=exhibit.digest)],
        custody=custody(exhibit.digest, world.later(hours=3), *taken),
    )
    case.say(INVESTIGATOR, "opened", encode_exchange(opened))
    inquiry.case = case
    return case


def ask_for_evidence(inquiry: SampleInquiry, case: SampleCase) -> Public:
    """Let the investigator say in public what it asked in a case of the exchange."""
    what = "Sessions of host 7, 15 to 20 January"
    body = EvidenceRequest(asked="Contact point of XAD", authority=HOLDER, what=what, case=case.id)
    return inquiry.say(INVESTIGATOR, "evidence-request", body)


def put_question(inquiry: SampleInquiry, *, to: str = "XBB", days: float = DAYS + 1, **headers: Any) -> Public:
    """Let the investigator put a question, to be answered within some days."""
    reply_by = format_time(inquiry.world.now + timedelta(days=days, minutes=7))
    body = QuestionPut(to=to, questions=["Who rents host 7?", "Who had its keys in January 2026?"], reply_by=reply_by)
    return inquiry.say(INVESTIGATOR, "question-put", body, **headers)


def answer(inquiry: SampleInquiry, answers: str, *, issuer: str = ACCUSED, code: str = "XBB", **more: Any) -> Public:
    """Let the accused answer a question or a finding."""
    headers = {name: more.pop(name) for name in ("follows", "pair") if name in more}
    reported = more.pop("reported_from", None)
    values: dict[str, Any] = {
        "operation": OPERATION_ID,
        "by": state(code),
        "kind": "denial",
        "said": inquiry.world.now.date().isoformat(),
        "text": "Host 7 is rented out by a firm; who rents it is not known to this state.",
    }
    body = InquiryReply(answers=answers, reply=Reply(**(values | more)), reported_from=reported)
    return inquiry.say(issuer, "inquiry-reply", body, **headers)


def cited_exhibits(inquiry: SampleInquiry) -> list[CitedExhibit]:
    """Return the exhibit that the case brought, if there is a case."""
    if inquiry.case is None:
        return []
    return [CitedExhibit(digest=sha256(EXHIBIT_DATA).hexdigest(), what="the sessions of 17 January")]


def finding_body(inquiry: SampleInquiry, **changes: Any) -> InquiryFinding:
    """Return the body of a finding that says of the file what the file says; `finding` changes members within."""
    file = inquiry.file()
    before = file.before([inquiry.said[-1].id])
    dissents = {item.id for item in file.known(Dissent, before, inquiry.world.now)}
    values: dict[str, Any] = {
        "operation": file.mandate.operation,
        "investigator": Speaker(name="Inquiry of XCB", kind="organisation", participant="XCB"),
        "mandate": file.mandate.basis,
        "consents": file.consents(before),
        "standard_of_proof": file.mandate.standard_of_proof,
        "right_of_reply": file.right_of_reply(before),
        "conclusion": "The sessions came from host 7, which lies in XBB; on whose behalf could not be established.",
        "about": [Subject(level="place", name="Host 7 in XBB", participant="XBB")],
        "dissent": "One of the members holds the place not to be established either." if dissents else None,
        "said": inquiry.world.now.date().isoformat(),
        "cites": [CLAIM_ID],
    }
    cited = {item.id for item in inquiry.outside if item.said.statement.kind != "correction"}
    cited |= {item.id for item in inquiry.said if item.said.statement.kind == "inquiry-reply"}
    if inquiry.case is not None:
        cited.add(inquiry.case.named("package").id)
    whole: dict[str, Any] = {
        "finding": Finding(**(values | changes.pop("finding", {}))),
        "statements": sorted(cited | dissents),
        "exhibits": cited_exhibits(inquiry),
    }
    return InquiryFinding(**(whole | changes))


def find(inquiry: SampleInquiry, *, follows: Iterable[str] | None = None, **changes: Any) -> Public:
    """Let the investigator state its finding."""
    body = finding_body(inquiry, **changes)
    return inquiry.say(INVESTIGATOR, "inquiry-finding", body, follows=follows)


def publish(inquiry: SampleInquiry, finding: Public, **changes: Any) -> Public:
    """Let the investigator publish a finding with everything attached."""
    file = inquiry.file()
    before = file.before([inquiry.said[-1].id])
    values: dict[str, Any] = {
        "finding": finding.id,
        "replies": sorted(item.id for item in file.known(InquiryReply, before, inquiry.world.now)),
        "dissents": sorted(item.id for item in file.known(Dissent, before, inquiry.world.now)),
    }
    return inquiry.say(INVESTIGATOR, "publication", Publication(**(values | changes)))


def correct(inquiry: SampleInquiry, finding: Public, *, new: Public | None = None, **changes: Any) -> Public:
    """Let the investigator correct a finding, by another one if there is one, or retract it."""
    file = inquiry.file()
    corrected = file.finding(finding.id)
    replacement = None if new is None else file.finding(new.id)
    assert corrected is not None
    values: dict[str, Any] = {
        "corrects": finding_record(corrected),
        "kind": "correction",
        "replacement": None if replacement is None else finding_record(replacement),
        "by": Speaker(name="Inquiry of XCB", kind="organisation", participant="XCB"),
        "said": inquiry.world.now.date().isoformat(),
        "reason": "The clock of host 7 was an hour fast; the times in the finding are corrected.",
    }
    body = InquiryCorrection(
        statement=finding.id,
        correction=Correction(**(values | changes)),
        replacement=None if new is None else new.id,
    )
    return inquiry.say(INVESTIGATOR, "inquiry-correction", body)


def worked_example() -> SampleInquiry:
    """Return an inquiry from claim and denial to a finding, its publication and its correction."""
    inquiry = start()
    world = inquiry.world
    add_consents(inquiry)
    add_interests(inquiry)
    add_evidence(inquiry)
    question = put_question(inquiry)
    world.later(days=12)
    answer(inquiry, question.id)
    world.later(days=5)
    inquiry.say(INVESTIGATOR, "dissent", Dissent(member=MEMBERS[1], text="A host may be entered from anywhere."))
    finding = find(inquiry)
    world.later(days=3)
    answer(inquiry, finding.id, text="The finding names a place and no author, which is what this state said.")
    world.later(days=2)
    publish(inquiry, finding)
    world.later(days=60)
    newer = find(
        inquiry,
        finding={"conclusion": "As before, with the times of the sessions an hour earlier."},
        replaces=finding.id,
    )
    publish(inquiry, newer)
    correct(inquiry, finding, new=newer)
    finish(inquiry)
    return inquiry


def finish(inquiry: SampleInquiry) -> None:
    """Log the `keys` statements that follow, and attach the dossier of the case."""
    for name in AUTHORITIES:
        inquiry.world.designate(name)
        inquiry.world.cover(name, 5)
    inquiry.world.later(minutes=1)
    if inquiry.case is not None:
        inquiry.dossiers = [written(dossier_of(inquiry.case))]


def trail_of(inquiry: SampleInquiry, **changes: Any) -> Trail:
    """Return the trail of an inquiry, or one that differs in what `changes` name."""
    public = [*inquiry.said, *inquiry.outside]
    trail = Trail(
        inquiry=inquiry.id,
        made_by="Registry of the inquiry, XCB",
        made_at=inquiry.world.now,
        statements=tuple(
            TrailStatement(envelope=item.said.spoken.envelope, proof=item.proof, logged_by=item.logged_by)
            for item in public
        ),
        keys=keys_of(inquiry.world, *sorted({item.said.issuer for item in public})),
        dossiers=tuple(
            TrailDossier(digest=sha256(data).hexdigest(), size=len(data), open=opener(data))
            for data in inquiry.dossiers
        ),
    )
    return replace(trail, **changes)


def opener(data: bytes) -> Callable[[], io.BytesIO]:
    return lambda: io.BytesIO(data)


def trail_file(inquiry: SampleInquiry, **changes: Any) -> bytes:
    """Return the trail's file."""
    target = io.BytesIO()
    write_trail(target, trail_of(inquiry, **changes))
    return target.getvalue()


def verified_trail(file: bytes, inquiry: SampleInquiry, *names: str) -> TrailReport:
    """Verify a trail as a reader who recognises everyone in this world, or those named."""
    world = inquiry.world
    return verify_trail(io.BytesIO(file), world.trust(*names), register=world.register())


class TrailForge:
    """A trail's members, to be changed and written again with manifests that fit, as a dishonest maker would."""

    def __init__(self, file: bytes) -> None:
        container = open_container(io.BytesIO(file))
        self.members = {name: container.read(name, 1 << 30) for name in container.manifest}

    @property
    def head(self) -> TrailHead:
        return parse_trail_head(self.members[HEAD])

    @head.setter
    def head(self, head: TrailHead) -> None:
        self.members[HEAD] = head.encode()

    def file(self, **labels: str) -> bytes:
        """Return the changed trail's file, with other labels of `bag-info.txt` where some are given."""
        target = io.BytesIO()
        members = [Member(name=name, size=len(data), open=opener(data)) for name, data in self.members.items()]
        write_container(target, members, trail_info(self.head) | labels)
        return target.getvalue()

    def drop(self, *statements: str) -> None:
        """Leave statements out."""
        for name in statements:
            del self.members[f"{STATEMENTS}{name}.json"], self.members[f"{PROOFS}{name}{PROOF_SUFFIX}"]
        head = self.head
        self.head = replace(
            head,
            statements=tuple(name for name in head.statements if name not in statements),
            cited=tuple(name for name in head.cited if name not in statements),
        )

    def add(self, item: Public, *, cited: bool = False) -> None:
        """Put in a statement, at the end of the inquiry or among those of others."""
        self.members[f"{STATEMENTS}{item.id}.json"] = item.said.spoken.envelope.encoded
        self.members[f"{PROOFS}{item.id}{PROOF_SUFFIX}"] = item.proof
        head = self.head
        if cited:
            self.head = replace(head, cited=tuple(sorted((*head.cited, item.id))))
        else:
            self.head = replace(head, statements=(*head.statements, item.id))

    def drop_keys(self, keep: Callable[[str], bool]) -> None:
        """Leave out `keys` members whose name `keep` does not want."""
        self.members = {
            name: data for name, data in self.members.items() if not name.startswith("data/keys/") or keep(name)
        }


def facts_by_topic(report: TrailReport) -> Mapping[str, list[str]]:
    """Return what a report tells, by topic in its order."""
    found: dict[str, list[str]] = {}
    for fact in report.facts:
        found.setdefault(fact.topic, []).append(fact.text)
    return found

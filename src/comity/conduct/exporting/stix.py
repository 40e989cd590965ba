"""Records as STIX 2.1: one relationship for what one claimant says of one subject, and never a merged one.

An operation is a campaign, with an intrusion set for its activity and, where a claim names an organ or a state but not
one unit, an unnamed threat actor; the relationships between these three are labelled `structure`, are made by the
exporter and name nobody. Every other relationship is a claim: created by the identity of the claimant, at each level
that it names one (`originates-from` a location; `attributed-to` a threat actor for a unit, an identity for an organ
or a state). Two claimants make two relationships. A claim that denies is a relationship `not-attributed-to`, for
STIX knows no polarity. Replies and corrections are notes, with an opinion where their author disagrees or agrees;
nobody is given a strength of opinion that they did not state. `confidence` is written only where the claimant gave a
number on STIX's own scale. Findings are reports, gradings notes, matches objects of our own.

What its own author retracts or replaces is `revoked`. A correction by anybody else leaves it in force, for STIX lets
only the producer revoke; but the labels and the extension of what is corrected say by what, and `modified` moves.

The extension of one object for each record holds the whole record, from which `comity.conduct.importing.stix` reads
it back.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import msgspec

from comity.conduct.exporting.standing import Standing, Standings
from comity.conduct.exporting.stix_parts import (
    EXPORTER_ID,
    FIXED_TIME,
    RECORD_EXTENSION,
    TYPES_EXTENSION,
    Tlp,
    coder_identity,
    core,
    frame,
    full_day,
    instant,
    marked,
    part_of,
    references,
    span,
    speaker_identity,
    stix_id,
    subject_object,
)
from comity.conduct.record import Provenance, Record
from comity.conduct.statements import (
    Claim,
    Correction,
    Finding,
    Grading,
    Match,
    Operation,
    Reply,
    StatedConfidence,
    Subject,
    encode_body,
)
from comity.conduct.verbs import written
from comity.errors import MalformedError
from comity.kernel.canonical import Json, JsonObject

# The scale of STIX 2.1 itself, section 3.2: whole numbers from 0 to 100.
STIX_SCALE: Final = "STIX 2.1 confidence"
_STIX_NUMBER: Final = re.compile(r"0|[1-9][0-9]?|100")
# The object that holds a record, by its kind; records of any other kind have one of our own type.
_HOLDER: Final = {
    "operation": "campaign",
    "claim": "relationship",
    "reply": "note",
    "finding": "report",
    "correction": "note",
    "grading": "note",
    "match": "x-comity-commitment-match",
}
_OTHER_HOLDER: Final = "x-comity-record"
_OPINION_OF: Final = {"denial": "disagree", "counter_claim": "disagree", "acceptance": "agree"}


def to_bundle(records: Iterable[Record], *, tlp: Tlp = "white", exercise: bool = False) -> bytes:
    """Return the STIX 2.1 bundle of records, in their order; a record with two provenances carries both.

    Of an exercise every object says so.

    Raises:
        MalformedError: a record hangs on another that is not among them.
    """
    given = tuple(records)
    export = Export(given, tlp=tlp, exercise=exercise)
    objects: dict[str, JsonObject] = {str(item["id"]): item for item in frame(tlp, exercise=exercise)}
    for record in export.records:
        for item in export.objects(record):
            objects.setdefault(str(item["id"]), item)
    bundle = {
        "type": "bundle",
        "id": stix_id("bundle", *(record.id for record in export.records)),
        "objects": list(objects.values()),
    }
    return msgspec.json.encode(bundle)


def holder_id(kind: str, record_id: str) -> str:
    """Return the id of the object that holds a record."""
    return stix_id(_HOLDER.get(kind, _OTHER_HOLDER), kind, record_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Own:
    """An object that belongs to one record: its type, id, producer and members."""

    kind: str
    id: str
    by: str
    members: JsonObject
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """What a record becomes: objects that name what it speaks of, then its own, of which the first holds it."""

    naming: Sequence[JsonObject]
    own: Sequence[_Own]


class Export:
    """Makes the objects of records that may refer to each other; a record with two provenances carries both."""

    def __init__(self, records: Sequence[Record], *, tlp: Tlp = "white", exercise: bool = False) -> None:
        self._known: dict[str, Record] = {}
        self._provenances: dict[str, list[Provenance]] = {}
        for record in records:
            self._known.setdefault(record.id, record)
            came = self._provenances.setdefault(record.id, [])
            if record.provenance not in came:
                came.append(record.provenance)
        self._standings = Standings(records)
        self._tlp = tlp
        self._exercise = exercise

    @property
    def records(self) -> Iterable[Record]:
        """Every record once, in the order in which they were given."""
        return self._known.values()

    def objects(self, record: Record) -> tuple[JsonObject, ...]:
        """Return the objects of a record as it stands, after those that name what it speaks of.

        Raises:
            MalformedError: the record hangs on another that is not among the records.
        """
        made = self._made(record)
        created = self._day(record)
        changes, last = self._standings.changes(record)
        # Later than any version before, in whatever order the corrections came, and wherever else a record came from.
        changes += len(self._provenances[record.id]) - 1
        modified = instant(max(created, last), milliseconds=changes)
        standing = self._standings.of(record)
        found = list(made.naming)
        for own in made.own:
            item = core(own.kind, own.id, instant(created), modified=modified)
            item |= {"created_by_ref": own.by} | own.members
            extensions: JsonObject = {TYPES_EXTENSION: {"extension_type": "new-sdo"}} if own.kind[:2] == "x-" else {}
            whole = own is made.own[0]
            item["extensions"] = extensions | (self._whole(record, standing) if whole else part_of(record.id))
            item["labels"] = [*own.labels, *_labels(standing)]
            if not item["labels"]:
                del item["labels"]
            # A silence is noted by the exporter, so that nobody else can revoke it.
            if standing.revoked and own.by != EXPORTER_ID:
                item["revoked"] = True
            found.append(item)
        return tuple(marked(found, self._tlp, exercise=self._exercise))

    def holds(self, record_id: str) -> tuple[str, ...]:
        """Return the ids of the objects that stand for a record; for a claim, one for each subject."""
        record = self._known.get(record_id)
        if record is None:
            return ()
        if isinstance(record.body, Claim):
            return tuple(_relationship_id(record_id, place) for place in range(len(record.body.about)))
        return (holder_id(record.kind, record_id),)

    def _whole(self, record: Record, standing: Standing) -> JsonObject:
        whole: JsonObject = {
            "extension_type": "property-extension",
            "record_id": record.id,
            "record_kind": record.kind,
            "record_body": encode_body(record.body),
            "provenances": [dict(came.to_json()) for came in self._provenances[record.id]],
            "state": standing.state,
            "disputed": standing.disputed,
        }
        if standing.corrected_by:
            whole["corrected_by"] = list(standing.corrected_by)
        if standing.replaced_by:
            whole["replaced_by"] = list(standing.replaced_by)
        return {RECORD_EXTENSION: whole}

    def _day(self, record: Record) -> date:
        """Return the day on which something was said, or on which it was entered where that is not known."""
        said = full_day(getattr(record.body, "said", None)) or full_day(getattr(record.body, "searched", None))
        return said or min(came.on for came in self._provenances[record.id])

    def _made(self, record: Record) -> _Made:
        match record.body:
            case Operation() as body:
                return self._operation(record.id, body)
            case Claim() as body:
                return self._claim(record.id, body)
            case Reply() as body:
                return self._reply(record.id, body)
            case Finding() as body:
                return self._finding(record.id, body)
            case Correction() as body:
                return self._correction(record.id, body)
            case Grading() as body:
                return self._grading(record.id, body)
            case Match() as body:
                return self._match(record.id, body)
            case _:
                own = _Own(
                    kind=_OTHER_HOLDER,
                    id=holder_id(record.kind, record.id),
                    by=EXPORTER_ID,
                    members={"name": f"Record of kind {record.kind}"},
                )
                return _Made(naming=(), own=(own,))

    def _operation(self, record_id: str, body: Operation) -> _Made:
        members: JsonObject = {"name": body.title}
        named = ", ".join(target.name for target in body.hit)
        lines = [*([written("Named as affected: {named}", named=named)] if named else []), *_given(body.effects)]
        if lines:
            members["description"] = "\n".join(lines)
        if body.names:
            members["aliases"] = list(body.names)
        if body.occurred is not None:
            first, last = span(body.occurred.begin, body.occurred.end)
            members |= _present(first_seen=first, last_seen=last)
        members |= references(body.sources, body.external)
        own = _Own(
            kind="campaign",
            id=holder_id("operation", record_id),
            by=EXPORTER_ID,
            members=members,
            labels=(body.category,),
        )
        return _Made(naming=(), own=(own,))

    def _claim(self, record_id: str, body: Claim) -> _Made:
        title = self._title(record_id, body.operation)
        claimant = speaker_identity(body.claimant)
        # Who denies that a state acted says nothing of whose unit a unit is.
        units = [subject for subject in body.about if subject.level == "unit" and body.polarity != "denies"]
        naming = [claimant]
        own = []
        for place, subject in enumerate(body.about):
            target = subject_object(subject)
            structure = _structure(body.operation, title, with_actor=False)
            source = str(structure[0]["id"])
            if subject.level in {"organ", "state"} and len(units) == 1:
                source = str(subject_object(units[0])["id"])
            elif subject.level in {"organ", "state"}:
                structure = _structure(body.operation, title, with_actor=True)
                source = str(structure[2]["id"])
            naming += [*structure, target]
            kind = "originates-from" if subject.level == "place" else "attributed-to"
            members: JsonObject = {
                "relationship_type": f"not-{kind}" if body.polarity == "denies" else kind,
                "source_ref": source,
                "target_ref": str(target["id"]),
                "description": _claim_text(body, subject, title),
            }
            if body.about_when is not None:
                start, stop = span(body.about_when.begin, body.about_when.end)
                members |= _present(start_time=start, stop_time=stop)
            number = _stix_confidence(body.confidence)
            if number is not None:
                members["confidence"] = number
            members |= references(body.sources)
            identifier = _relationship_id(record_id, place)
            labels = (f"claim-{body.polarity}",)
            own.append(_Own(kind="relationship", id=identifier, by=str(claimant["id"]), members=members, labels=labels))
        return _Made(naming=naming, own=own)

    def _reply(self, record_id: str, body: Reply) -> _Made:
        campaign = self._campaign(record_id, body.operation)
        answered = self._claims(body.to_claims) or [campaign]
        counter = self._claims([] if body.counter_claim is None else [body.counter_claim])
        author = speaker_identity(body.by)
        # Silence is found by whoever searched, and said by nobody.
        silent = body.kind == "silence"
        by = EXPORTER_ID if silent else str(author["id"])
        kind = body.kind.replace("_", " ")
        abstract = written("Reply of {name}: {kind}", name=body.by.name, kind=kind)
        members: JsonObject = {
            "abstract": abstract,
            "content": body.text or f"{abstract}. The source holds no text of it.",
            "object_refs": list(dict.fromkeys([*answered, *counter])),
        }
        if silent:
            members["content"] = _silence_text(body)
        members |= references(body.sources)
        labels = (f"reply-{body.kind.replace('_', '-')}",)
        own = [_Own(kind="note", id=holder_id("reply", record_id), by=by, members=members, labels=labels)]
        if body.kind in _OPINION_OF:
            opinion: JsonObject = {"opinion": _OPINION_OF[body.kind], "object_refs": list(answered)}
            if body.text:
                opinion["explanation"] = body.text
            own.append(_Own(kind="opinion", id=stix_id("opinion", "reply", record_id), by=by, members=opinion))
        return _Made(naming=[author], own=own)

    def _finding(self, record_id: str, body: Finding) -> _Made:
        campaign = self._campaign(record_id, body.operation)
        investigator = speaker_identity(body.investigator)
        subjects = [subject_object(subject) for subject in body.about]
        cited = [held for each in [*body.cites, *body.right_of_reply.replies] for held in self.holds(each)]
        heard = "given" if body.right_of_reply.given else "not given"
        lines = [
            written("Found by {name} under the mandate: {text}", name=body.investigator.name, text=body.mandate),
            written("Standard of proof: {text}", text=body.standard_of_proof),
            written("Right of reply: {text}", text=heard),
            written("Conclusion: {text}", text=body.conclusion),
            written("Dissent: {text}", text=body.dissent or "none stated"),
        ]
        members: JsonObject = {
            "name": written("Finding of {name}", name=body.investigator.name),
            "description": "\n".join(lines),
            "published": instant(full_day(body.said) or self._day(self._known[record_id])),
            "object_refs": list(dict.fromkeys([campaign, *cited, *(str(each["id"]) for each in subjects)])),
        }
        members |= references(body.sources)
        own = _Own(
            kind="report",
            id=holder_id("finding", record_id),
            by=str(investigator["id"]),
            members=members,
            labels=("finding",),
        )
        return _Made(naming=[investigator, *subjects], own=(own,))

    def _correction(self, record_id: str, body: Correction) -> _Made:
        self._needed(record_id, body.corrects)
        targets = self.holds(body.corrects)
        replacing = () if body.replacement is None else self.holds(body.replacement)
        corrector = speaker_identity(body.by)
        by = str(corrector["id"])
        members: JsonObject = {
            "abstract": written("{kind} by {name}", kind=body.kind.capitalize(), name=body.by.name),
            "content": body.reason,
            "object_refs": list(dict.fromkeys([*targets, *replacing])),
        }
        members |= references(body.sources)
        own = [_Own(kind="note", id=holder_id("correction", record_id), by=by, members=members, labels=(body.kind,))]
        if not self._standings.by_speaker(self._known[record_id]):
            opinion: JsonObject = {
                "opinion": "disagree",
                "explanation": body.reason,
                "object_refs": list(targets),
            }
            own.append(_Own(kind="opinion", id=stix_id("opinion", "correction", record_id), by=by, members=opinion))
        return _Made(naming=[corrector], own=own)

    def _grading(self, record_id: str, body: Grading) -> _Made:
        self._needed(record_id, body.claim)
        coder = coder_identity(body.coder)
        answers = [f"{question}: {answer}" for question, answer in body.answers.items()]
        members: JsonObject = {
            "abstract": "Grading of a claim, not of anybody whom it names",
            "content": "\n".join([*answers, *_given(body.remark)]),
            "authors": [body.coder],
            "object_refs": list(self.holds(body.claim)),
        }
        own = _Own(
            kind="note",
            id=holder_id("grading", record_id),
            by=str(coder["id"]),
            members=members,
            labels=("grading",),
        )
        return _Made(naming=[coder], own=(own,))

    def _match(self, record_id: str, body: Match) -> _Made:
        self._needed(record_id, body.claim)
        coder = coder_identity(body.coder)
        members: JsonObject = {
            "commitment": body.commitment,
            "scope_reason": body.scope_reason,
            "claim_refs": list(self.holds(body.claim)),
        }
        identifier = holder_id("match", record_id)
        own = _Own(kind=_HOLDER["match"], id=identifier, by=str(coder["id"]), members=members)
        return _Made(naming=[coder], own=(own,))

    def _needed(self, record_id: str, other: str) -> Record:
        found = self._known.get(other)
        if found is None:
            raise MalformedError(f"record {record_id} hangs on {other}, which is not among the records; export both")
        return found

    def _title(self, record_id: str, operation: str) -> str:
        body = self._needed(record_id, operation).body
        if not isinstance(body, Operation):
            raise MalformedError(f"record {record_id} names {operation} as its operation, which is none")
        return body.title

    def _campaign(self, record_id: str, operation: str) -> str:
        self._title(record_id, operation)
        return holder_id("operation", operation)

    def _claims(self, claims: Iterable[str]) -> list[str]:
        """Return the relationships of claims; one that is not known has at least its first."""
        return [held for claim in claims for held in (self.holds(claim) or (_relationship_id(claim, 0),))]


def _structure(operation: str, title: str, *, with_actor: bool) -> list[JsonObject]:
    """Return the activity of an operation and, where asked for, whoever acted, unnamed, with what joins them."""
    campaign = holder_id("operation", operation)
    activity = core("intrusion-set", stix_id("intrusion-set", operation), FIXED_TIME)
    activity |= {"name": f"Activity: {title}", "description": "The activity of one operation. It names nobody."}
    found = [activity, _join(operation, campaign, str(activity["id"]))]
    if with_actor:
        actor = core("threat-actor", stix_id("threat-actor", "unnamed", operation), FIXED_TIME)
        actor |= {
            "name": f"Unnamed: {title}",
            "description": "Whoever acted. Claims name an organ or a state, and each names its own.",
        }
        found += [actor, _join(operation, str(activity["id"]), str(actor["id"]))]
    return [item | {"extensions": part_of(operation)} for item in found]


def _join(operation: str, source: str, target: str) -> JsonObject:
    return core("relationship", stix_id("relationship", "structure", operation, target), FIXED_TIME) | {
        "relationship_type": "attributed-to",
        "source_ref": source,
        "target_ref": target,
        "description": "Joins the parts of one operation. It is no claim and names nobody.",
        "labels": ["structure"],
    }


def _relationship_id(claim: str, place: int) -> str:
    return holder_id("claim", claim) if place == 0 else stix_id("relationship", "claim", claim, str(place))


def _claim_text(body: Claim, subject: Subject, title: str) -> str:
    template = {
        "asserts": "{claimant} claims a link of the operation {title} to the {level} {subject}.",
        "denies": "{claimant} denies a link of the operation {title} to the {level} {subject}.",
        "reassigns": "{claimant} claims, against others, a link of the operation {title} to the {level} {subject}.",
    }[body.polarity]
    said = written(template, claimant=body.claimant.name, title=title, level=subject.level, subject=subject.name)
    sure = body.confidence and f"{body.confidence.value} ({body.confidence.scale})"
    labelled = (("Said", body.said), ("Basis", body.basis), ("Wording", body.wording), ("Confidence as stated", sure))
    return "\n".join([said, *(f"{label}: {value}" for label, value in labelled if value is not None)])


def _silence_text(body: Reply) -> str:
    when = f" on {body.searched}" if body.searched else ""
    where = f" in {body.searched_where}" if body.searched_where else ""
    template = "An answer of {name} was searched for{when}{where}, and none was found."
    return "\n".join([written(template, name=body.by.name, when=when, where=where), *_given(body.text)])


def _stix_confidence(stated: StatedConfidence | None) -> int | None:
    """Return a confidence that the claimant gave as a number on STIX's scale; words and letters give none."""
    if stated is None or stated.scale != STIX_SCALE or not _STIX_NUMBER.fullmatch(stated.value):
        return None
    return int(stated.value)


def _labels(standing: Standing) -> list[str]:
    state = [] if standing.state == "standing" else [standing.state]
    return [*state, *(["disputed"] if standing.disputed else [])]


def _present(**members: Json) -> JsonObject:
    return {name: value for name, value in members.items() if value is not None}


def _given(text: str | None) -> list[str]:
    return [] if text is None else [text]

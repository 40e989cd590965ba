"""The kinds of the ledger and what their bodies hold: operations, claims, replies, findings, corrections, gradings.

A body says who says what, about whom, on which basis, in which words; it never says that something is so. Bodies refer
to each other by record id. Days may be known to the year or month only; a day that is not known is absent, never
guessed. `body_schema` gives the JSON Schema of a kind.
"""

import inspect
from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec

from comity.errors import MalformedError
from comity.kernel.canonical import JsonObject

MAX_TEXT: Final = 20_000
MAX_ITEMS: Final = 500

# The lookahead after each `$` refuses a final line feed, which Python's `$` overlooks and that of JSON Schema does not.
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_TEXT)]
Line = Annotated[str, msgspec.Meta(min_length=1, max_length=400, pattern=r"^[^\x00-\x1f\x7f]+$(?!\n)")]
Url = Annotated[str, msgspec.Meta(min_length=8, max_length=2_000, pattern=r"^https?://[^\x00-\x20\x7f]+$(?!\n)")]
RecordId = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]
Participant = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}$(?!\n)")]
Language = Annotated[str, msgspec.Meta(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$(?!\n)")]
Code = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,59}$(?!\n)")]
# A vocabulary and a code of it.
TechniqueCode = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,29}:[A-Za-z0-9.-]{1,30}$(?!\n)")]
# A year, a month or a day.
Day = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$(?!\n)")]


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What every body shares: unknown members are refused, absent ones stay absent."""


class Period(Body, frozen=True, kw_only=True):
    """A time from one day to another; either end may be unknown."""

    begin: Day | None = None
    end: Day | None = None


SpeakerKind = Literal[
    "state",
    "alliance",
    "organisation",
    "company",
    "media",
    "research",
    "civil_society",
    "individual",
    "persona",
    "unknown",
]


# The name of a speaker whom whoever reports does not name.
NOT_NAMED: Final = "not named"


class Speaker(Body, frozen=True, kw_only=True):
    """Who says something; `participant` is the code where it is a state or another participant."""

    name: Line
    kind: SpeakerKind
    participant: Participant | None = None


Level = Literal["place", "unit", "organ", "state"]


class Subject(Body, frozen=True, kw_only=True):
    """Whom a claim is about, at one level: where from, which group, which organ, which state.

    That a group acts from a place says nothing of the state; each level is a subject of its own.
    """

    level: Level
    name: Line
    participant: Participant | None = None


class Source(Body, frozen=True, kw_only=True):
    """Where it can be read; `locator` is the page or paragraph, `digest` the SHA-256 of the document as read."""

    title: Line
    url: Url | None = None
    published: Day | None = None
    publisher: Line | None = None
    language: Language | None = None
    locator: Line | None = None
    digest: RecordId | None = None


class ExternalId(Body, frozen=True, kw_only=True):
    """What another collection calls the same thing."""

    scheme: Code
    id: Line


class Target(Body, frozen=True, kw_only=True):
    """Whom an operation hit: a state, body, sector, group of persons or piece of infrastructure."""

    name: Line
    kind: Literal["state", "organisation", "sector", "persons", "infrastructure", "region", "unknown"]
    participant: Participant | None = None


Category = Literal["espionage", "sabotage", "disinformation", "other"]


class Operation(Body, frozen=True, kw_only=True):
    """`operation`: what is alleged to have happened. It names nobody as its author; claims do.

    `techniques` are codes of a vocabulary, such as `disarm:T0022`.
    """

    title: Line
    category: Category
    occurred: Period | None = None
    hit: Annotated[list[Target], msgspec.Meta(max_length=MAX_ITEMS)] = []
    effects: Text | None = None
    names: Annotated[list[Line], msgspec.Meta(max_length=MAX_ITEMS)] = []
    external: Annotated[list[ExternalId], msgspec.Meta(max_length=MAX_ITEMS)] = []
    techniques: Annotated[list[TechniqueCode], msgspec.Meta(max_length=MAX_ITEMS)] = []
    sources: Annotated[list[Source], msgspec.Meta(max_length=MAX_ITEMS)] = []


Polarity = Literal["asserts", "denies", "reassigns"]
# Ordinal: what kind of claim, not how true. 0 anonymous or media only, 1 one company or researcher, 2 independent
# technical replication, 3 one government, 4 several governments jointly, 5 indictment or sanction with published
# grounds, 6 court or international finding, 7 admission by the state.
Tier = Annotated[int, msgspec.Meta(ge=0, le=7)]


class StatedConfidence(Body, frozen=True, kw_only=True):
    """How sure the claimant says it is, in its own scale and words; letters stay letters, nothing is computed."""

    scale: Line
    value: Line


class Claim(Body, frozen=True, kw_only=True):
    """`claim`: who says what about whom.

    `basis_tier` is absent where the source does not say on what the claim rests. `legal_ground` names articles 4, 5, 8
    or 11 on state responsibility where the claimant gives one. `wording` is the claimant's own hedge. `derives_from`
    are records that it repeats, `lineage` lists or texts from which it was taken over.
    """

    operation: RecordId
    claimant: Speaker
    polarity: Polarity
    about: Annotated[list[Subject], msgspec.Meta(min_length=1, max_length=20)]
    said: Day | None = None
    about_when: Period | None = None
    basis_tier: Tier | None = None
    basis: Line | None = None
    legal_ground: list[Literal[4, 5, 8, 11]] = []
    wording: Line | None = None
    confidence: StatedConfidence | None = None
    language: Language | None = None
    sources: Annotated[list[Source], msgspec.Meta(max_length=MAX_ITEMS)] = []
    derives_from: Annotated[list[RecordId], msgspec.Meta(max_length=MAX_ITEMS)] = []
    lineage: Annotated[list[Line], msgspec.Meta(max_length=50)] = []
    lacks: Annotated[list[Line], msgspec.Meta(max_length=50)] = []


class Reply(Body, frozen=True, kw_only=True):
    """`reply`: what whoever a claim is about answers; `silence` was searched for on a day and not broken by then."""

    operation: RecordId
    to_claims: Annotated[list[RecordId], msgspec.Meta(max_length=MAX_ITEMS)] = []
    by: Speaker
    kind: Literal["denial", "counter_claim", "partial_admission", "acceptance", "other", "silence"]
    said: Day | None = None
    searched: Day | None = None
    searched_where: Line | None = None
    text: Text | None = None
    counter_claim: RecordId | None = None
    sources: Annotated[list[Source], msgspec.Meta(max_length=MAX_ITEMS)] = []


class ConsentGiven(Body, frozen=True, kw_only=True):
    """Whether a state consented to an investigation."""

    participant: Participant
    consent: Literal["given", "refused", "not_asked"]
    on: Day | None = None


class RightOfReply(Body, frozen=True, kw_only=True):
    """Whether those whom a finding names were heard before it."""

    given: bool
    asked: Day | None = None
    until: Day | None = None
    replies: Annotated[list[RecordId], msgspec.Meta(max_length=MAX_ITEMS)] = []


class Finding(Body, frozen=True, kw_only=True):
    """`finding`: what an independent investigator concludes, under which mandate, by which standard of proof."""

    operation: RecordId
    investigator: Speaker
    mandate: Text
    consents: Annotated[list[ConsentGiven], msgspec.Meta(max_length=50)] = []
    standard_of_proof: Line
    right_of_reply: RightOfReply
    conclusion: Text
    about: Annotated[list[Subject], msgspec.Meta(max_length=20)] = []
    dissent: Text | None = None
    said: Day
    cites: Annotated[list[RecordId], msgspec.Meta(max_length=MAX_ITEMS)] = []
    sources: Annotated[list[Source], msgspec.Meta(max_length=MAX_ITEMS)] = []


class Correction(Body, frozen=True, kw_only=True):
    """`correction`: a record is corrected by another, or retracted; the record itself stays and is shown as such."""

    corrects: RecordId
    kind: Literal["correction", "retraction"]
    replacement: RecordId | None = None
    by: Speaker
    said: Day
    reason: Text
    sources: Annotated[list[Source], msgspec.Meta(max_length=MAX_ITEMS)] = []


YesNo = Literal["yes", "no", "unclear"]


class Grading(Body, frozen=True, kw_only=True):
    """`grading`: one coder's answers to the eighteen questions about a claim; it grades the claim, never the state."""

    claim: RecordId
    coder: Line
    said: Day
    answers: Annotated[dict[Code, YesNo], msgspec.Meta(min_length=1, max_length=18)]
    remark: Text | None = None


class Match(Body, frozen=True, kw_only=True):
    """`match`: why a claim falls under one commitment; without a stated reason there is none.

    `commitment` names a catalogue and item, such as `gge_norms:f`, or an instrument and provision, such as `hanoi:10`.
    """

    claim: RecordId
    commitment: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,59}:[A-Za-z0-9][A-Za-z0-9().-]{0,29}$(?!\n)")]
    scope_reason: Text
    coder: Line
    said: Day


KINDS: Final[dict[str, type[Body]]] = {
    "operation": Operation,
    "claim": Claim,
    "reply": Reply,
    "finding": Finding,
    "correction": Correction,
    "grading": Grading,
    "match": Match,
}

BodyT = TypeVar("BodyT", bound=Body)


def parse_body(kind: str, body: JsonObject, kinds: dict[str, type[Body]] = KINDS) -> Body:
    """Read a body as its kind demands; `kinds` are those of the room that asks.

    Raises:
        MalformedError: the kind is unknown, or a member is missing, unknown or wrong; the message names the member.
    """
    if kind not in kinds:
        raise MalformedError(f"record kind {kind!r} is unknown; known are {', '.join(sorted(kinds))}")
    try:
        value = msgspec.convert(body, type=kinds[kind])
    except msgspec.ValidationError as exc:
        raise MalformedError(f"body of {kind}: {exc}") from exc
    if encode_body(value) != body:
        raise MalformedError(f"body of {kind} writes out a default or an empty member; leave it out")
    return value


def encode_body(body: Body) -> JsonObject:
    """Return the JSON members of a body; members at their default stay out."""
    members: Any = msgspec.to_builtins(body)
    return dict(members)


def body_schema(kind: str, kinds: dict[str, type[Body]] = KINDS) -> JsonObject:
    """Return the JSON Schema of the body of `kind`."""
    schema: Any = msgspec.json.schema(kinds[kind])
    return dict(_even_descriptions(schema))


def _even_descriptions(part: Any) -> Any:
    # Python keeps the indentation of a docstring's later lines up to 3.12 and drops it from 3.13 on.
    if isinstance(part, list):
        return [_even_descriptions(inner) for inner in part]
    if not isinstance(part, dict):
        return part
    even = {name: _even_descriptions(inner) for name, inner in part.items()}
    if isinstance(text := even.get("description"), str):
        even["description"] = inspect.cleandoc(text)
    return even

"""The statement kinds of a case and what their bodies hold.

Bodies are flat: each member is one disclosure, so each can be shown or withheld by itself. A member that a law may
require is optional here; `law.contents` decides whether it may be missing and says under which article it may not.
`body_schema` gives the JSON Schema of a kind; docs/formats/exchange.md publishes them all.
"""

from typing import Annotated, Any, Final, TypeVar

import msgspec

from comity.errors import MalformedError
from comity.kernel.canonical import JsonObject, parse_time
from comity.kernel.statement import Statement

# Long enough for a full summary of facts, short enough that a statement stays a statement; files travel as exhibits.
MAX_TEXT: Final = 20_000
MAX_ITEMS: Final = 200

# The lookahead after each `$` refuses a final line feed, which Python's `$` overlooks and that of JSON Schema does not.
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_TEXT)]
Line = Annotated[str, msgspec.Meta(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f\x7f]+$(?!\n)")]
Code = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,59}$(?!\n)")]
ItemId = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]{0,19}$(?!\n)")]
# Also a directory of the dossier, so it must be one name on every file system.
ExhibitId = Annotated[str, msgspec.Meta(pattern=r"^E[1-9][0-9]{0,3}$(?!\n)")]
Digest = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]
Time = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$(?!\n)")]
Size = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
# The maximum penalty for the act in the asker's law: years of custody, whole or half, or a word.
Penalty = Annotated[str, msgspec.Meta(pattern=r"^((0|[1-9][0-9]{0,2})(\.5)?|life|none|unknown)$(?!\n)")]


class _Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What every body shares: unknown members are refused, absent ones stay absent."""


class Item(_Body, frozen=True, kw_only=True):
    """One thing asked for; replies name it by `item`."""

    item: ItemId
    description: Text


class Safeguard(_Body, frozen=True, kw_only=True):
    """What an officer answered to one step of `law.safeguards`; the law says which steps, and where a reason is due."""

    step: Code
    answer: Annotated[str, msgspec.Meta(pattern=r"^(met|not_met|not_applicable|skipped)$(?!\n)")]
    reason: Text | None = None


# One member, so that what was answered can be withheld by itself.
Safeguards = Annotated[list[Safeguard], msgspec.Meta(min_length=1, max_length=MAX_ITEMS)]


class Answers(_Body, frozen=True, kw_only=True):
    """Which items of which request an outcome answers; two outcomes for one item contradict each other."""

    request: Digest
    items: Annotated[list[ItemId], msgspec.Meta(min_length=1, max_length=MAX_ITEMS)]


class Request(_Body, frozen=True, kw_only=True):
    """`request`: what the asker asks for, under which article. Opens a case, or follows up within one."""

    measure: Code
    instrument: Code
    article: Line
    reference: Line
    items: Annotated[list[Item], msgspec.Meta(min_length=1, max_length=MAX_ITEMS)]
    urgency: Annotated[str, msgspec.Meta(pattern=r"^(routine|urgent|emergency)$(?!\n)")] = "routine"
    requesting_authority: Text | None = None
    subject_matter: Text | None = None
    offence: Text | None = None
    conduct: Code | None = None
    facts: Text | None = None
    data: Text | None = None
    link: Text | None = None
    location: Text | None = None
    necessity: Text | None = None
    intention: Text | None = None
    assistance: Text | None = None
    persons: Text | None = None
    purpose: Text | None = None
    procedure: Text | None = None
    confidential: bool | None = None
    wished_by: Time | None = None
    proceeding: Text | None = None
    conducting_authority: Text | None = None
    accounts: Text | None = None
    period: Text | None = None
    communications: Text | None = None
    language: Text | None = None
    penalty: Penalty | None = None
    organised: bool | None = None
    oral: bool | None = None
    safeguards: Safeguards | None = None


class Receipt(_Body, frozen=True, kw_only=True):
    """`receipt`: the addressee's node holds exactly these bytes. Says nothing about their merit."""

    received: Digest
    bytes: Size
    at: Time


class Acknowledged(_Body, frozen=True, kw_only=True):
    """`acknowledged`: an officer has read the request and says under which reference it is handled."""

    request: Digest
    reference: Line
    competent_body: Line | None = None
    remark: Text | None = None


class Question(_Body, frozen=True, kw_only=True):
    """`question`: the asked needs more information to go on."""

    request: Digest
    question: Text
    reply_by: Time | None = None
    pauses_clock: bool = False


class Answer(_Body, frozen=True, kw_only=True):
    """`answer`: the asker's answer to a question."""

    question: Digest
    answer: Text


class Authorised(_Body, frozen=True, kw_only=True):
    """`authorised`: who ordered the measure in the asked state, and on what legal ground."""

    request: Digest
    items: Annotated[list[ItemId], msgspec.Meta(min_length=1, max_length=MAX_ITEMS)]
    ordered_by: Line
    legal_ground: Text
    order_reference: Line
    dated: Time
    served_on: Line | None = None
    safeguards: Safeguards | None = None


class Preserved(_Body, frozen=True, kw_only=True):
    """`preserved`: what is kept, by whose order, from when until when."""

    answers: Answers
    order: Digest
    what: Text
    custodian: Line | None = None
    since: Time
    until: Time
    not_preserved: Text | None = None
    safeguards: Safeguards | None = None


class Refused(_Body, frozen=True, kw_only=True):
    """`refused`: assistance is declined on a ground of law. Non-execution in fact is `not-executed`."""

    answers: Answers
    ground: Code
    article: Line
    reasons: Text
    safeguards: Safeguards | None = None


class NotExecuted(_Body, frozen=True, kw_only=True):
    """`not-executed`: the measure could not be carried out in fact."""

    answers: Answers
    reason: Code
    reasons: Text
    safeguards: Safeguards | None = None


class CustodyEvent(_Body, frozen=True, kw_only=True):
    """Who did what to an exhibit, when and why; `digest` is that of the exhibit's plain bytes after the event."""

    exhibit: ExhibitId
    action: Annotated[
        str, msgspec.Meta(pattern=r"^(acquired|described|encrypted|sent|received|decrypted|examined|exported)$(?!\n)")
    ]
    by: Line
    at: Time
    why: Line
    holder_before: Line
    holder_after: Line
    digest: Digest


class Exhibit(_Body, frozen=True, kw_only=True):
    """One item of evidence: its plain and its encrypted bytes, both digested before anything is signed."""

    exhibit: ExhibitId
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[^/\\\x00-\x1f\x7f]+$(?!\n)")]
    description: Text
    media_type: Line
    size: Size
    digest: Digest
    encrypted_size: Size
    encrypted_digest: Digest
    label: Text | None = None


class Package(_Body, frozen=True, kw_only=True):
    """`package`: the exhibits that answer items of a request, with their custody so far."""

    answers: Answers
    exhibits: Annotated[list[Exhibit], msgspec.Meta(min_length=1, max_length=MAX_ITEMS)]
    custody: list[CustodyEvent]
    recipient: Line
    conditions: Text | None = None
    missing: Text | None = None


class OpenedExhibit(_Body, frozen=True, kw_only=True):
    """The digest of an exhibit as the asker found it after decryption."""

    exhibit: ExhibitId
    digest: Digest


class Opened(_Body, frozen=True, kw_only=True):
    """`opened`: the asker decrypted every exhibit and found the digests that the package states."""

    package: Digest
    exhibits: Annotated[list[OpenedExhibit], msgspec.Meta(min_length=1, max_length=MAX_ITEMS)]
    custody: list[CustodyEvent]


class Mismatch(_Body, frozen=True, kw_only=True):
    """`mismatch`: an exhibit is not what the package says."""

    package: Digest
    exhibit: ExhibitId
    stated: Digest
    found: Digest
    stage: Annotated[str, msgspec.Meta(pattern=r"^(encrypted|decrypted)$(?!\n)")]


class Custody(_Body, frozen=True, kw_only=True):
    """`custody`: events after the hand-over."""

    custody: Annotated[list[CustodyEvent], msgspec.Meta(min_length=1, max_length=MAX_ITEMS)]


class Withdrawn(_Body, frozen=True, kw_only=True):
    """`withdrawn`: the asker no longer needs what it asked for."""

    request: Digest
    reasons: Text | None = None


class Closed(_Body, frozen=True, kw_only=True):
    """`closed`: a party regards the case as ended."""

    outcome: Code
    remark: Text | None = None


Body = (
    Request
    | Receipt
    | Acknowledged
    | Question
    | Answer
    | Authorised
    | Preserved
    | Refused
    | NotExecuted
    | Package
    | Opened
    | Mismatch
    | Custody
    | Withdrawn
    | Closed
)

KINDS: Final[dict[str, type[_Body]]] = {
    "request": Request,
    "receipt": Receipt,
    "acknowledged": Acknowledged,
    "question": Question,
    "answer": Answer,
    "authorised": Authorised,
    "preserved": Preserved,
    "refused": Refused,
    "not-executed": NotExecuted,
    "package": Package,
    "opened": Opened,
    "mismatch": Mismatch,
    "custody": Custody,
    "withdrawn": Withdrawn,
    "closed": Closed,
}

BodyT = TypeVar("BodyT", bound=_Body)


def parse_body(kind: str, body: JsonObject) -> _Body:
    """Read a body as its kind demands.

    Raises:
        MalformedError: the kind is unknown, or a member is missing, unknown or wrong; the message names the member.
    """
    if kind not in KINDS:
        raise MalformedError(f"statement kind {kind!r} is unknown; known are {', '.join(sorted(KINDS))}")
    return _convert(kind, body, KINDS[kind])


def body_of(statement: Statement, shape: type[BodyT]) -> BodyT:
    """Read the body of `statement`, which must be of the kind that `shape` is the body of.

    Raises:
        MalformedError: it is of another kind, or the body breaks the shape.
    """
    if KINDS.get(statement.kind) is not shape:
        raise MalformedError(f"a {statement.kind} statement has no {shape.__name__} body")
    return _convert(statement.kind, statement.body, shape)


def _convert(kind: str, body: JsonObject, shape: type[BodyT]) -> BodyT:
    try:
        value = msgspec.convert(body, type=shape)
    except msgspec.ValidationError as exc:
        raise MalformedError(f"body of {kind}: {exc}") from exc
    for name in ("at", "dated", "since", "until", "wished_by", "reply_by"):
        if (moment := getattr(value, name, None)) is not None:
            parse_time(moment)
    for event in getattr(value, "custody", ()):
        parse_time(event.at)
    if encode_body(value) != body:
        raise MalformedError(f"body of {kind} writes out a default or an empty member; leave it out")
    return value


def encode_body(body: _Body) -> JsonObject:
    """Return the JSON members of a body; members at their default stay out."""
    members: Any = msgspec.to_builtins(body)
    return dict(members)


def body_schema(kind: str) -> JsonObject:
    """Return the JSON Schema of the body of `kind`."""
    schema: Any = msgspec.json.schema(KINDS[kind])
    return dict(schema)

"""Evidence of misbehaviour: what an authority signed twice, differently, and cannot take back.

Three things count, and nothing else: two log-signed checkpoints that no one append-only log could have; two `keys`
statements with one number; two logged replies to one item of which neither follows the other. Each is checked against
the reader's own recognition of the authority and needs no other party's word. Replies count only where the authority's
own log has them after the `keys` statement that lists their pair: a stolen pair alone convicts nobody.
"""

from dataclasses import dataclass
from typing import Final

from comity.errors import MalformedError, VerificationError
from comity.kernel.canonical import (
    Json,
    JsonObject,
    check_members,
    check_version,
    decode_base64,
    decode_base64url,
    encode_base64,
    encode_base64url,
    encode_json,
    parse_object,
    text_member,
)
from comity.kernel.checkpoint import Checkpoint, verify_log_signatures
from comity.kernel.disclosure import open_sealed
from comity.kernel.entry import public_entry, sealed_entry
from comity.kernel.envelope import Envelope, parse_envelope
from comity.kernel.key import parse_authority
from comity.kernel.merkle import verify_consistency
from comity.kernel.note import parse_note
from comity.kernel.proof import parse_proof, verify_proof
from comity.kernel.statement import Statement, parse_statement
from comity.kernel.trust import Recognition, check_speaks, verify_designation, verify_root_signed, verify_speaker

VERSION: Final = 1
SPLIT_VIEW: Final = "split-view"
TWO_KEYS: Final = "two-keys"
TWO_REPLIES: Final = "two-replies"
# A consistency path has at most this many hashes for sizes below 2^63.
_MAX_PATH: Final = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Misbehaviour:
    """A verified piece of evidence; made only by `verify_evidence`."""

    authority: str
    type: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitView:
    """Two signed checkpoints of one log, and for different sizes the path that shows the contradiction.

    The path leads from `older_root`, the root that the newer tree had at the older size, to the newer root.
    """

    older: bytes
    newer: bytes
    path: tuple[bytes, ...] = ()
    older_root: bytes = b""

    def encode(self) -> bytes:
        """Return the evidence file."""
        return encode_json(
            {
                "comity_evidence": VERSION,
                "newer": encode_base64(self.newer),
                "older": encode_base64(self.older),
                "older_root": encode_base64(self.older_root),
                "path": [encode_base64(node) for node in self.path],
                "type": SPLIT_VIEW,
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A logged reply, opened as far as it must be, and the logged `keys` statement that lists its pair."""

    envelope: Envelope
    disclosures: tuple[str, ...]
    salt: bytes
    proof: bytes
    keys: Envelope
    keys_proof: bytes

    def to_json(self) -> JsonObject:
        """Return the reply as it stands in an evidence file."""
        return {
            "disclosures": list(self.disclosures),
            "envelope": encode_base64(self.envelope.encoded),
            "keys": encode_base64(self.keys.encoded),
            "keys_proof": encode_base64(self.keys_proof),
            "proof": encode_base64(self.proof),
            "salt": encode_base64url(self.salt),
        }


def encode_two_keys(first: Envelope, second: Envelope) -> bytes:
    """Return the evidence file of two `keys` statements with one number."""
    envelopes: list[Json] = [encode_base64(item.encoded) for item in (first, second)]
    return encode_json({"comity_evidence": VERSION, "envelopes": envelopes, "type": TWO_KEYS})


def encode_two_replies(first: Reply, second: Reply) -> bytes:
    """Return the evidence file of two logged replies, each with the disclosures that show what it answers."""
    listed: list[Json] = [first.to_json(), second.to_json()]
    return encode_json({"comity_evidence": VERSION, "replies": listed, "type": TWO_REPLIES})


def evidence_authority(data: bytes) -> str:
    """Return whose misbehaviour the file says to show, so that the reader can look up its recognition.

    Raises:
        MalformedError: the file is no evidence of misbehaviour.
    """
    value = _parse(data)
    if value["type"] == SPLIT_VIEW:
        note = parse_note(decode_base64(text_member(value, "older")))
        return parse_authority(note.text.split("\n", 1)[0].removesuffix("/log"))
    members = value["envelopes"] if value["type"] == TWO_KEYS else value["replies"]
    first = members[0] if isinstance(members, list) and members else None
    if isinstance(first, dict):
        first = first.get("keys")
    if not isinstance(first, str):
        raise MalformedError("evidence of misbehaviour names no statement")
    return parse_statement(parse_envelope(decode_base64(first)).payload).issuer


def verify_evidence(data: bytes, recognition: Recognition) -> Misbehaviour:
    """Verify evidence of misbehaviour of the recognised authority.

    Raises:
        MalformedError: the file breaks its format.
        VerificationError: the file proves no misbehaviour.
    """
    value = _parse(data)
    if value["type"] == SPLIT_VIEW:
        return _verify_split_view(value, recognition)
    if value["type"] == TWO_KEYS:
        return _verify_two_keys(value, recognition)
    return _verify_two_replies(value, recognition)


def _parse(data: bytes) -> JsonObject:
    value = parse_object(data, max_bytes=8 * 1024 * 1024)
    members = {
        SPLIT_VIEW: {"newer", "older", "older_root", "path"},
        TWO_KEYS: {"envelopes"},
        TWO_REPLIES: {"replies"},
    }.get(text_member(value, "type"))
    check_version(value, "comity_evidence", VERSION)
    if members is None:
        raise MalformedError(f"not evidence of misbehaviour: type must be {SPLIT_VIEW}, {TWO_KEYS} or {TWO_REPLIES}")
    check_members(value, required=frozenset(members | {"comity_evidence", "type"}))
    return value


def _verify_split_view(value: JsonObject, recognition: Recognition) -> Misbehaviour:
    listed = value["path"]
    if not isinstance(listed, list) or len(listed) > _MAX_PATH:
        raise MalformedError(f"path must be a list of at most {_MAX_PATH} hashes")
    path = [decode_base64(text_member({"hash": item}, "hash")) for item in listed]
    older = _signed_checkpoint(value, "older", recognition)
    newer = _signed_checkpoint(value, "newer", recognition)
    if older.size > newer.size or older.size == 0:
        raise MalformedError(f"the older checkpoint must have 1 to {newer.size} entries, it has {older.size}")
    older_root = decode_base64(text_member(value, "older_root"))
    if older.size == newer.size:
        if path or older_root:
            raise MalformedError("two checkpoints of one size need no path and no older root")
        if older.root == newer.root:
            raise VerificationError("both checkpoints have one size and one root: no misbehaviour")
        sentence = f"signed two roots for size {older.size}"
    else:
        verify_consistency(
            old_size=older.size, new_size=newer.size, path=path, old_root=older_root, new_root=newer.root
        )
        if older_root == older.root:
            raise VerificationError("the newer checkpoint extends the older one: no misbehaviour")
        sentence = f"signed size {newer.size} over other entries than it had signed at size {older.size}"
    return Misbehaviour(
        authority=recognition.authority,
        type=SPLIT_VIEW,
        sentence=f"the log of {recognition.authority} {sentence}",
    )


def _signed_checkpoint(value: JsonObject, name: str, recognition: Recognition) -> Checkpoint:
    return verify_log_signatures(parse_note(decode_base64(text_member(value, name))), recognition.log)


def _verify_two_keys(value: JsonObject, recognition: Recognition) -> Misbehaviour:
    listed = value["envelopes"]
    if not isinstance(listed, list) or len(listed) != 2:  # noqa: PLR2004 - the evidence is a pair
        raise MalformedError("envelopes must be a list of two")
    envelopes = [parse_envelope(decode_base64(text_member({"envelope": item}, "envelope"))) for item in listed]
    first, second = (verify_root_signed(envelope, recognition) for envelope in envelopes)
    if first.number != second.number:
        raise VerificationError(f"keys statements {first.number} and {second.number} differ in number: no misbehaviour")
    if envelopes[0].payload == envelopes[1].payload:
        raise VerificationError("both keys statements say the same: no misbehaviour")
    exercise = all(parse_statement(envelope.payload).exercise for envelope in envelopes)
    sentence = f"the root of {recognition.authority} signed two keys statements with number {first.number}"
    return Misbehaviour(authority=recognition.authority, type=TWO_KEYS, sentence=_flagged(sentence, exercise))


def _flagged(sentence: str, exercise: Json) -> str:
    return f"EXERCISE: {sentence}" if exercise else sentence


def _verify_two_replies(value: JsonObject, recognition: Recognition) -> Misbehaviour:
    listed = value["replies"]
    if not isinstance(listed, list) or len(listed) != 2:  # noqa: PLR2004 - the evidence is a pair
        raise MalformedError("replies must be a list of two")
    replies = [_parse_reply(item) for item in listed]
    first, second = (_verify_reply(item, recognition) for item in replies)
    one, two = (item.envelope for item in replies)
    if (first.subject, first.exercise) != (second.subject, second.exercise):
        raise VerificationError("the replies are of two cases, or one is an exercise: no misbehaviour")
    (request, items), (other_request, other_items) = _answers(first), _answers(second)
    if request != other_request or items.isdisjoint(other_items):
        raise VerificationError("the statements do not answer one item: no misbehaviour")
    if one.payload == two.payload or one.id in second.follows or two.id in first.follows:
        raise VerificationError("one reply repeats or corrects the other: no misbehaviour")
    sentence = f"{recognition.authority} gave two replies, {first.kind} and {second.kind}, to one item"
    return Misbehaviour(authority=recognition.authority, type=TWO_REPLIES, sentence=_flagged(sentence, first.exercise))


def _parse_reply(item: Json) -> Reply:
    if not isinstance(item, dict):
        raise MalformedError("a reply is an object")
    members = {"disclosures", "envelope", "keys", "keys_proof", "proof", "salt"}
    check_members(item, required=frozenset(members))
    envelope = parse_envelope(decode_base64(text_member(item, "envelope")))
    if not envelope.sealed:
        raise MalformedError("a reply is a sealed statement")
    disclosures = item["disclosures"]
    if not isinstance(disclosures, list):
        raise MalformedError("disclosures is a list of text")
    return Reply(
        envelope=envelope,
        disclosures=tuple(text_member({"disclosure": text}, "disclosure") for text in disclosures),
        salt=decode_base64url(text_member(item, "salt")),
        proof=decode_base64(text_member(item, "proof")),
        keys=parse_envelope(decode_base64(text_member(item, "keys"))),
        keys_proof=decode_base64(text_member(item, "keys_proof")),
    )


def _verify_reply(reply: Reply, recognition: Recognition) -> Statement:
    """Verify that a designated pair signed a reply and that the authority logged it after that designation."""
    designation = verify_designation(reply.keys, recognition)
    verified = verify_speaker(reply.envelope, designation)
    statement = open_sealed(reply.envelope.payload, reply.disclosures).statement()
    check_speaks(verified, statement)
    keys_index = _logged_at(reply.keys_proof, public_entry(reply.keys.id), recognition)
    index = _logged_at(reply.proof, sealed_entry(reply.salt, reply.envelope.id), recognition)
    if index <= keys_index:
        raise VerificationError(
            f"the reply is logged at entry {index}, before the keys statement at entry {keys_index} that lists its pair"
        )
    return statement


def _logged_at(proof: bytes, entry: bytes, recognition: Recognition) -> int:
    logged = verify_proof(parse_proof(proof), entry, recognition.policy)
    if logged.origin != recognition.log.name:
        raise VerificationError(f"a proof of log {logged.origin}, expected {recognition.log.name}")
    return logged.index


def _answers(statement: Statement) -> tuple[str, frozenset[str]]:
    """Return the request and the items that a reply answers: the member `answers` of every outcome's body."""
    answers = statement.body.get("answers")
    if not isinstance(answers, dict):
        raise VerificationError(f"a {statement.kind} that discloses no answers is no reply to an item")
    items = answers.get("items")
    if not isinstance(items, list):
        raise MalformedError("answers names no items")
    return text_member(answers, "request"), frozenset(text_member({"item": item}, "item") for item in items)

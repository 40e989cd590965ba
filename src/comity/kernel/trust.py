"""Whose key this is: always relative to a viewer's recognitions, by position in the authority's own log.

A **recognition** is what a viewer holds of an authority from outside Comity: its root pair, its log pair, the policy
under which its checkpoints count, and how and when that was checked. Everything else an authority's keys may do follows
from its `keys` statements: public, signed by the root pair, numbered without gaps, logged in the authority's own log.
Each is full: what it does not list is not valid from its position on. A key is therefore valid for an entry exactly
when the last `keys` statement before that entry lists it.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from comity.errors import MalformedError, VerificationError
from comity.kernel.canonical import (
    Json,
    JsonObject,
    check_members,
    encode_json,
    format_time,
    parse_object,
    parse_time,
    text_member,
)
from comity.kernel.envelope import STATEMENT_TYPE, Envelope, VerifiedEnvelope, verify_envelope
from comity.kernel.key import PublicPair, Role, parse_authority
from comity.kernel.policy import Policy, parse_policy
from comity.kernel.statement import Statement, parse_statement

KEYS_KIND: Final = "keys"
# What the unattended service pair of a node may say; anything else takes an officer's session.
SERVICE_KINDS: Final = frozenset({"receipt"})
# Seven days between full `keys` statements keep "not revoked" provable in a dossier (design rule of the format).
KEYS_INTERVAL_SECONDS: Final = 7 * 24 * 3600

_PARTICIPANT = re.compile(r"[A-Z]{3}", re.ASCII)
_COMPETENCE = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
# The longest text with a form of its own is a hybrid age recipient of some 1 960 characters; twice that leaves room.
MAX_TEXT_CHARACTERS: Final = 4_000


class Checked(StrEnum):
    """How a viewer checked that a root pair is the authority's."""

    NOTE_VERBALE = "note-verbale"
    REGISTER = "register"
    CALL_BACK = "call-back"
    MEETING = "meeting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """What a viewer holds to be an authority's root, since when and on what ground."""

    authority: str
    participant: str
    root: PublicPair
    log: PublicPair
    policy: Policy
    url: str
    checked: Checked
    checked_on: datetime
    remark: str = ""

    def __post_init__(self) -> None:
        """Refuse keys that do not carry the authority's own names, and texts without end."""
        check_participant(self.authority, self.participant)
        for pair, role in ((self.root, Role.ROOT), (self.log, Role.LOG)):
            if pair.name != f"{self.authority}/{role}":
                raise MalformedError(f"key {pair.name} is not {self.authority}/{role}")
        listed = {item.key for item in self.policy.logs if item.key.name == self.log.name}
        if listed != set(self.log.verifier_keys()):
            raise MalformedError(f"the policy does not list just the two log keys of {self.authority}")
        if max(len(self.url), len(self.remark)) > MAX_TEXT_CHARACTERS:
            raise MalformedError(f"a text of the recognition is too long: over {MAX_TEXT_CHARACTERS} characters")

    def encode(self) -> bytes:
        """Return the bytes of the trust folder's file for this authority."""
        return encode_json(
            {
                "authority": self.authority,
                "checked": str(self.checked),
                "checked_on": format_time(self.checked_on),
                "log": self.log.to_json(),
                "participant": self.participant,
                "policy": self.policy.text,
                "remark": self.remark,
                "root": self.root.to_json(),
                "url": self.url,
            }
        )


def participant_of(authority: str) -> str:
    """Return the code of the participant that an authority's name begins with."""
    return authority.partition(".")[0].upper()


def check_participant(authority: str, participant: str) -> None:
    """Refuse a participant's code that the authority's name does not begin with.

    Raises:
        MalformedError: the two do not fit.
    """
    parse_authority(authority)
    if not _PARTICIPANT.fullmatch(participant) or participant_of(authority) != participant:
        raise MalformedError(f"authority {authority} does not begin with its participant's code {participant[:10]!r}")


def parse_recognition(data: bytes) -> Recognition:
    """Read a file of the trust folder.

    Raises:
        MalformedError: it is not in the one spelling.
        PolicyError: its policy counts the log's own authority.
    """
    value = parse_object(data)
    names = ("authority", "checked", "checked_on", "log", "participant", "policy", "remark", "root", "url")
    check_members(value, required=frozenset(names))
    try:
        checked = Checked(text_member(value, "checked"))
    except ValueError as exc:
        raise MalformedError(f"checked must be one of {', '.join(Checked)}") from exc
    return Recognition(
        authority=text_member(value, "authority"),
        participant=text_member(value, "participant"),
        root=PublicPair.from_json(value["root"]),
        log=PublicPair.from_json(value["log"]),
        policy=parse_policy(text_member(value, "policy")),
        url=text_member(value, "url"),
        checked=checked,
        checked_on=parse_time(text_member(value, "checked_on")),
        remark=text_member(value, "remark"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Designation:
    """The content of one `keys` statement: everything an authority's keys may do from its position on."""

    authority: str
    participant: str
    number: int
    title: str
    """The body's own name in its own language, for people."""
    competences: tuple[str, ...]
    pairs: tuple[PublicPair, ...]
    recipient: str
    """The age recipient that deliveries and exhibits are encrypted to."""
    url: str
    """Where the authority's public listener answers."""
    previous: int | None = None
    """Log index of the statement with the number before; it binds this one to its place. None for number 1 only."""

    def __post_init__(self) -> None:
        """Refuse a designation that contradicts itself."""
        check_participant(self.authority, self.participant)
        if self.number < 1:
            raise MalformedError("keys statements are numbered from 1")
        if (self.previous is None) != (self.number == 1) or (self.previous is not None and self.previous < 0):
            raise MalformedError(
                f"keys statement {self.number} names {self.previous} as the entry of the one before; number 1 names "
                f"none, every other one a log index"
            )
        key_ids = [key_id for pair in self.pairs for key_id in pair.key_ids()]
        if len(set(key_ids)) != len(key_ids):
            raise MalformedError("a keys statement lists one key twice")
        for pair in self.pairs:
            if pair.authority != self.authority or pair.role is Role.ROOT:
                raise MalformedError(f"a keys statement of {self.authority} cannot designate {pair.name}")
        for role in (Role.LOG, Role.WITNESS):
            if sum(pair.role is role for pair in self.pairs) > 1:
                raise MalformedError(f"a keys statement designates one {role} pair at most")
        if list(self.competences) != sorted(set(self.competences)) or not all(
            map(_COMPETENCE.fullmatch, self.competences)
        ):
            raise MalformedError("competences must be sorted, distinct lower-case words")
        if max(len(self.title), len(self.url), len(self.recipient)) > MAX_TEXT_CHARACTERS:
            raise MalformedError(f"a text of the keys statement is too long: over {MAX_TEXT_CHARACTERS} characters")

    def body(self) -> JsonObject:
        """Return the body of the `keys` statement."""
        pairs: list[Json] = [pair.to_json() for pair in self.pairs]
        return {
            "competences": list(self.competences),
            "number": self.number,
            "pairs": pairs,
            "participant": self.participant,
            "previous": self.previous,
            "recipient": self.recipient,
            "title": self.title,
            "url": self.url,
        }

    def speakers(self) -> tuple[PublicPair, ...]:
        """Return the pairs that may sign statements."""
        return tuple(pair for pair in self.pairs if pair.role in {Role.STATEMENT, Role.SERVICE})

    def pair(self, role: Role) -> PublicPair | None:
        """Return the pair designated for `role`, the first where there are several."""
        return next((pair for pair in self.pairs if pair.role is role), None)


def parse_designation(statement: Statement) -> Designation:
    """Read the body of a `keys` statement.

    Raises:
        MalformedError: the statement is of another kind, not public, or its body breaks the format.
    """
    if statement.kind != KEYS_KIND or not statement.public or statement.subject is not None:
        raise MalformedError("not a public keys statement")
    body = statement.body
    names = ("competences", "number", "pairs", "participant", "previous", "recipient", "title", "url")
    check_members(body, required=frozenset(names))
    number, listed, competences, previous = (body[name] for name in ("number", "pairs", "competences", "previous"))
    if isinstance(number, bool) or not isinstance(number, int):
        raise MalformedError("the number of a keys statement is an integer")
    if isinstance(previous, bool) or not isinstance(previous, int | None):
        raise MalformedError("previous of a keys statement is a log index or null")
    if not isinstance(listed, list) or not isinstance(competences, list):
        raise MalformedError("pairs and competences are lists")
    return Designation(
        authority=statement.issuer,
        participant=text_member(body, "participant"),
        number=number,
        title=text_member(body, "title"),
        competences=tuple(text_member({"competence": item}, "competence") for item in competences),
        pairs=tuple(PublicPair.from_json(item) for item in listed),
        recipient=text_member(body, "recipient"),
        url=text_member(body, "url"),
        previous=previous,
    )


def check_succession(earlier: tuple[int, Designation], later: tuple[int, Designation]) -> None:
    """Refuse two designations at their places of which the later one was not signed to stand after the earlier one.

    Without this, whoever holds the log key alone could log old statements again, and so bring back a revoked pair.

    Raises:
        VerificationError: the numbers leave a gap, or the later one names another place than the earlier one has.
    """
    (index, before), (next_index, after) = earlier, later
    if next_index <= index or after.number != before.number + 1:
        raise VerificationError(
            f"keys statements of {after.authority} numbered {before.number} and {after.number} do not follow each other"
        )
    if after.previous != index:
        raise VerificationError(
            f"keys statement {after.number} of {after.authority} was signed to follow number {before.number} at entry "
            f"{after.previous}, not at entry {index}: one of them was logged again at another place"
        )


def verify_root_signed(envelope: Envelope, recognition: Recognition) -> Designation:
    """Verify that the recognised root signed `envelope`, a `keys` statement, whatever it then says.

    Raises:
        MalformedError: it is no `keys` statement.
        VerificationError: another root signed it.
    """
    if envelope.payload_type != STATEMENT_TYPE:
        raise MalformedError("a keys statement is public")
    statement = parse_statement(envelope.payload)
    if statement.issuer != recognition.authority:
        raise VerificationError(f"keys statement of {statement.issuer}, expected {recognition.authority}")
    verify_envelope(envelope, [recognition.root])
    return parse_designation(statement)


def verify_designation(envelope: Envelope, recognition: Recognition) -> Designation:
    """Verify that `envelope` is a `keys` statement that the recognised root signed and that fits the recognition.

    Raises:
        MalformedError: it is no `keys` statement.
        VerificationError: another root signed it, or it names another log pair than the recognition.
    """
    designation = verify_root_signed(envelope, recognition)
    if designation.pair(Role.LOG) != recognition.log or designation.participant != recognition.participant:
        raise VerificationError(
            f"the keys statement names another log pair or participant than the recognition of {recognition.authority}"
        )
    return designation


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyHistory:
    """An authority's `keys` statements by position in its log, as far as the holder knows them."""

    authority: str
    designations: tuple[tuple[int, Designation], ...]

    def __post_init__(self) -> None:
        """Refuse a history with gaps or with statements at other places, which could hide a revocation."""
        for (index, earlier), (next_index, later) in zip(self.designations, self.designations[1:], strict=False):
            check_succession((index, earlier), (next_index, later))

    def at(self, index: int) -> tuple[int, Designation]:
        """Return the designation in force for entry `index`, and its own position.

        Raises:
            VerificationError: no `keys` statement stands before that entry.
        """
        in_force = [item for item in self.designations if item[0] < index]
        if not in_force:
            raise VerificationError(
                f"no keys statement of {self.authority} stands before entry {index}: its keys were not yet valid"
            )
        return in_force[-1]

    def latest(self) -> tuple[int, Designation]:
        """Return the last known designation and its position.

        Raises:
            VerificationError: none is known.
        """
        if not self.designations:
            raise VerificationError(f"no keys statement of {self.authority} is known; follow its log first")
        return self.designations[-1]

    def not_revoked_as_of(self, index: int, pair: PublicPair) -> int:
        """Return the last entry up to which `pair`, valid at `index`, is proved not to be revoked.

        That is the first `keys` statement after `index` when it still lists the pair: numbers leave no room between
        it and the last one before. Without a later statement nothing is proved beyond the last one before.
        """
        position, _ = self.at(index)
        following = [item for item in self.designations if item[0] > index][:1]
        return following[0][0] if following and pair in following[0][1].pairs else position


def verify_speaker(
    envelope: Envelope, designation: Designation, *, history: KeyHistory | None = None
) -> VerifiedEnvelope:
    """Verify that one designated pair of the authority signed `envelope`.

    The pair comes from `designation`; `history` only improves the message when the key is a revoked one.

    Raises:
        VerificationError: the key is unknown, revoked, not yet valid, or a signature fails.
    """
    for pair in designation.speakers():
        if not envelope.key_ids.isdisjoint(pair.key_ids()):
            return verify_envelope(envelope, [pair])
    stranger = min(envelope.key_ids)
    for index, earlier in history.designations if history else ():
        if any(not envelope.key_ids.isdisjoint(pair.key_ids()) for pair in earlier.speakers()):
            relation = "was revoked" if earlier.number < designation.number else "is not valid yet"
            raise VerificationError(
                f"key {stranger[:8]}… of {designation.authority} {relation}: keys statement {earlier.number} "
                f"at entry {index} lists it, number {designation.number} in force does not"
            )
    raise VerificationError(
        f"signed by key {stranger[:8]}…, which no keys statement of {designation.authority} designates"
    )


def check_speaks(verified: VerifiedEnvelope, statement: Statement) -> None:
    """Refuse a statement that its pair may not make.

    Raises:
        VerificationError: a service pair says what takes an officer, or the issuer is not the key's authority.
    """
    pair = verified.pairs[0]
    if pair.authority != statement.issuer:
        raise VerificationError(f"a key of {pair.authority} speaks for {statement.issuer}")
    if pair.role is Role.SERVICE and statement.kind not in SERVICE_KINDS:
        raise VerificationError(f"the service key of {pair.authority} may not say {statement.kind!r}")


def build_history(authority: str, found: Iterable[tuple[int, Designation]]) -> KeyHistory:
    """Return the history of `found` designations, in order of position.

    Raises:
        VerificationError: numbers and positions do not follow each other.
    """
    ordered: Sequence[tuple[int, Designation]] = sorted(found, key=lambda item: item[0])
    return KeyHistory(authority=authority, designations=tuple(ordered))

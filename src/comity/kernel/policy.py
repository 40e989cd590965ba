"""Trust policies (C2SP tlog-policy): which logs, which witnesses, and how many of them make a quorum.

A policy is kept as the text it came in. Two rules are stricter than the specification, which lets any one listed log
key vouch for a checkpoint:

- every log key that the policy lists under the checkpoint's origin must have signed, so that a log with a pair of
  keys is believed only on both;
- the log's own authority, the part of its name before the slash, never counts: a policy is refused if a witness's key
  has it too, or is the log's key itself.

A witness of ours has two lines, `<key name>-ed` and `<key name>-pq`, and a group of its key name that wants both.
Group names and key names share no spelling with these, because a key name ends in its role.

"Logged by T" means that the cosignatures with a time of at most T satisfy the quorum.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

from comity.errors import MalformedError, PolicyError, VerificationError
from comity.kernel.checkpoint import Checkpoint, find_signature, parse_checkpoint, verify_signature, verify_signed_by
from comity.kernel.key import (
    ED25519,
    ED25519_COSIGNATURE,
    MLDSA44,
    PublicPair,
    Role,
    VerifierKey,
    encode_vkey,
    parse_vkey,
)
from comity.kernel.note import Note, parse_decimal

# The specification asks for at least 32 logs, 32 witnesses and 32 groups. A witness of ours takes two lines and one
# group, so 128 lines of each kind hold 64 witnesses; a line with an ML-DSA-44 key has 1.9 kB.
MAX_LINES_OF_A_KIND: Final = 128
MAX_POLICY_CHARACTERS: Final = 524_288
# The last second that a four-digit year can hold; a cosignature could state any 63-bit number.
_LAST_TIME: Final = 253_402_300_799
# 9999-12-31T23:59:59Z, the last second that the formats can write.
LATEST_TIME: Final = 253_402_300_799

_NONE: Final = "none"
_SPACE: Final = re.compile(r"[ \t]+")
_FORBIDDEN: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_LOG_TYPES: Final = frozenset({ED25519, MLDSA44})
_WITNESS_TYPES: Final = frozenset({ED25519_COSIGNATURE, MLDSA44})


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyLog:
    """One key of a log that the policy accepts."""

    key: VerifierKey
    url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyWitness:
    """One key of a witness, and the name under which groups count it."""

    name: str
    key: VerifierKey
    url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyGroup:
    """A group of witnesses and groups, which cosigns when `threshold` of its members do."""

    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A parsed policy; made only by `parse_policy`. `quorum` is None where no cosignature is wanted."""

    text: str
    logs: tuple[PolicyLog, ...]
    witnesses: tuple[PolicyWitness, ...]
    groups: tuple[PolicyGroup, ...]
    quorum: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Witnessed:
    """A checkpoint whose log and quorum were verified; made only by `verify_witnessed`.

    `times` has the key name of each witness that cosigned with every key the policy lists for it, and the latest of
    their times. `logged_by` is the earliest time by which the quorum is satisfied.
    """

    checkpoint: Checkpoint
    times: Mapping[str, int]
    logged_by: int


def cosigned_at(posix: int) -> datetime:
    """Return the moment of a cosignature's time.

    Raises:
        VerificationError: it lies beyond the year 9999.
    """
    if posix > _LAST_TIME:
        raise VerificationError(f"a cosignature states the time {posix}, beyond the year 9999")
    return datetime.fromtimestamp(posix, UTC)


def parse_policy(text: str) -> Policy:
    """Read a policy.

    Raises:
        MalformedError: a line breaks its form, a name is unknown or used twice, or there is not one quorum.
        PolicyError: a log's own authority would count as its witness.
    """
    reader = _Reader()
    for number, line in enumerate(_lines(text), start=1):
        words = _SPACE.split(line.strip(" \t"))
        if words == [""] or words[0].startswith("#"):
            continue
        try:
            reader.read(words)
        except MalformedError as exc:
            raise MalformedError(f"line {number} of the policy: {exc.message}") from exc
    if not reader.complete:
        raise MalformedError("a policy has one quorum line; this has none")
    _check_no_self_witness(reader.logs, reader.witnesses)
    return Policy(
        text=text,
        logs=tuple(reader.logs),
        witnesses=tuple(reader.witnesses),
        groups=tuple(reader.groups),
        quorum=reader.quorum,
    )


def _lines(text: str) -> list[str]:
    if len(text) > MAX_POLICY_CHARACTERS:
        raise MalformedError(f"a policy has {len(text)} characters; at most {MAX_POLICY_CHARACTERS} are read")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as exc:
        raise MalformedError("a policy is not Unicode text") from exc
    if _FORBIDDEN.search(text) or not text.endswith("\n"):
        raise MalformedError("a policy ends in a newline and has no control characters but tab and newline")
    return text[:-1].split("\n")


class _Reader:
    """The definitions read so far; names must be defined before they are used."""

    def __init__(self) -> None:
        self.logs: list[PolicyLog] = []
        self.witnesses: list[PolicyWitness] = []
        self.groups: list[PolicyGroup] = []
        self.quorum: str | None = None
        self.complete = False
        self._names: set[str] = set()
        self._members: set[str] = set()

    def read(self, words: list[str]) -> None:
        """Take in one line."""
        match words:
            case ["log", vkey, *url] if len(url) <= 1:
                self._read_log(vkey, url[0] if url else None)
            case ["witness", name, vkey, *url] if len(url) <= 1:
                self._read_witness(name, vkey, url[0] if url else None)
            case ["group", name, threshold, *members] if members:
                self._read_group(name, threshold, members)
            case ["quorum", name]:
                self._read_quorum(name)
            case _:
                raise MalformedError(f"{' '.join(words)[:60]!r} is no log, witness, group or quorum line")

    def _read_log(self, vkey: str, url: str | None) -> None:
        key = parse_vkey(vkey)
        if key.type_byte not in _LOG_TYPES:
            raise MalformedError(f"signature type {key.type_byte:#04x} is not one of a log")
        if key.key in {log.key.key for log in self.logs}:
            raise MalformedError(f"the key of log {key.name} is listed twice")
        if len(self.logs) == MAX_LINES_OF_A_KIND:
            raise MalformedError(f"more than {MAX_LINES_OF_A_KIND} logs")
        self.logs.append(PolicyLog(key=key, url=url))

    def _read_witness(self, name: str, vkey: str, url: str | None) -> None:
        key = parse_vkey(vkey)
        if key.type_byte not in _WITNESS_TYPES:
            raise MalformedError(f"signature type {key.type_byte:#04x} is not one of a witness")
        if key.key in {witness.key.key for witness in self.witnesses}:
            raise MalformedError(f"the key of witness {name[:80]!r} is listed twice")
        if len(self.witnesses) == MAX_LINES_OF_A_KIND:
            raise MalformedError(f"more than {MAX_LINES_OF_A_KIND} witnesses")
        self._define(name)
        self.witnesses.append(PolicyWitness(name=name, key=key, url=url))

    def _read_group(self, name: str, threshold: str, members: list[str]) -> None:
        if threshold == "any":
            wanted = 1
        elif threshold == "all":
            wanted = len(members)
        else:
            wanted = parse_decimal(threshold)
        if not 1 <= wanted <= len(members):
            raise MalformedError(f"group {name[:80]!r} wants {wanted} of {len(members)} members")
        if len(self.groups) == MAX_LINES_OF_A_KIND:
            raise MalformedError(f"more than {MAX_LINES_OF_A_KIND} groups")
        for member in members:
            if member not in self._names:
                raise MalformedError(f"group {name[:80]!r} has the member {member[:80]!r}, not defined before it")
            if member in self._members:
                raise MalformedError(f"{member[:80]!r} is a member twice")
            self._members.add(member)
        self._define(name)
        self.groups.append(PolicyGroup(name=name, threshold=wanted, members=tuple(members)))

    def _read_quorum(self, name: str) -> None:
        if self.complete:
            raise MalformedError("a second quorum line")
        if name != _NONE:
            if name not in self._names:
                raise MalformedError(f"the quorum {name[:80]!r} is not defined before it")
            self.quorum = name
        self.complete = True

    def _define(self, name: str) -> None:
        if name == _NONE or name in self._names:
            raise MalformedError(f"the name {name[:80]!r} is taken")
        self._names.add(name)


def _check_no_self_witness(logs: Sequence[PolicyLog], witnesses: Sequence[PolicyWitness]) -> None:
    """Refuse a policy in which a log could witness itself, by name or with its own key."""
    keys = {log.key.key for log in logs}
    authorities = {log.key.name.partition("/")[0] for log in logs}
    for witness in witnesses:
        if witness.key.key in keys or witness.key.name.partition("/")[0] in authorities:
            raise PolicyError(f"witness {witness.key.name} belongs to the authority of a log in the same policy")


def quorum_count(policy: Policy) -> int:
    """Return how many witnesses the policy's quorum wants, 1 where it is no plain count.

    A plain count is what `write_policy` writes: so many of a group of witnesses, each with all its keys.
    """
    group = _plain_quorum(policy)
    return 1 if group is None else group.threshold


def answers_wanted(policy: Policy) -> int:
    """Return how many witnesses must answer before a log may believe that it knows its own newest head.

    Any set of that many answering witnesses includes one that cosigned whatever was published: of n witnesses, k
    cosigned it, so that no more than n - k can all have missed it. At least k are wanted all the same. For a quorum
    that is no plain count it is every witness, since any other number would be a guess, and one where there is none.
    """
    group = _plain_quorum(policy)
    if group is None:
        return max(1, len({witness.key.name for witness in policy.witnesses}))
    return max(group.threshold, len(group.members) - group.threshold + 1)


def _plain_quorum(policy: Policy) -> PolicyGroup | None:
    """Return the quorum's group where each of its members is all keys of one witness, and each another witness."""
    named = {witness.name: witness.key.name for witness in policy.witnesses}
    whole = {
        group.name: {named.get(member) for member in group.members}
        for group in policy.groups
        if group.threshold == len(group.members)
    }
    quorum = next((group for group in policy.groups if group.name == policy.quorum), None)
    if quorum is None:
        return None
    owners = [whole.get(member, {None}) for member in quorum.members]
    distinct = set[str | None]().union(*owners)
    if None in distinct or any(len(names) != 1 for names in owners) or len(distinct) != len(owners):
        return None
    return quorum


def verify_policy_log(note: Note, policy: Policy) -> Checkpoint:
    """Verify that every key that the policy lists under the note's origin signed it, and return the checkpoint.

    Raises:
        MalformedError: the text is no checkpoint.
        VerificationError: the policy has no such log, or a signature is missing or wrong.
    """
    origin = parse_checkpoint(note.text).origin
    keys = [log.key for log in policy.logs if log.key.name == origin]
    if not keys:
        raise VerificationError(f"the policy has no log {origin}")
    return verify_signed_by(note, keys)


def verify_witnessed(note: Note, policy: Policy) -> Witnessed:
    """Verify that the policy's log signed the note and that its quorum of witnesses cosigned it.

    Lines of keys outside the policy are ignored. A cosignature with time 0 does not count, since it bounds nothing.

    Raises:
        MalformedError: the text is no checkpoint.
        VerificationError: the policy has no such log, a known key's line is missing for the log or wrong for anyone,
            the quorum is not reached, or the policy wants no witness and so bounds no time.
    """
    checkpoint = verify_policy_log(note, policy)
    if policy.quorum is None:
        raise VerificationError("the policy wants no witness, so nothing but the log bounds when this was logged")
    by_line = _cosignature_times(note, checkpoint, policy)
    logged_by = _reached(policy, by_line)[policy.quorum]
    if logged_by is None:
        raise VerificationError(f"the quorum {policy.quorum} has not cosigned {checkpoint.origin} {checkpoint.size}")
    return Witnessed(checkpoint=checkpoint, times=_times_by_key_name(policy, by_line), logged_by=logged_by)


def _cosignature_times(note: Note, checkpoint: Checkpoint, policy: Policy) -> dict[str, int | None]:
    """Return each witness's time by its name in the policy; None where it has not cosigned or gave no time."""
    times: dict[str, int | None] = {}
    for witness in policy.witnesses:
        line = find_signature(note.signatures, witness.key)
        time = None if line is None else verify_signature(checkpoint, witness.key, line)
        # A time beyond the calendar is a lie that readers could not even print.
        times[witness.name] = time if time is not None and 0 < time <= LATEST_TIME else None
    return times


def _reached(policy: Policy, by_line: Mapping[str, int | None]) -> dict[str, int | None]:
    """Return when each witness and group had cosigned; a group's members are all defined before it."""
    reached = dict(by_line)
    for group in policy.groups:
        times = sorted(time for member in group.members if (time := reached[member]) is not None)
        reached[group.name] = times[group.threshold - 1] if len(times) >= group.threshold else None
    return reached


def _times_by_key_name(policy: Policy, by_line: Mapping[str, int | None]) -> Mapping[str, int]:
    listed: dict[str, list[int | None]] = {}
    for witness in policy.witnesses:
        listed.setdefault(witness.key.name, []).append(by_line[witness.name])
    latest: dict[str, int] = {}
    for name, times in sorted(listed.items()):
        given = [time for time in times if time is not None]
        if len(given) == len(times):
            latest[name] = max(given)
    return MappingProxyType(latest)


def write_policy(
    log: PublicPair, log_url: str | None, witnesses: Sequence[tuple[PublicPair, str | None]], k: int
) -> str:
    """Write the policy of one log: both its keys, both keys of each witness, and a quorum of `k` witnesses.

    With `k` 0 the quorum is `none`: anyone may read such a log, and `verify_witnessed` believes nothing of it.

    Raises:
        MalformedError: `k` is out of range, or a role, URL or name cannot stand in a policy.
        PolicyError: a witness belongs to the log's own authority.
    """
    if log.role is not Role.LOG or any(pair.role is not Role.WITNESS for pair, _ in witnesses):
        raise MalformedError("a policy is written for a log key and witness keys")
    if not 0 <= k <= len(witnesses):
        raise MalformedError(f"a quorum of {k} among {len(witnesses)} witnesses does not exist")
    lines = [_written("log", key, url=log_url) for key in log.verifier_keys()]
    for pair, url in witnesses:
        ed25519_key, mldsa44_key = pair.verifier_keys()
        lines += [
            _written(f"witness {pair.name}-ed", ed25519_key, url=url),
            _written(f"witness {pair.name}-pq", mldsa44_key, url=url),
            f"group {pair.name} all {pair.name}-ed {pair.name}-pq",
        ]
    if k:
        lines.append(f"group witnesses {k} {' '.join(pair.name for pair, _ in witnesses)}")
    lines.append(f"quorum {'witnesses' if k else _NONE}")
    return parse_policy("".join(f"{line}\n" for line in lines)).text


def _written(start: str, key: VerifierKey, *, url: str | None) -> str:
    vkey = encode_vkey(key.name, key.type_byte, key.key)
    if url is None:
        return f"{start} {vkey}"
    if not url or any(character.isspace() for character in url):
        raise MalformedError(f"{url[:80]!r} is no URL for a policy")
    return f"{start} {vkey} {url}"

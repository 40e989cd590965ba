"""What a dossier shows of one authority's log: which entries, witnessed when, and which keys were valid there.

Everything is checked against the reader's recognition of that authority: its root pair signs `keys` statements, its
log pair and its policy decide which checkpoints count. A dossier brings several checkpoints of one log and no
consistency proofs between them; that they belong to one log is the witnesses' word. Where they visibly do not, with
two roots for one size or two entries at one index, the dossier is refused.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from comity.errors import VerificationError
from comity.kernel.entry import public_entry
from comity.kernel.envelope import Envelope
from comity.kernel.merkle import leaf_hash, verify_inclusion
from comity.kernel.note import parse_note
from comity.kernel.policy import Witnessed, cosigned_at, verify_witnessed
from comity.kernel.proof import parse_proof
from comity.kernel.trust import (
    Designation,
    KeyHistory,
    Recognition,
    build_history,
    check_succession,
    verify_designation,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """An entry that was proved to be in a witnessed log, and which witnesses vouch for it since when."""

    origin: str
    index: int
    size: int
    logged_by: datetime
    witnesses: tuple[tuple[str, datetime], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The `keys` statements around an entry: the last before it and, where the dossier has it, the first after."""

    before: tuple[int, Designation]
    after: tuple[int, Designation] | None
    history: KeyHistory
    """All that follow each other without a gap around the entry."""


class ShownLog:
    """One authority's log as far as a dossier shows it."""

    def __init__(self, recognition: Recognition) -> None:
        self._recognition = recognition
        # Most proofs of a dossier share a few checkpoints, whose signatures are the costly part.
        self._witnessed: dict[bytes, Witnessed] = {}
        self._roots: dict[int, bytes] = {}
        self._entries: dict[int, bytes] = {}
        self._keys: list[tuple[int, Designation]] = []
        self._keys_entries: dict[str, int] = {}

    def verify_entry(self, proof: bytes, entry: bytes) -> Logged:
        """Verify that `entry` is in this log, under a checkpoint that the reader's policy accepts.

        Raises:
            MalformedError: the proof breaks its format.
            VerificationError: it is a proof of another log or entry, or its checkpoint lacks log or quorum; or it
                contradicts what was verified before.
        """
        parsed = parse_proof(proof)
        witnessed = self._witnessed.get(parsed.checkpoint_note)
        if witnessed is None:
            witnessed = verify_witnessed(parse_note(parsed.checkpoint_note), self._recognition.policy)
            self._witnessed[parsed.checkpoint_note] = witnessed
        checkpoint = witnessed.checkpoint
        if checkpoint.origin != self._recognition.log.name:
            raise VerificationError(f"a proof of log {checkpoint.origin}, expected {self._recognition.log.name}")
        verify_inclusion(
            index=parsed.index, size=checkpoint.size, leaf=leaf_hash(entry), path=parsed.path, root=checkpoint.root
        )
        if self._roots.setdefault(checkpoint.size, checkpoint.root) != checkpoint.root:
            raise VerificationError(f"{checkpoint.origin} shows two roots for size {checkpoint.size}: a split view")
        if self._entries.setdefault(parsed.index, entry) != entry:
            raise VerificationError(f"{checkpoint.origin} shows two entries at index {parsed.index}: a split view")
        return Logged(
            origin=checkpoint.origin,
            index=parsed.index,
            size=checkpoint.size,
            logged_by=cosigned_at(witnessed.logged_by),
            witnesses=tuple((name, cosigned_at(time)) for name, time in witnessed.times.items()),
        )

    def add_keys(self, envelope: Envelope, proof: bytes) -> Designation:
        """Verify a `keys` statement and keep it.

        Raises:
            MalformedError: envelope or proof break their format.
            VerificationError: another root signed it, its entry is not proved, or its number or what it says of the
                one before contradicts its place.
        """
        designation = verify_designation(envelope, self._recognition)
        logged = self.verify_entry(proof, public_entry(envelope.id))
        if self._keys_entries.setdefault(envelope.id, logged.index) != logged.index:
            raise VerificationError(
                f"keys statement {designation.number} of {designation.authority} is shown at entries "
                f"{self._keys_entries[envelope.id]} and {logged.index}: it was logged again"
            )
        self._keys.append((logged.index, designation))
        self._keys.sort(key=lambda item: item[0])
        numbers = [item.number for _, item in self._keys]
        if numbers != sorted(set(numbers)):
            raise VerificationError(
                f"keys statements of {designation.authority} are numbered {numbers} in the order of their entries"
            )
        for earlier, later in pairwise(self._keys):
            if later[1].number == earlier[1].number + 1:
                check_succession(earlier, later)
        return designation

    def around(self, index: int) -> Window:
        """Return the `keys` statements around an entry.

        Raises:
            VerificationError: none stands before it, or numbers show that one between is missing.
        """
        place = bisect_left(self._keys, index, key=lambda item: item[0])
        authority = self._recognition.authority
        if place == 0:
            raise VerificationError(
                f"there is no keys statement of {authority} before entry {index}, so that no key is valid there"
            )
        before = self._keys[place - 1]
        after = self._keys[place] if place < len(self._keys) else None
        if after is not None and after[1].number != before[1].number + 1:
            raise VerificationError(
                f"keys statements {before[1].number} and {after[1].number} of {authority} stand around entry {index}; "
                f"those between are missing and could have revoked the key"
            )
        return Window(before=before, after=after, history=build_history(authority, self._run(place - 1)))

    def _run(self, place: int) -> Iterable[tuple[int, Designation]]:
        """Return the designations around `place` whose numbers have no gap."""
        # Numbers rise with places, so the difference stays the same exactly as long as there is no gap.
        offset = self._keys[place][1].number - place
        return [item for other, item in enumerate(self._keys) if item[1].number - other == offset]

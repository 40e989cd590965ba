"""The client side of C2SP tlog-witness: shows a log's new head to its witnesses and keeps what they verifiably signed.

Nothing here is fatal to the log: any answer but a good 200 means no cosignature this round. A 409 tells at which size
the witness stands, and the request is made again from there. A timed-out witness may or may not have advanced; its 409
tells in the next round. Only lines of the witness's own keys that verify are kept, since an unverified line makes every
later reader refuse the note.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from comity.errors import Error, MalformedError, VerificationError
from comity.kernel.checkpoint import Checkpoint, parse_checkpoint, verify_cosignature
from comity.kernel.key import VerifierKey
from comity.kernel.note import Note, NoteSignature, parse_decimal, parse_signatures
from comity.kernel.policy import Policy
from comity.log.witness import MAX_BODY_BYTES, SIZE, encode_submission

# A witness may move between its 409 and the next request, if another process of the same log asks it; not for ever.
_ATTEMPTS: Final = 3
# Clocks of honest nodes differ by seconds.
CLOCK_SKEW_SECONDS: Final = 300

# Posts a body to an address and returns status, headers with lower-case names, and body; raises UnavailableError.
Post: TypeAlias = Callable[[str, bytes], tuple[int, Mapping[str, str], bytes]]
Prove: TypeAlias = Callable[[int], Sequence[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessPeer:
    """A witness that a log asks: its keys, each of which must cosign, and its submission prefix."""

    name: str
    url: str
    keys: tuple[VerifierKey, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one witness gave in one round: verified lines, or why not; and the size at which it stands, if known."""

    witness: str
    lines: tuple[NoteSignature, ...] = ()
    size: int | None = None
    problem: str | None = None


def witness_peers(policy: Policy) -> tuple[WitnessPeer, ...]:
    """Return the witnesses of a policy that have an address, each with all its keys."""
    keys: dict[tuple[str, str], list[VerifierKey]] = {}
    for witness in policy.witnesses:
        if witness.url is not None:
            keys.setdefault((witness.key.name, witness.url), []).append(witness.key)
    return tuple(WitnessPeer(name=name, url=url, keys=tuple(found)) for (name, url), found in keys.items())


def request_cosignatures(
    peer: WitnessPeer, note: Note, *, prove: Prove, old_size: int, post: Post, latest: int | None = None
) -> Round:
    """Ask one witness to cosign `note`, which has the log's own lines only; never raises the project's errors.

    A cosignature with a time after `latest`, in POSIX seconds, is not kept.
    """
    size: int | None = old_size
    try:
        checkpoint = parse_checkpoint(note.text)
        for _ in range(_ATTEMPTS):
            if old_size > checkpoint.size:
                # Either the witness saw a later head of this log, or the log was restored from a backup.
                problem = f"stands at size {old_size}, ahead of this head of size {checkpoint.size}"
                return Round(witness=peer.name, size=old_size, problem=problem)
            body = encode_submission(old_size, prove(old_size), note)
            status, headers, answer = post(f"{peer.url.rstrip('/')}/add-checkpoint", body)
            if status == 200:  # noqa: PLR2004 - HTTP
                lines = _verified_lines(checkpoint, peer, answer, latest)
                return Round(witness=peer.name, lines=lines, size=checkpoint.size)
            told = _told_size(status, headers, answer)
            if told is None or told == old_size:
                text = answer[:200].decode("utf-8", "replace").strip()
                return Round(witness=peer.name, problem=f"answered {status}: {text}")
            size = old_size = told
    except Error as exc:
        return Round(witness=peer.name, size=None, problem=exc.message)
    return Round(witness=peer.name, size=size, problem=f"moved {_ATTEMPTS} times while it was asked")


def _verified_lines(
    checkpoint: Checkpoint, peer: WitnessPeer, answer: bytes, latest: int | None
) -> tuple[NoteSignature, ...]:
    if len(answer) > MAX_BODY_BYTES:
        raise MalformedError(f"answered {len(answer)} bytes; at most {MAX_BODY_BYTES} are read")
    cosignature = verify_cosignature(checkpoint, parse_signatures(answer), peer.keys)
    if latest is not None and cosignature.time > latest:
        # It would stand in the published checkpoint for ever, and "logged by" with it.
        raise VerificationError(f"cosigned with a time {cosignature.time - latest} s too far ahead")
    return cosignature.lines


def _told_size(status: int, headers: Mapping[str, str], answer: bytes) -> int | None:
    if status != 409 or headers.get("content-type", "").partition(";")[0].strip() != SIZE:  # noqa: PLR2004 - HTTP
        return None
    try:
        return parse_decimal(answer.decode("ascii", "replace").removesuffix("\n"))
    except MalformedError:
        return None


class Cosigners:
    """Asks every witness of a log, each from the size at which it last stood; what the sequencer calls.

    `each` applies a function to every witness, in parallel where it is an executor's `map`. One thread at a time calls.
    """

    def __init__(
        self,
        peers: Sequence[WitnessPeer],
        post: Post,
        each: Callable[[Callable[[WitnessPeer], Round], Sequence[WitnessPeer]], Iterable[Round]] = map,
        clock: Callable[[], int] | None = None,
    ) -> None:
        self._peers = tuple(peers)
        self._post = post
        self._each = each
        self._clock = clock
        # Hints only: a wrong one costs a 409.
        self._sizes: dict[str, int] = {}
        self.rounds: tuple[Round, ...] = ()

    def __call__(self, note: Note, prove: Prove) -> Sequence[NoteSignature]:
        """Return the verified lines of every witness that cosigned."""
        latest = None if self._clock is None else self._clock() + CLOCK_SKEW_SECONDS

        def ask(peer: WitnessPeer) -> Round:
            size = self._sizes.get(peer.name, 0)
            return request_cosignatures(peer, note, prove=prove, old_size=size, post=self._post, latest=latest)

        self.rounds = tuple(self._each(ask, self._peers))
        for outcome in self.rounds:
            if outcome.size is not None:
                self._sizes[outcome.witness] = outcome.size
        return [line for outcome in self.rounds for line in outcome.lines]

"""A witness of other logs: the server side of C2SP tlog-witness, as a pure handler.

A witness cosigns a checkpoint only if it extends the last one that it cosigned for that log. It reads the last one,
checks, and keeps the new one in one transaction, and answers after that transaction is durable: two requests at once
can neither both win nor roll it back. What it keeps has only lines that it has verified.

When the log itself has signed two checkpoints that contradict each other, both are kept as evidence.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Protocol

from comity.errors import MalformedError, PolicyError, TooLargeError, VerificationError
from comity.kernel.canonical import decode_base64, encode_base64
from comity.kernel.checkpoint import (
    Checkpoint,
    cosign_checkpoint,
    only_lines_of,
    parse_checkpoint,
    verify_signed_by,
    with_signatures,
)
from comity.kernel.evidence import SplitView
from comity.kernel.key import KeyPair, VerifierKey
from comity.kernel.merkle import EMPTY_ROOT, HASH_BYTES, verify_consistency
from comity.kernel.note import Note, encode_signatures, parse_decimal, parse_note
from comity.kernel.proof import MAX_PATH_HASHES
from comity.log.contradiction import find_rewritten, find_same_size, keep_evidence
from comity.store.database import Database, Reader, Transaction

# A pair's checkpoint with the longest path has some 7 kB; a few lines of other signers fit as well.
MAX_BODY_BYTES: Final = 65_536
TEXT: Final = "text/plain; charset=utf-8"
SIZE: Final = "text/x.tlog.size"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What goes back over HTTP."""

    status: int
    content_type: str = TEXT
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessHead:
    """The newest checkpoint that was cosigned for a log; the note has the verified lines of the log and the witness."""

    checkpoint: Checkpoint
    time: int
    note: bytes


class WitnessUpdate(Protocol):
    """One atomic read, check and write of what a witness keeps."""

    def head(self, origin: str) -> WitnessHead | None:
        """Return the newest checkpoint cosigned for a log."""

    def keep(self, head: WitnessHead) -> None:
        """Keep a newer one."""

    def keep_evidence(self, older: Checkpoint, newer: Checkpoint, evidence: SplitView, *, found: int) -> None:
        """Keep evidence against a log; the same pair of trees again changes nothing."""


class WitnessState(Protocol):
    """What a witness keeps."""

    def head(self, origin: str) -> WitnessHead | None:
        """Return the newest checkpoint cosigned for a log, without waiting for an update."""

    def update(self) -> AbstractContextManager[WitnessUpdate]:
        """Open an update that excludes every other; at the end of the block it is durable."""


class DatabaseWitnessState:
    """`WitnessState` in the node's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def head(self, origin: str) -> WitnessHead | None:
        """Return the newest checkpoint cosigned for a log, without waiting for an update.

        Raises:
            StoreError: the database failed.
        """
        with self._database.reading() as tx:
            return _read_witness_head(tx, origin)

    @contextmanager
    def update(self) -> Iterator[WitnessUpdate]:
        """Open an update that excludes every other; at the end of the block it is durable.

        Raises:
            StoreError: the database failed.
        """
        with self._database.transaction() as tx:
            yield _DatabaseUpdate(tx)


class _DatabaseUpdate:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def head(self, origin: str) -> WitnessHead | None:
        return _read_witness_head(self._tx, origin)

    def keep(self, head: WitnessHead) -> None:
        checkpoint = head.checkpoint
        self._tx.run(
            "witness_head_set",
            {
                "origin": checkpoint.origin,
                "size": checkpoint.size,
                "root": checkpoint.root,
                "time": head.time,
                "note": head.note,
            },
        )

    def keep_evidence(self, older: Checkpoint, newer: Checkpoint, evidence: SplitView, *, found: int) -> None:
        keep_evidence(self._tx, older, newer, evidence, found=found)


def _read_witness_head(tx: Reader, origin: str) -> WitnessHead | None:
    row = tx.one("witness_head_read", {"origin": origin})
    if row is None:
        return None
    size, root, time, note = row
    return WitnessHead(checkpoint=Checkpoint(origin=origin, size=size, root=root), time=time, note=note)


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A parsed request to cosign; nothing in it is verified."""

    old_size: int
    path: tuple[bytes, ...]
    note: Note


def encode_submission(old_size: int, path: Sequence[bytes], note: Note) -> bytes:
    """Return the body of an `add-checkpoint` request."""
    lines = [f"old {old_size}", *(encode_base64(node) for node in path)]
    return "".join(f"{line}\n" for line in lines).encode() + b"\n" + note.encode()


def parse_submission(body: bytes) -> Submission:
    """Read the body of an `add-checkpoint` request.

    Raises:
        MalformedError: the body is anything else.
        TooLargeError: the body exceeds the limit.
    """
    if len(body) > MAX_BODY_BYTES:
        raise TooLargeError(f"the body has {len(body)} bytes; at most {MAX_BODY_BYTES} are read")
    head, separator, note = body.partition(b"\n\n")
    try:
        first, *hashes = head.decode("ascii").split("\n")
    except UnicodeDecodeError as exc:
        raise MalformedError("the lines before the checkpoint are not ASCII") from exc
    if not separator or not first.startswith("old "):
        raise MalformedError("the body begins with an 'old' line and has an empty line before the checkpoint")
    if len(hashes) > MAX_PATH_HASHES:
        raise MalformedError(f"the proof has {len(hashes)} lines; at most {MAX_PATH_HASHES} are read")
    path = tuple(decode_base64(text) for text in hashes)
    if any(len(node) != HASH_BYTES for node in path):
        raise MalformedError(f"a proof line is not a hash of {HASH_BYTES} bytes")
    return Submission(old_size=parse_decimal(first.removeprefix("old ")), path=path, note=parse_note(note))


def handle_add_checkpoint(
    body: bytes,
    *,
    state: WitnessState,
    known_logs: Mapping[str, Sequence[VerifierKey]],
    witness: KeyPair,
    now: int,
) -> Reply:
    """Answer a request to cosign a checkpoint, in the order of checks that C2SP tlog-witness sets.

    `known_logs` maps an origin to its keys, each of which must have signed. `now` is POSIX seconds.

    Raises:
        StoreError: the state failed; nothing was cosigned.
    """
    try:
        submission = parse_submission(body)
        checkpoint = parse_checkpoint(submission.note.text)
    except TooLargeError as exc:
        return _refusal(413, exc.message)
    except MalformedError as exc:
        return _refusal(400, exc.message)
    if submission.old_size > checkpoint.size:
        return _refusal(400, f"old size {submission.old_size} is above the checkpoint's size {checkpoint.size}")
    keys = known_logs.get(checkpoint.origin)
    if not keys:
        return _refusal(404, f"this witness does not know the log {checkpoint.origin}")
    try:
        verify_signed_by(submission.note, keys)
    except VerificationError as exc:
        return _refusal(403, exc.message)
    note = only_lines_of(submission.note, keys)
    with state.update() as update:
        return _cosign(submission, checkpoint, note, update, witness=witness, now=now)


def handle_get_checkpoint(
    digest: str, *, state: WitnessState, known_logs: Mapping[str, Sequence[VerifierKey]]
) -> Reply:
    """Answer the monitoring address: the newest cosigned checkpoint of the log whose origin has this SHA-256.

    Raises:
        StoreError: the state failed.
    """
    for origin in known_logs:
        if sha256(origin.encode()).hexdigest() == digest:
            head = state.head(origin)
            if head is not None:
                return Reply(status=200, body=head.note)
    return _refusal(404, "nothing was cosigned for such a log")


def _cosign(
    submission: Submission,
    checkpoint: Checkpoint,
    note: Note,
    update: WitnessUpdate,
    *,
    witness: KeyPair,
    now: int,
) -> Reply:
    """Check against what is kept, and keep and cosign; everything here is one transaction."""
    kept = update.head(checkpoint.origin)
    kept_size = 0 if kept is None else kept.checkpoint.size
    if kept is not None:
        signed_twice = find_same_size((kept.checkpoint, kept.note), (checkpoint, note.encode()))
        if signed_twice is not None:
            update.keep_evidence(kept.checkpoint, checkpoint, signed_twice, found=now)
    if submission.old_size != kept_size:
        return Reply(status=409, content_type=SIZE, body=f"{kept_size}\n".encode())
    if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
        return _refusal(422, "the root of size 0 is not that of the empty tree")
    if kept is None or kept_size == 0:
        if submission.path:
            return _refusal(422, "there is no proof from size 0")
    else:
        try:
            verify_consistency(
                old_size=kept_size,
                new_size=checkpoint.size,
                path=submission.path,
                old_root=kept.checkpoint.root,
                new_root=checkpoint.root,
            )
        except VerificationError as exc:
            rewritten = find_rewritten((kept.checkpoint, kept.note), (checkpoint, note.encode()), path=submission.path)
            if rewritten is not None:
                update.keep_evidence(kept.checkpoint, checkpoint, rewritten, found=now)
            return _refusal(422, exc.message)
    # Times of one witness on one log do not go back, whatever its clock does.
    time = now if kept is None else max(now, kept.time)
    try:
        lines = cosign_checkpoint(checkpoint, witness, time)
    except PolicyError as exc:
        return _refusal(403, exc.message)
    update.keep(WitnessHead(checkpoint=checkpoint, time=time, note=with_signatures(note, lines).encode()))
    return Reply(status=200, body=encode_signatures(lines))


def _refusal(status: int, message: str) -> Reply:
    return Reply(status=status, body=f"{message}\n".encode())

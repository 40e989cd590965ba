"""Proofs that an entry was logged, as one file to check offline (C2SP tlog-proof).

A proof carries the entry's index, its inclusion path and the log's checkpoint with its signatures, word for word. It
does not carry the entry, which the reader has, and nothing in it is trusted: the reader's own policy says which log
and witnesses count. Extra data is not authenticated by anything here.
"""

from dataclasses import dataclass
from typing import Final

from comity.errors import MalformedError, TooLargeError
from comity.kernel.canonical import decode_base64, encode_base64
from comity.kernel.checkpoint import parse_checkpoint
from comity.kernel.merkle import HASH_BYTES, leaf_hash, verify_inclusion
from comity.kernel.note import MAX_DECIMAL, MAX_NOTE_BYTES, parse_decimal, parse_note
from comity.kernel.policy import Policy, verify_witnessed

FIRST_LINE: Final = "c2sp.org/tlog-proof@v1"
# A path through a tree below 2^63 leaves has at most 63 hashes.
MAX_PATH_HASHES: Final = 63
# Extra data is a hint beside the proof; an entry itself has at most this size.
MAX_EXTRA_BYTES: Final = 65_535
# The checkpoint, the extra data in base64 and the path, with room for the words between them.
MAX_PROOF_BYTES: Final = MAX_NOTE_BYTES + 2 * MAX_EXTRA_BYTES + 64 * MAX_PATH_HASHES


@dataclass(frozen=True, slots=True, kw_only=True)
class TlogProof:
    """A proof's parts, none of them verified.

    Raises:
        MalformedError: a part cannot stand in a proof.
    """

    index: int
    path: tuple[bytes, ...]
    checkpoint_note: bytes
    extra: bytes | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.index <= MAX_DECIMAL:
            raise MalformedError(f"a proof has no index {self.index}")
        if len(self.path) > MAX_PATH_HASHES or any(len(node) != HASH_BYTES for node in self.path):
            raise MalformedError(f"a proof's path is at most {MAX_PATH_HASHES} hashes of {HASH_BYTES} bytes")
        if self.extra is not None and not 1 <= len(self.extra) <= MAX_EXTRA_BYTES:
            raise MalformedError(f"a proof's extra data is absent or has 1 to {MAX_EXTRA_BYTES} bytes")
        parse_checkpoint(parse_note(self.checkpoint_note).text)

    def encode(self) -> bytes:
        """Return the proof's bytes."""
        lines = [FIRST_LINE]
        if self.extra is not None:
            lines.append(f"extra {encode_base64(self.extra)}")
        lines += [f"index {self.index}", *(encode_base64(node) for node in self.path)]
        return "".join(f"{line}\n" for line in lines).encode() + b"\n" + self.checkpoint_note


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedEntry:
    """An entry that was proven to be in a witnessed log; made only by `verify_proof`."""

    index: int
    size: int
    root: bytes
    logged_by: int
    origin: str


def parse_proof(data: bytes) -> TlogProof:
    """Read a proof in its one spelling.

    Raises:
        MalformedError: the bytes are anything else.
        TooLargeError: they exceed the limit.
    """
    if len(data) > MAX_PROOF_BYTES:
        raise TooLargeError(f"a proof has {len(data)} bytes; at most {MAX_PROOF_BYTES} are read")
    # The head has no empty line, so the first one ends it.
    head, separator, checkpoint_note = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as exc:
        raise MalformedError("the lines of a proof before its checkpoint are not ASCII") from exc
    if not separator or lines.pop(0) != FIRST_LINE:
        raise MalformedError(f"a proof begins with {FIRST_LINE!r} and has an empty line before its checkpoint")
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = decode_base64(lines.pop(0).removeprefix("extra "))
    if not lines or not lines[0].startswith("index "):
        raise MalformedError("a proof has no index line")
    return TlogProof(
        index=parse_decimal(lines.pop(0).removeprefix("index ")),
        path=tuple(decode_base64(line) for line in lines),
        checkpoint_note=checkpoint_note,
        extra=extra,
    )


def verify_proof(proof: TlogProof, entry: bytes, policy: Policy) -> LoggedEntry:
    """Verify that `entry` is in the log at the proof's index, under a checkpoint that the policy accepts.

    Raises:
        VerificationError: the checkpoint does not satisfy the policy, or the path does not lead from the entry to it.
    """
    witnessed = verify_witnessed(parse_note(proof.checkpoint_note), policy)
    checkpoint = witnessed.checkpoint
    verify_inclusion(
        index=proof.index, size=checkpoint.size, leaf=leaf_hash(entry), path=proof.path, root=checkpoint.root
    )
    return LoggedEntry(
        index=proof.index,
        size=checkpoint.size,
        root=checkpoint.root,
        logged_by=witnessed.logged_by,
        origin=checkpoint.origin,
    )

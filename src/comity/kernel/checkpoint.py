"""Checkpoints (C2SP tlog-checkpoint) and the signatures of logs and witnesses on them (C2SP tlog-cosignature).

A checkpoint's text has three lines: origin, size, root. Extension lines are refused: ML-DSA-44 cosignatures do not
cover them, so two signatures on one note would vouch for different texts. The origin is the name of the log's key.

A log signs twice: with Ed25519 over the text (type 0x01), and with ML-DSA-44 as a cosigner whose name is the origin
(type 0x06). A witness cosigns twice, with Ed25519 (type 0x04) and ML-DSA-44 (type 0x06), both with its time. Whoever
verifies goes by the keys it knows: it ignores other lines, and refuses the note if a line of a known key is wrong.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from comity.errors import MalformedError, PolicyError, VerificationError
from comity.kernel.canonical import decode_base64, encode_base64
from comity.kernel.key import (
    ED25519,
    ED25519_COSIGNATURE,
    MAX_KEY_NAME_BYTES,
    KeyPair,
    PublicPair,
    Role,
    VerifierKey,
    verify_ed25519,
    verify_mldsa44,
)
from comity.kernel.merkle import EMPTY_ROOT, HASH_BYTES
from comity.kernel.note import MAX_DECIMAL, Note, NoteSignature, parse_decimal

_LABEL: Final = b"subtree/v1\n\x00"
_TIME_BYTES: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What a log says of its tree: how many leaves, and the root.

    Raises:
        MalformedError: the origin, size or root cannot stand in a checkpoint.
    """

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        try:
            length = len(self.origin.encode("utf-8"))
        except UnicodeEncodeError as exc:
            raise MalformedError("a checkpoint's origin is not Unicode text") from exc
        # The ML-DSA-44 message writes the origin's length in one byte.
        if not 1 <= length <= MAX_KEY_NAME_BYTES or any(character < " " for character in self.origin):
            raise MalformedError(f"a checkpoint's origin is one line of 1 to {MAX_KEY_NAME_BYTES} bytes")
        if not 0 <= self.size <= MAX_DECIMAL:
            raise MalformedError(f"a checkpoint has no size {self.size}")
        if len(self.root) != HASH_BYTES:
            raise MalformedError(f"a checkpoint's root has {len(self.root)} bytes; wanted {HASH_BYTES}")

    def encode(self) -> str:
        """Return the note text."""
        return f"{self.origin}\n{self.size}\n{encode_base64(self.root)}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """Read a note text as a checkpoint without extension lines.

    Raises:
        MalformedError: it is anything else.
    """
    lines = text.split("\n")
    if len(lines) != 4 or lines[3]:  # noqa: PLR2004 - three lines, each with its newline
        raise MalformedError("a checkpoint is three lines: origin, size, root; extension lines are refused")
    return Checkpoint(origin=lines[0], size=parse_decimal(lines[1]), root=decode_base64(lines[2]))


def sign_checkpoint(checkpoint: Checkpoint, log: KeyPair, time: int) -> bytes:
    """Return the checkpoint as a note with the two signatures of its log, at POSIX `time`.

    The caller answers for the one duty of a log: never two roots for one size, never a tree that drops an entry.

    Raises:
        PolicyError: the key is not the log key that the origin names.
        MalformedError: the time is out of range, or the tree is empty and the root is not that of the empty tree.
    """
    public = log.public
    if public.role is not Role.LOG or public.name != checkpoint.origin:
        raise PolicyError(f"key {public.name} does not sign checkpoints of {checkpoint.origin}")
    _check_signable(checkpoint, time)
    text = checkpoint.encode()
    ed25519_key, mldsa44_key = public.verifier_keys()
    lines = (
        _line(ed25519_key, log.sign_ed25519(text.encode())),
        _line(mldsa44_key, _timed(time, log.sign_mldsa44(_mldsa44_message(public.name, time, checkpoint)))),
    )
    return Note(text=text, signatures=lines).encode()


def cosign_checkpoint(checkpoint: Checkpoint, witness: KeyPair, time: int) -> tuple[NoteSignature, NoteSignature]:
    """Return the two cosignatures of a witness, at POSIX `time`.

    The caller has verified that the log signed the checkpoint and that it is consistent with all it cosigned before.

    Raises:
        PolicyError: the key is no witness key, or belongs to the log's own authority.
        MalformedError: the time is out of range, or the tree is empty and the root is not that of the empty tree.
    """
    public = witness.public
    if public.role is not Role.WITNESS or checkpoint.origin.startswith(f"{public.authority}/"):
        raise PolicyError(f"key {public.name} does not witness {checkpoint.origin}")
    _check_signable(checkpoint, time)
    ed25519_key, mldsa44_key = public.verifier_keys()
    return (
        _line(ed25519_key, _timed(time, witness.sign_ed25519(_ed25519_message(time, checkpoint)))),
        _line(mldsa44_key, _timed(time, witness.sign_mldsa44(_mldsa44_message(public.name, time, checkpoint)))),
    )


def _check_signable(checkpoint: Checkpoint, time: int) -> None:
    if not 0 < time <= MAX_DECIMAL:
        raise MalformedError(f"{time} is no time to sign at")
    if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
        raise MalformedError("a checkpoint of size 0 has the root of a tree that is not empty")


def _line(key: VerifierKey, blob: bytes) -> NoteSignature:
    return NoteSignature(name=key.name, key_id4=key.key_id4, blob=blob)


def _timed(time: int, signature: bytes) -> bytes:
    return time.to_bytes(_TIME_BYTES) + signature


def _ed25519_message(time: int, checkpoint: Checkpoint) -> bytes:
    return f"cosignature/v1\ntime {time}\n{checkpoint.encode()}".encode()


def _mldsa44_message(name: str, time: int, checkpoint: Checkpoint) -> bytes:
    """Return the `cosigned_message` of a whole tree: start 0, end at its size."""
    cosigner, origin = name.encode(), checkpoint.origin.encode()
    return b"".join(
        (
            _LABEL,
            len(cosigner).to_bytes(1),
            cosigner,
            time.to_bytes(8),
            len(origin).to_bytes(1),
            origin,
            bytes(8),
            checkpoint.size.to_bytes(8),
            checkpoint.root,
        )
    )


def verify_signature(checkpoint: Checkpoint, key: VerifierKey, signature: NoteSignature) -> int | None:
    """Verify one line by a known key and return the time it states; type 0x01 states none.

    A time of 0 is valid form and means that the signer does not say when.

    Raises:
        VerificationError: the line is not of this key, or its signature does not hold for this checkpoint.
    """
    if signature.name != key.name or signature.key_id4 != key.key_id4:
        raise VerificationError(f"a signature line of {signature.name} is not of key {key.name}")
    try:
        return _verify_blob(checkpoint, key, signature.blob)
    except VerificationError as exc:
        raise VerificationError(
            f"{key.name} did not sign {checkpoint.origin} at size {checkpoint.size}: {exc.message}"
        ) from exc


def _verify_blob(checkpoint: Checkpoint, key: VerifierKey, blob: bytes) -> int | None:
    if key.type_byte == ED25519:
        verify_ed25519(key.key, checkpoint.encode().encode(), blob)
        return None
    time, value = int.from_bytes(blob[:_TIME_BYTES]), blob[_TIME_BYTES:]
    if time > MAX_DECIMAL:
        raise VerificationError("the time is 2^63 or more")
    if key.type_byte == ED25519_COSIGNATURE:
        verify_ed25519(key.key, _ed25519_message(time, checkpoint), value)
    else:
        verify_mldsa44(key.key, _mldsa44_message(key.name, time, checkpoint), value)
    return time


def find_signature(signatures: Iterable[NoteSignature], key: VerifierKey) -> NoteSignature | None:
    """Return the line that claims to be of this key, if there is one."""
    key_id4 = key.key_id4
    return next((line for line in signatures if line.name == key.name and line.key_id4 == key_id4), None)


def verify_signed_by(note: Note, keys: Sequence[VerifierKey]) -> Checkpoint:
    """Verify that each of these keys, at least one, signed the note as its log, and return the checkpoint.

    Raises:
        MalformedError: the text is no checkpoint.
        VerificationError: the note is of another log, or a signature is missing or wrong.
    """
    checkpoint = parse_checkpoint(note.text)
    if not keys or any(key.name != checkpoint.origin for key in keys):
        raise VerificationError(f"no known log key for {checkpoint.origin}")
    for key in keys:
        line = find_signature(note.signatures, key)
        if line is None:
            raise VerificationError(f"the checkpoint lacks the signature of {key.name} of type {key.type_byte:#04x}")
        verify_signature(checkpoint, key, line)
    return checkpoint


def only_lines_of(note: Note, keys: Iterable[VerifierKey]) -> Note:
    """Return the note with the lines of these keys alone, in the order of the keys.

    Whoever keeps a note drops what it has not verified: a wrong line of a known key makes a later reader refuse it.

    Raises:
        MalformedError: it has no line of any of them.
    """
    found = (find_signature(note.signatures, key) for key in keys)
    return Note(text=note.text, signatures=tuple(line for line in found if line is not None))


def verify_log_signatures(note: Note, log: PublicPair) -> Checkpoint:
    """Verify that both keys of the log signed the note, and return its checkpoint.

    Raises:
        MalformedError: the text is no checkpoint.
        VerificationError: the origin is another log, or a signature is missing or wrong.
    """
    checkpoint = parse_checkpoint(note.text)
    if log.role is not Role.LOG or checkpoint.origin != log.name:
        raise VerificationError(f"a checkpoint of {checkpoint.origin} is not one of {log.name}")
    return verify_signed_by(note, log.verifier_keys())


@dataclass(frozen=True, slots=True, kw_only=True)
class Cosignature:
    """The verified lines of one witness and the latest of their times; made only by `verify_cosignature`."""

    time: int
    lines: tuple[NoteSignature, ...]


def verify_cosignature(
    checkpoint: Checkpoint, signatures: Iterable[NoteSignature], keys: Sequence[VerifierKey]
) -> Cosignature:
    """Verify that each of a witness's keys, at least one, cosigned the checkpoint, and return just their lines.

    A log keeps what this returns and nothing else of a witness's answer: an unverified line that is kept makes every
    later reader refuse the note.

    Raises:
        VerificationError: a cosignature is missing, wrong or without a time, or no key is given.
    """
    if not keys:
        raise VerificationError("a witness without keys cosigns nothing")
    listed = tuple(signatures)
    lines: list[NoteSignature] = []
    times: list[int] = []
    for key in keys:
        line = find_signature(listed, key)
        if line is None:
            raise VerificationError(f"no cosignature of {key.name} of type {key.type_byte:#04x}")
        time = verify_signature(checkpoint, key, line)
        if not time:
            raise VerificationError(f"the cosignature of {key.name} of type {key.type_byte:#04x} has no time")
        lines.append(line)
        times.append(time)
    return Cosignature(time=max(times), lines=tuple(lines))


def with_signatures(note: Note, more: Iterable[NoteSignature]) -> Note:
    """Return the note with more signature lines after its own.

    Raises:
        MalformedError: a key would have two lines, or the lines would be too many.
    """
    return Note(text=note.text, signatures=(*note.signatures, *more))

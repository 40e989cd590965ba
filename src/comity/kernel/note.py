"""Signed notes as C2SP signed-note defines them.

A note is a text that ends in a newline, an empty line, and signature lines: an em dash, the key's name, and the
base64 of the key's four-byte id and the signature. The last empty line separates text and signatures. Parsing checks
form only: nothing in a `Note` is to be believed before a signature of a known key has been verified over it.

Two rules are stricter than the specification: no two lines carry one name and key id, since a verifier that looks at
the first and one that looks at the last would differ; and base64 has one spelling.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from comity.errors import MalformedError, TooLargeError
from comity.kernel.canonical import decode_base64, encode_base64
from comity.kernel.key import KEY_ID_BYTES, check_key_name

# The specification wants at least 16 signatures. A log's pair and 32 witnesses with a pair each, as many as C2SP
# tlog-policy wants supported, make 66; the rest is room for keys that are being rotated.
MAX_NOTE_SIGNATURES: Final = 128
# 128 lines of ML-DSA-44 are 430 kB; a text is a few hundred bytes.
MAX_NOTE_BYTES: Final = 524_288
# C2SP's formats hold sizes and times in 63 bits.
MAX_DECIMAL: Final = 2**63 - 1

_DECIMAL: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")
_DASH: Final = "\N{EM DASH} "


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteSignature:
    """One signature line: who claims to have signed, and the bytes after the key id, unverified.

    Raises:
        MalformedError: the name, the key id or the bytes cannot stand in a note.
    """

    name: str
    key_id4: bytes
    blob: bytes

    def __post_init__(self) -> None:
        check_key_name(self.name)
        if len(self.key_id4) != KEY_ID_BYTES or not self.blob:
            raise MalformedError(f"the signature of {self.name} has no four-byte key id or nothing after it")


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A text and its signature lines, none of them verified.

    Raises:
        MalformedError: the text or the lines cannot stand in a note.
    """

    text: str
    signatures: tuple[NoteSignature, ...]

    def __post_init__(self) -> None:
        if not self.text.endswith("\n") or _CONTROL.search(self.text):
            raise MalformedError("a note's text ends in a newline and has no other control character")
        _check_lines(self.signatures)

    def encode(self) -> bytes:
        """Return the note's bytes."""
        return f"{self.text}\n".encode() + encode_signatures(self.signatures)


def _check_lines(signatures: tuple[NoteSignature, ...]) -> None:
    if not 1 <= len(signatures) <= MAX_NOTE_SIGNATURES:
        raise MalformedError(f"{len(signatures)} signature lines; wanted 1 to {MAX_NOTE_SIGNATURES}")
    if len({(signature.name, signature.key_id4) for signature in signatures}) != len(signatures):
        raise MalformedError("two signature lines have one key name and key id")


def encode_signatures(signatures: Iterable[NoteSignature]) -> bytes:
    """Return signature lines alone, as a witness answers."""
    return "".join(
        f"{_DASH}{signature.name} {encode_base64(signature.key_id4 + signature.blob)}\n" for signature in signatures
    ).encode()


def parse_signatures(data: bytes) -> tuple[NoteSignature, ...]:
    """Read signature lines alone, as a witness answers.

    Raises:
        MalformedError: a line breaks its form, a key has two, or there are none or too many.
        TooLargeError: the bytes exceed the limit of a note.
    """
    text = _decode(data)
    if not text.endswith("\n"):
        raise MalformedError("signature lines do not end in a newline")
    lines = text[:-1].split("\n")
    if len(lines) > MAX_NOTE_SIGNATURES:
        raise MalformedError(f"{len(lines)} signature lines; wanted 1 to {MAX_NOTE_SIGNATURES}")
    signatures = tuple(_parse_line(line) for line in lines)
    _check_lines(signatures)
    return signatures


def parse_note(data: bytes) -> Note:
    """Read a signed note in its one spelling.

    Raises:
        MalformedError: the bytes are anything else.
        TooLargeError: they exceed the limit.
    """
    text, separator, lines = _decode(data).rpartition("\n\n")
    if not separator:
        raise MalformedError("a note has no empty line before its signatures")
    return Note(text=f"{text}\n", signatures=parse_signatures(lines.encode()))


def _decode(data: bytes) -> str:
    if len(data) > MAX_NOTE_BYTES:
        raise TooLargeError(f"a note has {len(data)} bytes; at most {MAX_NOTE_BYTES} are read")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise MalformedError("a note is not UTF-8") from exc


def _parse_line(line: str) -> NoteSignature:
    parts = line.removeprefix(_DASH).split(" ")
    if not line.startswith(_DASH) or len(parts) != 2:  # noqa: PLR2004 - name and base64
        raise MalformedError(f"{line[:40]!r} is no signature line")
    name, encoded = parts
    data = decode_base64(encoded)
    return NoteSignature(name=name, key_id4=data[:KEY_ID_BYTES], blob=data[KEY_ID_BYTES:])


def parse_decimal(text: str) -> int:
    """Read a decimal number as the C2SP formats write them: ASCII digits, no sign, no leading zero, below 2^63.

    Raises:
        MalformedError: it is anything else.
    """
    if _DECIMAL.fullmatch(text) is None:
        raise MalformedError(f"{text[:40]!r} is no decimal number without leading zeros")
    number = int(text)
    if number > MAX_DECIMAL:
        raise MalformedError(f"the number {text} is 2^63 or more")
    return number

"""The textual header of an age file: version, recipient stanzas, MAC (c2sp.org/age, "Header").

Invariants: a header that parses encodes again to the bytes it came from, so there is one spelling; Base64 is
canonical and unpadded; the MAC is compared in constant time and covers the bytes as received.
"""

import binascii
import hmac
import re
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from comity.age.reader import ByteReader
from comity.errors import MalformedError, TooLargeError, VerificationError

FILE_KEY_BYTES: Final = 16

MAX_HEADER_BYTES: Final = 1 << 20
"""Room for about 600 hybrid recipients; bounds memory and the number of trial decryptions an attacker can ask."""

_VERSION_LINE: Final = b"age-encryption.org/v1\n"
_COLUMNS: Final = 64
_MAC_TEXT_LENGTH: Final = 43
_ARGUMENT_LINE: Final = re.compile(rb"-> [!-~]+(?: [!-~]+)*\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stanza:
    """One wrapping of the file key: its arguments, of which the first names the type, and its body."""

    arguments: tuple[str, ...]
    body: bytes

    def encode(self) -> bytes:
        """Return the lines of the stanza; the last body line is always shorter than 64 columns."""
        text = encode_raw_base64(self.body)
        lines = [text[start : start + _COLUMNS] for start in range(0, len(text) + 1, _COLUMNS)]
        return "\n".join((f"-> {' '.join(self.arguments)}", *lines, "")).encode("ascii")


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """A parsed header whose MAC nobody has checked yet."""

    stanzas: tuple[Stanza, ...]
    mac: bytes

    def encode(self) -> bytes:
        """Return the bytes of the header."""
        return _encode_unauthenticated(self.stanzas) + f" {encode_raw_base64(self.mac)}\n".encode("ascii")

    def verify_mac(self, file_key: bytes) -> None:
        """Verify that the holder of `file_key` wrote this header.

        Raises:
            VerificationError: the MAC is another; the header was changed.
        """
        if not hmac.compare_digest(_header_mac(self.stanzas, file_key), self.mac):
            raise VerificationError("header MAC does not verify: the header was changed after encryption")


def seal_header(stanzas: tuple[Stanza, ...], file_key: bytes) -> bytes:
    """Encode `stanzas` with the MAC under `file_key`.

    Raises:
        TooLargeError: the header would exceed `MAX_HEADER_BYTES`.
    """
    encoded = Header(stanzas=stanzas, mac=_header_mac(stanzas, file_key)).encode()
    if len(encoded) > MAX_HEADER_BYTES:
        raise TooLargeError(f"header has {len(encoded)} bytes, want at most {MAX_HEADER_BYTES}: name fewer recipients")
    return encoded


def read_header(reader: ByteReader) -> Header:
    """Take a header from `reader`, which is left at the first byte of the payload.

    Raises:
        MalformedError: the bytes are no v1 header, or are one in another spelling.
        TooLargeError: the header exceeds `MAX_HEADER_BYTES`.
    """
    # A foreign file may have no line feed for long; what it opens with is enough to refuse it.
    if reader.peek(len(_VERSION_LINE)) != _VERSION_LINE:
        raise MalformedError("file does not open with the line age-encryption.org/v1")
    raw = bytearray(reader.read(len(_VERSION_LINE)))
    stanzas: list[Stanza] = []
    while (line := _take_line(reader, raw)).startswith(b"-> "):
        stanzas.append(_read_stanza(line, reader, raw))
    if not stanzas:
        raise MalformedError("header has no recipient stanza")
    if not line.startswith(b"--- ") or len(line) != len(b"--- \n") + _MAC_TEXT_LENGTH:
        raise MalformedError(f"header line {len(raw.splitlines())} is neither a stanza nor the MAC")
    header = Header(stanzas=tuple(stanzas), mac=parse_raw_base64(_decode_ascii(line[4:-1])))
    if header.encode() != raw:
        raise MalformedError("header is not in its one spelling")
    return header


def derive_key(secret: bytes, *, salt: bytes, info: bytes) -> bytes:
    """Derive 32 bytes with HKDF-SHA-256."""
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=info).derive(secret)


def encode_raw_base64(data: bytes) -> str:
    """Return Base64 without padding."""
    return binascii.b2a_base64(data, newline=False).decode("ascii").rstrip("=")


def parse_raw_base64(text: str) -> bytes:
    """Read canonical Base64 without padding.

    Raises:
        MalformedError: the text has another letter, padding, or bits that a shorter spelling lacks.
    """
    try:
        data = binascii.a2b_base64(text + "=" * (-len(text) % 4), strict_mode=True)
    except ValueError as exc:
        raise MalformedError("Base64 has a wrong letter or length") from exc
    if encode_raw_base64(data) != text:
        raise MalformedError("Base64 is padded or not canonical")
    return data


def _header_mac(stanzas: tuple[Stanza, ...], file_key: bytes) -> bytes:
    key = derive_key(file_key, salt=b"", info=b"header")
    return hmac.digest(key, _encode_unauthenticated(stanzas), "sha256")


def _encode_unauthenticated(stanzas: tuple[Stanza, ...]) -> bytes:
    return b"".join((_VERSION_LINE, *(stanza.encode() for stanza in stanzas), b"---"))


def _take_line(reader: ByteReader, raw: bytearray) -> bytes:
    line = reader.read_line(MAX_HEADER_BYTES - len(raw))
    if not line.endswith(b"\n"):
        raise MalformedError("file ends within its header")
    raw += line
    return line


def _read_stanza(line: bytes, reader: ByteReader, raw: bytearray) -> Stanza:
    if _ARGUMENT_LINE.fullmatch(line) is None:
        raise MalformedError("stanza has an empty argument, or one outside printable ASCII")
    body: list[bytes] = []
    while not body or len(body[-1]) == _COLUMNS:
        body.append(_take_line(reader, raw)[:-1])
        if len(body[-1]) > _COLUMNS:
            raise MalformedError(f"stanza body has a line of {len(body[-1])} columns, want at most {_COLUMNS}")
    return Stanza(
        arguments=tuple(line[3:-1].decode("ascii").split(" ")),
        body=parse_raw_base64(_decode_ascii(b"".join(body))),
    )


def _decode_ascii(data: bytes) -> str:
    try:
        return data.decode("ascii")
    except UnicodeDecodeError as exc:
        raise MalformedError("header has bytes outside ASCII") from exc

"""What a log holds of a statement: 33 bytes that commit to its envelope and say nothing else.

A public entry is `0x01 ‖ SHA-256(envelope)`. A sealed entry is `0x02 ‖ SHA-256(domain ‖ salt ‖ SHA-256(envelope))`:
without the salt nobody can test a guess. A cover entry is a sealed entry over nothing, told apart by nobody.
"""

from hashlib import sha256

from comity.errors import MalformedError
from comity.kernel.canonical import parse_digest

ENTRY_BYTES = 33
SALT_BYTES = 32
PUBLIC = b"\x01"
SEALED = b"\x02"
# Separates this commitment from every other use of SHA-256 in the formats.
SEALED_DOMAIN = b"comity/sealed-entry/v1\n"


def public_entry(statement_id: str) -> bytes:
    """Return the entry of a public statement.

    Raises:
        MalformedError: `statement_id` is no digest.
    """
    return PUBLIC + parse_digest(statement_id)


def sealed_entry(salt: bytes, statement_id: str) -> bytes:
    """Return the entry of a sealed statement.

    Raises:
        MalformedError: the salt is not 32 bytes or `statement_id` is no digest.
    """
    if len(salt) != SALT_BYTES:
        raise MalformedError(f"entry salt has {len(salt)} bytes, {SALT_BYTES} wanted")
    return SEALED + sha256(SEALED_DOMAIN + salt + parse_digest(statement_id)).digest()


def cover_entry(noise: bytes) -> bytes:
    """Return an entry that commits to nothing, from 32 bytes of noise.

    Raises:
        MalformedError: the noise is not 32 bytes.
    """
    if len(noise) != ENTRY_BYTES - 1:
        raise MalformedError(f"noise has {len(noise)} bytes, {ENTRY_BYTES - 1} wanted")
    return SEALED + noise

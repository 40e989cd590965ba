from hashlib import sha256

import pytest

from comity.errors import MalformedError
from comity.kernel.entry import cover_entry, public_entry, sealed_entry

DIGEST = sha256(b"an envelope")
SALT = bytes(range(32))


def test_a_public_entry_is_one_byte_and_the_digest_of_the_envelope() -> None:
    assert public_entry(DIGEST.hexdigest()) == b"\x01" + DIGEST.digest()


def test_a_sealed_entry_binds_salt_and_digest_under_its_own_domain() -> None:
    expected = sha256(b"comity/sealed-entry/v1\n" + SALT + DIGEST.digest()).digest()
    assert sealed_entry(SALT, DIGEST.hexdigest()) == b"\x02" + expected
    assert sealed_entry(bytes(32), DIGEST.hexdigest()) != sealed_entry(SALT, DIGEST.hexdigest())


def test_a_cover_entry_looks_like_a_sealed_one() -> None:
    cover = cover_entry(SALT)
    assert cover == b"\x02" + SALT
    assert (len(cover), cover[:1]) == (33, sealed_entry(SALT, DIGEST.hexdigest())[:1])


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_salt_and_noise_have_32_bytes(length: int) -> None:
    with pytest.raises(MalformedError, match=f"entry salt has {length} bytes, 32 wanted"):
        sealed_entry(bytes(length), DIGEST.hexdigest())
    with pytest.raises(MalformedError, match=f"noise has {length} bytes, 32 wanted"):
        cover_entry(bytes(length))


@pytest.mark.parametrize("statement_id", ["", "AB" * 32, "ab" * 31])
def test_only_a_digest_is_committed_to(statement_id: str) -> None:
    for entry in (public_entry, lambda text: sealed_entry(SALT, text)):
        with pytest.raises(MalformedError, match="SHA-256"):
            entry(statement_id)

"""What holds for any bytes: they come back, no change goes unseen, nothing but the project's errors is raised."""

import contextlib
import io
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.age.armor import armor, open_either, parse_armor
from comity.age.bech32 import encode_bech32, parse_bech32
from comity.age.header import read_header
from comity.age.identity import HybridIdentity, Identity, ScryptIdentity, X25519Identity, parse_identity
from comity.age.reader import ByteReader
from comity.age.recipient import parse_recipient
from comity.age.stream import CHUNK_BYTES, decrypt_bytes, encrypt_bytes, encrypt_chunks, open_age
from comity.errors import Error, MalformedError, VerificationError

HYBRID = HybridIdentity.from_seed(bytes(32))
CLASSICAL = X25519Identity.from_secret(bytes(32))
IDENTITIES: list[Identity] = [HYBRID, CLASSICAL, ScryptIdentity("passphrase", 4)]
BORDER_SIZES = st.builds(
    lambda chunks, offset: max(0, chunks * CHUNK_BYTES + offset), st.integers(0, 3), st.integers(-2, 2)
)
SEALED = {
    "hybrid": encrypt_bytes(b"exhibit", [HYBRID.recipient]),
    "classical": encrypt_bytes(b"exhibit", [CLASSICAL.recipient]),
}


@settings(max_examples=60, deadline=None)
@given(
    size=BORDER_SIZES,
    fill=st.binary(min_size=1, max_size=20),
    cuts=st.lists(st.integers(0, 3 * CHUNK_BYTES)),
)
def test_bytes_around_chunk_borders_come_back_however_they_are_cut(size: int, fill: bytes, cuts: list[int]) -> None:
    plain = (fill * (size // len(fill) + 1))[:size]
    places = [0, *sorted(cuts), max(size, *cuts, 0)]
    pieces = [plain[start:end] for start, end in itertools.pairwise(places)]
    sealed = b"".join(encrypt_chunks(pieces, [CLASSICAL.recipient]))
    assert b"".join(open_age(io.BytesIO(sealed), [CLASSICAL])) == plain


@settings(deadline=None)
@given(plain=st.binary(max_size=500))
def test_any_bytes_come_back_through_armour(plain: bytes) -> None:
    text = armor(encrypt_bytes(plain, [HYBRID.recipient])).encode()
    assert decrypt_bytes(open_either(io.BytesIO(text)), [HYBRID], max_bytes=500) == plain


@pytest.mark.parametrize("kind", SEALED)
@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_any_flipped_byte_is_refused(kind: str, data: st.DataObject) -> None:
    changed = bytearray(SEALED[kind])
    place = data.draw(st.integers(0, len(changed) - 1))
    changed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises((MalformedError, VerificationError)):
        decrypt_bytes(bytes(changed), IDENTITIES, max_bytes=100)


@pytest.mark.parametrize("kind", SEALED)
@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_any_truncation_is_refused(kind: str, data: st.DataObject) -> None:
    sealed = SEALED[kind]
    with pytest.raises((MalformedError, VerificationError)):
        decrypt_bytes(sealed[: data.draw(st.integers(0, len(sealed) - 1))], IDENTITIES, max_bytes=100)


@settings(deadline=None)
@given(extra=st.binary(min_size=1, max_size=100))
def test_anything_appended_is_refused(extra: bytes) -> None:
    with pytest.raises(VerificationError):
        decrypt_bytes(SEALED["classical"] + extra, IDENTITIES, max_bytes=100)


OPENINGS = st.sampled_from(
    [
        b"",
        b"age-encryption.org/v1\n",
        b"age-encryption.org/v1\n-> X25519 ",
        b"age-encryption.org/v1\n-> mlkem768x25519 ",
        b"age-encryption.org/v1\n-> scrypt AAAAAAAAAAAAAAAAAAAAAA 1\n",
        b"-----BEGIN AGE ENCRYPTED FILE-----\n",
        SEALED["classical"][:-30],
    ]
)


@settings(max_examples=300, deadline=None)
@given(opening=OPENINGS, rest=st.binary(max_size=300))
def test_arbitrary_bytes_raise_only_the_projects_errors(opening: bytes, rest: bytes) -> None:
    with contextlib.suppress(Error):
        decrypt_bytes(open_either(io.BytesIO(opening + rest)), IDENTITIES, max_bytes=1000)
    with contextlib.suppress(MalformedError):
        parse_armor(opening + rest)


STANZA_LINES = st.lists(
    st.one_of(
        st.sampled_from(["-> X25519", "-> grease a", "-> scrypt", "--- " + "A" * 43, "", "A" * 64, "AAAA"]),
        st.text(max_size=70),
    ),
    max_size=12,
)


@settings(max_examples=300, deadline=None)
@given(lines=STANZA_LINES)
def test_a_header_either_is_malformed_or_encodes_again_to_its_bytes(lines: list[str]) -> None:
    data = "\n".join(["age-encryption.org/v1", *lines, ""]).encode("utf-8", "surrogatepass")
    reader = ByteReader(io.BytesIO(data))
    with contextlib.suppress(MalformedError):
        assert data.startswith(read_header(reader).encode())


@settings(deadline=None)
@given(text=st.text(max_size=100))
def test_arbitrary_text_is_no_key_and_raises_only_malformed(text: str) -> None:
    for parse in (parse_recipient, parse_identity):
        with pytest.raises(MalformedError):
            parse(text)
    with contextlib.suppress(MalformedError):
        prefix, data = parse_bech32(text)
        assert encode_bech32(prefix, data) == text


@given(data=st.binary(max_size=100))
def test_any_bytes_come_back_through_bech32(data: bytes) -> None:
    assert parse_bech32(encode_bech32("age", data)) == ("age", data)

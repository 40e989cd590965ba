"""Recipients: their text, the keys refused, and who may share a file."""

import io

import pytest

from comity.age.bech32 import encode_bech32
from comity.age.header import read_header
from comity.age.identity import HybridIdentity, X25519Identity
from comity.age.reader import ByteReader
from comity.age.recipient import (
    HybridRecipient,
    Recipient,
    ScryptRecipient,
    X25519Recipient,
    parse_recipient,
)
from comity.age.stream import encrypt_bytes
from comity.errors import MalformedError, PolicyError, TooLargeError

HYBRID = HybridIdentity.from_seed(bytes(32)).recipient
CLASSICAL = X25519Identity.from_secret(b"\x42" * 32).recipient


def test_recipient_text_reads_back() -> None:
    assert parse_recipient(HYBRID.encode()) == HYBRID
    assert HYBRID.encode().startswith("age1pq1")
    assert parse_recipient(CLASSICAL.encode()) == CLASSICAL


def test_the_specifications_x25519_pair_is_derived() -> None:
    assert CLASSICAL.encode() == "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"


@pytest.mark.parametrize(
    "text",
    [
        CLASSICAL.encode().upper(),
        encode_bech32("age", bytes(31)),
        encode_bech32("age", bytes(33)),
        encode_bech32("age1pq", bytes(1215)),
        encode_bech32("age1pq", bytes(1216)),
        encode_bech32("age1tag", CLASSICAL.public_key),
        encode_bech32("age-secret-key-", bytes(32)),
        "",
    ],
)
def test_text_that_is_no_recipient_is_malformed(text: str) -> None:
    with pytest.raises(MalformedError):
        parse_recipient(text)


LOW_ORDER = [
    bytes(32),
    (1).to_bytes(32, "little"),
    bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
    bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
    (2**255 - 20).to_bytes(32, "little"),
]
UNREDUCED = [(2**255 - 19 + 9).to_bytes(32, "little"), (2**255 + 9).to_bytes(32, "little")]


@pytest.mark.parametrize("key", LOW_ORDER + UNREDUCED)
def test_a_point_of_low_order_or_unreduced_is_no_recipient(key: bytes) -> None:
    with pytest.raises(MalformedError):
        X25519Recipient(public_key=key)
    with pytest.raises(MalformedError):
        HybridRecipient(public_key=HYBRID.public_key[:1184] + key)


def test_an_mlkem_key_with_a_coefficient_out_of_range_is_no_recipient() -> None:
    with pytest.raises(MalformedError):
        HybridRecipient(public_key=b"\xff" * 1184 + CLASSICAL.public_key)


@pytest.mark.parametrize(
    "recipients",
    [
        [],
        [HYBRID, CLASSICAL],
        [CLASSICAL, HYBRID, HYBRID],
        [ScryptRecipient("one", 1), ScryptRecipient("two", 1)],
        [ScryptRecipient("one", 1), CLASSICAL],
        [HYBRID, ScryptRecipient("one", 1)],
    ],
)
def test_recipients_that_would_weaken_each_other_are_refused(recipients: list[Recipient]) -> None:
    with pytest.raises(PolicyError):
        encrypt_bytes(b"", recipients)


def test_more_recipients_than_a_header_holds_are_refused_when_writing() -> None:
    with pytest.raises(TooLargeError, match="fewer recipients"):
        encrypt_bytes(b"", [HYBRID] * 700)


def test_passphrases_that_cannot_be_encoded_or_are_empty_are_refused() -> None:
    for passphrase in ("", "\ud800"):
        with pytest.raises(PolicyError):
            ScryptRecipient(passphrase)


@pytest.mark.parametrize("work_factor", [-1, 0, 31])
def test_a_work_factor_out_of_range_is_refused(work_factor: int) -> None:
    with pytest.raises(PolicyError):
        ScryptRecipient("passphrase", work_factor)


def test_a_passphrase_never_shows_in_repr() -> None:
    assert "hunter2" not in repr(ScryptRecipient("hunter2"))


def test_two_files_to_one_recipient_share_no_stanza_and_no_nonce() -> None:
    for recipient in (HYBRID, CLASSICAL, ScryptRecipient("passphrase", 1)):
        opened = []
        for _ in range(2):
            reader = ByteReader(io.BytesIO(encrypt_bytes(b"same", [recipient])))
            opened.append((read_header(reader), reader.read(16)))
        (first, first_nonce), (second, second_nonce) = opened
        assert first.stanzas != second.stanzas
        assert first_nonce != second_nonce

"""ASCII armour: one spelling, found without being announced."""

import io

import pytest

from comity.age.armor import MAX_OUTER_SPACE_BYTES, ArmorReader, armor, open_either, parse_armor
from comity.age.identity import HybridIdentity
from comity.age.reader import ByteReader
from comity.age.stream import decrypt_bytes, encrypt_bytes
from comity.errors import MalformedError

IDENTITY = HybridIdentity.from_seed(bytes(32))
SEALED = encrypt_bytes(b"exhibit" * 100, [IDENTITY.recipient])
TEXT = armor(SEALED).encode()


@pytest.mark.parametrize("length", [0, 1, 47, 48, 49, 95, 96, 97, 1000])
def test_armour_reads_back_around_its_line_length(length: int) -> None:
    data = bytes(length)
    assert parse_armor(armor(data).encode()) == data


def test_armour_is_read_in_pieces_of_any_size() -> None:
    for size in (1, 7, 48, 100, 5000):
        reader = ArmorReader(io.BytesIO(TEXT))
        assert b"".join(iter(lambda reader=reader, size=size: reader.read(size), b"")) == SEALED  # type: ignore[misc]


def test_a_file_opens_whether_armoured_or_not() -> None:
    spaced = b"\n  \n" + TEXT + b"\n\n"
    for data in (SEALED, TEXT, spaced, TEXT.replace(b"\n", b"\r\n"), TEXT[:-1]):
        source = open_either(io.BytesIO(data))
        assert decrypt_bytes(source, [IDENTITY], max_bytes=1000) == b"exhibit" * 100


def test_other_bytes_are_left_as_they_are() -> None:
    for data in (b"", b"-----BEGIN", b"\n\nplain"):
        assert ByteReader(open_either(io.BytesIO(data))).read(100) == data


FIRST, REST = TEXT.split(b"\n", 1)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\n",
        FIRST,
        b" " + TEXT,
        TEXT[:-1] + b" x",
        FIRST + b"\r\n" + REST,
        FIRST + b"\nVersion: 1\n\n" + REST,
        TEXT.replace(b"AGE ENCRYPTED", b"age encrypted"),
        TEXT + TEXT,
        TEXT + b" " * (MAX_OUTER_SPACE_BYTES + 1),
        b"\n" * (MAX_OUTER_SPACE_BYTES + 100) + TEXT,
        b"\xff\xfe" + TEXT,
        TEXT.replace(b"\n-----END", b"=\n-----END"),
    ],
)
def test_armour_in_another_spelling_is_malformed(text: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_armor(text)


def test_every_truncation_of_the_text_is_malformed() -> None:
    short = armor(bytes(100)).encode()
    for length in range(len(short) - 1):
        with pytest.raises(MalformedError):
            parse_armor(short[:length])

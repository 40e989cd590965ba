"""Headers have one spelling and a size limit."""

import io

import pytest

from comity.age.header import (
    MAX_HEADER_BYTES,
    Stanza,
    encode_raw_base64,
    parse_raw_base64,
    read_header,
    seal_header,
)
from comity.age.reader import ByteReader
from comity.errors import MalformedError, TooLargeError, VerificationError

FILE_KEY = bytes(range(16))
STANZAS = (
    Stanza(arguments=("example.com/enigma", "a", "~!"), body=b""),
    Stanza(arguments=("second",), body=bytes(48)),
    Stanza(arguments=("third",), body=bytes(49)),
)


def test_a_sealed_header_reads_back_and_leaves_the_payload() -> None:
    reader = ByteReader(io.BytesIO(seal_header(STANZAS, FILE_KEY) + b"payload"))
    header = read_header(reader)
    assert header.stanzas == STANZAS
    header.verify_mac(FILE_KEY)
    assert reader.read(100) == b"payload"


def test_a_body_of_full_lines_ends_with_an_empty_one() -> None:
    assert STANZAS[1].encode() == b"-> second\n" + b"A" * 64 + b"\n\n"
    assert STANZAS[0].encode() == b"-> example.com/enigma a ~!\n\n"


def test_another_file_key_does_not_verify_the_mac() -> None:
    header = read_header(ByteReader(io.BytesIO(seal_header(STANZAS, FILE_KEY))))
    with pytest.raises(VerificationError):
        header.verify_mac(bytes(16))


@pytest.mark.parametrize("length", range(6))
def test_base64_is_unpadded_and_canonical(length: int) -> None:
    data = bytes(range(length))
    text = encode_raw_base64(data)
    assert "=" not in text
    assert parse_raw_base64(text) == data


@pytest.mark.parametrize("text", ["A", "AB", "AA==", "AA=", "AAAA=", "A A", "AA\n", "A-A_", "é", "AAAAA", "="])
def test_base64_in_another_spelling_is_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        parse_raw_base64(text)


def test_every_truncation_of_a_header_is_malformed() -> None:
    whole = seal_header(STANZAS, FILE_KEY)
    for length in range(len(whole)):
        with pytest.raises(MalformedError):
            read_header(ByteReader(io.BytesIO(whole[:length])))


def test_a_header_beyond_the_limit_is_neither_written_nor_read() -> None:
    many = (Stanza(arguments=("grease",), body=bytes(1024)),) * 1000
    with pytest.raises(TooLargeError):
        seal_header(many, FILE_KEY)
    endless = b"age-encryption.org/v1\n" + many[0].encode() * 1000
    assert len(endless) > MAX_HEADER_BYTES
    with pytest.raises(TooLargeError):
        read_header(ByteReader(io.BytesIO(endless)))

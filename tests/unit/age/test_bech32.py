"""Bech32 text of keys: one spelling, checked."""

import pytest

from comity.age import bech32
from comity.age.bech32 import MAX_TEXT_LENGTH, encode_bech32, parse_bech32
from comity.errors import MalformedError

# From BIP 173, "Test vectors", folded to lower case.
VALID = [
    "a12uel5l",
    "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs",
    "11qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqc8247j",
    "?1ezyfcl",
]
INVALID = [
    "\x201nwldj5",
    "\x7f1axkwrx",
    "\x801eym55h",
    "pzry9x0s0muk",
    "1pzry9x0s0muk",
    "x1b4n0q5v",
    "li1dgmt3",
    "de1lg7wt\xff",
    "A1G7SGD8",
    "10a06t8",
    "1qzzfhee",
    "a12uel5m",
    "A12uEL5L",
    "",
]


@pytest.mark.parametrize("text", VALID)
def test_text_of_the_specification_is_read_and_written_alike(text: str) -> None:
    prefix, data = parse_bech32(text)
    assert encode_bech32(prefix, data) == text


@pytest.mark.parametrize("text", INVALID)
def test_text_the_specification_calls_invalid_is_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        parse_bech32(text)


def write_groups(groups: list[int]) -> str:
    """Write five-bit groups under the prefix `age` with a right checksum, whatever they stand for."""
    remainder = bech32._polymod([*bech32._expand("age"), *groups, 0, 0, 0, 0, 0, 0]) ^ 1
    checksum = [remainder >> 5 * (5 - place) & 31 for place in range(6)]
    return "age1" + "".join(bech32._CHARSET[group] for group in (*groups, *checksum))


def test_a_valid_checksum_does_not_excuse_padding() -> None:
    assert parse_bech32(write_groups([0, 0])) == ("age", b"\0")
    for groups in ([0, 1], [0], [0, 0, 0]):
        with pytest.raises(MalformedError, match="padded"):
            parse_bech32(write_groups(groups))


def test_text_beyond_any_key_is_refused_before_it_is_read() -> None:
    with pytest.raises(MalformedError, match="at most"):
        parse_bech32("age1" + "q" * MAX_TEXT_LENGTH)


def test_every_single_wrong_letter_is_found() -> None:
    text = encode_bech32("age", bytes(range(32)))
    for place in range(4, len(text)):
        wrong = "q" if text[place] != "q" else "p"
        with pytest.raises(MalformedError):
            parse_bech32(text[:place] + wrong + text[place + 1 :])

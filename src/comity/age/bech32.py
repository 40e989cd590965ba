"""Bech32 text for age keys: BIP 173 without its cap on length, as c2sp.org/age prescribes.

Invariants: only the lower-case spelling is handled here (identities, written in upper case, are folded by their
own parser, since the checksum is defined over lower case); text that decodes encodes again to itself.

Bech32 lets some letters be inserted before a final `p` without harm to the checksum; every caller therefore
checks the length of what it gets, which closes that gap.
"""

from typing import Final

from comity.errors import MalformedError

_CHARSET: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_VALUES: Final = {letter: value for value, letter in enumerate(_CHARSET)}
_GENERATOR: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECKSUM_LETTERS: Final = 6

MAX_TEXT_LENGTH: Final = 8192
"""Four times the longest age recipient (1959 letters); longer text is no key."""


def encode_bech32(prefix: str, data: bytes) -> str:
    """Write `data` under the human-readable `prefix`, which must be lower case."""
    values = _regroup(data)
    remainder = _polymod([*_expand(prefix), *values, 0, 0, 0, 0, 0, 0]) ^ 1
    checksum = [(remainder >> 5 * (5 - place)) & 31 for place in range(_CHECKSUM_LETTERS)]
    return f"{prefix}1{''.join(_CHARSET[value] for value in (*values, *checksum))}"


def parse_bech32(text: str) -> tuple[str, bytes]:
    """Read lower-case Bech32 into its prefix and data.

    Raises:
        MalformedError: the text is too long, has a wrong letter, checksum or padding, or is not lower case.
    """
    if len(text) > MAX_TEXT_LENGTH:
        raise MalformedError(f"key text has {len(text)} letters, want at most {MAX_TEXT_LENGTH}")
    prefix, separator, letters = text.rpartition("1")
    if not separator or not prefix or len(letters) < _CHECKSUM_LETTERS:
        raise MalformedError("key text has no prefix followed by 1 and a checksum")
    if any(not "!" <= letter <= "~" or letter.isupper() for letter in prefix):
        raise MalformedError("key text has a prefix outside lower-case printable ASCII")
    try:
        values = [_VALUES[letter] for letter in letters]
    except KeyError as exc:
        raise MalformedError("key text has a letter outside the Bech32 alphabet") from exc
    if _polymod([*_expand(prefix), *values]) != 1:
        raise MalformedError("key text has a wrong checksum: copy it again")
    values = values[:-_CHECKSUM_LETTERS]
    unused = len(values) * 5 % 8
    number = 0
    for value in values:
        number = number << 5 | value
    data = (number >> unused).to_bytes(len(values) * 5 // 8, "big")
    if encode_bech32(prefix, data) != text:
        raise MalformedError("key text is padded with more bits than needed, or with bits that are not zero")
    return prefix, data


def _regroup(data: bytes) -> list[int]:
    """Cut `data` into groups of five bits, the last filled with zeros."""
    groups = -(-len(data) * 8 // 5)
    number = int.from_bytes(data, "big") << (groups * 5 - len(data) * 8)
    return [number >> 5 * (groups - 1 - place) & 31 for place in range(groups)]


def _expand(prefix: str) -> list[int]:
    codes = prefix.encode("ascii")
    return [*(code >> 5 for code in codes), 0, *(code & 31 for code in codes)]


def _polymod(values: list[int]) -> int:
    checksum = 1
    for value in values:
        top = checksum >> 25
        checksum = (checksum & 0x1FFFFFF) << 5 ^ value
        for place, constant in enumerate(_GENERATOR):
            if top >> place & 1:
                checksum ^= constant
    return checksum

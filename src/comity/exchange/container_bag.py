"""The tag files of a container: BagIt 1.0 (RFC 8493), narrowed to one spelling.

- `bagit.txt` is constant.
- `bag-info.txt` has one line `Label: value` a label, sorted by label, none folded, none twice. `Bagging-Date` is
  required; `Payload-Oxum` is computed.
- `manifest-sha256.txt` and `tagmanifest-sha256.txt` have one line a member: 64 lower-case hexadecimal digits, two
  spaces, the name, LF; sorted by the bytes of the name. Names that would need an escape are not allowed.

Each parser encodes again what it read and refuses a difference.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date

from comity.errors import MalformedError, TooLargeError

DECLARATION_NAME = "bagit.txt"
INFO_NAME = "bag-info.txt"
MANIFEST_NAME = "manifest-sha256.txt"
TAG_MANIFEST_NAME = "tagmanifest-sha256.txt"
PAYLOAD_PREFIX = "data/"

DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"

# A page of labels has some hundred bytes; whoever needs more describes it in the payload.
MAX_INFO_BYTES = 64 * 1024
# Manifests are held in memory: 100,000 members with names of 100 bytes fit.
MAX_MANIFEST_BYTES = 16 * 1024 * 1024

_OXUM = "Payload-Oxum"
_DATE = "Bagging-Date"
_LABEL = re.compile(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*")
_MANIFEST_LINE = re.compile(r"([0-9a-f]{64})  (.+)")
# Controls would break the line, and format characters can turn text around. The two joiners are part of the
# spelling of Persian and of Indic scripts, so an organisation may need them in its name.
_FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_JOINERS = frozenset("\u200c\u200d")


def encode_info(info: Mapping[str, str], *, payload_bytes: int, payload_members: int) -> bytes:
    """Write `bag-info.txt` from the chosen labels and the payload's size.

    Raises:
        MalformedError: a label or value cannot be written on one line, `Bagging-Date` is missing or no date, or
            `Payload-Oxum` is among the chosen labels.
        TooLargeError: the file would be too large.
    """
    if any(label.casefold() == _OXUM.casefold() for label in info):
        raise MalformedError(f"{INFO_NAME}: {_OXUM} is computed and cannot be chosen")
    return _encode_labels({**info, _OXUM: f"{payload_bytes}.{payload_members}"})


def _encode_labels(labels: Mapping[str, str]) -> bytes:
    """Write the labels, sorted, each checked."""
    if len({label.casefold() for label in labels}) != len(labels):
        raise MalformedError(f"{INFO_NAME}: a label is there twice; labels do not depend on case")
    for label, value in labels.items():
        if _LABEL.fullmatch(label) is None:
            raise MalformedError(f"{INFO_NAME}: {label!a} is not a label; labels hold letters, digits and hyphens")
        if not value or value != value.strip():
            raise MalformedError(f"{INFO_NAME}: the value of {label} is empty or has outer white space")
        for character in value:
            if unicodedata.category(character) in _FORBIDDEN_CATEGORIES and character not in _JOINERS:
                raise MalformedError(
                    f"{INFO_NAME}: the value of {label} holds U+{ord(character):04X}, a control character"
                )
    _check_date(labels.get(_DATE))
    encoded = "".join(f"{label}: {labels[label]}\n" for label in sorted(labels)).encode()
    if len(encoded) > MAX_INFO_BYTES:
        raise TooLargeError(f"{INFO_NAME}: more than {MAX_INFO_BYTES} bytes")
    return encoded


def _check_date(text: str | None) -> None:
    """Check for the one spelling of a calendar date, which `date.fromisoformat` alone does not hold to."""
    if text is None:
        raise MalformedError(f"{INFO_NAME}: {_DATE} is missing")
    try:
        spelling = date.fromisoformat(text).isoformat()
    except ValueError as exc:
        raise MalformedError(f"{INFO_NAME}: {_DATE} {text!a} is not a date") from exc
    if spelling != text:
        raise MalformedError(f"{INFO_NAME}: {_DATE} {text!a} is not written YYYY-MM-DD")


def parse_info(data: bytes, *, payload_bytes: int, payload_members: int) -> dict[str, str]:
    """Parse `bag-info.txt` of a bag whose payload has the given size; return all labels.

    Raises:
        MalformedError: the file is not in its one spelling, or `Payload-Oxum` is wrong.
    """
    labels: dict[str, str] = {}
    for number, line in enumerate(_split_lines(data, INFO_NAME), start=1):
        label, separator, value = line.partition(": ")
        if not separator or label in labels:
            raise MalformedError(f"{INFO_NAME}: line {number} is not `Label: value` with a new label")
        labels[label] = value
    if _encode_labels(labels) != data:
        raise MalformedError(f"{INFO_NAME}: the labels are not sorted")
    expected = f"{payload_bytes}.{payload_members}"
    if labels.get(_OXUM) != expected:
        raise MalformedError(f"{INFO_NAME}: {_OXUM} is {labels.get(_OXUM)}, the members make it {expected}")
    return labels


def encode_manifest(digests: Mapping[str, str], name: str) -> bytes:
    """Write a manifest called `name` from hexadecimal SHA-256 digests by member name.

    Raises:
        TooLargeError: the manifest would be too large.
    """
    encoded = "".join(f"{digests[member]}  {member}\n" for member in sorted(digests)).encode()
    if len(encoded) > MAX_MANIFEST_BYTES:
        raise TooLargeError(f"{name}: more than {MAX_MANIFEST_BYTES} bytes; divide the content over more containers")
    return encoded


def parse_manifest(data: bytes, name: str) -> dict[str, str]:
    """Parse the manifest called `name`; return digests by member name. The names themselves are not checked.

    Raises:
        MalformedError: the manifest is not in its one spelling.
    """
    digests: dict[str, str] = {}
    for number, line in enumerate(_split_lines(data, name), start=1):
        match = _MANIFEST_LINE.fullmatch(line)
        if match is None:
            raise MalformedError(f"{name}: line {number} is not a lower-case SHA-256, two spaces and a name")
        if match[2] in digests:
            raise MalformedError(f"{name}: line {number} lists {match[2]!a} again")
        digests[match[2]] = match[1]
    if encode_manifest(digests, name) != data:
        raise MalformedError(f"{name}: the lines are not sorted by name")
    return digests


def _split_lines(data: bytes, name: str) -> list[str]:
    """Return the lines of a tag file, which ends with LF and has no empty line."""
    try:
        text = data.decode()
    except UnicodeDecodeError as exc:
        raise MalformedError(f"{name}: byte {exc.start} is not UTF-8") from exc
    *lines, rest = text.split("\n")
    if rest or not all(lines):
        raise MalformedError(f"{name}: an empty line, or no line feed at the end")
    return lines

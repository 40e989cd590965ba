"""One spelling for JSON, times and base64, so that equal values have equal bytes.

JSON follows RFC 8785 without its floating-point part: a number is an integer within ±(2^53−1). Every parser here
reads, writes again and compares: bytes that are not the one spelling are refused, which also refuses duplicate
members, stray space and trailing bytes.
"""

import base64
import binascii
import json
import re
from collections.abc import Collection
from datetime import UTC, datetime
from typing import TypeAlias

from comity.errors import MalformedError, TooLargeError

Json: TypeAlias = "bool | int | str | list[Json] | dict[str, Json] | None"
JsonObject: TypeAlias = "dict[str, Json]"

# RFC 8785 section 3.2.2.3 borrows the range in which an IEEE 754 double holds every integer.
MAX_SAFE_INTEGER = 2**53 - 1
# Statements are commitments, not files: exhibits travel beside them. The largest legitimate ones list exhibits.
MAX_JSON_BYTES = 1_048_576
# Deep nesting has no use in these formats and would exhaust the parser's stack.
MAX_DEPTH = 16

_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", re.ASCII)
_TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


def encode_json(value: Json) -> bytes:
    """Write `value` in its one spelling.

    Raises:
        MalformedError: the value has a float, an unsafe integer, a lone surrogate or too deep nesting.
    """
    try:
        return _write(value, 0).encode("utf-8")
    except UnicodeEncodeError as exc:
        raise MalformedError("text holds a lone surrogate, which has no UTF-8 form") from exc


def _write(value: Json, depth: int) -> str:
    if depth > MAX_DEPTH:
        raise MalformedError(f"JSON is nested deeper than {MAX_DEPTH} levels")
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, str):
        return _quote(value)
    if isinstance(value, int):
        if abs(value) > MAX_SAFE_INTEGER:
            raise MalformedError(f"integer {value} is outside ±(2^53−1)")
        return str(value)
    if isinstance(value, list):
        return "[" + ",".join([_write(item, depth + 1) for item in value]) + "]"
    if isinstance(value, dict):
        return "{" + ",".join([f"{_quote(name)}:{_write(value[name], depth + 1)}" for name in _in_order(value)]) + "}"
    raise MalformedError(f"a {type(value).__name__} has no place in these JSON formats")


def _in_order(names: Collection[str]) -> list[str]:
    """Return member names in the order of their UTF-16 code units, which for ASCII is that of their characters."""
    if not all(isinstance(name, str) for name in names):
        raise MalformedError("a JSON member name is not text")
    if all(map(str.isascii, names)):
        return sorted(names)
    return sorted(names, key=lambda name: name.encode("utf-16-be", "surrogatepass"))


def _refuse_number(text: str) -> int:
    raise MalformedError(f"number {text[:40]} is not an integer")


def _read_integer(text: str) -> int:
    # Python refuses to convert very long digit strings with a ValueError of its own; length is checked first.
    if len(text) > len(str(MAX_SAFE_INTEGER)) + 1:
        raise MalformedError("an integer is outside ±(2^53−1)")
    return int(text)


_quote = json.JSONEncoder(ensure_ascii=False).encode
_DECODER = json.JSONDecoder(parse_float=_refuse_number, parse_int=_read_integer, parse_constant=_refuse_number)


def parse_json(data: bytes, *, max_bytes: int = MAX_JSON_BYTES) -> Json:
    """Read JSON that is in its one spelling.

    Raises:
        TooLargeError: `data` is longer than `max_bytes`.
        MalformedError: `data` is not JSON, or not in its one spelling.
    """
    if len(data) > max_bytes:
        raise TooLargeError(f"{len(data)} bytes of JSON, at most {max_bytes} are read")
    try:
        text = data.decode("utf-8")
        value: Json = _DECODER.decode(text)
    except (ValueError, RecursionError) as exc:
        raise MalformedError(f"not JSON: {str(exc)[:120]}") from exc
    if encode_json(value) != data:
        raise MalformedError("JSON is not in its one spelling (RFC 8785: sorted members, no space, no duplicates)")
    return value


def parse_object(data: bytes, *, max_bytes: int = MAX_JSON_BYTES) -> JsonObject:
    """Read a JSON object that is in its one spelling.

    Raises:
        TooLargeError: `data` is longer than `max_bytes`.
        MalformedError: `data` is anything else.
    """
    value = parse_json(data, max_bytes=max_bytes)
    if not isinstance(value, dict):
        raise MalformedError("JSON object expected")
    return value


def text_member(value: JsonObject, name: str) -> str:
    """Return the member `name`, which must be text.

    Raises:
        MalformedError: it is absent or no text.
    """
    member = value.get(name)
    if not isinstance(member, str):
        raise MalformedError(f"member {name!r} must be text")
    return member


def check_members(value: JsonObject, *, required: frozenset[str], optional: frozenset[str] = frozenset()) -> None:
    """Refuse missing and unknown members.

    Raises:
        MalformedError: naming the members that are missing or unknown.
    """
    if missing := sorted(required - value.keys()):
        raise MalformedError(f"missing member {', '.join(missing)}")
    if unknown := sorted(value.keys() - required - optional):
        raise MalformedError(f"unknown member {', '.join(repr(name[:40]) for name in unknown)}")


def check_version(value: JsonObject, name: str, version: int) -> None:
    """Refuse a member `name` that is anything but the integer `version`; for Python, `true` equals 1.

    Raises:
        MalformedError: it is anything else.
    """
    if value.get(name) is True or value.get(name) != version:
        raise MalformedError(f"member {name!r} must be {version}")


def format_time(moment: datetime) -> str:
    """Write an aware time in UTC to the second, `YYYY-MM-DDTHH:MM:SSZ`.

    Raises:
        MalformedError: the time has no zone, or in UTC a year outside 1 to 9999.
    """
    if moment.tzinfo is None:
        raise MalformedError("a time without zone cannot be written")
    try:
        moment = moment.astimezone(UTC)
    except OverflowError as exc:
        raise MalformedError("the year of a time in UTC is 1 to 9999") from exc
    return f"{moment.year:04d}-{moment:%m-%dT%H:%M:%S}Z"


def parse_time(text: str) -> datetime:
    """Read a time in UTC to the second.

    Raises:
        MalformedError: the text is anything but `YYYY-MM-DDTHH:MM:SSZ`.
    """
    if not _TIME.fullmatch(text):
        raise MalformedError(f"time {text[:40]!r} is not of the form YYYY-MM-DDTHH:MM:SSZ")
    try:
        return datetime.strptime(text, _TIME_FORMAT).replace(tzinfo=UTC)
    except ValueError as exc:
        raise MalformedError(f"time {text!r} does not exist") from exc


def encode_base64(data: bytes) -> str:
    """Write padded standard base64 (RFC 4648 section 4)."""
    return base64.b64encode(data).decode("ascii")


def decode_base64(text: str) -> bytes:
    """Read padded standard base64 in its one spelling.

    Raises:
        MalformedError: another alphabet, missing padding, stray characters or non-zero trailing bits.
    """
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (ValueError, binascii.Error) as exc:
        raise MalformedError("not standard base64") from exc
    if encode_base64(data) != text:
        raise MalformedError("base64 is not in its one spelling")
    return data


def encode_base64url(data: bytes) -> str:
    """Write unpadded URL-safe base64 (RFC 4648 section 5), as RFC 9901 uses it."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode_base64url(text: str) -> bytes:
    """Read unpadded URL-safe base64 in its one spelling.

    Raises:
        MalformedError: another alphabet, padding, stray characters or non-zero trailing bits.
    """
    try:
        data = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error) as exc:
        raise MalformedError("not URL-safe base64") from exc
    if encode_base64url(data) != text:
        raise MalformedError("base64 is not in its one spelling")
    return data


def parse_digest(text: str) -> bytes:
    """Read a SHA-256 digest written as 64 lower-case hexadecimal digits.

    Raises:
        MalformedError: anything else.
    """
    if len(text) != 64 or not set(text) <= set("0123456789abcdef"):  # noqa: PLR2004 - 64 is in the sentence above
        raise MalformedError(f"{text[:70]!r} is no SHA-256 digest of 64 lower-case hexadecimal digits")
    return bytes.fromhex(text)

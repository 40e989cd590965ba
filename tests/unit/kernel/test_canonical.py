from datetime import UTC, datetime, timedelta, timezone

import pytest

from comity.errors import MalformedError, TooLargeError
from comity.kernel.canonical import (
    MAX_DEPTH,
    MAX_SAFE_INTEGER,
    Json,
    check_members,
    check_version,
    decode_base64,
    decode_base64url,
    encode_base64,
    encode_base64url,
    encode_json,
    format_time,
    parse_digest,
    parse_json,
    parse_object,
    parse_time,
    text_member,
)


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (None, b"null"),
        (True, b"true"),
        (False, b"false"),
        (0, b"0"),
        (-MAX_SAFE_INTEGER, b"-9007199254740991"),
        ([], b"[]"),
        ({}, b"{}"),
        ([1, [2, {}]], b"[1,[2,{}]]"),
        ({"b": 1, "a": 2}, b'{"a":2,"b":1}'),
        ('"\\/\b\f\n\r\t\x00\x1f\x7f', b'"\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\x7f"'),
        ("é\N{LINE SEPARATOR}\N{GRINNING FACE}", '"é\N{LINE SEPARATOR}\N{GRINNING FACE}"'.encode()),
    ],
)
def test_a_value_has_one_spelling(value: Json, encoded: bytes) -> None:
    assert encode_json(value) == encoded
    assert parse_json(encoded) == value


def test_members_are_sorted_by_utf_16_code_units_and_not_by_code_points() -> None:
    # The example of RFC 8785 section 3.2.3: U+1F600 begins with the surrogate D83D and so comes before U+FB33.
    names = ["\r", "1", "\u0080", "ö", "€", "\N{GRINNING FACE}", "\ufb33"]
    assert list(parse_object(encode_json(dict.fromkeys(reversed(names))))) == names
    assert sorted(names) != names


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" 1",
        b"1 ",
        b"1\n",
        b"[1, 2]",
        b"01",
        b"-0",
        b"+1",
        b"1.0",
        b"1e3",
        b"1E3",
        b"NaN",
        b"Infinity",
        b"-Infinity",
        b"9007199254740992",
        b"-9007199254740992",
        b"1" * 5000,
        b"1" * 5000 + b".5",
        b'{"a":1,"a":1}',
        b'{"a":1,"a":2}',
        b'{"b":1,"a":2}',
        b'{"a":1}{"a":1}',
        b"{'a':1}",
        b'{"a":1,}',
        b"{1:1}",
        b'"\\u0041"',
        b'"\\u001F"',
        b'"\\u000a"',
        b'"\\/"',
        b'"\x1f"',
        b'"\\ud800"',
        b'{"\\ud800":1}',
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b'\xef\xbb\xbf"bom"',
        b'"open',
        b"nul",
        b"[" * 100_000,
        b"[" * 17 + b"]" * 17 + b" ",
    ],
)
def test_another_spelling_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_json(data)


@pytest.mark.parametrize(
    "value",
    [1.0, float("nan"), (1,), b"x", {1, 2}, {1: 2}, MAX_SAFE_INTEGER + 1, -MAX_SAFE_INTEGER - 1, "\udc00", ["\ud800"]],
)
def test_a_value_without_a_spelling_is_refused(value: Json) -> None:
    with pytest.raises(MalformedError):
        encode_json(value)


def test_nesting_has_a_limit_which_both_directions_share() -> None:
    value: Json = 1
    for _ in range(MAX_DEPTH):
        value = [value]
    assert parse_json(encode_json(value)) == value
    with pytest.raises(MalformedError, match="nested deeper"):
        encode_json([value])
    with pytest.raises(MalformedError, match="nested deeper"):
        parse_json(b"[" * (MAX_DEPTH + 1) + b"1" + b"]" * (MAX_DEPTH + 1))
    with pytest.raises(MalformedError, match="nested deeper"):
        encode_json({"a": value})


def test_length_is_checked_before_anything_is_read() -> None:
    assert parse_json(b'"ab"', max_bytes=4) == "ab"
    with pytest.raises(TooLargeError, match="4 bytes of JSON, at most 3"):
        parse_json(b"\xff\xff\xff\xff", max_bytes=3)


@pytest.mark.parametrize("data", [b"[]", b'"a"', b"null", b"1"])
def test_only_an_object_is_an_object(data: bytes) -> None:
    with pytest.raises(MalformedError, match="object expected"):
        parse_object(data)


def test_a_text_member_is_text() -> None:
    assert text_member({"a": "b"}, "a") == "b"
    for value in ({}, {"a": 1}, {"a": None}, {"a": ["b"]}):
        with pytest.raises(MalformedError, match="member 'a' must be text"):
            text_member(value, "a")  # type: ignore[arg-type]


def test_missing_and_unknown_members_are_named() -> None:
    check_members({"a": 1, "b": 2}, required=frozenset({"a"}), optional=frozenset({"b"}))
    with pytest.raises(MalformedError, match="missing member a, c"):
        check_members({"b": 1}, required=frozenset({"c", "a"}), optional=frozenset({"b"}))
    with pytest.raises(MalformedError, match="unknown member 'x', 'y'"):
        check_members({"y": 1, "x": 1, "a": 1}, required=frozenset({"a"}))


@pytest.mark.parametrize("value", [True, "1", 2, None])
def test_a_version_is_an_integer_and_nothing_equal_to_it(value: Json) -> None:
    check_version({"v": 1}, "v", 1)
    with pytest.raises(MalformedError, match="member 'v' must be 1"):
        check_version({"v": value}, "v", 1)
    with pytest.raises(MalformedError, match="member 'v' must be 1"):
        check_version({}, "v", 1)


def test_times_are_written_in_utc_to_the_second() -> None:
    zone = timezone(timedelta(hours=2))
    assert format_time(datetime(2026, 1, 1, 1, 30, 59, 999_999, tzinfo=zone)) == "2025-12-31T23:30:59Z"
    assert format_time(datetime(7, 1, 2, tzinfo=UTC)) == "0007-01-02T00:00:00Z"
    with pytest.raises(MalformedError, match="without zone"):
        format_time(datetime(2026, 1, 1))  # noqa: DTZ001 - a time without zone is the point


@pytest.mark.parametrize(("year", "month", "day", "hours"), [(1, 1, 1, 5), (9999, 12, 31, -5)])
def test_a_time_that_utc_does_not_hold_is_refused(year: int, month: int, day: int, hours: int) -> None:
    moment = datetime(year, month, day, 23 if year > 1 else 0, tzinfo=timezone(timedelta(hours=hours)))
    with pytest.raises(MalformedError, match="year"):
        format_time(moment)


@pytest.mark.parametrize("text", ["2024-02-29T23:59:59Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_a_time_reads_back(text: str) -> None:
    assert format_time(parse_time(text)) == text
    assert parse_time(text).tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "2025-02-29T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z",
        "2016-12-31T23:59:60Z",
        "2016-12-31T23:59:61Z",
        "0000-01-01T00:00:00Z",
    ],
)
def test_a_time_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(MalformedError, match="does not exist"):
        parse_time(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-01-01",
        "2026-01-01 00:00:00Z",
        "2026-01-01t00:00:00z",
        "2026-01-01T00:00:00",
        "2026-01-01T00:00:00+00:00",
        "2026-01-01T00:00:00.0Z",
        "2026-1-01T00:00:00Z",
        "2026-01-01T00:00Z",
        "2026-01-01T00:00:00Z\n",
        " 2026-01-01T00:00:00Z",
        "-026-01-01T00:00:00Z",
        "٢٠٢٦-01-01T00:00:00Z",
    ],
)
def test_another_form_of_time_is_refused(text: str) -> None:
    with pytest.raises(MalformedError, match="not of the form"):
        parse_time(text)


@pytest.mark.parametrize(
    ("data", "standard", "url"),
    [(b"", "", ""), (b"\xfb", "+w==", "-w"), (b"\xff\xff", "//8=", "__8"), (b"abc", "YWJj", "YWJj")],
)
def test_base64_has_two_alphabets_of_one_spelling_each(data: bytes, standard: str, url: str) -> None:
    assert (encode_base64(data), encode_base64url(data)) == (standard, url)
    assert (decode_base64(standard), decode_base64url(url)) == (data, data)


@pytest.mark.parametrize("text", ["-w==", "+w", "+w=", "+x==", "+w==\n", " +w==", "+w==+w==", "é", "=", "A", "AA=A"])
def test_another_spelling_of_standard_base64_is_refused(text: str) -> None:
    with pytest.raises(MalformedError, match="base64"):
        decode_base64(text)


@pytest.mark.parametrize("text", ["+w", "-w==", "-w=", "-x", "-w\n", " -w", "é", "A", "-"])
def test_another_spelling_of_url_safe_base64_is_refused(text: str) -> None:
    with pytest.raises(MalformedError, match="base64"):
        decode_base64url(text)


def test_a_digest_is_64_lower_case_hexadecimal_digits() -> None:
    assert parse_digest("0a" * 32) == b"\x0a" * 32
    for text in ("", "0A" * 32, "0a" * 31, "0a" * 33, "0a" * 31 + "0g", "0a" * 31 + " 0", "٠" * 64):
        with pytest.raises(MalformedError, match="no SHA-256 digest"):
            parse_digest(text)

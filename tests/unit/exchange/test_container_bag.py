import pytest

from comity.errors import MalformedError, TooLargeError
from comity.exchange.container_bag import (
    encode_info,
    encode_manifest,
    parse_info,
    parse_manifest,
)

A, B = "a" * 64, "b" * 64


def test_labels_are_written_sorted_with_the_size_of_the_payload() -> None:
    info = {"Source-Organization": "Poder Judicial: Fiscalía", "Bagging-Date": "2026-11-20"}
    data = encode_info(info, payload_bytes=12, payload_members=3)
    assert data.decode() == (
        "Bagging-Date: 2026-11-20\nPayload-Oxum: 12.3\nSource-Organization: Poder Judicial: Fiscalía\n"
    )
    assert parse_info(data, payload_bytes=12, payload_members=3) == {**info, "Payload-Oxum": "12.3"}


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ({}, "Bagging-Date is missing"),
        ({"Bagging-Date": "20261120"}, "not written YYYY-MM-DD"),
        ({"Bagging-Date": "2026-02-30"}, "is not a date"),
        ({"Bagging-Date": "yesterday"}, "is not a date"),
        ({"Bagging-Date": "2026-11-20", "payload-oxum": "1.1"}, "computed and cannot be chosen"),
        ({"Bagging-Date": "2026-11-20", "Note": "a", "note": "b"}, "label is there twice"),
        ({"Bagging-Date": "2026-11-20", "Two Words": "a"}, "'Two Words' is not a label"),
        ({"Bagging-Date": "2026-11-20", "": "a"}, "'' is not a label"),
        ({"Bagging-Date": "2026-11-20", "Note": ""}, "empty or has outer white space"),
        ({"Bagging-Date": "2026-11-20", "Note": " a"}, "empty or has outer white space"),
        ({"Bagging-Date": "2026-11-20", "Note": "a\nContact-Name: b"}, r"Note holds U\+000A"),
        ({"Bagging-Date": "2026-11-20", "Note": "a\u2028b"}, r"Note holds U\+2028"),
        ({"Bagging-Date": "2026-11-20", "Note": "a\u202eb"}, r"Note holds U\+202E"),
        ({"Bagging-Date": "2026-11-20", "Note": "a\ud800"}, r"Note holds U\+D800"),
    ],
)
def test_labels_that_cannot_be_written_are_refused(labels: dict[str, str], message: str) -> None:
    with pytest.raises(MalformedError, match=message):
        encode_info(labels, payload_bytes=1, payload_members=1)


def test_a_persian_name_keeps_its_joiner() -> None:
    encode_info({"Bagging-Date": "2026-11-20", "Contact-Name": "می\u200cخواهم"}, payload_bytes=1, payload_members=1)


def test_labels_that_are_too_long_are_refused() -> None:
    with pytest.raises(TooLargeError, match=r"bag-info\.txt: more than"):
        encode_info({"Bagging-Date": "2026-11-20", "Note": "a" * 70_000}, payload_bytes=1, payload_members=1)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "Bagging-Date is missing"),
        (b"Payload-Oxum: 1.1\nBagging-Date: 2026-11-20\n", "not sorted"),
        (b"Bagging-Date: 2026-11-20\nPayload-Oxum: 1.1", "no line feed at the end"),
        (b"Bagging-Date: 2026-11-20\n\nPayload-Oxum: 1.1\n", "an empty line"),
        (b"Bagging-Date: 2026-11-20\r\nPayload-Oxum: 1.1\r\n", "outer white space"),
        (b"Bagging-Date:2026-11-20\nPayload-Oxum: 1.1\n", "line 1 is not"),
        (b"Bagging-Date:  2026-11-20\nPayload-Oxum: 1.1\n", "outer white space"),
        (b"Bagging-Date: 2026-11-20\nNote: a\n  folded\nPayload-Oxum: 1.1\n", "line 3 is not"),
        (b"Bagging-Date: 2026-11-20\nPayload-Oxum: 1.1\nPayload-Oxum: 1.1\n", "line 3 is not"),
        (b"Bagging-Date: 2026-11-20\nPayload-Oxum: 1.2\n", "Payload-Oxum is 1.2, the members make it 1.1"),
        (b"Bagging-Date: 2026-11-20\nPayload-Oxum: 01.1\n", "Payload-Oxum is 01.1"),
        (b"Bagging-Date: 2026-11-20\n", "Payload-Oxum is None"),
        (b"\xef\xbb\xbfBagging-Date: 2026-11-20\nPayload-Oxum: 1.1\n", "is not a label"),
        (b"Bagging-Date: 2026-11-20\nNote: \xff\nPayload-Oxum: 1.1\n", "byte 31 is not UTF-8"),
    ],
)
def test_other_spellings_of_labels_are_refused(data: bytes, message: str) -> None:
    with pytest.raises(MalformedError, match=message):
        parse_info(data, payload_bytes=1, payload_members=1)


def test_a_manifest_is_sorted_and_read_back() -> None:
    digests = {"data/b": B, "data/a b": A}
    data = encode_manifest(digests, "manifest-sha256.txt")
    assert data == f"{A}  data/a b\n{B}  data/b\n".encode()
    assert parse_manifest(data, "manifest-sha256.txt") == digests


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{A} data/a\n", "line 1 is not"),
        (f"{A} *data/a\n", "line 1 is not"),
        (f"{A}\tdata/a\n", "line 1 is not"),
        (f"{A.upper()}  data/a\n", "line 1 is not"),
        (f"{A[1:]}  data/a\n", "line 1 is not"),
        (f"{A}  \n", "line 1 is not"),
        (f"# note\n{A}  data/a\n", "line 1 is not"),
        (f"{A}  data/a", "no line feed"),
        (f"{A}  data/a\n\n", "an empty line"),
        (f"{A}  data/b\n{A}  data/a\n", "not sorted"),
        (f"{A}  data/a\n{B}  data/a\n", "line 2 lists 'data/a' again"),
    ],
)
def test_other_spellings_of_a_manifest_are_refused(text: str, message: str) -> None:
    with pytest.raises(MalformedError, match=f"manifest-sha256.txt: .*{message}"):
        parse_manifest(text.encode(), "manifest-sha256.txt")


def test_a_manifest_that_is_too_large_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("comity.exchange.container_bag.MAX_MANIFEST_BYTES", 100)
    with pytest.raises(TooLargeError, match=r"manifest-sha256.txt: more than 100 bytes"):
        encode_manifest({"data/a": A, "data/b": B}, "manifest-sha256.txt")

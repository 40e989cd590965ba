from datetime import UTC, datetime
from hashlib import sha256

import pytest

from comity.errors import MalformedError
from comity.kernel.canonical import Json, JsonObject, encode_json, parse_object
from comity.kernel.statement import MAX_ADDRESSEES, MAX_FOLLOWS, Statement, from_headers, parse_statement
from support.speakers import AUTHORITY, CASE, PEER, statement

EXPECTED = (
    b'{"body":{"amount":7,"remark":"Zo\xc3\xab"},"comity":1,"exercise":false,"follows":["%b"],'
    b'"issued":"2026-03-02T09:00:00Z","issuer":"xaa.centre","kind":"receipt","subject":"%b","to":["xab.centre"]}'
)


def changed(**members: Json) -> bytes:
    return encode_json(parse_object(statement().encode()) | members)


def without(name: str) -> bytes:
    value = parse_object(statement().encode())
    del value[name]
    return encode_json(value)


def test_a_statement_has_these_bytes_and_reads_back() -> None:
    case = CASE.encode()
    assert statement().encode() == EXPECTED % (case, case)
    assert parse_statement(EXPECTED % (case, case)) == statement()


@pytest.mark.parametrize(
    "said",
    [
        statement(to=(), subject=None, follows=()),
        statement(to=tuple(f"xab.c{n:02}" for n in range(MAX_ADDRESSEES))),
        statement(follows=tuple(sorted(sha256(b"%d" % n).hexdigest() for n in range(MAX_FOLLOWS)))),
        statement(exercise=True, body={}),
        statement(issued=datetime(1, 1, 1, tzinfo=UTC)),
        statement(kind="a"),
        statement(kind="not-executed-2"),
    ],
)
def test_every_form_of_headers_reads_back(said: Statement) -> None:
    assert parse_statement(said.encode()) == said


def test_a_statement_to_nobody_is_public_and_says_so_in_one_word() -> None:
    said = statement(to=())
    assert said.public
    assert not statement().public
    assert said.headers()["to"] == "public"
    assert "subject" not in statement(subject=None).headers()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": ""}, "statement kind"),
        ({"kind": "Receipt"}, "statement kind"),
        ({"kind": "two--words"}, "statement kind"),
        ({"kind": "two-"}, "statement kind"),
        ({"kind": "1st"}, "statement kind"),
        ({"kind": "receipt\n"}, "statement kind"),
        ({"issuer": "nobody"}, "authority"),
        ({"to": (PEER, "nobody")}, "authority"),
        ({"to": ("xab.b", "xab.a")}, "addressees"),
        ({"to": (PEER, PEER)}, "addressees"),
        ({"to": tuple(f"xab.c{n:02}" for n in range(MAX_ADDRESSEES + 1))}, "addressees"),
        ({"subject": "abc"}, "SHA-256"),
        ({"follows": ("abc",)}, "SHA-256"),
        ({"follows": ("b" * 64, "a" * 64)}, "followed"),
        ({"follows": ("a" * 64, "a" * 64)}, "followed"),
        ({"follows": tuple(sorted(sha256(b"%d" % n).hexdigest() for n in range(MAX_FOLLOWS + 1)))}, "followed"),
        ({"body": {"Amount": 1}}, "body member"),
        ({"body": {"_sd": 1}}, "body member"),
        ({"body": {"...": 1}}, "body member"),
        ({"body": {"a" * 65: 1}}, "body member"),
        ({"body": {"amount\n": 1}}, "body member"),
        ({"issued": datetime(2026, 1, 1)}, "without zone"),  # noqa: DTZ001 - a time without zone is the point
    ],
)
def test_headers_that_no_statement_may_have_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(MalformedError, match=message):
        statement(**changes)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        changed(comity=2),
        changed(comity=True),
        changed(comity="1"),
        changed(issuer=1),
        changed(body=[]),
        changed(body=None),
        changed(kind=1),
        changed(issued=1),
        changed(issued="2026-02-30T00:00:00Z"),
        changed(exercise=0),
        changed(exercise="false"),
        changed(subject=None),
        changed(subject=""),
        changed(to=[]),
        changed(to="xab.centre"),
        changed(to=["public"]),
        changed(to=None),
        changed(to=[1]),
        changed(follows="public"),
        changed(follows=[None]),
        changed(extra=1),
        *(without(name) for name in ("body", "comity", "exercise", "follows", "issued", "issuer", "kind", "to")),
        statement().encode() + b"\n",
        statement().encode().replace(b'"comity":1', b'"comity": 1'),
    ],
)
def test_bytes_that_are_no_statement_are_refused(data: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_statement(data)


def test_the_one_optional_header_is_the_subject() -> None:
    assert parse_statement(without("subject")) == statement(subject=None)


def test_headers_build_a_statement_and_nothing_may_be_missing() -> None:
    assert from_headers(AUTHORITY, statement().headers(), statement().body) == statement()
    for name in ("exercise", "follows", "issued", "kind", "to"):
        headers: JsonObject = {key: value for key, value in statement().headers().items() if key != name}
        with pytest.raises(MalformedError, match=f"missing member {name}"):
            from_headers(AUTHORITY, headers, {})

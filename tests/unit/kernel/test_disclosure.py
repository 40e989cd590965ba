import json
from base64 import urlsafe_b64encode
from hashlib import sha256

import pytest

from comity.errors import MalformedError, VerificationError
from comity.kernel.canonical import Json, encode_base64url, encode_json, parse_object
from comity.kernel.disclosure import (
    Disclosure,
    decoys_needed,
    open_sealed,
    parse_disclosure,
    parse_sealed,
    salts_needed,
    seal,
)
from comity.kernel.statement import Statement
from support.speakers import AUTHORITY, CASE, NOW, PEER, numbered, statement

SALT = bytes(range(16))


def by_hand(data: bytes) -> str:
    """Write base64url as RFC 7515 section 2 does."""
    return urlsafe_b64encode(data).decode().replace("=", "")


def sealed_up(said: Statement) -> tuple[bytes, list[str]]:
    members = salts_needed(said)
    payload, disclosures = seal(
        said, salts=numbered(16, members), decoys=numbered(32, decoys_needed(members), first=50)
    )
    return payload, [item.encode() for item in disclosures]


def payload_with(**members: Json) -> bytes:
    return encode_json(parse_object(sealed_up(statement())[0]) | members)


def list_with(*digests: Json) -> bytes:
    return payload_with(_sd=list(digests))


def digests(count: int) -> list[Json]:
    return sorted(by_hand(value) for value in numbered(32, count))  # type: ignore[return-value]


def own(name: str, value: Json, text: str | None = None) -> tuple[bytes, str]:
    """Return a payload whose first digest is that of one given disclosure, and the disclosure."""
    text = text or Disclosure(salt=SALT, name=name, value=value).encode()
    listed = [by_hand(sha256(text.encode()).digest()), *(by_hand(value) for value in numbered(32, 15))]
    return list_with(*sorted(listed)), text


def test_a_digest_is_the_one_of_rfc_9901_section_4_2_3() -> None:
    example = "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0"
    assert by_hand(sha256(example.encode("ascii")).digest()) == "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"


def test_a_disclosure_follows_the_steps_of_rfc_9901_section_4_2_1() -> None:
    # 1. An array of salt, claim name, claim value. 2. Its UTF-8 JSON. 3. base64url of that.
    array = '["AAECAwQFBgcICQoLDA0ODw","family_name","Möbius"]'
    text = by_hand(array.encode("utf-8"))
    disclosure = Disclosure(salt=SALT, name="family_name", value="Möbius")
    assert disclosure.encode() == text
    # The digest is taken over the base64url text, not over the bytes that it stands for.
    assert disclosure.digest() == by_hand(sha256(text.encode("ascii")).digest())
    assert disclosure.digest() != by_hand(sha256(array.encode("utf-8")).digest())
    assert parse_disclosure(text) == disclosure


@pytest.mark.parametrize("value", [None, True, 0, "", [], {}, {"b": [1, {"a": None}]}])
def test_a_disclosure_of_any_value_reads_back(value: Json) -> None:
    disclosure = Disclosure(salt=SALT, name="body.x", value=value)
    assert parse_disclosure(disclosure.encode()) == disclosure


@pytest.mark.parametrize(
    "text",
    [
        "",
        "é",
        "e30",
        by_hand(b"[]"),
        by_hand(b'"a"'),
        by_hand(b'["AAECAwQFBgcICQoLDA0ODw","a"]'),
        by_hand(b'["AAECAwQFBgcICQoLDA0ODw","a",1,2]'),
        by_hand(b'["AAECAwQFBgcICQoLDA0ODw",1,1]'),
        by_hand(b'[1,"a",1]'),
        by_hand(b'["AAECAwQFBgcICQoLDA0ODw", "a", 1]'),
        by_hand(b'["AAECAwQFBgcICQoLDA0ODw==","a",1]'),
        by_hand(b'["AAECAwQFBgcICQoLDA0ODx","a",1]'),
        by_hand(b'["AAECAwQFBgcICQoLDA0O","a",1]'),
        by_hand(b'["AAECAwQFBgcICQoLDA0ODxA","a",1]'),
        by_hand(b'["","a",1]'),
        by_hand(b'["AAECAwQFBgcICQoLDA0ODw","a",1.5]'),
        by_hand(b'["AAECAwQFBgcICQoLDA0ODw","a",1]') + "=",
        # The example of the RFC itself: spaces, and a salt of 17 bytes.
        "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0",
    ],
)
def test_another_form_of_disclosure_is_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        parse_disclosure(text)


def test_signed_bytes_show_issuer_version_and_digests_only() -> None:
    payload, disclosures = sealed_up(statement())
    value = json.loads(payload)
    assert list(value) == ["_sd", "comity", "issuer"]
    assert (value["comity"], value["issuer"]) == (1, AUTHORITY)
    assert value["_sd"] == sorted(value["_sd"])
    assert {by_hand(sha256(text.encode()).digest()) for text in disclosures} < set(value["_sd"])
    for secret in (b"receipt", b"amount", b"Zo", PEER.encode(), CASE.encode()):
        assert secret not in payload


@pytest.mark.parametrize(("members", "listed"), [(0, 16), (1, 16), (10, 16), (11, 32), (26, 32), (27, 48)])
def test_decoys_fill_the_list_to_a_multiple_of_16(members: int, listed: int) -> None:
    said = statement(body={f"m{number}": number for number in range(members)})
    payload, disclosures = sealed_up(said)
    assert len(disclosures) == members + 6 == salts_needed(said)
    assert len(parse_sealed(payload).digests) == listed == -(-(members + 6) // 16) * 16
    assert decoys_needed(len(disclosures)) == listed - len(disclosures)


@pytest.mark.parametrize(
    "said",
    [
        statement(),
        statement(subject=None, follows=()),
        statement(exercise=True, body={}),
        statement(body={"issuer": "a body may use a header's name", "comity": 2, "kind": [], "to": {"a": None}}),
    ],
)
def test_what_is_sealed_opens_to_the_same_statement(said: Statement) -> None:
    payload, disclosures = sealed_up(said)
    opened = open_sealed(payload, disclosures)
    assert opened.statement() == said
    assert opened.undisclosed == decoys_needed(len(disclosures))
    assert open_sealed(payload, reversed(disclosures)) == opened


def test_one_member_is_shown_without_the_others() -> None:
    payload, disclosures = sealed_up(statement())
    shown = [text for text in disclosures if parse_disclosure(text).name == "body.amount"]
    opened = open_sealed(payload, shown)
    assert (opened.issuer, opened.headers, opened.body, opened.undisclosed) == (AUTHORITY, {}, {"amount": 7}, 15)
    with pytest.raises(MalformedError, match="missing member exercise, follows, issued, kind, to"):
        opened.statement()


def test_a_withheld_body_member_leaves_a_statement_without_it() -> None:
    payload, disclosures = sealed_up(statement())
    shown = [text for text in disclosures if parse_disclosure(text).name != "body.remark"]
    opened = open_sealed(payload, shown)
    assert opened.statement() == statement(body={"amount": 7})
    assert opened.undisclosed == 16 - len(shown)
    assert open_sealed(payload, []).undisclosed == 16


def test_a_foreign_disclosure_is_refused() -> None:
    payload, disclosures = sealed_up(statement())
    foreign = Disclosure(salt=SALT, name="body.amount", value=7).encode()
    with pytest.raises(VerificationError, match=r"'body\.amount' does not belong"):
        open_sealed(payload, [*disclosures, foreign])


def test_a_disclosure_counts_once() -> None:
    payload, disclosures = sealed_up(statement())
    with pytest.raises(VerificationError, match="disclosed twice"):
        open_sealed(payload, [*disclosures, disclosures[0]])


def test_a_statement_that_commits_to_two_values_of_one_member_shows_one_at_most() -> None:
    _, disclosures = sealed_up(statement())
    assert parse_disclosure(disclosures[-1]).name == "body.remark"
    twin = Disclosure(salt=SALT, name="body.remark", value=8).encode()
    listed = [by_hand(sha256(text.encode()).digest()) for text in (twin, disclosures[-1])]
    payload = list_with(*sorted([*listed, *(by_hand(value) for value in numbered(32, 14, first=70))]))
    assert open_sealed(payload, [twin]).body == {"remark": 8}
    with pytest.raises(VerificationError, match=r"'body\.remark' is disclosed twice"):
        open_sealed(payload, [twin, disclosures[-1]])


@pytest.mark.parametrize("name", ["issuer", "comity", "_sd", "..."])
def test_what_is_signed_openly_cannot_be_disclosed_differently(name: str) -> None:
    payload, text = own(name, "xac.centre")
    with pytest.raises(VerificationError, match="may not be disclosed"):
        open_sealed(payload, [text])


@pytest.mark.parametrize("name", ["body.Amount", "body.", "body._sd", "body....", "body", "extra", "to "])
def test_a_member_that_no_statement_has_is_refused(name: str) -> None:
    _, disclosures = sealed_up(statement(body={}))
    text = Disclosure(salt=SALT, name=name, value=1).encode()
    listed = [by_hand(sha256(item.encode()).digest()) for item in (*disclosures, text)]
    payload = list_with(*sorted([*listed, *(by_hand(value) for value in numbered(32, 9, first=70))]))
    assert open_sealed(payload, disclosures).statement() == statement(body={})
    with pytest.raises(MalformedError):
        open_sealed(payload, [*disclosures, text]).statement()


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{}",
        payload_with(comity=2),
        payload_with(comity=True),
        payload_with(issuer=1),
        payload_with(issuer="nobody"),
        payload_with(kind="receipt"),
        payload_with(_sd="x"),
        payload_with(_sd=None),
        list_with(),
        list_with(*digests(15)),
        list_with(*digests(17)),
        list_with(*reversed(digests(16))),
        list_with(*digests(15), digests(15)[-1]),
        list_with(*digests(15), 1),
        list_with(*digests(15), "é"),
        list_with(*digests(15), encode_base64url(b"\xff" * 31)),
        list_with(*digests(15), encode_base64url(b"\xff" * 33)),
        payload_with() + b" ",
    ],
)
def test_another_form_of_signed_bytes_is_refused(payload: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_sealed(payload)
    with pytest.raises(MalformedError):
        open_sealed(payload, [])


def test_signed_bytes_read_back() -> None:
    value = parse_sealed(list_with(*digests(32)))
    assert (value.issuer, sorted(value.digests)) == (AUTHORITY, digests(32))


@pytest.mark.parametrize(
    ("salts", "decoys", "message"),
    [
        (numbered(16, 7), numbered(32, 8), "takes 8 salts and 8 decoys, got 7 and 8"),
        (numbered(16, 9), numbered(32, 8), "takes 8 salts and 8 decoys, got 9 and 8"),
        (numbered(16, 8), numbered(32, 7), "takes 8 salts and 8 decoys, got 8 and 7"),
        (numbered(16, 8), numbered(32, 24), "takes 8 salts and 8 decoys, got 8 and 24"),
        ([*numbered(16, 7), bytes(15)], numbered(32, 8), "salt has 16 bytes and a decoy 32"),
        (numbered(16, 8), [*numbered(32, 7), bytes(16)], "salt has 16 bytes and a decoy 32"),
        (numbered(16, 7) + numbered(16, 1), numbered(32, 8), "must all differ"),
        (numbered(16, 8), numbered(32, 7) + numbered(32, 1), "must all differ"),
    ],
)
def test_sealing_takes_as_many_different_salts_and_decoys_as_it_needs(
    salts: list[bytes], decoys: list[bytes], message: str
) -> None:
    assert salts_needed(statement()) == 8
    with pytest.raises(MalformedError, match=message):
        seal(statement(), salts=salts, decoys=decoys)


def test_an_opening_statement_has_one_header_less() -> None:
    assert salts_needed(Statement(kind="request", issuer=AUTHORITY, to=(PEER,), issued=NOW)) == 5

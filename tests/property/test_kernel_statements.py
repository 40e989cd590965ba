"""Statements and their formats over many inputs: round trips, one spelling, and only errors of the project."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.errors import Error, MalformedError
from comity.exchange.delivery import Spoken, claimed_issuer, encode_delivery, parse_delivery
from comity.exchange.statements import KINDS, parse_body
from comity.kernel.canonical import (
    Json,
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
)
from comity.kernel.disclosure import (
    Disclosure,
    decoys_needed,
    open_sealed,
    parse_disclosure,
    parse_sealed,
    salts_needed,
    seal,
)
from comity.kernel.envelope import STATEMENT_TYPE, Envelope, Signature, authenticated_bytes, parse_envelope
from comity.kernel.evidence import encode_two_keys, encode_two_replies, evidence_authority, verify_evidence
from comity.kernel.key import parse_authority
from comity.kernel.statement import Statement, from_headers, parse_statement
from comity.kernel.trust import parse_designation, parse_recognition
from support.log_keys import OTHER_LOG
from support.speakers import (
    CASE,
    NEXT_STATEMENT,
    STATEMENT,
    answers,
    designation,
    keys_statement,
    logged_replies,
    numbered,
    recognition,
    sealed,
    signed_keys,
    statement,
)

TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
SAFE = st.integers(min_value=-(2**53) + 1, max_value=2**53 - 1)
JSON: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | SAFE | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
ANY_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
MEMBER = st.from_regex(r"\A[a-z][a-z0-9_]{0,12}\Z")
AUTHORITIES = st.from_regex(r"\Ax[a-z]{2}\.[a-z0-9](-?[a-z0-9]){0,8}\Z")
DIGESTS = st.binary(max_size=4).map(lambda seed: sha256(seed).hexdigest())
MOMENTS = st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.replace(microsecond=0))


def sorted_sets(items: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.sets(items, max_size=5).map(lambda found: tuple(sorted(found)))


STATEMENTS = st.builds(
    Statement,
    kind=st.from_regex(r"\A[a-z][a-z0-9]{0,5}(-[a-z0-9]{1,5}){0,2}\Z"),
    issuer=AUTHORITIES,
    to=sorted_sets(AUTHORITIES),
    issued=MOMENTS,
    subject=st.none() | DIGESTS,
    follows=sorted_sets(DIGESTS),
    exercise=st.booleans(),
    body=st.dictionaries(MEMBER, JSON, max_size=12),
)

SEALED, DISCLOSED = sealed(statement("refused", body=answers("1")))
OTHER_SEALED, OTHER_DISCLOSED = sealed(statement("package", body=answers("1")), first=300)
KEYS = signed_keys(designation())
GENUINE: dict[str, bytes] = {
    "statement": statement().encode(),
    "keys": keys_statement(designation()).encode(),
    "envelope": SEALED.encoded,
    "sealed": SEALED.payload,
    "recognition": recognition().encode(),
    "delivery": encode_delivery(Spoken(envelope=SEALED, salt=bytes(32), disclosures=DISCLOSED)),
    "two-keys": encode_two_keys(KEYS, signed_keys(designation(1, NEXT_STATEMENT.public))),
    "two-replies": encode_two_replies(*logged_replies((SEALED, DISCLOSED), (OTHER_SEALED, OTHER_DISCLOSED), KEYS)),
}
# What reads bytes, and the genuine bytes that mutations start from.
READERS: dict[str, tuple[Callable[[bytes], object], str]] = {
    "parse_json": (parse_json, "statement"),
    "parse_object": (parse_object, "statement"),
    "parse_statement": (parse_statement, "statement"),
    "parse_designation": (lambda data: parse_designation(parse_statement(data)), "keys"),
    "parse_envelope": (parse_envelope, "envelope"),
    "parse_sealed": (parse_sealed, "sealed"),
    "parse_recognition": (parse_recognition, "recognition"),
    "parse_delivery": (parse_delivery, "delivery"),
    "evidence_authority_keys": (evidence_authority, "two-keys"),
    "evidence_authority_replies": (evidence_authority, "two-replies"),
}
TEXT_READERS: dict[str, Callable[[str], object]] = {
    "parse_time": parse_time,
    "parse_digest": parse_digest,
    "parse_authority": parse_authority,
    "decode_base64": decode_base64,
    "decode_base64url": decode_base64url,
    "parse_disclosure": parse_disclosure,
}


def only(expected: type[Error], action: Callable[[], object]) -> None:
    """Run what may fail, but with this error alone."""
    try:
        action()
    except expected as exc:
        assert exc.message  # noqa: PT017 - the error is allowed, not demanded


@given(JSON)
def test_json_is_written_as_a_second_implementation_of_rfc_8785_writes_it(value: Json) -> None:
    encoded = encode_json(value)
    assert encoded == rfc8785.dumps(value)
    assert parse_json(encoded) == value


@given(st.dictionaries(st.text(st.sampled_from('az\ue000\uffff\U00010000\U0001f600é\x00"\\\x7f')), SAFE))
def test_member_order_agrees_with_the_second_implementation_beyond_the_first_plane(value: dict[str, Json]) -> None:
    assert encode_json(value) == rfc8785.dumps(value)


@given(ANY_JSON)
def test_a_value_is_written_or_refused(value: Any) -> None:
    only(MalformedError, lambda: encode_json(value))


@given(MOMENTS)
def test_every_second_of_the_calendar_reads_back(moment: datetime) -> None:
    assert parse_time(format_time(moment)) == moment


@given(st.tuples(*(st.integers(0, most) for most in (9999, 13, 32, 25, 61, 62))))
def test_a_time_exists_exactly_if_the_calendar_has_it(parts: tuple[int, int, int, int, int, int]) -> None:
    text = "{:04d}-{:02d}-{:02d}T{:02d}:{:02d}:{:02d}Z".format(*parts)
    try:
        expected = datetime(*parts, tzinfo=UTC)
    except ValueError:
        with pytest.raises(MalformedError):
            parse_time(text)
    else:
        assert parse_time(text) == expected


@given(st.binary(max_size=80))
def test_base64_reads_back_in_both_alphabets(data: bytes) -> None:
    assert decode_base64(encode_base64(data)) == data
    assert decode_base64url(encode_base64url(data)) == data


@given(STATEMENTS)
def test_a_statement_reads_back_and_its_headers_build_it_again(said: Statement) -> None:
    assert parse_statement(said.encode()) == said
    assert from_headers(said.issuer, said.headers(), said.body) == said


@given(STATEMENTS, st.randoms(use_true_random=False))
def test_a_sealed_statement_opens_as_far_as_it_is_disclosed(said: Statement, random: Any) -> None:
    members = salts_needed(said)
    payload, disclosures = seal(
        said, salts=numbered(16, members), decoys=numbered(32, decoys_needed(members), first=400)
    )
    texts = [item.encode() for item in disclosures]
    listed = len(parse_sealed(payload).digests)
    assert listed % 16 == 0
    assert 0 <= listed - members < 16
    assert [parse_disclosure(text) for text in texts] == list(disclosures)
    random.shuffle(texts)
    opened = open_sealed(payload, texts)
    assert opened.statement() == said
    shown = texts[: random.randrange(len(texts) + 1)]
    partly = open_sealed(payload, shown)
    assert partly.undisclosed == listed - len(shown)
    assert partly.headers.items() <= said.headers().items()
    assert partly.body.items() <= said.body.items()


@given(st.binary(min_size=16, max_size=16), TEXT, JSON)
def test_a_disclosure_reads_back(salt: bytes, name: str, value: Json) -> None:
    disclosure = Disclosure(salt=salt, name=name, value=value)
    assert parse_disclosure(disclosure.encode()) == disclosure


@given(TEXT, st.binary(max_size=40), TEXT, st.binary(max_size=40))
def test_two_things_to_sign_have_two_encodings(kind: str, payload: bytes, other: str, other_payload: bytes) -> None:
    same = (kind, payload) == (other, other_payload)
    assert (authenticated_bytes(kind, payload) == authenticated_bytes(other, other_payload)) is same


@given(st.binary(max_size=200), st.dictionaries(DIGESTS, st.binary(max_size=90), min_size=1, max_size=8))
def test_any_envelope_in_the_one_spelling_reads_back(payload: bytes, signatures: dict[str, bytes]) -> None:
    listed = [Signature(key_id=key_id, value=value) for key_id, value in sorted(signatures.items())]
    encoded = encode_json(
        {
            "payload": encode_base64(payload),
            "payloadType": STATEMENT_TYPE,
            "signatures": [{"keyid": item.key_id, "sig": encode_base64(item.value)} for item in listed],
        }
    )
    expected = Envelope(payload_type=STATEMENT_TYPE, payload=payload, signatures=tuple(listed), encoded=encoded)
    assert parse_envelope(encoded) == expected


@pytest.mark.parametrize("name", sorted(READERS))
@given(data=st.binary(max_size=300) | ANY_JSON.map(lambda value: repr(value).encode("utf-8", "replace")))
@settings(max_examples=60)
def test_arbitrary_bytes_are_malformed_and_nothing_worse(name: str, data: bytes) -> None:
    only(MalformedError, partial(READERS[name][0], data))


@pytest.mark.parametrize("name", sorted(READERS))
@given(value=ANY_JSON)
@settings(max_examples=60)
def test_arbitrary_json_is_malformed_and_nothing_worse(name: str, value: Any) -> None:
    try:
        data = encode_json(value)
    except MalformedError:
        return
    only(MalformedError, partial(READERS[name][0], data))


@pytest.mark.parametrize("name", sorted(READERS))
@given(data=st.data())
@settings(max_examples=60)
def test_genuine_bytes_with_one_member_replaced_are_read_or_refused(name: str, data: st.DataObject) -> None:
    read, source = READERS[name]
    value: Any = parse_object(GENUINE[source])
    target = value
    while isinstance(target, dict) or (isinstance(target, list) and target):
        places = sorted(target) if isinstance(target, dict) else list(range(len(target)))
        place = data.draw(st.sampled_from(places))
        if not isinstance(target[place], (dict, list)) or data.draw(st.booleans()):
            target[place] = data.draw(ANY_JSON)
            break
        target = target[place]
    try:
        changed = encode_json(value)
    except MalformedError:
        return
    # A recognition's policy is refused as policy; everything else is a matter of form.
    only(Error if source == "recognition" else MalformedError, partial(read, changed))


@pytest.mark.parametrize("name", sorted(GENUINE))
@given(place=st.integers(0, 10**6), bit=st.integers(0, 7), cut=st.booleans())
@settings(max_examples=40)
def test_damaged_bytes_raise_only_errors_of_the_project(name: str, place: int, bit: int, cut: bool) -> None:  # noqa: FBT001 - hypothesis passes by name
    genuine = GENUINE[name]
    place %= len(genuine)
    data = genuine[:place] if cut else genuine[:place] + bytes([genuine[place] ^ 1 << bit]) + genuine[place + 1 :]
    assert data != genuine
    if name.startswith("two"):
        with pytest.raises(Error):
            verify_evidence(data, recognition())
        return
    for read, source in READERS.values():
        if source == name:
            only(Error, partial(read, data))


@pytest.mark.parametrize("name", sorted(TEXT_READERS))
@given(
    text=st.text(max_size=80)
    | st.binary(max_size=60).map(encode_base64url)
    | JSON.map(encode_json).map(encode_base64url)
)
def test_arbitrary_text_is_malformed_and_nothing_worse(name: str, text: str) -> None:
    only(MalformedError, partial(TEXT_READERS[name], text))


@given(st.lists(st.text(max_size=40) | JSON.map(encode_json).map(encode_base64url), max_size=3))
def test_arbitrary_disclosures_raise_only_errors_of_the_project(texts: list[str]) -> None:
    only(Error, lambda: open_sealed(SEALED.payload, texts).statement())


@given(st.sampled_from(sorted(KINDS)), st.dictionaries(MEMBER, JSON, max_size=4))
def test_arbitrary_bodies_are_malformed_and_nothing_worse(kind: str, body: dict[str, Json]) -> None:
    only(MalformedError, lambda: parse_body(kind, body))


def test_genuine_bytes_are_genuine() -> None:
    for read, source in READERS.values():
        read(GENUINE[source])
    for name in ("two-keys", "two-replies"):
        verify_evidence(GENUINE[name], recognition())
    assert claimed_issuer(parse_delivery(GENUINE["delivery"])) == STATEMENT.public.authority
    assert statement().subject == CASE
    assert OTHER_LOG.public.name != recognition().log.name

import json

import jsonschema
import pytest

from comity.errors import MalformedError
from comity.exchange.statements import (
    KINDS,
    MAX_ITEMS,
    MAX_TEXT,
    Receipt,
    Refused,
    body_of,
    body_schema,
    encode_body,
    parse_body,
)
from comity.kernel.canonical import Json, JsonObject
from support.bodies import BODIES, DIGEST, EVENT, EXHIBIT, body, within

OPTIONAL = {
    "request": set(BODIES["request"]) - {"measure", "instrument", "article", "reference", "items"},
    "acknowledged": {"competent_body", "remark"},
    "question": {"reply_by", "pauses_clock"},
    "authorised": {"served_on", "safeguards"},
    "preserved": {"custodian", "not_preserved", "safeguards"},
    "refused": {"safeguards"},
    "not-executed": {"safeguards"},
    "package": {"conditions", "missing"},
    "withdrawn": {"reasons"},
    "closed": {"remark"},
}
MEMBERS = [(kind, name) for kind in sorted(KINDS) for name in sorted(BODIES[kind])]


def test_every_kind_has_a_full_body_here() -> None:
    assert set(BODIES) == set(KINDS)
    for kind, shape in KINDS.items():
        assert set(BODIES[kind]) == set(shape.__struct_fields__)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_full_body_reads_back_and_fits_its_published_schema(kind: str) -> None:
    value = parse_body(kind, BODIES[kind])
    assert encode_body(value) == BODIES[kind]
    assert type(value) is KINDS[kind]
    schema = json.loads(json.dumps(body_schema(kind)))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(BODIES[kind], schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(BODIES[kind] | {"extra": 1}, schema)


@pytest.mark.parametrize(("kind", "name"), MEMBERS)
def test_a_member_may_be_missing_only_where_it_is_optional(kind: str, name: str) -> None:
    short: JsonObject = {key: value for key, value in BODIES[kind].items() if key != name}
    if name in OPTIONAL.get(kind, ()):
        assert encode_body(parse_body(kind, short)) == short
        return
    with pytest.raises(MalformedError, match=f"body of {kind}: .*{name}"):
        parse_body(kind, short)


@pytest.mark.parametrize(("kind", "name"), MEMBERS)
def test_a_member_of_another_type_is_refused_by_name(kind: str, name: str) -> None:
    values: list[Json] = [{"a": 1}, [[]], -1]
    for value in values:
        with pytest.raises(MalformedError, match=f"{name}|expected|Expected"):
            parse_body(kind, body(kind, **{name: value}))


@pytest.mark.parametrize(("kind", "name"), MEMBERS)
def test_null_is_never_a_value(kind: str, name: str) -> None:
    with pytest.raises(MalformedError):
        parse_body(kind, body(kind, **{name: None}))


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_unknown_member_is_refused_by_name(kind: str) -> None:
    with pytest.raises(MalformedError, match="extra"):
        parse_body(kind, body(kind, extra=1))


@pytest.mark.parametrize(
    ("kind", "member", "value"), [("request", "urgency", "routine"), ("question", "pauses_clock", False)]
)
def test_a_default_is_left_out_so_that_there_is_one_spelling(kind: str, member: str, value: Json) -> None:
    with pytest.raises(MalformedError, match="writes out a default"):
        parse_body(kind, body(kind, **{member: value}))


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("receipt", {"received": DIGEST.upper()}),
        ("receipt", {"received": DIGEST + "\n"}),
        ("receipt", {"received": DIGEST[1:]}),
        ("receipt", {"bytes": -1}),
        ("receipt", {"bytes": 2**53}),
        ("receipt", {"bytes": True}),
        ("receipt", {"bytes": "1"}),
        ("receipt", {"at": "2026-02-30T00:00:00Z"}),
        ("receipt", {"at": "2026-03-02T09:00:00Z\n"}),
        ("receipt", {"at": "2026-03-02T09:00:00+00:00"}),
        ("receipt", {"at": "٢٠٢٦-03-02T09:00:00Z"}),
        ("authorised", {"dated": "2026-13-01T00:00:00Z"}),
        ("authorised", {"items": []}),
        ("authorised", {"ordered_by": ""}),
        ("authorised", {"ordered_by": "two\nlines"}),
        ("authorised", {"ordered_by": "line\n"}),
        ("authorised", {"ordered_by": "x" * 301}),
        ("authorised", {"legal_ground": ""}),
        ("authorised", {"legal_ground": "x" * (MAX_TEXT + 1)}),
        ("preserved", {"since": "2026-02-29T00:00:00Z"}),
        ("preserved", {"until": "2026-06-31T00:00:00Z"}),
        ("request", {"wished_by": "2026-01-01T25:00:00Z"}),
        ("request", {"urgency": "very"}),
        ("request", {"urgency": "urgent\n"}),
        ("request", {"measure": "Preservation"}),
        ("request", {"measure": "preservation\n"}),
        ("request", {"confidential": 1}),
        ("request", {"penalty": "five"}),
        ("request", {"penalty": "5 years"}),
        ("request", {"penalty": "05"}),
        ("request", {"penalty": "life\n"}),
        ("request", {"organised": "yes"}),
        ("request", {"safeguards": []}),
        ("request", {"safeguards": [{"step": "x", "answer": "yes"}]}),
        ("request", {"safeguards": [{"step": "x", "answer": "met\n"}]}),
        ("request", {"safeguards": [{"step": "X", "answer": "met"}]}),
        ("request", {"safeguards": [{"answer": "met"}]}),
        ("request", {"safeguards": [{"step": "x", "answer": "skipped", "reason": ""}]}),
        ("request", {"safeguards": [{"step": "x", "answer": "met", "extra": 1}]}),
        ("request", {"items": []}),
        ("request", {"items": [{"item": "1", "description": "x"}] * (MAX_ITEMS + 1)}),
        ("request", {"items": [{"item": "-1", "description": "x"}]}),
        ("request", {"items": [{"item": "1\n", "description": "x"}]}),
        ("request", {"items": [{"item": "1"}]}),
        ("request", {"items": [{"item": "1", "description": "x", "extra": 1}]}),
        ("question", {"reply_by": "2026-00-01T00:00:00Z"}),
        ("refused", {"answers": {"request": DIGEST, "items": []}}),
        ("refused", {"answers": {"items": ["1"]}}),
        ("refused", {"answers": {"request": DIGEST, "items": ["1"], "extra": 1}}),
        ("mismatch", {"stage": "packed"}),
        ("mismatch", {"stage": "decrypted\n"}),
        ("custody", {"custody": []}),
        ("custody", {"custody": [EVENT | {"action": "lost"}]}),
        ("custody", {"custody": [EVENT | {"action": "sent\n"}]}),
        ("custody", {"custody": [EVENT | {"at": "2026-02-30T00:00:00Z"}]}),
        ("opened", {"custody": [EVENT, EVENT | {"at": "2026-01-01T24:00:00Z"}]}),
        ("opened", {"exhibits": []}),
        ("package", {"exhibits": []}),
        ("package", {"exhibits": [EXHIBIT | {"name": "../x"}]}),
        ("package", {"exhibits": [EXHIBIT | {"name": "a\\b"}]}),
        ("package", {"exhibits": [EXHIBIT | {"name": "a\n"}]}),
        ("package", {"exhibits": [EXHIBIT | {"size": -1}]}),
        ("package", {"exhibits": [EXHIBIT | {"label": None}]}),
    ],
)
def test_a_value_outside_its_form_is_refused(kind: str, changes: JsonObject) -> None:
    with pytest.raises(MalformedError):
        parse_body(kind, body(kind, **changes))


def test_a_package_may_come_without_custody_and_a_label() -> None:
    bare = body("package", custody=[], exhibits=[{key: value for key, value in EXHIBIT.items() if key != "label"}])
    assert encode_body(parse_body("package", bare)) == bare


def test_an_unknown_kind_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(MalformedError, match="kind 'greeting' is unknown; known are acknowledged, answer, authorised"):
        parse_body("greeting", {})


def test_a_body_is_read_as_its_statement_says() -> None:
    assert body_of(within("refused"), Refused).ground == "political_offence"
    with pytest.raises(MalformedError, match="a refused statement has no Receipt body"):
        body_of(within("refused"), Receipt)
    with pytest.raises(MalformedError, match="a greeting statement has no Receipt body"):
        body_of(within("refused", kind="greeting"), Receipt)
    with pytest.raises(MalformedError, match="body of refused"):
        body_of(within("refused", body={}), Refused)

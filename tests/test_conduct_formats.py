"""The page about records says what the program does: every kind and member, every schema, and the example of an id."""

import hashlib
import json

import jsonschema
import pytest

from comity.conduct.kinds import KINDS
from comity.conduct.record import Record, record_id
from comity.conduct.statements import encode_body
from comity.kernel.canonical import encode_json
from support import conduct_records as make
from support.conduct_formats import PAGE, SCHEMAS, TYPES, inner_shapes, write_page, write_schemas

REMAKE = "run PYTHONPATH=tests python -m support.conduct_formats"


def test_the_page_and_the_schemas_are_the_program_s_own() -> None:
    assert PAGE.read_text(encoding="utf-8") == write_page(), REMAKE
    assert SCHEMAS.read_text(encoding="utf-8") == write_schemas(), REMAKE


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_has_a_section_and_a_schema(kind: str) -> None:
    assert f"\n### `{kind}`\n" in PAGE.read_text(encoding="utf-8")
    jsonschema.Draft202012Validator.check_schema(json.loads(SCHEMAS.read_text(encoding="utf-8"))[kind])


def test_every_type_and_inner_object_that_the_page_explains_is_used() -> None:
    text = PAGE.read_text(encoding="utf-8")
    tables = text.partition("## Kinds of the ledger")[2]
    for name, _, _ in TYPES:
        assert f" {name} |" in tables or f" {name}," in tables or f"of {name}" in tables, name
    assert len({shape.__name__ for shape in inner_shapes()}) == len(inner_shapes())


def test_an_id_is_made_as_the_page_says() -> None:
    body = encode_body(make.operation().body)
    spelled = b"comity conduct record v1\n" + encode_json({"body": body, "kind": "operation"})
    assert record_id("operation", body) == hashlib.sha256(spelled).hexdigest()


@pytest.mark.parametrize("record", [make.operation(), make.finding(make.operation()), make.claim(make.operation())])
def test_a_body_fits_its_published_schema(record: Record) -> None:
    schema = json.loads(SCHEMAS.read_text(encoding="utf-8"))[record.kind]
    jsonschema.Draft202012Validator(schema).validate(encode_body(record.body))
    broken = encode_body(record.body) | {"guilty": True}
    assert not jsonschema.Draft202012Validator(schema).is_valid(broken)

"""Records: named by what they say, never by who entered it."""

from dataclasses import FrozenInstanceError

import msgspec
import pytest

from comity.conduct.record import Origin, Record, parse_record, record_id, record_of
from comity.conduct.statements import KINDS, Body, Claim, Operation, encode_body
from comity.errors import MalformedError
from support.conduct_records import DIGEST, claim, imported, operation, provenance, small_case


def test_the_id_is_a_fixed_value_that_another_program_can_compute() -> None:
    body = Operation(title="Night ferry", category="sabotage")
    record = record_of(body, provenance(), KINDS)
    # printf 'comity conduct record v1\n{"body":{"category":"sabotage","title":"Night ferry"},"kind":"operation"}'
    assert record.id == "ca2e2026544c89d667889cd6ba25520d3aa2f6e2b69225caef59085b8649466d"
    assert record.id == record_id("operation", {"title": "Night ferry", "category": "sabotage"})


def test_who_entered_a_record_does_not_change_its_id() -> None:
    one = operation(entered=provenance("2026-01-01", source="Coder One"))
    other = operation(entered=imported("row 7", "2026-05-05"))
    assert one.id == other.id
    assert one != other


@pytest.mark.parametrize("name", sorted(small_case()))
def test_every_record_of_a_case_has_an_id_of_its_own_and_comes_back_from_json(name: str) -> None:
    record = small_case()[name]
    assert [other.id for other in small_case().values()].count(record.id) == 1
    assert parse_record(record.kind, encode_body(record.body), record.provenance, KINDS) == record


def test_one_letter_of_a_code_makes_another_record() -> None:
    ferry = operation()
    assert claim(ferry, "XBB", "XAA").id != claim(ferry, "XBB", "XAC").id


def test_kind_and_body_both_count() -> None:
    assert record_id("claim", {"a": 1}) != record_id("reply", {"a": 1})


def test_the_kind_follows_from_the_body() -> None:
    for record in small_case().values():
        assert record_of(record.body, record.provenance, KINDS).kind == record.kind


def test_a_body_of_no_kind_is_refused() -> None:
    class Rumour(Body, frozen=True, kw_only=True):
        text: str

    with pytest.raises(MalformedError, match="no record kind has a body of type Rumour"):
        record_of(Rumour(text="somebody"), provenance(), KINDS)


def test_a_body_of_another_form_is_refused() -> None:
    with pytest.raises(MalformedError, match=r"body of claim: .*operation"):
        parse_record("claim", {}, provenance(), KINDS)


def test_a_record_cannot_be_changed() -> None:
    record = operation()
    with pytest.raises(FrozenInstanceError):
        record.kind = "claim"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        record.body.title = "Day ferry"  # type: ignore[attr-defined]


def test_json_shows_the_record_with_where_it_came_from() -> None:
    record = operation(entered=imported("row 7"))
    assert record.to_json()["id"] == record.id
    assert record.to_json()["provenance"] == {
        "origin": "import",
        "source": "fictitious.csv",
        "on": "2026-06-01",
        "digest": DIGEST,
        "place": "row 7",
    }
    assert provenance(origin=Origin.HAND).to_json() == {"origin": "hand", "source": "Coder One", "on": "2026-06-01"}


def test_a_lone_surrogate_has_no_id() -> None:
    body = Operation(title="half \ud800", category="other")
    with pytest.raises(MalformedError, match="lone surrogate"):
        _ = Record(kind="operation", body=body, provenance=provenance()).id


def test_bodies_are_compared_by_what_they_say() -> None:
    ferry = operation()
    assert claim(ferry).body == claim(ferry).body
    assert isinstance(claim(ferry).body, Claim)
    assert msgspec.json.encode(claim(ferry).body) == msgspec.json.encode(claim(ferry).body)

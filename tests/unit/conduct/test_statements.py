"""Bodies of the conduct room: what each kind takes, what it refuses, and that its JSON Schema says the same."""

from typing import Any

import jsonschema
import pytest

from comity.conduct.statements import KINDS, Claim, Speaker, body_schema, encode_body, parse_body
from comity.errors import MalformedError
from comity.kernel.canonical import JsonObject
from support.conduct_records import small_case

BODIES = {record.kind: encode_body(record.body) for record in small_case().values()}
CLAIM: JsonObject = {
    "operation": "0" * 64,
    "claimant": {"name": "State XBB", "kind": "state", "participant": "XBB"},
    "polarity": "asserts",
    "about": [{"level": "state", "name": "State XAA", "participant": "XAA"}],
}


def schema_takes(kind: str, body: JsonObject) -> bool:
    validator = jsonschema.Draft202012Validator(body_schema(kind))
    return bool(validator.is_valid(body))


def changed(**members: Any) -> JsonObject:
    return CLAIM | members


def test_there_is_an_example_of_every_kind() -> None:
    assert set(BODIES) == set(KINDS)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_body_comes_back_as_it_was(kind: str) -> None:
    assert encode_body(parse_body(kind, BODIES[kind])) == BODIES[kind]
    assert schema_takes(kind, BODIES[kind])


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_unknown_member_is_refused_by_name(kind: str) -> None:
    with pytest.raises(MalformedError, match=r"unknown field `score`"):
        parse_body(kind, BODIES[kind] | {"score": 7})


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_no_kind_has_a_member_that_scores_or_ranks(kind: str) -> None:
    text = str(body_schema(kind)).lower()
    for word in ("score", "rank", "probability", "guilt", "likelihood"):
        assert word not in text


def test_an_operation_has_no_place_for_whoever_is_said_to_be_behind_it() -> None:
    members = set(KINDS["operation"].__struct_fields__)
    assert members == {"title", "category", "occurred", "hit", "effects", "names", "external", "techniques", "sources"}


def test_an_unknown_kind_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(MalformedError, match=r"kind 'rumour' is unknown; known are claim, correction"):
        parse_body("rumour", {})


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({"polarity": "did"}, "polarity"),
        ({"basis_tier": 8}, "basis_tier"),
        ({"basis_tier": -1}, "basis_tier"),
        ({"about": []}, "about"),
        ({"said": "2026-13"}, "said"),
        ({"said": "2026-1-1"}, "said"),
        ({"said": "2026-01-32"}, "said"),
        ({"said": "2026-01-01\n"}, "said"),
        ({"said": "March 2026"}, "said"),
        ({"legal_ground": [7]}, "legal_ground"),
        ({"operation": "0" * 63}, "operation"),
        ({"operation": "A" * 64}, "operation"),
        ({"operation": "0" * 64 + "\n"}, "operation"),
        ({"claimant": {"name": "State XBB", "kind": "state", "participant": "xbb"}}, "claimant"),
        ({"claimant": {"name": "State XBB", "kind": "nation"}}, "claimant"),
        ({"claimant": {"name": "", "kind": "state"}}, "claimant"),
        ({"claimant": {"name": "two\nlines", "kind": "state"}}, "claimant"),
        ({"about": [{"level": "region", "name": "State XAA"}]}, "about"),
        ({"confidence": {"scale": "estimative words", "value": 50}}, "confidence"),
        ({"confidence": 50}, "confidence"),
        ({"language": "English"}, "language"),
        ({"sources": [{"title": "Report", "url": "ftp://a.example/1"}]}, "sources"),
        ({"sources": [{"title": "Report", "url": "https://a.example/ 1"}]}, "sources"),
        ({"derives_from": ["another claim"]}, "derives_from"),
    ],
)
def test_a_wrong_value_is_refused_with_the_member_and_by_the_schema(members: JsonObject, told: str) -> None:
    with pytest.raises(MalformedError, match=rf"body of claim: .*{told}"):
        parse_body("claim", changed(**members))
    assert not schema_takes("claim", changed(**members))


@pytest.mark.parametrize("member", ["operation", "claimant", "polarity", "about"])
def test_a_claim_without_who_what_or_about_whom_is_refused(member: str) -> None:
    body = {name: value for name, value in CLAIM.items() if name != member}
    with pytest.raises(MalformedError, match=member):
        parse_body("claim", body)
    assert not schema_takes("claim", body)


@pytest.mark.parametrize("day", ["2026", "2026-03", "2026-03-02"])
def test_a_day_may_be_known_to_the_year_or_month_only(day: str) -> None:
    body = parse_body("claim", changed(said=day))
    assert isinstance(body, Claim)
    assert body.said == day


@pytest.mark.parametrize("members", [{"said": None}, {"sources": []}, {"lacks": []}, {"basis_tier": None}])
def test_one_body_has_one_spelling_so_an_empty_member_is_left_out(members: JsonObject) -> None:
    with pytest.raises(MalformedError, match="leave it out"):
        parse_body("claim", changed(**members))


def test_a_letter_of_a_scale_stays_a_letter() -> None:
    body = parse_body("claim", changed(confidence={"scale": "admiralty", "value": "F6"}))
    assert encode_body(body)["confidence"] == {"scale": "admiralty", "value": "F6"}


@pytest.mark.parametrize("name", ["Ведомство Ы", "国家互联网应急中心", "مركز الطوارئ", "ศูนย์", "Ünïcödé İ", "𐎠𐎡"])
def test_names_in_every_script_stay_as_they_are(name: str) -> None:
    body = parse_body("claim", changed(claimant={"name": name, "kind": "company"}))
    assert isinstance(body, Claim)
    assert body.claimant == Speaker(name=name, kind="company")


def test_each_level_of_a_subject_is_its_own() -> None:
    levels: list[JsonObject] = [{"level": level, "name": level} for level in ("place", "unit", "organ", "state")]
    body = parse_body("claim", changed(about=levels))
    assert isinstance(body, Claim)
    assert [subject.level for subject in body.about] == ["place", "unit", "organ", "state"]

"""A request is complete when it states what its article requires."""

from dataclasses import replace
from datetime import date

import pytest

from comity.errors import PolicyError
from comity.law.basis import legal_basis
from comity.law.contents import check_complete, missing_contents
from comity.law.measures import Measure
from comity.law.option import BasisOption
from comity.parties.table import Grade

TODAY = date(2026, 11, 23)
COMPLETE: dict[str, object] = {
    "requesting_authority": "prt.contact-point",
    "offence": "system interference",
    "facts": "an attack on a hospital",
    "data": "connection records of one address",
    "link": "the address sent the commands",
    "location": "unknown",
    "necessity": "records are kept for ten days",
    "intention": True,
}


def option(instrument: str = "budapest", measure: Measure = Measure.PRESERVATION) -> BasisOption:
    return legal_basis("PRT", "CPV", measure, TODAY).option(instrument)


def test_a_complete_request_passes() -> None:
    assert check_complete(option(), COMPLETE) == []
    assert check_complete(option("hanoi"), COMPLETE) == []


def test_each_missing_item_is_named_with_its_article() -> None:
    with pytest.raises(PolicyError) as refusal:
        check_complete(option(), {})
    for words in (
        "requesting_authority",
        "29(2)(a)",
        "offence",
        "facts",
        "29(2)(b)",
        "data",
        "link",
        "29(2)(c)",
        "location",
        "29(2)(d)",
        "necessity",
        "29(2)(e)",
        "intention",
        "29(2)(f)",
    ):
        assert words in refusal.value.message


@pytest.mark.parametrize("key", sorted(COMPLETE))
def test_one_missing_item_is_found(key: str) -> None:
    body = {name: value for name, value in COMPLETE.items() if name != key}
    assert [item.key for item in missing_contents(option(), body)] == [key]


@pytest.mark.parametrize("value", [None, "", "  \n", [], {}, False])
def test_an_empty_answer_is_none(value: object) -> None:
    assert [item.key for item in missing_contents(option(), COMPLETE | {"intention": value})] == ["intention"]


def test_what_is_not_known_is_said_to_be_unknown() -> None:
    (item,) = missing_contents(option(), {**COMPLETE, "location": ""})
    assert item.sentence.endswith('required by article 29(2)(d); say "unknown" if it is)')


def test_confidentiality_is_the_asker_s_choice() -> None:
    assert missing_contents(option(), {**COMPLETE, "confidential": False}) == []


def test_a_rule_that_rests_on_memory_warns_and_does_not_block() -> None:
    strict = option()
    weak = replace(
        strict,
        contents=tuple(replace(item, grade=Grade.MEMORY, grade_detail="M") for item in strict.contents),
    )
    warnings = check_complete(weak, {})
    assert len(warnings) == 8
    assert not any(item.blocks for item in warnings)


def test_a_rule_that_is_implied_says_so() -> None:
    missing = {item.key: item.sentence for item in missing_contents(option(measure=Measure.STORED_DATA), {})}
    assert set(missing) == {"requesting_authority", "offence", "facts", "purpose", "data", "location"}
    assert "implied by article 25(5)" in missing["facts"]


def test_hanoi_wants_what_its_article_on_assistance_lists() -> None:
    missing = {item.key for item in missing_contents(option("hanoi", Measure.STORED_DATA), {})}
    assert missing == {
        "requesting_authority",
        "proceeding",
        "conducting_authority",
        "facts",
        "assistance",
        "purpose",
        "data",
        "location",
    }

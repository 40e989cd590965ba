"""Offences are sets of elements that two instruments share, so that they can be compared."""

import csv
import io
from importlib.resources import files

import pytest

from comity.errors import MalformedError, NotFoundError
from comity.law.elements import (
    ElementRole,
    article,
    compare,
    element_set,
    find_element_set,
    load_element_sets,
    parse_element_sets,
    weakest,
)
from comity.law.model import without_letter
from comity.law.register import load_register
from comity.parties.table import Grade

SETS = load_element_sets()
HEADER = "instrument,provision,element,role,paraphrase,source,grade\n"


def table(*rows: str) -> bytes:
    return (HEADER + "".join(f"{row}\n" for row in rows)).encode()


def test_every_offence_article_of_the_conduct_table_has_an_element_set_where_its_instrument_has_any() -> None:
    loaded = {instrument for instrument, _ in SETS}
    assert {"budapest", "hanoi", "untoc", "uncac"} <= loaded
    described = [row for row in load_register().conduct if row.provision is not None and row.instrument in loaded]
    assert {row.provision for row in described if row.instrument == "hanoi"} == {str(n) for n in range(7, 18)}
    assert {row.provision for row in described if row.instrument == "budapest"} == {str(n) for n in range(2, 11)}
    for row in described:
        assert row.provision is not None
        assert (row.instrument, article(row.provision)) in SETS, f"{row.code} has no element set for {row.instrument}"


def test_every_provision_of_an_element_is_in_the_table_of_provisions() -> None:
    tables = load_register()
    known = {(row.instrument, row.provision) for row in tables.provisions}
    loaded = {row.key for row in tables.instruments}
    for found in SETS.values():
        for row in found.elements:
            if row.instrument in loaded:
                assert (row.instrument, without_letter(row.provision)) in known, f"{row.instrument} {row.provision}"


@pytest.mark.parametrize(
    ("instrument", "offences"),
    [
        ("budapest", range(2, 11)),
        ("budapest_p1", range(3, 7)),
        ("hanoi", range(7, 18)),
        ("untoc", (5, 6, 8, 23)),
        ("uncac", (15, 23, 25)),
        ("high_seas_1958", (27,)),
        ("unclos", (113,)),
    ],
)
def test_the_offences_of_an_instrument_are_all_there_and_no_others(instrument: str, offences: range) -> None:
    assert {offence for key, offence in SETS if key == instrument} == {str(number) for number in offences}


def test_every_row_names_source_and_grade_and_is_one_line_of_present_tense_words() -> None:
    text = (files("comity.law") / "reference" / "elements.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == sum(len(found.elements) for found in SETS.values())
    for row in rows:
        assert row["source"]
        assert row["grade"]
        assert row["paraphrase"].strip() == row["paraphrase"] != ""
        assert not row["paraphrase"].endswith(".")


def test_only_the_articles_that_were_not_read_rest_on_memory() -> None:
    weak = {(found.instrument, found.offence) for found in SETS.values() if found.grade is not Grade.TEXT}
    assert weak == {("hanoi", "16"), ("hanoi", "17")}
    assert {found.grade for found in (element_set("hanoi", "16"), element_set("hanoi", "17"))} == {Grade.MEMORY}


def test_every_offence_has_a_core_and_no_element_twice_in_one_role() -> None:
    for found in SETS.values():
        assert found.of(ElementRole.CORE), f"{found.instrument} {found.offence}"
        pairs = [(row.element, row.role) for row in found.elements]
        assert len(pairs) == len(set(pairs)), f"{found.instrument} {found.offence}"


def test_a_provision_of_an_offence_finds_the_set_of_its_article() -> None:
    assert element_set("hanoi", "7(2)") is element_set("hanoi", "7")
    assert find_element_set("hanoi", "35") is None
    with pytest.raises(NotFoundError, match="no offence of article 35 of 'hanoi'"):
        element_set("hanoi", "35(1)(c)")


def test_illegal_access_has_the_same_core_in_both_conventions_and_hanoi_adds_the_criminal_aim() -> None:
    comparison = compare(element_set("budapest", "2"), element_set("hanoi", "7"))
    assert comparison.same
    assert comparison.same_core == ("intent", "without_right", "access_to_system")
    assert [line.element for line in comparison.optional if not line.here] == ["criminal_intent"]
    assert {line.element for line in comparison.optional} == {
        "breach_of_security",
        "intent_to_obtain_data",
        "dishonest_intent",
        "connected_system",
        "criminal_intent",
    }


def test_fraud_by_deceiving_a_person_is_a_way_that_only_hanoi_names() -> None:
    comparison = compare(element_set("budapest", "8"), element_set("hanoi", "13"))
    assert comparison.variants_only_there == ("deception_through_system",)
    assert comparison.variants_only_here == comparison.missing_here == comparison.missing_there == ()
    assert not comparison.same


def test_abuse_material_must_be_visual_in_budapest_and_need_not_be_in_hanoi() -> None:
    comparison = compare(element_set("budapest", "9"), element_set("hanoi", "14"))
    assert comparison.missing_there == ("visual_depiction",)
    assert "child_under_18" in comparison.same_core
    assert {"financing_of_material", "access_to_material"} <= set(comparison.variants_only_there)
    assert {"possession_of_material"} <= set(element_set("budapest", "9").codes(ElementRole.MAY_EXCLUDE))
    assert "own_material_of_child" in element_set("hanoi", "14").codes(ElementRole.MAY_EXCLUDE)


@pytest.mark.parametrize(("instrument", "offence"), [("budapest", "6"), ("hanoi", "11")])
def test_authorised_testing_is_carved_out_of_misuse_of_devices(instrument: str, offence: str) -> None:
    assert element_set(instrument, offence).codes(ElementRole.CARVE_OUT) == ("authorised_testing_or_protection",)


def test_serious_harm_may_be_required_for_data_interference_and_for_nothing_else() -> None:
    with_harm = {
        (found.instrument, found.offence) for found in SETS.values() if "serious_harm" in found.codes(*ElementRole)
    }
    assert with_harm == {("budapest", "4"), ("hanoi", "9")}


def test_solicitation_may_need_an_act_that_furthers_it_and_may_reach_a_person_believed_to_be_a_child() -> None:
    found = element_set("hanoi", "15")
    assert found.codes(ElementRole.MAY_REQUIRE) == ("act_in_furtherance",)
    assert found.codes(ElementRole.MAY_EXTEND) == ("believed_child",)


def test_laundering_is_the_same_offence_in_untoc_uncac_and_as_remembered_in_hanoi() -> None:
    untoc, uncac, hanoi = (
        element_set(key, offence) for key, offence in (("untoc", "6"), ("uncac", "23"), ("hanoi", "17"))
    )
    assert compare(untoc, uncac).same
    assert compare(untoc, hanoi).same


def test_comparing_is_symmetric_and_an_offence_equals_itself() -> None:
    sets = list(SETS.values())
    for here in sets:
        assert compare(here, here).same
        for there in sets:
            one, other = compare(here, there), compare(there, here)
            assert set(one.same_core) == set(other.same_core)
            assert set(one.missing_here) == set(other.missing_there)
            assert set(one.variants_only_here) == set(other.variants_only_there)
            assert {line.element for line in one.optional} == {line.element for line in other.optional}


def test_the_elements_that_a_paragraph_states_are_found_by_it_and_by_its_article() -> None:
    access = element_set("hanoi", "7")
    assert [row.element for row in access.stated_by("7(2)")] == list(access.codes(ElementRole.MAY_REQUIRE))
    assert access.stated_by("7") == access.stated_by("7(2)")
    assert access.stated_by("7(1)") == ()
    material = element_set("hanoi", "14")
    assert [row.element for row in material.stated_by("14(3)(a)")] == ["real_person"]
    assert [row.element for row in material.stated_by("14(3)")] == ["real_person", "visual_depiction_of_abuse"]


def test_the_weakest_of_some_rows_is_the_first_that_rests_on_the_least() -> None:
    text, memory = element_set("hanoi", "7").elements[0], element_set("hanoi", "16").elements[0]
    assert weakest((text, memory)) is memory
    assert weakest((text, element_set("budapest", "2").elements[0])) is text


def test_the_json_form_names_every_element_with_its_role_and_grade() -> None:
    form = element_set("budapest", "4").to_json()
    assert form["offence"] == "4"
    assert isinstance(form["elements"], list)
    assert form["elements"][-1] == {
        "element": "serious_harm",
        "role": "may_require",
        "provision": "4(2)",
        "paraphrase": "a party may reserve that serious harm must follow",
        "grade": "T",
    }
    comparison = compare(element_set("budapest", "8"), element_set("hanoi", "13")).to_json()
    assert comparison["variants_only_there"] == ["deception_through_system"]
    assert comparison["missing_here"] == []


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("own,1,Intent,core,it is meant,A law,T", "lower-case words"),
        ("own,1,intent__x,core,it is meant,A law,T", "lower-case words"),
        ("own,first,intent,core,it is meant,A law,T", "must be an article"),
        ("own,1,intent,needed,it is meant,A law,T", "wanted one of"),
        ("own,1,intent,core,,A law,T", "paraphrase is empty"),
        ("own,1,intent,core,it is meant,,T", "source is empty"),
        ("own,1,intent,core,it is meant,A law,", "grade is empty"),
        ("own,1,intent,may_require,it is meant,A law,T", "nothing that must be there in own 1"),
    ],
)
def test_a_bad_row_is_refused_with_its_place(row: str, why: str) -> None:
    with pytest.raises(MalformedError, match=why):
        parse_element_sets(table(row), where="own")


def test_an_element_repeated_in_one_role_is_refused_also_between_paragraphs() -> None:
    rows = ("own,1(1),intent,core,it is meant,A law,T", "own,1(2),intent,core,it is meant,A law,T")
    with pytest.raises(MalformedError, match=r"own\.csv repeats intent as core in own 1"):
        parse_element_sets(table(*rows), where="own.csv")


def test_own_offences_are_read_in_the_same_form_and_compared_with_those_of_treaties() -> None:
    rows = (
        "own,3(1),intent,core,it is meant,A law,T",
        "own,3(1),without_right,core,there is no right,A law,T",
        "own,3(1),access_to_system,core,a system is entered,A law,T",
        "own,3(1),breach_of_security,core,a lock is broken,A law,T",
    )
    own = parse_element_sets(table(*rows), where="own")["own", "3"]
    comparison = compare(own, element_set("hanoi", "7"))
    assert comparison.missing_there == ("breach_of_security",)
    assert not comparison.same

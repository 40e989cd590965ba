"""Refusing, being unable and sending back are three different things."""

from dataclasses import replace
from datetime import date

import pytest

from comity.errors import NotFoundError, PolicyError
from comity.law.basis import legal_basis
from comity.law.grounds import (
    PROTECTED_CLASS,
    check_ground,
    check_refusal,
    complete_grounds,
    exposure_of,
    load_complete_grounds,
    non_execution_reason,
    published_class,
)
from comity.law.measures import Measure
from comity.law.model import GroundCode, ReasonClass
from comity.law.option import BasisOption
from comity.law.register import load_register
from comity.parties.table import Grade

OPTION = legal_basis("PRT", "CPV", Measure.PRESERVATION, date(2026, 11, 23)).option("budapest")


def test_grounds_that_expose_a_person_are_published_as_one_class() -> None:
    protected = {code for code in GroundCode if published_class(code) == PROTECTED_CLASS}
    assert protected == {GroundCode.PERSECUTION, GroundCode.ESSENTIAL_INTERESTS, GroundCode.POLITICAL_OFFENCE}
    assert published_class(GroundCode.DUAL_CRIMINALITY) == "dual_criminality"


def test_the_tables_agree_on_which_grounds_expose() -> None:
    for row in load_register().grounds:
        assert row.exposure is exposure_of(row.code)


def test_a_ground_that_the_instrument_gives_is_found_with_its_provision() -> None:
    assert [row.provision for row in check_ground(OPTION, GroundCode.POLITICAL_OFFENCE)] == ["29(5)(a)"]
    assert [row.provision for row in check_ground(OPTION, GroundCode.DUAL_CRIMINALITY)] == ["29(4)"]


def test_a_ground_that_two_provisions_give_has_both() -> None:
    (first,) = check_ground(OPTION, GroundCode.POLITICAL_OFFENCE)
    again = replace(first, provision="30(2)(a)")
    assert check_ground(replace(OPTION, grounds=(*OPTION.grounds, again)), first.code) == (first, again)


def test_a_ground_that_the_instrument_does_not_give_is_refused() -> None:
    known = "it gives dual_criminality, essential_interests, political_offence"
    with pytest.raises(PolicyError, match=f"Budapest Convention article 29 gives no ground persecution.*{known}"):
        check_ground(OPTION, GroundCode.PERSECUTION)


def offered(instrument: str, measure: Measure = Measure.GENERAL_ASSISTANCE) -> BasisOption:
    return legal_basis("MEX", "PER", measure, date(2026, 11, 23)).option(instrument)


@pytest.mark.parametrize("instrument", ["interamerican_mla_1992", "reciprocity", "hanoi", "coe_mla_1959"])
def test_a_ground_that_incomplete_tables_lack_is_told_and_refuses_nothing(instrument: str) -> None:
    option = offered(instrument)
    assert check_ground(option, GroundCode.NE_BIS_IN_IDEM) == ()
    (told,) = check_refusal(option, GroundCode.NE_BIS_IN_IDEM, "9")
    assert told.code == "ground_not_in_tables"
    assert "gives no ground ne_bis_in_idem" in told.text
    assert "they may lack what the text, other law or a reservation gives" in told.text


def test_a_ground_that_incomplete_tables_have_elsewhere_is_told_and_refuses_nothing() -> None:
    (told,) = check_refusal(offered("interamerican_mla_1992"), GroundCode.FISCAL_OFFENCE, "14")
    assert "gives the ground fiscal_offence in article 9, the refusal names article 14" in told.text
    assert check_refusal(offered("interamerican_mla_1992"), GroundCode.FISCAL_OFFENCE, "9") == ()


@pytest.mark.parametrize("instrument", ["untoc", "uncac"])
def test_complete_grounds_are_held_to(instrument: str) -> None:
    option = offered(instrument)
    article = "18" if instrument == "untoc" else "46"
    assert check_refusal(option, GroundCode.ESSENTIAL_INTERESTS, f"{article}(21)") == ()
    with pytest.raises(PolicyError, match="gives no ground ne_bis_in_idem"):
        check_refusal(option, GroundCode.NE_BIS_IN_IDEM, article)
    with pytest.raises(PolicyError, match="the refusal names article 13"):
        check_refusal(option, GroundCode.ESSENTIAL_INTERESTS, "13")


def test_complete_grounds_that_rest_on_less_than_the_text_are_held_to_no_more() -> None:
    option = offered("untoc")
    assert complete_grounds(option) is not None
    weak = replace(option.grounds[-1], grade=Grade.SECONDARY, grade_detail="S")
    assert complete_grounds(replace(option, grounds=(*option.grounds[:-1], weak))) is None


def test_an_article_that_lets_in_grounds_of_other_law_opens_the_list() -> None:
    option = offered("budapest", Measure.STORED_DATA)
    (told,) = check_refusal(option, GroundCode.NE_BIS_IN_IDEM, "25(4)")
    assert told.code == "ground_not_in_tables"
    assert check_refusal(option, GroundCode.ESSENTIAL_INTERESTS, "25(4)")[0].code == "ground_not_in_tables"
    with pytest.raises(PolicyError, match=r"in article 27\(4\)\(b\), the refusal names article 29"):
        check_refusal(option, GroundCode.ESSENTIAL_INTERESTS, "29(5)(b)")


def test_every_complete_list_points_to_provisions_that_were_read_and_to_grounds_that_are_there() -> None:
    tables = load_register()
    for row in load_complete_grounds():
        for provision in (row.provision, row.open_by):
            if provision is not None:
                assert tables.provision(row.instrument, provision).grade is Grade.TEXT
        for measure in row.measures:
            grounds = tables.grounds_of(row.instrument, measure)
            assert any(ground.provision.startswith(f"{row.provision}(") for ground in grounds)


def test_non_execution_and_defects_are_apart() -> None:
    assert non_execution_reason("data_not_held").reason_class is ReasonClass.IN_FACT
    assert non_execution_reason("incomplete").reason_class is ReasonClass.FORMAL_DEFECT
    with pytest.raises(NotFoundError, match="data_not_held"):
        non_execution_reason("busy")
    rows = load_register().non_execution
    assert {row.reason_class for row in rows} == set(ReasonClass)
    assert len({row.code for row in rows}) == len(rows) == 10

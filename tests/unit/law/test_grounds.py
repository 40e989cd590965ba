"""Refusing, being unable and sending back are three different things."""

from dataclasses import replace
from datetime import date

import pytest

from comity.errors import NotFoundError, PolicyError
from comity.law.basis import legal_basis
from comity.law.grounds import (
    PROTECTED_CLASS,
    check_ground,
    exposure_of,
    non_execution_reason,
    published_class,
)
from comity.law.measures import Measure
from comity.law.model import GroundCode, ReasonClass
from comity.law.register import load_register

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


def test_non_execution_and_defects_are_apart() -> None:
    assert non_execution_reason("data_not_held").reason_class is ReasonClass.IN_FACT
    assert non_execution_reason("incomplete").reason_class is ReasonClass.FORMAL_DEFECT
    with pytest.raises(NotFoundError, match="data_not_held"):
        non_execution_reason("busy")
    rows = load_register().non_execution
    assert {row.reason_class for row in rows} == set(ReasonClass)
    assert len({row.code for row in rows}) == len(rows) == 10

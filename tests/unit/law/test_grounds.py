"""Refusing, being unable and sending back are three different things."""

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
    reasons_of_class,
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
    assert check_ground(OPTION, GroundCode.POLITICAL_OFFENCE).provision == "29(5)(a)"


def test_a_ground_that_the_instrument_does_not_give_is_refused() -> None:
    with pytest.raises(PolicyError, match="Budapest Convention article 29 gives no ground persecution"):
        check_ground(OPTION, GroundCode.PERSECUTION)


def test_non_execution_and_defects_are_apart() -> None:
    assert non_execution_reason("data_not_held").reason_class is ReasonClass.IN_FACT
    assert non_execution_reason("incomplete").reason_class is ReasonClass.FORMAL_DEFECT
    with pytest.raises(NotFoundError, match="data_not_held"):
        non_execution_reason("busy")
    found = [{row.code for row in reasons_of_class(kind)} for kind in ReasonClass]
    assert sum(len(codes) for codes in found) == len(set().union(*found)) == 10

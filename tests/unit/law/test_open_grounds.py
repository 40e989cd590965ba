"""The grounds that are shown are those that may be open to the asked in this case, with their limits."""

from collections.abc import Iterable
from datetime import date

import pytest

from comity.law.basis import legal_basis
from comity.law.measures import Measure
from comity.law.model import Act, Confidence, GroundCode
from comity.law.open_grounds import load_ground_limits
from comity.law.option import BasisOption
from comity.law.register import load_register
from comity.law.rows import Action
from comity.parties.table import Grade
from support.law_rows import act, with_acts

TODAY = date(2026, 11, 23)
REGISTER = load_register()


def option(
    asked: str = "CPV",
    *,
    measure: Measure = Measure.PRESERVATION,
    conduct: str | None = "cable_damage",
    instrument: str = "budapest",
    acts: Iterable[Action] = (),
) -> BasisOption:
    register = with_acts(REGISTER, acts)
    return legal_basis("PRT", asked, measure, TODAY, conduct=conduct, register=register).option(instrument)


def notes(found: BasisOption, code: GroundCode) -> list[str | None]:
    return [row.note for row in found.open_grounds if row.ground.code is code]


def reservation(**changes: object) -> Action:
    return act("budapest", "CPV", Act.RESERVATION, "2018-06-19", **changes)  # type: ignore[arg-type]


def test_a_ground_by_reservation_is_not_shown_for_an_offence_of_the_instrument() -> None:
    for asked in ("CPV", "DEU"):
        found = option(asked, conduct="illegal_access")
        assert notes(found, GroundCode.DUAL_CRIMINALITY) == []
        assert len(found.grounds) == len(found.open_grounds) + 1, "the instrument gives it all the same"


def test_a_ground_by_reservation_is_shown_with_what_is_known_of_the_reservation() -> None:
    dual = GroundCode.DUAL_CRIMINALITY
    assert notes(option("DEU"), dual) == ["DEU reserved it"]
    assert notes(option("CPV"), dual) == ["reservations of CPV are not loaded"]
    assert notes(option("CPV", conduct=None), dual) == ["reservations of CPV are not loaded"]
    weak = reservation(provision="29(4)", confidence=Confidence.REPORTED)
    assert notes(option(acts=[weak]), dual) == ["a reservation of CPV is reported, not confirmed"]
    assert notes(option(acts=[reservation()]), dual) == ["CPV made reservations that were not seen"]


def test_where_reservations_of_the_asked_are_loaded_and_none_is_on_it_the_ground_is_left_out() -> None:
    assert notes(option(acts=[reservation(provision="9(4)")]), GroundCode.DUAL_CRIMINALITY) == []
    assert notes(option("CHL"), GroundCode.DUAL_CRIMINALITY) == []
    designation = act("budapest", "CPV", Act.DESIGNATION, "2018-06-19", provision="35(1)")
    assert notes(option(acts=[designation]), GroundCode.DUAL_CRIMINALITY) == ["reservations of CPV are not loaded"]


def test_grounds_that_step_back_behind_another_treaty_say_so_and_name_those_that_bind_both() -> None:
    political = GroundCode.POLITICAL_OFFENCE
    rule = "only if no other assistance treaty applies between the two (27(1))"
    assert notes(option(measure=Measure.STORED_DATA), political) == [rule]
    (germany,) = notes(option("DEU", measure=Measure.STORED_DATA), political)
    assert germany == f"{rule}; EU MLA Convention binds both; European MLA Convention is reported to bind both"
    assert notes(option("DEU", measure=Measure.STORED_DATA), GroundCode.DOMESTIC_LAW) == [None]
    assert notes(option("DEU"), political) == [None], "article 29(5) stands for itself"


def test_the_conventions_of_the_united_nations_step_back_alike() -> None:
    found = option(measure=Measure.STORED_DATA, conduct=None, instrument="uncac")
    assert notes(found, GroundCode.ESSENTIAL_INTERESTS) == [
        "only if no other assistance treaty applies between the two (46(7))"
    ]


def test_the_grounds_as_json_carry_their_notes() -> None:
    rows = option("DEU").to_json()["grounds"]
    assert isinstance(rows, list)
    assert {(row["article"], row["note"]) for row in rows} >= {("29(4)", "DEU reserved it"), ("29(5)(a)", None)}


@pytest.mark.parametrize("row", load_ground_limits(), ids=lambda row: f"{row.instrument}-{row.grounds}")
def test_every_limit_points_to_provisions_that_were_read_and_to_grounds_that_are_there(row: object) -> None:
    (limit,) = [item for item in load_ground_limits() if item is row]
    assert REGISTER.provision(limit.instrument, limit.provision).grade is Grade.TEXT
    grounds = [ground for ground in REGISTER.grounds if ground.instrument == limit.instrument]
    assert any(ground.provision.startswith(limit.grounds) for ground in grounds)

"""What participants reserved, declared and told counts as far as it is confirmed, newest first, and is told anyway."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import pytest

from comity.law.basis import legal_basis
from comity.law.clocks import ClockCalendar
from comity.law.conditions import oral_reason, remark_text, remarks_on, reserved
from comity.law.measures import Measure
from comity.law.model import Act, Confidence, Oral, ProfileAspect
from comity.law.option import BasisOption
from comity.law.register import Register, load_register
from comity.law.rows import Action, ProfileEntry
from comity.law.standings import Standings
from comity.parties.table import Grade
from support.law_rows import act, told, with_acts

TODAY = date(2026, 11, 23)
REGISTER = load_register()
ORAL, WITHIN = ProfileAspect.ORAL, ProfileAspect.ANSWERS_WITHIN


def having(*profiles: ProfileEntry) -> Register:
    return replace(REGISTER, profiles=profiles)


def oral(*profiles: ProfileEntry, on: date = TODAY) -> str:
    register = having(*profiles)
    carrier = register.carrier("untoc", Measure.GENERAL_ASSISTANCE)
    assert carrier is not None
    return oral_reason(register, carrier, "PRT", "VNM", on).code


def option(instrument: str = "budapest", *, acts: Iterable[Action] = (), conduct: str | None = None) -> BasisOption:
    """What an instrument offers Portugal towards Cabo Verde, with further acts of theirs."""
    register = with_acts(REGISTER, acts)
    return legal_basis("PRT", "CPV", Measure.PRESERVATION, TODAY, conduct=conduct, register=register).option(instrument)


def remarks(acts: Iterable[Action]) -> list[str]:
    sorts = {"reservation", "declaration", "objection"}
    return [reason.text for reason in option(acts=acts).warnings if reason.code in sorts]


def test_the_newest_of_what_a_participant_tells_counts() -> None:
    partner = told("PRT", ORAL, "yes")
    then, later = told("VNM", ORAL, "yes", since="2010-01-01"), told("VNM", ORAL, "no", since="2020-01-01")
    assert oral(partner, then, later) == "oral_not_agreed"
    assert oral(partner, then, later, on=date(2019, 12, 31)) == "oral_open"
    assert oral(partner, later, told("VNM", ORAL, "yes", since="2021-01-01")) == "oral_open"


def test_an_older_declared_period_makes_no_second_clock() -> None:
    register = having(
        told("CPV", WITHIN, "10 days", since="2010-01-01"),
        told("CPV", WITHIN, "30 days", since="2020-01-01"),
    )
    found = legal_basis("PRT", "CPV", Measure.PRESERVATION, TODAY, register=register).option("budapest")
    assert [clock.length for clock in found.clocks if clock.provision is None] == [30]


def test_several_rows_of_one_day_stand_together() -> None:
    register = having(
        told("CPV", ProfileAspect.LANGUAGE, "fr", since="2010-01-01"),
        told("CPV", ProfileAspect.LANGUAGE, "pt", since="2020-01-01"),
        told("CPV", ProfileAspect.LANGUAGE, "en", since="2020-01-01"),
    )
    assert [row.value for row in register.profile_of("CPV", "budapest", ProfileAspect.LANGUAGE, TODAY)] == ["pt", "en"]


def test_what_is_told_for_an_instrument_replaces_what_is_told_for_all_however_new() -> None:
    general = told("VNM", ORAL, "yes", since="2020-01-01")
    own = told("VNM", ORAL, "no", since="2010-01-01", instrument="untoc")
    register = having(general, own)
    assert register.profile_of("VNM", "untoc", ORAL, TODAY) == (own,)
    assert register.profile_of("VNM", "budapest", ORAL, TODAY) == (general,)


def test_what_rests_on_memory_is_told_and_replaces_nothing() -> None:
    known = told("VNM", ORAL, "yes", since="2010-01-01")
    remembered = told("VNM", ORAL, "no", since="2020-01-01", instrument="untoc", grade=Grade.MEMORY)
    assert set(having(known, remembered).profile_of("VNM", "untoc", ORAL, TODAY)) == {known, remembered}
    assert oral(told("PRT", ORAL, "yes"), known, remembered) == "oral_open"


def test_an_oral_request_is_not_opened_by_memory_nor_by_two_words_of_one_day() -> None:
    yes = told("PRT", ORAL, "yes")
    assert oral(yes, told("VNM", ORAL, "yes")) == "oral_open"
    assert oral(yes, told("VNM", ORAL, "yes", grade=Grade.MEMORY)) == "oral_not_agreed"
    assert oral(told("PRT", ORAL, "yes", grade=Grade.MEMORY), told("VNM", ORAL, "yes")) == "oral_not_agreed"
    assert oral(yes, told("VNM", ORAL, "yes"), told("VNM", ORAL, "no")) == "oral_not_agreed"


@pytest.mark.parametrize("text", [None, Oral.NO])
def test_where_the_text_is_not_known_to_allow_it_nobody_agrees_on_an_oral_request(text: Oral | None) -> None:
    register = having(told("PRT", ORAL, "yes"), told("VNM", ORAL, "yes"))
    carrier = register.carrier("untoc", Measure.GENERAL_ASSISTANCE)
    assert carrier is not None
    assert oral_reason(register, replace(carrier, oral=text), "PRT", "VNM", TODAY).code == "oral_not_open"


@pytest.mark.parametrize(
    ("period", "length", "calendar"),
    [("24 hours", 24, ClockCalendar.HOURS), ("10 days", 10, ClockCalendar.CALENDAR_DAYS)],
)
def test_a_declared_period_is_counted_in_the_unit_that_was_declared(
    period: str, length: int, calendar: ClockCalendar
) -> None:
    register = having(told("CPV", WITHIN, period))
    found = legal_basis("PRT", "CPV", Measure.PRESERVATION, TODAY, register=register).option("budapest")
    (clock,) = [clock for clock in found.clocks if clock.provision is None]
    assert (clock.length, clock.calendar) == (length, calendar)


def test_a_remark_about_a_third_state_is_none_of_the_pair() -> None:
    third = act("budapest", "PRT", Act.OBJECTION, "2015-01-01", about="TUR", note="objects")
    partner = act("budapest", "PRT", Act.OBJECTION, "2016-01-01", about="CPV")
    assert remarks([third]) == []
    assert remarks([third, partner]) == ["PRT made an objection about CPV on 2016-01-01 (confirmed)"]


def test_a_remark_on_no_article_is_shown_and_one_on_an_article_that_plays_no_part_is_not() -> None:
    general = act("budapest", "CPV", Act.DECLARATION, "2018-06-19", note="in general")
    elsewhere = act("budapest", "CPV", Act.RESERVATION, "2018-06-19", provision="9(4)")
    assert remarks([general, elsewhere]) == ["CPV made a declaration on 2018-06-19 (confirmed): in general"]


def test_the_remarks_of_a_territory_are_called_those_of_who_made_them() -> None:
    carrier = REGISTER.carrier("budapest", Measure.PRESERVATION)
    assert carrier is not None
    standings = Standings(TODAY)
    lines = [reason.text for reason in remarks_on(carrier, None, [standings.of("budapest", "CUW")])]
    assert any(line.startswith("NLD made a designation on article 35(1) about CUW") for line in lines)
    assert not any(line.startswith("CUW") for line in lines)


def test_a_sound_decides_between_a_and_an() -> None:
    assert " an objection " in remark_text(act("budapest", "PRT", Act.OBJECTION, "2015-01-01"))
    assert " a reservation " in remark_text(act("budapest", "PRT", Act.RESERVATION, "2015-01-01"))


def holds(made: Action, provision: str = "29(4)") -> bool:
    return reserved(Standings(TODAY, register=with_acts(REGISTER, [made])).of("budapest", "CPV"), provision)


def test_only_a_confirmed_reservation_on_the_provision_counts() -> None:
    assert holds(act("budapest", "CPV", Act.RESERVATION, "2018-06-19", provision="29(4)"))
    assert holds(act("budapest", "CPV", Act.RESERVATION, "2018-06-19", provision="29"))
    assert not holds(act("budapest", "CPV", Act.RESERVATION, "2018-06-19", provision="29(5)"))
    assert not holds(act("budapest", "CPV", Act.DECLARATION, "2018-06-19", provision="29(4)")), "a declaration is none"
    assert not holds(act("budapest", "CPV", Act.RESERVATION, "2018-06-19", provision="29(4)", about="PRT"))
    weak = Confidence.REPORTED
    assert not holds(act("budapest", "CPV", Act.RESERVATION, "2018-06-19", provision="29(4)", confidence=weak))
    remembered = act("budapest", "CPV", Act.RESERVATION, "2018-06-19", provision="29(4)", grade=Grade.MEMORY)
    assert not holds(remembered)


def test_a_reservation_that_is_not_confirmed_is_told_and_one_that_was_not_seen_too() -> None:
    def text(made: Action) -> str:
        found = option(acts=[made], conduct="cable_damage")
        return next(reason.text for reason in found.reasons if reason.code == "reservation")

    weak = act("budapest", "CPV", Act.RESERVATION, "2018-06-19", provision="29(4)", confidence=Confidence.MEMORY)
    assert text(weak).endswith("one of CPV is reported, not confirmed")
    assert text(act("budapest", "CPV", Act.RESERVATION, "2018-06-19")).endswith(
        "CPV made reservations that were not seen"
    )

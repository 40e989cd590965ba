"""Who belonged to which bloc of claimants, and when: only as far as a source names it."""

import pytest

from comity.conduct.blocs import bloc, load_blocs
from comity.conduct.statements import Speaker
from comity.errors import MalformedError, NotFoundError
from comity.parties.participants import is_fictitious


def test_the_table_of_blocs_has_members_with_source_and_nobody_fictitious() -> None:
    sizes = {code: len(each.members) for code, each in load_blocs().items()}
    assert sizes == {"brics": 10, "csto": 7, "eu": 28, "five_eyes": 5, "nato": 32, "sco": 10}
    assert {each.participant for each in bloc("five_eyes").members} == {"AUS", "CAN", "GBR", "NZL", "USA"}
    sweden = Speaker(name="Sweden", kind="state", participant="SWE")
    assert not bloc("nato").speaks(sweden, "2024-03-06")
    assert bloc("nato").speaks(sweden, "2024-03")
    with pytest.raises(NotFoundError, match="there are brics"):
        bloc("west")


def test_nobody_fictitious_and_nothing_without_a_source_is_in_the_table() -> None:
    for each in load_blocs().values():
        for member in each.members:
            assert not is_fictitious(member.participant)
            assert member.source


def test_a_former_member_spoke_for_the_bloc_while_it_belonged_to_it() -> None:
    uzbekistan = Speaker(name="Uzbekistan", kind="state", participant="UZB")
    days = ("2005-12-31", "2006", "2012-12-18", "2012-12-19", None)
    spoke = [bloc("csto").speaks(uzbekistan, said) for said in days]
    assert spoke == [False, True, True, False, True]


def test_a_bloc_speaks_under_its_own_names_but_a_company_of_that_name_does_not() -> None:
    assert bloc("five_eyes").speaks(Speaker(name="Five  Eyes", kind="alliance"), None)
    assert not bloc("five_eyes").speaks(Speaker(name="Five Eyes", kind="company"), None)
    assert not bloc("nato").speaks(Speaker(name="Lantern Labs", kind="company"), None)


def test_a_day_that_is_none_is_refused() -> None:
    with pytest.raises(MalformedError, match="no day of the calendar"):
        bloc("eu").speaks(Speaker(name="France", kind="state", participant="FRA"), "2024-02-30")

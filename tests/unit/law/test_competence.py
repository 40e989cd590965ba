"""Competence: who may ask and be asked is what the two authorities say of themselves, held to the article."""

from datetime import date

import pytest

from comity.errors import PolicyError
from comity.law.basis import legal_basis
from comity.law.competence import check_competence
from comity.law.measures import Measure
from comity.law.model import Channel
from comity.law.option import BasisOption
from comity.parties.table import Grade

ON = date(2026, 11, 23)
POINT, CENTRAL = ("contact_point",), ("central_authority",)


def option(instrument: str = "budapest", measure: Measure = Measure.PRESERVATION) -> BasisOption:
    return legal_basis("PRT", "CPV", measure, ON).option(instrument)


@pytest.mark.parametrize("asker", [POINT, CENTRAL, ("central_authority", "contact_point"), ("contact_point", "police")])
@pytest.mark.parametrize("asked", [POINT, CENTRAL])
def test_contact_points_and_central_authorities_ask_for_preservation(
    asker: tuple[str, ...], asked: tuple[str, ...]
) -> None:
    assert check_competence(option(), asker, asked) == []


@pytest.mark.parametrize(
    ("asker", "asked", "side"), [(POINT, CENTRAL, "asker"), (CENTRAL, POINT, "asked"), (CENTRAL, ("police",), "asked")]
)
def test_access_to_stored_data_goes_between_central_authorities(
    asker: tuple[str, ...], asked: tuple[str, ...], side: str
) -> None:
    with pytest.raises(
        PolicyError, match=rf"Budapest Convention article 27\(2\) a central_authority .* the {side} names"
    ):
        check_competence(option(measure=Measure.STORED_DATA), asker, asked)
    assert check_competence(option(measure=Measure.STORED_DATA), CENTRAL, CENTRAL) == []


def test_an_authority_that_names_none_has_not_said() -> None:
    asker, asked = check_competence(option(), (), ())
    assert (asker.code, asked.code) == ("competence_not_told", "competence_not_told")
    assert asker.text.startswith(
        "the asker names no competence; by Budapest Convention article 35(1) a contact_point or a "
    )
    assert (asker.provision, asker.grade) == ("35(1)", Grade.TEXT)
    (told,) = check_competence(option(), (), POINT)
    assert "the asker" in told.text


def test_a_word_that_is_no_channel_is_no_competence() -> None:
    assert "contact_point_24_7" not in set(Channel)
    with pytest.raises(PolicyError, match="the asker names contact_point_24_7 only"):
        check_competence(option(), ("contact_point_24_7",), POINT)


def test_who_asks_and_who_receives_may_differ() -> None:
    found = option("uncac", Measure.STORED_DATA)
    assert check_competence(found, ("judicial_authority",), ("diplomatic",)) == []
    with pytest.raises(PolicyError, match=r"article 46\(13\) a central_authority or a diplomatic receives"):
        check_competence(found, ("judicial_authority",), ("judicial_authority",))


def test_a_rule_from_memory_warns_and_refuses_nobody() -> None:
    found = option("hanoi", Measure.STORED_DATA)
    assert found.carrier is not None
    assert not found.carrier.grade.binding
    asker, asked = check_competence(found, POINT, ("police",))
    assert (asker.code, asked.code) == ("competence_lacking", "competence_lacking")
    assert "names contact_point only" in asker.text


def test_where_nothing_carries_the_measure_nothing_is_said() -> None:
    assert check_competence(option(measure=Measure.FREEZING), ("police",), ("police",)) == []

"""What a provision reaches follows from what it covers and from what is stated; unknown is never taken for no."""

from dataclasses import replace
from itertools import product

import pytest

from comity.errors import MalformedError
from comity.law.measures import Measure
from comity.law.model import Covers
from comity.law.reach import (
    Answer,
    Penalties,
    Penalty,
    PenaltyKind,
    ReachAnswer,
    SeriousCrime,
    parse_penalty,
    reach,
    serious_crime,
)
from comity.law.register import load_register
from comity.parties.table import Grade

REGISTER = load_register()
# What each stated penalty says of four years: yes, no, or nothing.
STATED = {
    "unknown": Answer.UNKNOWN,
    "none": Answer.NO,
    "0": Answer.NO,
    "0.5": Answer.NO,
    "3": Answer.NO,
    "3.5": Answer.NO,
    "4": Answer.YES,
    "4.5": Answer.YES,
    "25": Answer.YES,
    "life": Answer.YES,
}


def penalties(asker: str = "unknown", asked: str = "unknown") -> Penalties:
    return Penalties(asker=parse_penalty(asker), asked=parse_penalty(asked))


def own_offence(conduct: str, instrument: str) -> bool:
    return REGISTER.conduct_of(conduct)[instrument].provision is not None


@pytest.mark.parametrize("text", [*STATED, "999", "999.5"])
def test_a_penalty_is_written_as_it_was_read(text: str) -> None:
    assert parse_penalty(text).text == text


@pytest.mark.parametrize(
    "text",
    ["", "-1", "3.25", "3.50", "3,5", ".5", "05", "1000", "4 years", " 4", "4 ", "None", "years", "five", "٤", "4\n"],
)
def test_other_spellings_of_a_penalty_are_refused(text: str) -> None:
    with pytest.raises(MalformedError, match="whole or half years"):
        parse_penalty(text)


def test_none_is_no_offence_and_zero_is_an_offence_without_custody() -> None:
    assert parse_penalty("none").offence is False
    assert parse_penalty("0").offence is True
    assert parse_penalty("0").sentence == "an offence without custody"
    assert parse_penalty("unknown").offence is None
    assert parse_penalty("life").offence is True
    assert Penalty(kind=PenaltyKind.YEARS, half_years=7).sentence == "a maximum of 3.5 years of custody"


@pytest.mark.parametrize(("asker", "asked"), list(product(STATED, STATED)))
def test_the_two_readings_of_serious_crime_for_every_pair_of_penalties(asker: str, asked: str) -> None:
    found = serious_crime(parse_penalty(asker), parse_penalty(asked))
    one, other = STATED[asker], STATED[asked]
    assert found.by_asker is one
    if Answer.NO in {one, other}:
        assert found.by_both is Answer.NO
    elif Answer.UNKNOWN in {one, other}:
        assert found.by_both is Answer.UNKNOWN
    else:
        assert found.by_both is Answer.YES


@pytest.mark.parametrize(
    ("asker", "asked", "answer"),
    [
        ("5", "5", ReachAnswer.YES),
        ("5", "unknown", ReachAnswer.UNKNOWN),
        ("5", "2", ReachAnswer.READINGS_DIFFER),
        ("5", "none", ReachAnswer.READINGS_DIFFER),
        ("2", "5", ReachAnswer.NO),
        ("2", "unknown", ReachAnswer.NO),
        ("unknown", "unknown", ReachAnswer.UNKNOWN),
        ("unknown", "5", ReachAnswer.UNKNOWN),
        ("unknown", "2", ReachAnswer.UNKNOWN),
        ("none", "none", ReachAnswer.NO),
    ],
)
def test_the_readings_differ_only_where_one_says_yes_and_the_other_no(
    asker: str, asked: str, answer: ReachAnswer
) -> None:
    assert serious_crime(parse_penalty(asker), parse_penalty(asked)).answer is answer
    found = reach((Covers.ELECTRONIC_EVIDENCE_SERIOUS,), own_offence=False, penalties=penalties(asker, asked))
    assert found.answer is answer
    assert found.reasons[0].code == f"serious_crime_{answer}"
    assert "the text does not say by whose law" in found.reasons[0].text
    assert found.reasons[0].grade is None, "no row of a table was given to rest on"


@pytest.mark.parametrize("covers", [Covers.OWN_OFFENCES, Covers.PROCEEDS])
@pytest.mark.parametrize(
    ("own", "answer"), [(True, ReachAnswer.YES), (False, ReachAnswer.NO), (None, ReachAnswer.UNKNOWN)]
)
def test_own_offences_and_their_proceeds_follow_the_conduct_table(
    *, covers: Covers, own: bool | None, answer: ReachAnswer
) -> None:
    found = reach((covers,), own_offence=own, penalties=penalties("5", "5"))
    assert found.answer is answer
    assert found.serious is None
    assert [reason.code.rpartition("_")[2] for reason in found.reasons] == [answer.value]


@pytest.mark.parametrize("covers", [Covers.ELECTRONIC_EVIDENCE, Covers.ANY_OFFENCE])
@pytest.mark.parametrize(("asker", "asked"), list(product(STATED, STATED)))
def test_any_offence_is_reached_unless_the_asker_says_that_the_act_is_none(
    covers: Covers, asker: str, asked: str
) -> None:
    found = reach((covers,), own_offence=False, penalties=penalties(asker, asked))
    assert found.answer is (ReachAnswer.NO if asker == "none" else ReachAnswer.YES)


@pytest.mark.parametrize(("asker", "asked"), list(product(STATED, STATED)))
@pytest.mark.parametrize("organised", [True, False, None])
def test_serious_organised_crime_needs_both_the_penalty_and_the_group(
    *, asker: str, asked: str, organised: bool | None
) -> None:
    found = reach(
        (Covers.SERIOUS_ORGANISED,), own_offence=False, penalties=penalties(asker, asked), organised=organised
    )
    serious = serious_crime(parse_penalty(asker), parse_penalty(asked)).answer
    if organised is False or serious is ReachAnswer.NO:
        assert found.answer is ReachAnswer.NO
    elif organised is None:
        assert found.answer is ReachAnswer.UNKNOWN
    else:
        assert found.answer is serious


def test_an_own_offence_is_reached_whatever_its_penalty() -> None:
    covers = (Covers.OWN_OFFENCES, Covers.ELECTRONIC_EVIDENCE_SERIOUS)
    for asker, asked in product(STATED, STATED):
        found = reach(covers, own_offence=True, penalties=penalties(asker, asked))
        assert found.answer is ReachAnswer.YES
        assert len(found.reasons) == 2


def test_readings_that_differ_go_further_than_a_conduct_not_stated_and_not_as_far_as_yes() -> None:
    covers = (Covers.OWN_OFFENCES, Covers.ELECTRONIC_EVIDENCE_SERIOUS)
    assert reach(covers, own_offence=None, penalties=penalties("5", "2")).answer is ReachAnswer.READINGS_DIFFER
    assert reach(covers, own_offence=None, penalties=penalties("2", "2")).answer is ReachAnswer.UNKNOWN
    assert reach(covers, own_offence=False, penalties=penalties("2", "2")).answer is ReachAnswer.NO
    assert reach(covers, own_offence=False).answer is ReachAnswer.UNKNOWN


def test_a_provision_that_is_not_known_to_cover_anything_reaches_an_unknown_range() -> None:
    found = reach((), own_offence=True, penalties=penalties("5", "5"))
    assert (found.answer, found.reasons) == (ReachAnswer.UNKNOWN, ())


def test_every_value_of_covers_is_judged() -> None:
    for kind in Covers:
        found = reach((kind,), own_offence=True, penalties=penalties("5", "5"), organised=True)
        assert found.answer is ReachAnswer.YES
        assert len(found.reasons) == 1


@pytest.mark.parametrize("conduct", ["cable_damage", "solicitation_of_child"])
def test_what_is_no_offence_of_budapest_is_reached_as_electronic_evidence_of_any_crime(conduct: str) -> None:
    assert not own_offence(conduct, "budapest")
    for carrier in (row for row in REGISTER.carriers if row.instrument == "budapest"):
        found = reach(carrier.covers, own_offence=False, penalties=penalties("1", "none"))
        assert found.answer is ReachAnswer.YES, carrier.measure
        assert "electronic_evidence_yes" in {reason.code for reason in found.reasons}


def test_cable_damage_is_an_offence_of_neither_convention_and_hanoi_reaches_it_only_as_a_serious_crime() -> None:
    assert not own_offence("cable_damage", "budapest")
    assert not own_offence("cable_damage", "hanoi")
    carriers = [row for row in REGISTER.carriers if row.instrument == "hanoi"]
    evidence = [row for row in carriers if Covers.ELECTRONIC_EVIDENCE_SERIOUS in row.covers]
    assert evidence
    for carrier in evidence:
        assert Covers.ELECTRONIC_EVIDENCE not in carrier.covers
        assert Covers.ANY_OFFENCE not in carrier.covers
        for asker, asked in product(STATED, STATED):
            found = reach(carrier.covers, own_offence=False, penalties=penalties(asker, asked))
            assert found.answer is serious_crime(parse_penalty(asker), parse_penalty(asked)).answer
    for carrier in (row for row in carriers if Covers.PROCEEDS in row.covers):
        assert reach(carrier.covers, own_offence=False, penalties=penalties("25", "25")).answer is ReachAnswer.NO


def test_a_reason_cites_the_row_of_the_provision_and_no_other_treaty() -> None:
    for carrier in REGISTER.carriers:
        for reason in reach(carrier.covers, own_offence=None, carrier=carrier).reasons:
            assert (reason.provision, reason.source) == (carrier.reach_provision, carrier.source)
            assert reason.grade_detail == carrier.grade_detail


def test_that_an_article_describes_the_conduct_rests_on_the_weaker_of_the_two_rows() -> None:
    carrier = REGISTER.carrier("budapest", Measure.STORED_DATA)
    row = REGISTER.conduct_of("illegal_access")["budapest"]
    assert carrier is not None
    weak = replace(row, grade=Grade.SECONDARY, grade_detail="S", source="a report")
    own, evidence = reach(carrier.covers, own_offence=True, carrier=carrier, conduct=weak).reasons
    assert (own.provision, own.source, own.grade) == ("2", "a report", Grade.SECONDARY)
    assert evidence.grade is carrier.grade


def test_what_is_not_known_of_a_conduct_that_is_stated_is_not_called_unstated() -> None:
    covers = (Covers.OWN_OFFENCES, Covers.OWN_ORGANISED, Covers.PROCEEDS)
    row = replace(REGISTER.conduct_of("laundering")["hanoi"], grade=Grade.MEMORY, grade_detail="M")
    for reason in reach(covers, own_offence=None).reasons:
        assert "no conduct is stated" in reason.text
    for reason in reach(covers, own_offence=None, conduct_stated=True).reasons:
        assert "is in no row of the tables" in reason.text
    for reason in reach(covers, own_offence=None, conduct_stated=True, conduct=row).reasons:
        assert "whether an article of it describes the conduct rests on memory" in reason.text


def test_the_json_form_keeps_both_readings_apart() -> None:
    covers = (Covers.OWN_OFFENCES, Covers.ELECTRONIC_EVIDENCE_SERIOUS)
    form = reach(covers, own_offence=False, penalties=penalties("5", "2")).to_json()
    assert form["answer"] == "readings_differ"
    assert form["serious_crime"] == {"by_asker": "yes", "by_both": "no"}
    assert reach((Covers.OWN_OFFENCES,), own_offence=True).to_json()["serious_crime"] is None
    assert penalties("5", "unknown").to_json() == {"asker": "5", "asked": "unknown"}
    assert SeriousCrime(by_asker=Answer.YES, by_both=Answer.NO).sentence == (
        "serious crime: yes by the asker's law alone, no by the laws of both"
    )

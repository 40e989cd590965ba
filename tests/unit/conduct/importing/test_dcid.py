"""DCID: the coders' initiator, compared with both states of the pair and with the number of the pair."""

from datetime import date

import pytest

from comity.conduct.importing.dcid import STATES, import_dcid, state_of_number
from comity.conduct.importing.imported import Imported
from comity.conduct.statements import Claim, Operation
from comity.errors import MalformedError
from comity.parties.participants import load_participants
from support.paths import ROOT

FIXTURE = ROOT / "tests" / "fixtures" / "conduct" / "dcid.csv"
ON = date(2026, 1, 2)


def _pairs(found: Imported) -> list[tuple[Operation, Claim]]:
    bodies = [record.body for record in found.records]
    operations = [body for body in bodies if isinstance(body, Operation)]
    claims = [body for body in bodies if isinstance(body, Claim)]
    return list(zip(operations, claims, strict=True))


def test_the_initiator_is_a_claim_of_the_coders_about_the_state_and_the_other_was_hit() -> None:
    (operation, claim), (second, reverse) = _pairs(import_dcid(FIXTURE, on=ON))
    assert claim.claimant.name == "coders of the Dyadic Cyber Incident and Campaign Data"
    assert [(subject.level, subject.participant) for subject in claim.about] == [("state", "XAA")]
    assert [target.participant for target in operation.hit] == ["XBB"]
    assert [subject.participant for subject in reverse.about] == ["XBB"]
    assert [target.participant for target in second.hit] == ["XAA"]


@pytest.mark.parametrize(("name", "number", "code"), [("N Korea", "731", "PRK"), ("S Korea", "732", "KOR")])
def test_the_two_koreas_go_by_name_and_number_and_are_never_exchanged(name: str, number: str, code: str) -> None:
    heading, row = FIXTURE.read_text().splitlines()[:2]
    real = row.replace("XAAXBB,XAA,XBB ", f"2{number},US,{name}", 1).replace(",4.2,2,XAA,", f",4.2,2,{number},", 1)
    ((operation, claim),) = _pairs(import_dcid(f"{heading}\n{real}\n".encode(), on=ON))
    assert [subject.participant for subject in claim.about] == [code]
    assert [target.participant for target in operation.hit] == ["USA"]
    other = "732" if number == "731" else "731"
    with pytest.raises(MalformedError, match="is not one of"):
        import_dcid(f"{heading}\n{real.replace(f',4.2,2,{number},', f',4.2,2,{other},')}\n".encode(), on=ON)


def test_days_are_read_in_both_spellings_of_the_export() -> None:
    periods = [operation.occurred for operation, _ in _pairs(import_dcid(FIXTURE, on=ON))]
    assert [(period.begin, period.end) for period in periods if period is not None] == [
        ("2008-02-01", "2011-03-01"),
        ("2012-02-01", "2012-03-01"),
    ]


def test_objectives_give_the_category_and_severity_stays_the_coders_own() -> None:
    (first, claim), (second, _) = _pairs(import_dcid(FIXTURE, on=ON))
    assert (first.category, second.category) == ("espionage", "sabotage")
    assert first.effects is not None
    assert "severity on the coders' own scale: 3" in first.effects
    assert claim.confidence is None


def test_a_third_party_is_said() -> None:
    (_, first), (_, second) = _pairs(import_dcid(FIXTURE, on=ON))
    assert first.basis == "coded from public reports"
    assert second.basis == "coded from public reports; a third party is coded as initiator"


def test_rows_that_accuse_a_third_or_contradict_themselves_are_left_out() -> None:
    found = import_dcid(FIXTURE, on=ON)
    assert [note for note in found.notes if note.startswith("left out")] == [
        (
            "left out: dcid.csv, row 4, column initiator: Fictitious participant XCD is not one of "
            "Fictitious participant XAA and Fictitious participant XBB"
        ),
        (
            "left out: dcid.csv, row 5, column Dyadpair: 'XAAXCD' is not made of the numbers of "
            "Fictitious participant XAA and Fictitious participant XBB"
        ),
        "left out: dcid.csv, row 6: occurred ends on 2011-03-01, before it begins on 2012-02-01",
        "left out: dcid.csv, row 7, column cyber_objective: the value '9' is not known",
    ]


def test_what_the_collection_cannot_show_is_said_first() -> None:
    assert import_dcid(FIXTURE, on=ON).notes[0] == (
        "the collection holds pairs of rival states only: that a pair is missing says nothing"
    )


def test_numbers_of_states_are_those_of_states_that_are_listed() -> None:
    assert set(STATES.values()) <= set(load_participants())
    assert len(set(STATES.values())) == len(STATES)
    for number, code in (("2", "USA"), ("255", "DEU"), ("365.0", "RUS"), ("731", "PRK"), ("732", "KOR")):
        assert state_of_number(number).participant == code
    assert state_of_number("713").name == "Taiwan"
    with pytest.raises(MalformedError, match="'999' is no known number of a state"):
        state_of_number("999")


@pytest.mark.parametrize(
    ("pair", "initiator", "why"),
    [
        ("2731.0", "365.0", "column initiator: Russian Federation is not one of US and N Korea"),
        ("2365", "2.0", "column Dyadpair: '2365' is not made of the numbers of US and N Korea"),
        ("2731", "999", "column initiator: '999' is no known number"),
    ],
)
def test_numbers_and_short_names_of_the_real_export_are_compared(pair: str, initiator: str, why: str) -> None:
    head, first = FIXTURE.read_text().splitlines()[:2]
    row = first.replace("XAAXBB,XAA,XBB ", f"{pair},US,N Korea").replace(",4.2,2,XAA,", f",4.2,2,{initiator},")
    with pytest.raises(MalformedError, match=why):
        import_dcid(f"{head}\n{row}\n".encode(), on=ON)


def test_a_missing_column_stops_the_import() -> None:
    with pytest.raises(MalformedError, match=r"DCID_2\.0\.csv, row 1: the columns initiator are missing"):
        import_dcid(FIXTURE.read_bytes().replace(b"initiator,cyber", b"who,cyber"), on=ON)

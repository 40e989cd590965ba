"""The tracker of the Council on Foreign Relations: sponsors, denials without a speaker, damaged rows and copies."""

from datetime import date

import pytest

from comity.conduct.importing import cfr
from comity.conduct.importing.cfr import import_cfr
from comity.conduct.importing.imported import Imported
from comity.conduct.statements import Claim, Operation, Reply
from comity.errors import MalformedError
from support.paths import ROOT

FIXTURE = ROOT / "tests" / "fixtures" / "conduct" / "cfr.csv"
ON = date(2026, 1, 2)
HEADING = FIXTURE.read_text().splitlines()[0]


def _claims(found: Imported) -> list[Claim]:
    return [record.body for record in found.records if isinstance(record.body, Claim)]


def _operations(found: Imported) -> list[Operation]:
    return [record.body for record in found.records if isinstance(record.body, Operation)]


def _read(*rows: str) -> Imported:
    return import_cfr("\n".join((HEADING, *rows, "")).encode(), on=ON)


def test_a_sponsor_is_a_claim_of_the_council_about_the_state() -> None:
    claim = _claims(import_cfr(FIXTURE, on=ON))[0]
    assert (claim.claimant.name, claim.claimant.kind) == ("Council on Foreign Relations", "research")
    assert [(subject.level, subject.participant) for subject in claim.about] == [("state", "XAA")]
    assert (claim.said, claim.basis_tier, claim.lineage) == ("2022-01-20", None, ["cfr"])
    assert claim.wording == "Believed to be the work of GROUP LANTERN"


def test_the_date_is_when_it_became_known_and_not_when_it_took_place() -> None:
    found = import_cfr(FIXTURE, on=ON)
    assert all(operation.occurred is None for operation in _operations(found))
    for claim in _claims(found):
        assert [text.partition(":")[0].partition(",")[0] for text in claim.lacks if text.startswith("when")] == [
            "when it took place",
            "when the tracker itself said so",
        ]


def test_joint_sponsors_are_one_claim_about_both() -> None:
    claim = _claims(import_cfr(FIXTURE, on=ON))[1]
    assert [subject.participant for subject in claim.about] == ["XAA", "XCD"]


def test_a_name_with_a_comma_is_not_two_sponsors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cfr, "_WITH_COMMA", {"Isles, State of the": "XAA"})
    found = _read('T,1/20/2022,,,,,"Isles, State of the, XBB",Espionage,Government,,,')
    assert [subject.participant for subject in _claims(found)[0].about] == ["XAA", "XBB"]


def test_a_denial_is_a_reply_whose_speaker_is_not_guessed() -> None:
    found = import_cfr(FIXTURE, on=ON)
    (reply,) = [record.body for record in found.records if isinstance(record.body, Reply)]
    claim = next(record for record in found.records if isinstance(record.body, Claim))
    assert (reply.kind, reply.to_claims) == ("denial", [claim.id])
    assert (reply.by.kind, reply.by.participant) == ("unknown", None)
    assert reply.sources[0].url == "https://example.org/denial"


def test_another_response_is_noted_with_the_operation_and_is_no_reply() -> None:
    found = import_cfr(FIXTURE, on=ON)
    cranes = _operations(found)[1]
    assert cranes.sources[-1].title == "response recorded by the tracker: Denouncement"
    assert cranes.sources[-1].url == "https://example.org/d"
    assert found.counts["response recorded by the tracker: Denouncement"] == 1
    assert found.counts["records of kind reply"] == 1


def test_an_operation_without_a_sponsor_names_nobody() -> None:
    found = import_cfr(FIXTURE, on=ON)
    assert found.counts["without a sponsor"] == 1
    assert "Nobody is named" in [operation.title for operation in _operations(found)]


def test_victims_are_states_only_where_all_of_them_are() -> None:
    first, second = _operations(import_cfr(FIXTURE, on=ON))[:2]
    assert [target.kind for target in first.hit] == ["state", "state", "sector", "sector"]
    assert [(target.name, target.kind) for target in second.hit] == [
        ("Cranes of a harbour", "unknown"),
        ("Private sector", "sector"),
    ]
    mixed = _read('T,1/20/2022,,,,"Norway, a firm",XAA,Espionage,Government,,,')
    victim = _operations(mixed)[0].hit[0]
    assert (victim.name, victim.kind) == ("Norway, a firm", "unknown")


def test_damaged_rows_are_left_out_one_by_one_with_their_numbers() -> None:
    told = [note for note in import_cfr(FIXTURE, on=ON).notes if note.startswith("left out")]
    assert told == [
        "left out: cfr.csv, row 5, column Type: the value 'Government' is not known",
        "left out: cfr.csv, row 6, column Title: letters were lost in 'The harbour??s register'",
        (
            "left out: cfr.csv, row 7, column Sponsor: the name 'Korea' may mean Republic of Korea (KOR) or "
            "Democratic People's Republic of Korea (PRK); write which"
        ),
        "left out: cfr.csv, row 8, column Type: the value 'Wardriving' is not known",
        (
            "left out: cfr.csv, row 9: said 2031-01-01 lies after 2026-01-02, the day of entry; "
            "check the day, or that of the entry"
        ),
    ]


def test_letters_lost_where_nothing_is_read_are_only_counted_and_not_quoted() -> None:
    found = _read("T,1/20/2022,Believed?to be X,Text??,,,XAA,Espionage,Government,,,")
    assert found.counts["letters lost in cells that are not read"] == 1
    assert _claims(found)[0].wording is None


def test_a_copy_whose_joint_sponsors_were_split_over_other_rows_is_refused_whole() -> None:
    row = "T{},1/20/2022,,,,,{},Espionage,Government,,,"
    with pytest.raises(MalformedError, match="1 sponsors are pieces of lists that were split"):
        _read(row.format(1, "XAA"), row.format(2, " XCD"), row.format(3, "XBB"))
    assert _read(row.format(1, '"XAA, XCD"'), row.format(2, " XBB")).counts["records of kind claim"] == 2


def test_types_of_two_sorts_are_of_neither() -> None:
    assert _operations(import_cfr(FIXTURE, on=ON))[-1].category == "other"


def test_a_row_with_a_cell_too_many_is_left_out() -> None:
    found = _read("T,1/20/2022,,,,,XAA,Espionage,Government,,,", "U,1/20/2022,,,,,XAA,Espionage,Government,,,,more")
    assert found.notes == ("left out: cyber-operations-incidents.csv, row 3: wanted 12 cells, got 13",)


def test_a_response_that_nobody_knows_is_not_taken_for_another() -> None:
    with pytest.raises(MalformedError, match="column Response: the value 'Shrug' is not known"):
        _read("T,1/20/2022,,,Shrug,,XAA,Espionage,Government,,,")

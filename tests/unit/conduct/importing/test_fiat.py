"""FIAT: claims of named sources at the level of the place, and the eighteen answers of its coders about each claim."""

from datetime import date

import pytest

from comity.conduct.grading import grade_of, load_questions
from comity.conduct.importing.fiat import import_fiat
from comity.conduct.importing.imported import Imported
from comity.conduct.statements import Claim, Grading, Operation
from comity.errors import MalformedError
from support.paths import ROOT

FIXTURE = ROOT / "tests" / "fixtures" / "conduct" / "fiat.csv"
ON = date(2026, 1, 2)


def _claims(found: Imported) -> list[Claim]:
    return [record.body for record in found.records if isinstance(record.body, Claim)]


def _gradings(found: Imported) -> list[Grading]:
    return [record.body for record in found.records if isinstance(record.body, Grading)]


def test_a_claim_is_its_sources_and_names_the_nation_as_a_place() -> None:
    claim = _claims(import_fiat(FIXTURE, on=ON))[0]
    assert (claim.claimant.name, claim.claimant.kind, claim.basis_tier) == ("Gazette of XBB", "media", 0)
    assert claim.claimant.participant is None, "a medium of a nation is not its state"
    assert [(subject.level, subject.name, subject.participant) for subject in claim.about] == [
        ("place", "Fictitious participant XAA", "XAA"),
        ("unit", "Reed Agency", None),
    ]
    assert claim.lacks == ["whether the state is meant or only the place"]
    assert (claim.said, claim.basis) == ("2019-11-07", "coded as direct attribution")


def test_a_nation_that_is_named_again_by_another_name_is_named_once() -> None:
    data = FIXTURE.read_bytes().replace(b"Reed Agency,,XAA,", b"Russian Federation,,Russia,", 1)
    assert [(subject.level, subject.participant) for subject in _claims(import_fiat(data, on=ON))[0].about] == [
        ("place", "RUS")
    ]


def test_a_government_speaks_with_its_code_and_several_nations_are_named_together() -> None:
    claim = _claims(import_fiat(FIXTURE, on=ON))[1]
    assert (claim.claimant.name, claim.claimant.participant) == ("Ministry of Ports (Senior official)", "XBB")
    assert [subject.participant for subject in claim.about] == ["XAA", "XCD"]
    assert claim.basis_tier == 3


def test_the_eighteen_answers_are_a_grading_of_the_claim_by_the_trackers_coders() -> None:
    found = import_fiat(FIXTURE, on=ON)
    grading = _gradings(found)[0]
    claim = next(record for record in found.records if isinstance(record.body, Claim))
    assert (grading.claim, grading.coder, grading.said) == (claim.id, "DFRLab", "2020-06-15")
    assert list(grading.answers) == [question.code for question in load_questions()]
    assert [code for code, answer in grading.answers.items() if answer == "no"] == [
        "neutral_wording",
        "aim_explained",
        "own_evidence",
        "open_data",
        "borne_out",
    ]
    assert grade_of(claim.id, [grading]).graded


def test_a_claim_of_the_coders_themselves_keeps_no_grading_by_them() -> None:
    found = import_fiat(FIXTURE, on=ON)
    assert [claim.claimant.name for claim in _claims(found)][2] == "DFRLab"
    assert len(_gradings(found)) == 2
    assert "fiat.csv, row 4: DFRLab makes this claim, so its answers about it are not kept" in found.notes


def test_a_sum_that_differs_from_the_answers_is_told_and_no_sum_is_kept() -> None:
    found = import_fiat(FIXTURE, on=ON)
    assert found.counts["sums that differ from the answers"] == 1
    assert found.notes[0] == (
        "fiat.csv, row 3, column attribution_total_score: says 9, the answers that it adds up give 10"
    )
    assert all(set(grading.answers.values()) <= {"yes", "no"} for grading in _gradings(found))


def test_a_row_that_names_nobody_gives_an_operation_and_no_claim() -> None:
    found = import_fiat(FIXTURE, on=ON)
    assert found.counts["claims that name nobody"] == 1
    assert found.counts["records of kind operation"] == found.counts["records of kind claim"] + 1


def test_whom_a_case_hit_stands_behind_its_arrow() -> None:
    operations = [record.body for record in import_fiat(FIXTURE, on=ON).records if isinstance(record.body, Operation)]
    assert [[target.participant for target in operation.hit] for operation in operations] == [["XBB"]] * 4


def test_methods_of_two_sorts_give_no_category() -> None:
    operations = [record.body for record in import_fiat(FIXTURE, on=ON).records if isinstance(record.body, Operation)]
    assert [operation.category for operation in operations] == ["disinformation", "other", "espionage", "other"]


def test_unknown_sources_and_answers_leave_the_row_out() -> None:
    found = import_fiat(FIXTURE, on=ON)
    assert [note for note in found.notes if note.startswith("left out")] == [
        "left out: fiat.csv, row 6, column source_category: the value 'Oracle of the Sea' is not known",
        "left out: fiat.csv, row 7, column attribution_corroboration: the value '2' is not known",
    ]


def test_an_item_that_is_missing_stops_the_import() -> None:
    data = FIXTURE.read_bytes().replace(b"attribution_corroboration", b"corroboration")
    with pytest.raises(MalformedError, match="row 1: the columns attribution_corroboration are missing"):
        import_fiat(data, on=ON)


def test_answers_without_a_day_are_not_kept() -> None:
    found = import_fiat(FIXTURE.read_bytes().replace(b"6/15/2020 18:38", b""), on=ON)
    assert len(_gradings(found)) == 1
    assert any("column timestamp: is blank, so the answers are not kept" in note for note in found.notes)

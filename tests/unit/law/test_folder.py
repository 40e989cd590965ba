"""A law folder adds to the installed tables, in the same form, and changes nothing of them."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from comity.errors import MalformedError, NotFoundError
from comity.law.basis import legal_basis
from comity.law.clocks import ClockCharacter
from comity.law.folder import KeptList, LawFolder, LoadedText
from comity.law.measures import Measure
from comity.law.model import Act, Confidence
from comity.law.option import Answer
from comity.law.readings import Reading, rules_digest, rules_on
from comity.law.register import Register, load_register
from comity.law.rows import Action
from comity.law.text import parse_text
from comity.parties.table import Grade
from support.law_folders import INSTRUMENT, TEXT, make_law_folder

TODAY = date(2026, 11, 23)
INSTALLED = load_register()


@pytest.fixture
def folder(tmp_path: Path) -> LawFolder:
    return LawFolder(make_law_folder(tmp_path / "law"))


def confirmed(folder: LawFolder, *provisions: str) -> Register:
    """Load the text and confirm provisions of it, as the command does."""
    register, text = folder.register(), parse_text(TEXT.encode())
    readings = tuple(
        Reading(
            instrument=INSTRUMENT,
            provision=name,
            digest=rules_digest(rules_on(register, INSTRUMENT, name)),
            text_sha256=text.sha256,
            by="Maria",
            on=TODAY,
        )
        for name in provisions
    )
    folder.keep_text(LoadedText(instrument=INSTRUMENT, text=text, readings=readings))
    return folder.register()


def test_an_own_instrument_comes_first_and_the_installed_ones_stay(folder: LawFolder) -> None:
    register = folder.register()
    assert register.instruments[0].key == INSTRUMENT
    assert register.instruments[1:] == INSTALLED.instruments
    assert register.actions[-len(INSTALLED.actions) :] == INSTALLED.actions
    assert load_register() is INSTALLED


def test_an_own_instrument_that_rests_on_memory_carries_nothing_until_its_text_is_confirmed(folder: LawFolder) -> None:
    before = legal_basis("XAA", "XBB", Measure.PRESERVATION, TODAY, register=folder.register())
    assert before.option(INSTRUMENT).answer is Answer.DOES_NOT
    register = confirmed(folder, "1", "2")
    option = legal_basis("XAA", "XBB", Measure.PRESERVATION, TODAY, register=register).option(INSTRUMENT)
    assert option.answer is Answer.CARRIES
    assert option.carrier is not None
    assert "confirmed by Maria on 2026-11-23" in option.carrier.source
    assert [clock.may_start for clock in option.clocks if clock.name == "own-accord-floor"] == [True]
    assert {row.grade for row in option.contents} == {Grade.TEXT}


def test_a_rule_that_points_to_an_unconfirmed_article_stays_as_it_was(folder: LawFolder) -> None:
    register = confirmed(folder, "2")
    carrier = register.carrier(INSTRUMENT, Measure.PRESERVATION)
    assert carrier is not None
    assert carrier.grade is Grade.MEMORY, "its reach rests on article 1"
    assert register.provision(INSTRUMENT, "2(2)").grade is Grade.TEXT


def test_a_reading_of_other_words_does_not_count(folder: LawFolder) -> None:
    confirmed(folder, "1", "2")
    table = folder.path / INSTRUMENT / "provisions.csv"
    table.write_text(table.read_text().replace("Both help each other.", "Both help each other with all they have."))
    register = folder.register()
    assert register.provision(INSTRUMENT, "1").grade is Grade.MEMORY
    assert register.provision(INSTRUMENT, "2").grade is Grade.TEXT


def test_profiles_become_conditions_and_declared_clocks(folder: LawFolder) -> None:
    option = legal_basis("XAA", "XBB", Measure.PRESERVATION, TODAY, register=confirmed(folder, "1", "2")).option(
        INSTRUMENT
    )
    told = {reason.code: reason.text for reason in option.warnings}
    assert told["profile_language"] == "XBB tells of language: en fr"
    assert "oral_open" in told
    declared = [clock for clock in option.clocks if clock.character is ClockCharacter.DECLARED]
    assert [(clock.length, clock.can_become_overdue) for clock in declared] == [(24, True)]
    earlier = legal_basis("XAA", "XBB", Measure.PRESERVATION, date(2020, 6, 1), register=folder.register())
    assert not [c for c in earlier.option(INSTRUMENT).clocks if c.character is ClockCharacter.DECLARED]


def test_an_oral_request_needs_both_profiles(folder: LawFolder) -> None:
    table = folder.path / "profiles.csv"
    kept = [line for line in table.read_text().splitlines() if not line.startswith("XAA")]
    table.write_text("\n".join(kept) + "\n")
    option = legal_basis("XAA", "XBB", Measure.PRESERVATION, TODAY, register=folder.register()).option(INSTRUMENT)
    assert next(reason for reason in option.warnings if reason.code.startswith("oral")).code == "oral_not_agreed"


def test_reciprocity_is_open_until_a_profile_tells_of_it(folder: LawFolder) -> None:
    silent = legal_basis("XBB", "XAA", Measure.STORED_DATA, TODAY, register=folder.register()).option("reciprocity")
    assert (silent.answer, silent.usable) == (Answer.OPEN, False)
    told = legal_basis("XAA", "XBB", Measure.STORED_DATA, TODAY, register=folder.register()).option("reciprocity")
    assert (told.answer, told.usable) == (Answer.CONDITIONAL, True)


def listed(code: str, on: date, kind: Act = Act.RATIFICATION) -> Action:
    return Action(
        instrument="hanoi",
        participant=code,
        act=kind,
        on=on,
        known_by=None,
        confidence=Confidence.CONFIRMED,
        provision=None,
        about=None,
        note=None,
        source="UN Treaty Collection, file sha256 00…",
        grade=Grade.SECONDARY,
        grade_detail="S",
    )


def keep(folder: LawFolder, *acts: Action) -> None:
    folder.keep_list(KeptList(instrument="hanoi", acts=acts, as_of=TODAY))


def test_a_kept_list_replaces_what_it_states_and_drops_nothing_else(folder: LawFolder) -> None:
    keep(folder, listed("QAT", date(2026, 2, 12)), listed("CPV", date(2026, 10, 1), Act.SIGNATURE))
    register = folder.register()
    assert register.instrument("hanoi").parties_until == TODAY
    assert [row.on for row in register.actions_of("hanoi", "QAT") if row.act.binds] == [date(2026, 2, 12)]
    assert register.actions_of("hanoi", "CPV")[0].source.startswith("UN Treaty Collection, file")
    assert register.actions_of("hanoi", "AZE") == INSTALLED.actions_of("hanoi", "AZE")
    keep(folder, listed("QAT", date(2026, 2, 13)))
    assert not folder.register().actions_of("hanoi", "CPV"), "a newer list takes the place of the earlier one"


def test_a_list_that_only_says_by_when_does_not_take_a_known_day_away(folder: LawFolder) -> None:
    undated = replace(listed("PRT", TODAY, Act.SIGNATURE), on=None, known_by=TODAY, confidence=Confidence.REPORTED)
    keep(folder, undated)
    assert folder.register().actions_of("hanoi", "PRT") == INSTALLED.actions_of("hanoi", "PRT")


def test_a_list_whose_day_is_lost_is_refused(folder: LawFolder) -> None:
    keep(folder, listed("QAT", date(2026, 2, 12)))
    (folder.path / "hanoi" / "list.json").unlink()
    with pytest.raises(MalformedError, match="import the list again"):
        folder.register()


def test_what_is_wrong_in_a_folder_is_told_with_file_and_line(folder: LawFolder) -> None:
    table = folder.path / INSTRUMENT / "clocks.csv"
    table.write_text(table.read_text().replace("2(3)", "9(3)"))
    with pytest.raises(MalformedError, match=r"clocks\.csv points to own_accord 9\(3\)"):
        folder.register()
    table.write_text(table.read_text().replace("9(3)", "2(3)").replace(",30,", ",thirty,"))
    with pytest.raises(MalformedError, match=r"own_accord/clocks\.csv:2: column length"):
        folder.register()


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("XBB,,language,English,,,a note,T", "ISO 639"),
        ("XBB,,answers_within,soon,,,a note,T", "a period such as 24 hours"),
        ("XBB,,oral,perhaps,,,a note,T", "yes or no"),
        ("XBB,,oral,yes,,,,T", "column source is empty"),
        ("XBB,atlantis,oral,yes,,,a note,T", "atlantis"),
    ],
)
def test_a_profile_that_strays_is_refused(folder: LawFolder, row: str, words: str) -> None:
    table = folder.path / "profiles.csv"
    table.write_text(f"{table.read_text().splitlines()[0]}\n{row}\n")
    with pytest.raises(MalformedError, match=words):
        folder.register()


def test_a_folder_that_is_not_there_and_a_damaged_text_are_told(tmp_path: Path, folder: LawFolder) -> None:
    with pytest.raises(NotFoundError, match="an import makes one"):
        LawFolder(tmp_path / "nowhere").register()
    with pytest.raises(NotFoundError, match="comity law text import"):
        folder.text("hanoi")
    confirmed(folder, "1")
    (folder.path / "texts" / f"{INSTRUMENT}.json").write_text('{"instrument": "own_accord"}')
    with pytest.raises(MalformedError, match="damaged; import it again"):
        folder.register()

"""A law folder adds to the installed tables, in the same form, and changes nothing of them."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from comity.errors import MalformedError, NotFoundError
from comity.law.basis import legal_basis
from comity.law.clocks import ClockCharacter
from comity.law.folder import LawFolder, LoadedText
from comity.law.lists import KeptList
from comity.law.measures import Measure
from comity.law.model import Act, ActSort, Confidence
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
    assert option.answer is Answer.DOES_NOT, "the rule on its entry into force still rests on memory"
    register = confirmed(folder, "1", "2", "3")
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


def act(code: str, kind: Act, on: date, **more: object) -> Action:
    row = Action(
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
    return replace(row, **more)  # type: ignore[arg-type]


def keep(folder: LawFolder, *acts: Action, **more: object) -> None:
    kept = KeptList(instrument="hanoi", acts=acts, as_of=TODAY)
    folder.keep_list(replace(kept, **more))  # type: ignore[arg-type]


def test_a_kept_list_is_read_again_as_it_was_kept(folder: LawFolder) -> None:
    kept = KeptList(
        instrument="hanoi",
        acts=(
            act("QAT", Act.RATIFICATION, date(2026, 2, 12), note='a note, "quoted"'),
            act("GBR", Act.TERRITORIAL_APPLICATION, date(2026, 3, 1), about="GIB"),
            act("CPV", Act.DECLARATION, date(2026, 3, 1), provision="42"),
        ),
        as_of=TODAY,
        covers={ActSort.CONSENT: date(2026, 11, 1), ActSort.SIGNATURE: TODAY},
        replaced=INSTALLED.actions_of("hanoi", "QAT"),
    )
    assert folder.keep_list(kept) == folder.path / "hanoi" / "list.csv"
    assert folder.kept_list("hanoi", folder.tables()) == kept
    assert folder.kept_list("budapest", folder.tables()) is None


def test_a_kept_list_adds_its_acts_and_only_what_it_replaced_gives_way(folder: LawFolder) -> None:
    before = INSTALLED.actions_of("hanoi", "QAT")
    reported = next(row for row in before if row.act.binds)
    keep(folder, act("QAT", Act.RATIFICATION, date(2026, 2, 12)), replaced=(reported,))
    register = folder.register()
    assert [row.on for row in register.actions_of("hanoi", "QAT") if row.act.binds] == [date(2026, 2, 12)]
    assert set(before) - set(register.actions_of("hanoi", "QAT")) == {reported}
    others = [row for row in register.actions if row.participant != "QAT" and row.instrument == "hanoi"]
    assert others == [row for row in INSTALLED.actions_of("hanoi") if row.participant != "QAT"]


def test_what_is_written_beside_a_kept_list_stays_as_a_second_version(folder: LawFolder) -> None:
    keep(folder, act("QAT", Act.RATIFICATION, date(2026, 2, 12)))
    columns = "participant,act,on,known_by,confidence,provision,about,note,source,grade"
    row = "QAT,ratification,2026-02-14,,confirmed,,,,gazette of Qatar,S"
    (folder.path / "hanoi" / "actions.csv").write_text(f"{columns}\n{row}\n")
    days = {row.on for row in folder.register().actions_of("hanoi", "QAT") if row.confidence is Confidence.CONFIRMED}
    assert {date(2026, 2, 12), date(2026, 2, 14)} <= days


@pytest.mark.parametrize(
    ("strays", "words"),
    [
        ({"provision": "999"}, "article 999 of 'hanoi' is not in the tables"),
        ({"participant": "QQQ"}, "no participant has the code 'QQQ'"),
        ({"about": "QQQ"}, "no participant has the code 'QQQ'"),
        ({"note": "a soft\u00adhyphen"}, "soft hyphen"),
    ],
)
def test_a_list_that_could_not_be_read_again_is_not_kept(folder: LawFolder, strays: dict[str, str], words: str) -> None:
    bad = act("PRT", Act.DECLARATION, date(2026, 5, 1), **strays)
    with pytest.raises(MalformedError, match=words):
        keep(folder, bad)
    reported = next(row for row in INSTALLED.actions_of("hanoi", "QAT") if row.act.binds)
    twin = replace(reported, on=reported.known_by, known_by=None, confidence=Confidence.CONFIRMED)
    with pytest.raises(MalformedError, match=r"actions\.csv repeats hanoi QAT"):
        keep(folder, twin)
    with pytest.raises(MalformedError, match="PRT ratification on 2026-05-01 is there twice"):
        keep(folder, *[act("PRT", Act.RATIFICATION, date(2026, 5, 1))] * 2)
    assert not (folder.path / "hanoi").exists()


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("PRT,reservation,2026-05-01,,confirmed,999,,,x,S", r"hanoi/list\.csv:2: article 999 of 'hanoi'"),
        ("QQQ,ratification,2026-05-01,,confirmed,,,,x,S", r"hanoi/list\.csv:2: no participant has the code 'QQQ'"),
        ("PRT,ratification,2026-05-01,,confirmed,,,,x,S\n" * 2, r"hanoi/list\.csv: PRT ratification .* twice"),
    ],
)
def test_a_kept_list_that_was_edited_badly_is_told_with_its_own_file(folder: LawFolder, row: str, words: str) -> None:
    keep(folder, act("QAT", Act.RATIFICATION, date(2026, 2, 12)))
    path = folder.path / "hanoi" / "list.csv"
    path.write_text(f"{path.read_text().splitlines()[0]}\n{row.rstrip()}\n")
    with pytest.raises(MalformedError, match=words):
        folder.register()
    assert folder.tables().actions_of("hanoi", "PRT") == INSTALLED.actions_of("hanoi", "PRT")


@pytest.mark.parametrize("days", [None, "", "[]", '{"as_of": "soon"}', '{"as_of": "2026-01-01", "covers": {"x": 1}}'])
def test_a_list_whose_days_are_lost_is_refused(folder: LawFolder, days: str | None) -> None:
    keep(folder, act("QAT", Act.RATIFICATION, date(2026, 2, 12)))
    path = folder.path / "hanoi" / "list.json"
    path.unlink() if days is None else path.write_text(days)
    with pytest.raises(MalformedError, match="import the list again"):
        folder.register()


def test_what_is_wrong_in_a_folder_is_told_with_file_and_line(folder: LawFolder) -> None:
    table = folder.path / INSTRUMENT / "clocks.csv"
    table.write_text(table.read_text().replace("2(3)", "9(3)"))
    with pytest.raises(MalformedError, match=r"^own_accord/clocks\.csv points to own_accord 9\(3\)"):
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


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("provisions.csv", "each other.,shall,,", "each other.,shall,uncac 499,", "provisions.csv points to uncac 499"),
        ("provisions.csv", "each other.,shall,,", "each other.,shall,,9", "provisions.csv points to own_accord 9,"),
        ("provisions.csv", "each other.,shall,,", "each other.,shall,,atlantis 1", "names the instrument 'atlantis'"),
        ("carriers.csv", "contact_point,2,not", "contact_point,9,not", "carriers.csv points to own_accord 9,"),
        ("carriers.csv", "condition,,,no", "condition,9,,no", "carriers.csv points to own_accord 9,"),
        ("carriers.csv", "condition,,,no", "condition,,9,no", "carriers.csv points to own_accord 9,"),
        ("carriers.csv", "any_offence,1,", "any_offence,9,", "carriers.csv points to own_accord 9,"),
        ("carriers.csv", ",yes,,", ",yes,9,", "carriers.csv points to own_accord 9,"),
        ("contents.csv", "2(2)(a)", "9(2)(a)", "contents.csv points to own_accord 9"),
    ],
)
def test_every_place_that_a_row_points_to_or_refers_to_must_be_there(
    folder: LawFolder, name: str, old: str, new: str, words: str
) -> None:
    table = folder.path / INSTRUMENT / name
    assert old in table.read_text()
    table.write_text(table.read_text().replace(old, new, 1))
    with pytest.raises(MalformedError) as refusal:
        folder.register()
    assert words in refusal.value.message


def test_an_unknown_participant_is_told_with_the_file_that_names_it(folder: LawFolder) -> None:
    table = folder.path / INSTRUMENT / "actions.csv"
    sound = table.read_text()
    table.write_text(sound.replace("XAA", "QQQ"))
    with pytest.raises(NotFoundError, match=r"^own_accord/actions\.csv: no participant has the code 'QQQ'"):
        folder.register()
    table.write_text(sound)
    profiles = folder.path / "profiles.csv"
    profiles.write_text(profiles.read_text().replace("XAA", "QQQ"))
    with pytest.raises(NotFoundError, match=r"^profiles\.csv: no participant has the code 'QQQ'"):
        folder.register()


def test_another_file_of_a_text_keeps_the_readings_of_what_it_says_alike(folder: LawFolder) -> None:
    confirmed(folder, "1", "2(2)", "2(3)", "2")
    earlier = folder.text(INSTRUMENT)
    again, dropped = earlier.renewed(parse_text(TEXT.encode()))
    assert (again, dropped) == (earlier, ())
    wrapped = parse_text(
        TEXT.replace("the authority that", "the authority\nthat").replace("30 days", "60 days").encode()
    )
    other, dropped = earlier.renewed(wrapped)
    assert ([row.provision for row in other.readings], dropped) == (["1", "2(2)"], ("2(3)", "2"))
    folder.keep_text(other)
    kept = folder.text(INSTRUMENT)
    assert kept == other
    assert {row.text_sha256 for row in kept.readings} == {earlier.text.sha256} != {kept.text.sha256}
    assert folder.register().provision(INSTRUMENT, "2(2)").grade is Grade.TEXT
    assert folder.register().provision(INSTRUMENT, "2(3)").grade is Grade.MEMORY

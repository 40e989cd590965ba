"""What `comity treaty import`, `comity law text` and their neighbours keep, refuse and name."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from comity.cli.law import law
from comity.cli.law_options import reading
from comity.cli.treaty import treaty
from comity.errors import Error, MalformedError, TooLargeError
from comity.law.folder import LawFolder
from comity.law.register import load_register
from comity.parties.table import Grade
from support.law_folders import INSTRUMENT, TEXT, make_law_folder

HEADING = "participant,act,on,known_by,confidence,provision,about,note,source,grade"


def run(command: click.Command, *arguments: str | Path, answers: str = "") -> Result:
    result = CliRunner().invoke(command, [str(item) for item in arguments], input=answers)
    if isinstance(result.exception, Error):
        raise result.exception
    return result


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_law_folder(tmp_path / "law")


class Lists:
    """Writes lists to files and gives them to `comity treaty import`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder.parent / "a list.csv"

    def give(self, text: str, *options: str) -> Result:
        self.file.write_text(text, encoding="utf-8")
        standing = ("--instrument", "hanoi", "--as-of", "2026-11-20")
        return run(treaty, "--folder", self.folder, "import", self.file, *standing, *options)

    def who(self) -> set[str]:
        acts = LawFolder(self.folder).register().actions_of("hanoi")
        return {act.participant for act in acts if act.source.startswith(("list of", "x;"))}


@pytest.fixture
def lists(folder: Path) -> Lists:
    return Lists(folder)


def test_a_list_is_shown_and_only_kept_when_it_is_applied(lists: Lists) -> None:
    shown = lists.give("participant,consent\nCabo Verde,2026-05-01 ratification\n")
    assert "new: Cabo Verde: ratification on 2026-05-01" in shown.stdout
    assert "nothing was kept" in shown.stderr
    assert not (lists.folder / "hanoi").exists()
    kept = lists.give("participant,consent\nCabo Verde,2026-05-01 ratification\n", "--apply")
    assert f"kept in {lists.folder / 'hanoi' / 'list.csv'}" in kept.stderr
    assert lists.who() == {"CPV"}


def test_a_second_list_does_not_take_the_first_away(lists: Lists) -> None:
    lists.give("participant,consent\nCabo Verde,2026-05-01 ratification\n", "--apply")
    told = lists.give("participant,consent\nJapan,2026-05-02 acceptance\n", "--apply").stdout
    assert "Cabo Verde" not in told
    assert lists.who() == {"CPV", "JPN"}
    assert "the same: 1" in lists.give("participant,consent\nCabo Verde,2026-05-01 ratification\n").stdout


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("PRT,ratification,2026-05-01,,confirmed,,,,x,S\n" * 2, "the list, row 2: repeats the list, row 1"),
        ("PRT,reservation,2026-05-01,,confirmed,999,,,x,S\n", "the list, row 1: article 999 of 'hanoi' is not in the"),
        ("PRT,ratification,,2030-05-01,reported,,,,x,S\n", "2030-05-01 is after the day of the list"),
    ],
)
def test_a_list_that_cannot_be_kept_is_refused_with_its_file_and_leaves_nothing(
    lists: Lists, rows: str, words: str
) -> None:
    with pytest.raises(MalformedError) as refusal:
        lists.give(f"{HEADING}\n{rows}", "--apply")
    assert refusal.value.message.startswith(f"{lists.file}: ")
    assert words in refusal.value.message
    assert not (lists.folder / "hanoi").exists()
    assert LawFolder(lists.folder).register().actions_of("hanoi") == load_register().actions_of("hanoi")


@pytest.mark.parametrize("file", ["list.csv", "replaced.csv", "list.json"])
def test_a_kept_list_that_is_broken_can_be_replaced(lists: Lists, file: str) -> None:
    lists.give("participant,consent\nCabo Verde,2026-05-01 ratification\n", "--apply")
    (lists.folder / "hanoi" / file).write_text("broken", encoding="utf-8")
    with pytest.raises(MalformedError, match=file):
        run(treaty, "--folder", lists.folder, "status", "hanoi")
    again = lists.give("participant,consent\nJapan,2026-05-02 acceptance\n", "--apply")
    assert "the list that is kept cannot be read and counts for nothing here" in again.stderr
    assert lists.who() == {"JPN"}


def test_a_list_of_another_instrument_that_is_broken_stands_in_no_ones_way(lists: Lists) -> None:
    (lists.folder / "budapest").mkdir()
    (lists.folder / "budapest" / "list.csv").write_text("broken", encoding="utf-8")
    assert "new: Cabo Verde" in lists.give("participant,consent\nCabo Verde,2026-05-01 ratification\n").stdout


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the file is empty"),
        ("name;day\n", "the file is in no known form"),
        ("participant;signature\nPRT;2026-05-01\n", "save the list with commas"),
        ("participant,signature\nAtlantis,2026-05-01\n", "line 2: no participant has the name 'Atlantis'"),
    ],
)
def test_a_file_that_is_no_list_is_refused_by_its_name(lists: Lists, text: str, words: str) -> None:
    with pytest.raises(MalformedError) as refusal:
        lists.give(text)
    assert refusal.value.message.startswith(f"{lists.file}: ")
    assert words in refusal.value.message


def test_a_list_that_does_not_say_its_day_is_not_applied_without_one(lists: Lists) -> None:
    lists.file.write_text("participant,signature\nCPV,2026-05-01\n")
    with pytest.raises(MalformedError, match=r"a list\.csv: the list does not say .* give it with --as-of"):
        run(treaty, "--folder", lists.folder, "import", lists.file, "--instrument", "hanoi", "--apply")


class Texts:
    """Writes texts to files and gives them to `comity law text`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder.parent / "accord.txt"

    def give(self, text: str = TEXT, *options: str) -> Result:
        self.file.write_text(text, encoding="utf-8")
        return run(law, "--folder", self.folder, "text", "import", self.file, "--instrument", INSTRUMENT, *options)

    def confirm(self, *arguments: str, answers: str = "") -> Result:
        command = ("text", "confirm", INSTRUMENT, "--by", "Maria", *arguments)
        return run(law, "--folder", self.folder, *command, answers=answers)

    @property
    def confirmed(self) -> list[str]:
        return [row.provision for row in LawFolder(self.folder).text(INSTRUMENT).readings]


@pytest.fixture
def texts(folder: Path) -> Texts:
    return Texts(folder)


def test_importing_the_same_text_again_keeps_what_was_confirmed(texts: Texts) -> None:
    assert "nothing is confirmed yet" in texts.give().stdout
    texts.confirm("1", "2(2)")
    told = texts.give().stdout
    assert "still confirmed: 1, 2(2)" in told
    assert "no longer confirmed" not in told
    assert texts.confirmed == ["1", "2(2)"]


def test_importing_another_text_says_what_is_dropped(texts: Texts) -> None:
    texts.give()
    texts.confirm("1", "2(2)", "2(3)")
    told = texts.give(TEXT.replace("30 days", "60 days")).stdout
    assert "the text of these is another one, and they are no longer confirmed: 2(3)\n" in told
    assert texts.confirmed == ["1", "2(2)"]
    told = texts.give(TEXT.replace("each other", "one another"), "--json").stdout
    assert '"dropped": [\n    "1"\n  ]' in told
    assert '"confirmed": [\n    "2(2)"\n  ]' in told


def test_a_damaged_text_can_be_imported_again(texts: Texts) -> None:
    texts.give()
    (texts.folder / "texts" / f"{INSTRUMENT}.json").write_text("[]")
    assert "what was kept and confirmed before is lost" in texts.give().stderr
    assert texts.confirmed == []


def test_every_answer_is_kept_at_once_and_is_not_asked_for_again(texts: Texts) -> None:
    texts.give()
    broken_off = texts.confirm(answers="y\nn\n")
    assert broken_off.exit_code != 0
    assert texts.confirmed == ["1"]
    rest = texts.confirm(answers="n\ny\nn\nn\n")
    assert rest.exit_code == 0
    assert f"{INSTRUMENT} 1  Purpose" not in rest.stdout
    assert f"1 provisions of {INSTRUMENT} confirmed by Maria, 2 in all" in rest.stdout
    assert texts.confirmed == ["1", "2(2)"]


def test_what_the_tables_no_longer_say_is_asked_about_again(texts: Texts) -> None:
    texts.give()
    texts.confirm("--all")
    table = texts.folder / INSTRUMENT / "clocks.csv"
    table.write_text(table.read_text().replace(",calendar_days,", ",hours,"))
    shown = run(law, "--folder", texts.folder, "text", "show", INSTRUMENT).stdout
    assert "confirmed: 2(2); of these the tables now say something else: 2, 2(3)" in shown
    assert "confirmed: 1\n" in shown
    again = texts.confirm(answers="n\ny\n")
    assert f"1 provisions of {INSTRUMENT} confirmed by Maria, 4 in all" in again.stdout
    register = LawFolder(texts.folder).register()
    assert {row.grade for row in register.clocks if row.instrument == INSTRUMENT} == {Grade.TEXT}


def test_a_file_that_is_no_text_is_refused_by_its_name(texts: Texts) -> None:
    with pytest.raises(MalformedError) as refusal:
        texts.give("Article 1\nx.\nArticle 3\ny.\n")
    assert refusal.value.message.startswith(f"{texts.file}: line 3: article 3 follows article 1")


def test_what_is_said_of_a_file_keeps_its_class_of_error() -> None:
    with pytest.raises(TooLargeError, match=r"^list\.csv: too long$"), reading(Path("list.csv")):
        raise TooLargeError("too long")


def test_conduct_without_a_measure_is_no_question_for_the_matrix() -> None:
    refused = run(law, "matrix", "--conduct", "illegal-access", "--on", "2026-11-23")
    assert (refused.exit_code, "name it with --measure" in refused.stderr) == (2, True)


def test_a_form_of_answers_needs_to_know_whose_they_are() -> None:
    refused = run(law, "checklist", "hanoi", "--template")
    assert (refused.exit_code, "name the joining state with --participant" in refused.stderr) == (2, True)
    assert 'participant = "CPV"' in run(law, "checklist", "hanoi", "--template", "--participant", "CPV").stdout


def test_a_text_whose_titles_fit_no_table_is_told(texts: Texts) -> None:
    assert "share no word" not in texts.give().stdout
    told = texts.give(TEXT.replace("Preservation", "Arbres").replace("Purpose", "Objet principal")).stdout
    assert "titles of 2 articles share no word with the tables'" in told

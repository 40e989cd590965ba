"""The checklist joins what an instrument asks with what a state says it has, and never counts what rests on memory."""

import csv
import io
from datetime import date
from pathlib import Path

import pytest

from comity.errors import MalformedError, NotFoundError
from comity.law.model import Duty, ObligationCategory
from comity.law.reform.checklist import AnswerState, Plan, parse_answers, plan, read_answers, template
from comity.law.register import load_register
from comity.law.rows import Obligation
from comity.parties.table import Grade, parse_grade

ON = date(2026, 11, 23)
REGISTER = load_register()


def row(
    provision: str,
    category: ObligationCategory = ObligationCategory.LAW,
    *,
    duty: Duty = Duty.SHALL,
    needs: str = "a law",
    grade: str = "T",
) -> Obligation:
    return Obligation(
        instrument="hanoi",
        provision=provision,
        category=category,
        duty=duty,
        needs=needs,
        paraphrase=f"what article {provision} asks",
        source="a text",
        grade=parse_grade(grade),
        grade_detail=grade,
    )


ROWS = (
    row("7"),
    row("24", ObligationCategory.SAFEGUARD, duty=Duty.MAY),
    row("40(12)", ObligationCategory.AUTHORITY, grade="P"),
    row("41", ObligationCategory.CONTACT_POINT, needs="a contact point"),
    row("41", ObligationCategory.NOTIFICATION, needs="a notice", grade="P+M"),
)
ANSWERS = """
participant = "VUT"
instrument = "hanoi"
[answers."7"]
state = "done"
reference = "our Act 12/2025 s.4"
[answers."41"]
state = "planned"
by = 2026-06-30
needs_assistance = "training | of four officers"
[answers."41 notification"]
state = "missing"
offers_assistance = "a model notice"
"""


def made(text: str = ANSWERS, rows: tuple[Obligation, ...] = ROWS, on: date = ON) -> Plan:
    return plan(parse_answers(text.encode(), where="vut.toml"), rows, title="Hanoi Convention", on=on)


def states(found: Plan) -> list[tuple[str, str, AnswerState]]:
    return [(item.obligation.provision, item.obligation.category.value, item.state) for item in found.items]


def test_each_obligation_gets_the_answer_for_it_and_an_answer_to_one_category_goes_first() -> None:
    assert states(made()) == [
        ("7", "law", AnswerState.DONE),
        ("24", "safeguard", AnswerState.UNKNOWN),
        ("40(12)", "authority", AnswerState.UNKNOWN),
        ("41", "contact_point", AnswerState.PLANNED),
        ("41", "notification", AnswerState.MISSING),
    ]
    assert made().counts == {"done": 1, "planned": 1, "missing": 1, "not_needed": 0, "unknown": 2}


def test_a_duty_that_is_not_settled_is_lacking_but_never_one_that_rests_on_memory() -> None:
    assert [(item.obligation.provision, item.obligation.category.value) for item in made().lacking] == [
        ("40(12)", "authority"),
        ("41", "contact_point"),
    ]
    assert [item.obligation.category for item in made().to_check] == [ObligationCategory.NOTIFICATION]


def test_what_is_not_needed_is_settled() -> None:
    text = ANSWERS + '[answers."40(12)"]\nstate = "not_needed"\nreference = "a distinct authority exists"\n'
    assert [item.obligation.provision for item in made(text).lacking] == ["41"]


def test_a_planned_day_that_has_passed_is_late_and_one_to_come_is_not() -> None:
    assert [item.obligation.provision for item in made().late] == ["41"]
    assert made(on=date(2026, 6, 30)).late == ()
    assert made(ANSWERS.replace('state = "planned"', 'state = "done"')).late == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('participant = "VUT"', r"vut\.toml: instrument is missing"),
        (ANSWERS.replace('"done"', '"nearly"'), r"vut\.toml: answers: 7: state is 'nearly', wanted one of done"),
        (ANSWERS.replace("reference", "where"), r"vut\.toml: answers: 7: unknown member 'where'"),
        (ANSWERS.replace('state = "missing"\n', ""), r"vut\.toml: answers: 41 notification: state is missing"),
        (ANSWERS.replace("2026-06-30", '"soon"'), r"vut\.toml: answers: 41: by is 'soon', wanted a day"),
        (ANSWERS.replace('[answers."7"]', '[answers."99(1)"]'), r"vut\.toml: answers: article 99\(1\) is not among"),
        (ANSWERS.replace("41 notification", "41 language"), r"article 41 has no 'language'; it has contact_point"),
        (
            'participant = "VUT"\ninstrument = "hanoi"\n[answers]\n7 = "done"\n',
            r"vut\.toml: answers: 7 must be a table",
        ),
        (ANSWERS.replace('answers."7"', 'answers."all \\u0007"'), r"vut\.toml: answers: all \?: provision 'all'"),
        ("participant = ", r"vut\.toml: not TOML"),
    ],
)
def test_a_bad_file_of_answers_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(MalformedError, match=message):
        made(text)


def test_an_unknown_state_is_refused() -> None:
    with pytest.raises(NotFoundError, match="QQQ"):
        made(ANSWERS.replace("VUT", "QQQ"))


def test_an_instrument_without_obligations_has_no_checklist() -> None:
    with pytest.raises(NotFoundError, match="'paris_1884'"):
        made(ANSWERS.replace("hanoi", "paris_1884"))
    with pytest.raises(NotFoundError, match="'paris_1884'"):
        template("paris_1884", ROWS, code="VUT")


def test_the_template_is_a_file_of_answers_that_says_what_is_asked() -> None:
    text = template("hanoi", ROWS, code="VUT", title="Hanoi Convention")
    found = made(text)
    assert {item.state for item in found.items} == {AnswerState.UNKNOWN}
    assert all(item.answer is not None for item in found.items)
    assert "# contact_point, shall: a contact point; what article 41 asks" in text
    assert text.count("check against the certified text") == 1
    assert max(map(len, text.splitlines())) <= 110


def test_the_document_can_be_printed_and_shows_what_a_person_wrote_as_it_is() -> None:
    text = made().to_markdown()
    assert text.startswith("# Vanuatu: plan towards the Hanoi Convention\n")
    assert "2 duties are not shown as met; 1 are past the day that was planned." in text
    assert "- Article 41: training \\| of four officers" in text
    assert "| 7 | a law: what article 7 asks | shall | done | our Act 12/2025 s.4 |  |" in text
    assert "(M) rests on memory, check against the certified text: articles 41." in text
    for line in text.splitlines():
        if line.startswith("|"):
            assert line.replace("\\|", "").count("|") == 7


def test_the_csv_has_one_row_an_obligation_and_no_formula() -> None:
    text = ANSWERS.replace("our Act 12/2025 s.4", "=HYPERLINK(1)")
    rows = list(csv.DictReader(io.StringIO(made(text).to_csv())))
    assert len(rows) == len(ROWS)
    assert rows[0]["reference"] == "'=HYPERLINK(1)"
    assert [line["lacking"] for line in rows] == ["no", "no", "yes", "yes", "no"]
    assert rows[4]["notice"] == "check against the certified text"


def test_the_json_leaves_out_what_is_not_known() -> None:
    value = made().to_json()
    items = value["items"]
    assert isinstance(items, list)
    assert items[0]["reference"] == "our Act 12/2025 s.4"
    assert "by" not in items[0]
    assert items[3]["by"] == "2026-06-30"
    assert (value["lacking"], value["late"], value["to_check"]) == (2, 1, 1)


def test_the_lines_fit_a_terminal() -> None:
    lines = made().lines()
    assert max(map(len, lines)) <= 110
    assert any("asks for training" in line for line in lines)


def test_answers_are_read_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "vut.toml").write_text(ANSWERS, encoding="utf-8")
    assert read_answers(tmp_path / "vut.toml").participant == "VUT"
    with pytest.raises(NotFoundError, match="cannot be read"):
        read_answers(tmp_path / "none.toml")


@pytest.mark.parametrize("instrument", ["hanoi", "budapest"])
def test_the_installed_obligations_make_a_template_that_is_read_back(instrument: str) -> None:
    rows = REGISTER.obligations_of(instrument)
    text = template(instrument, rows, code="VUT")
    found = plan(parse_answers(text.encode(), where="vut.toml"), rows, title=instrument, on=ON)
    assert len(found.items) == len(rows) > 20
    assert len(found.to_check) == sum(row.grade is Grade.MEMORY for row in rows)
    assert len(found.lacking) == sum(row.duty is Duty.SHALL and row.grade is not Grade.MEMORY for row in rows)

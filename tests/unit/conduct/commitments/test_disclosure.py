"""Disclosures keep published, declined, no answer and not asked apart, and count by question only."""

import re
from datetime import date
from typing import Any

import pytest

from comity.conduct.commitments.disclosure import (
    DISCLOSURE_COLUMNS,
    disclosure_form,
    disclosure_table,
    load_questions,
    parse_disclosures,
)
from comity.conduct.commitments.statements import KINDS, Disclosure
from comity.conduct.record import Record, record_of
from comity.conduct.statements import Speaker
from comity.conduct.verbs import breaches
from comity.errors import MalformedError, NotFoundError
from comity.parties.participants import participant
from support.conduct_records import provenance, source, state

DAY = date(2026, 6, 1)
OBSERVER = Speaker(name="An observatory", kind="research")


def disclosed(
    code: str = "XAA", question: str = "doctrine", answer: str = "published", said: str = "2026-01-02", **members: Any
) -> Record:
    filled: dict[str, Any] = {"said_by": state(code)}
    if answer == "published":
        filled["text"] = "It stands in the strategy."
    if answer == "no_answer":
        filled |= {"said_by": OBSERVER, "searched": said, "searched_where": "the ministry's site"}
    body = Disclosure(participant=code, question=question, answer=answer, said=said, **(filled | members))  # type: ignore[arg-type]
    return record_of(body, provenance(), KINDS)


def filled_in(answers: str, head: str = "") -> bytes:
    start = (
        'state = "XAA"\nsaid = 2026-01-31\nsaid_by = "Ministry of XAA"\nsaid_by_kind = "state"\nsaid_by_state = "XAA"\n'
    )
    return (start + head + answers).encode()


def refused(data: bytes) -> str:
    with pytest.raises(MalformedError) as caught:
        parse_disclosures(data, where="mine.toml")
    return caught.value.message


def test_the_form_asks_every_question_and_is_read_again_once_filled_in() -> None:
    form = disclosure_form("XAB")
    for question in load_questions():
        assert f"[answers.{question.code}]" in form
        assert question.ask in form
    filled = form.replace("# said = 2027-01-31", "said = 2027-01-31").replace('said_by = ""', 'said_by = "Ministry"')
    declined = filled.replace('[answers.doctrine]\nanswer = ""', '[answers.doctrine]\nanswer = "declined"')
    (read,) = parse_disclosures(declined.encode(), where="mine.toml")
    assert (read.participant, read.question, read.answer) == ("XAB", "doctrine", "declined")
    assert "no question is answered" in refused(filled.encode())


def test_the_questions_cover_what_the_norms_ask_to_be_told() -> None:
    codes = {row.code for row in load_questions()}
    assert {"doctrine", "authority", "oversight", "vulnerabilities", "critical_infrastructure", "position"} <= codes
    assert breaches("\n".join(row.ask for row in load_questions())) == ()


def test_a_filled_form_becomes_one_disclosure_an_answered_question() -> None:
    data = filled_in(
        '[answers.doctrine]\nanswer = "published"\nsources = [{ title = "Strategy", url = "https://xaa.example/s" }]\n'
        '[answers.oversight]\nanswer = "declined"\ntext = "Held to be secret."\n'
        '[answers.position]\nanswer = "no_answer"\nasked = 2026-01-05\n'
        '[answers.help]\nanswer = ""\n',
        'language = "en"\n',
    )
    found = {row.question: row for row in parse_disclosures(data, where="mine.toml")}
    assert {code: row.answer for code, row in found.items()} == {
        "doctrine": "published",
        "oversight": "declined",
        "position": "no_answer",
    }
    assert found["doctrine"].sources[0].url == "https://xaa.example/s"
    assert (found["oversight"].language, found["doctrine"].language) == ("en", None)
    assert found["position"].asked == "2026-01-05"


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ('[answers.doctrin]\nanswer = "declined"\n', "answers: unknown question 'doctrin'"),
        ('[answers.doctrine]\nanswer = "yes"\n', "answers: doctrine: answer is 'yes', wanted one of published"),
        ('[answers.doctrine]\nanswer = "published"\n', "answers: doctrine: body of disclosure: what is published"),
        ('[answers.doctrine]\ntext = "Something"\n', "answers: doctrine: a text or source without an answer"),
        ('[answers.doctrine]\nanswer = "no_answer"\n', "answers: doctrine: body of disclosure: no_answer needs"),
        ('[answers.doctrine]\nanswer = "declined"\nscore = 4\n', "answers: doctrine: unknown member 'score'"),
        (
            '[answers.doctrine]\nanswer = "published"\nsources = [{ title = "S", url = "ftp://x" }]\n',
            "answers: doctrine: body of disclosure: .*url",
        ),
        ('[answers.doctrine]\nanswer = "no_answer"\nasked = "soon"\n', "answers: doctrine: asked is 'soon'"),
    ],
)
def test_a_slip_of_the_pen_is_refused_with_file_question_and_member(answers: str, why: str) -> None:
    assert re.search(f"mine.toml: {why}", refused(filled_in(answers)))


def test_a_head_that_is_wrong_is_refused() -> None:
    assert "unknown member 'rank'" in refused(filled_in("", "rank = 1\n"))
    assert "said_by_kind is 'king'" in refused(filled_in("").replace(b'"state"', b'"king"'))
    with pytest.raises(NotFoundError):
        parse_disclosures(filled_in("").replace(b'"XAA"', b'"QQQ"'), where="mine.toml")


def test_the_three_answers_and_the_question_nobody_put_are_counted_apart_by_question() -> None:
    records = [
        disclosed("XAA"),
        disclosed("XAB", answer="declined"),
        disclosed("XBB", answer="no_answer"),
        disclosed("XDD", "oversight"),
    ]
    table = disclosure_table(records, DAY)
    assert table.counts()["doctrine"] == {"published": 1, "declined": 1, "no_answer": 1, "not_asked": 1}
    assert table.counts()["oversight"]["not_asked"] == 3
    assert table.counts().keys() == {row.code for row in load_questions()}


def test_no_figure_is_made_of_a_participant_and_participants_stand_by_name() -> None:
    records = [disclosed("XDD"), disclosed("XBB"), *(disclosed("XDD", row.code) for row in load_questions())]
    table = disclosure_table(records, DAY, participants=["XDD", "XAA", "XBB"])
    assert table.participants == ("XAA", "XBB", "XDD")
    names = [participant(code).name for code in table.participants]
    assert names == sorted(names)
    told = table.to_json()
    assert all(row.keys() == {"participant", "name"} for row in told["participants"])  # type: ignore[attr-defined]
    assert [row[0] for row in table.rows()] == sorted(row[0] for row in table.rows())  # type: ignore[type-var]
    assert len(table.rows()) == 3 * len(load_questions())
    assert {len(row) for row in table.rows()} == {len(DISCLOSURE_COLUMNS)}


def test_a_later_answer_of_the_participant_itself_replaces_the_earlier_which_stays_visible() -> None:
    first, second = disclosed(answer="declined", said="2026-01-02"), disclosed(said="2026-03-02")
    table = disclosure_table([second, first], DAY)
    held = table.answer("XAA", "doctrine")
    assert held is not None
    assert (held.record, held.earlier, held.contested) == (second, (first,), ())
    before = disclosure_table([second, first], date(2026, 2, 1)).answer("XAA", "doctrine")
    assert before is not None
    assert before.record == first


def test_that_an_observer_found_nothing_does_not_replace_what_the_participant_published() -> None:
    own, nothing = disclosed(said="2026-01-02"), disclosed(answer="no_answer", said="2026-04-01")
    held = disclosure_table([own, nothing], DAY).answer("XAA", "doctrine")
    assert held is not None
    assert held.body.answer == "published"
    assert held.contested == (nothing,)
    assert any("contested" in line for line in disclosure_table([own, nothing], DAY).participant_lines("XAA"))


def test_what_the_participant_says_of_itself_stands_before_what_others_say_of_it() -> None:
    own = disclosed(answer="declined", said="2026-01-02")
    other = disclosed(said="2026-05-01", said_by=OBSERVER, sources=[source("A leak")])
    held = disclosure_table([other, own], DAY).answer("XAA", "doctrine")
    assert held is not None
    assert (held.record, held.contested) == (own, (other,))


def test_who_tells_the_same_later_contests_nothing_and_an_own_search_replaces_no_answer() -> None:
    first, same = disclosed(), disclosed(said="2026-03-02", said_by=OBSERVER)
    held = disclosure_table([first, same], DAY).answer("XAA", "doctrine")
    assert held is not None
    assert (held.record, held.contested, held.earlier) == (first, (), (same,))
    searched = disclosed(answer="no_answer", said="2026-03-02", said_by=state("XAA"))
    other = disclosed(said_by=OBSERVER)
    held = disclosure_table([other, searched], DAY).answer("XAA", "doctrine")
    assert held is not None
    assert held.record == other


def test_an_answer_to_no_question_of_the_form_is_set_aside_and_hides_no_other() -> None:
    stray = disclosed("XAB", question="strength")
    table = disclosure_table([stray, disclosed()], DAY)
    assert table.participants == ("XAA",)
    assert table.strays == (f"disclosure {stray.id} answers question 'strength', which is not on the form",)
    assert table.lines()[-1] == f"set aside: {table.strays[0]}"
    assert table.to_json()["strays"] == list(table.strays)


def test_a_participant_of_whom_nothing_is_held_is_not_in_the_table() -> None:
    with pytest.raises(NotFoundError, match="not in the table"):
        disclosure_table([disclosed()], DAY).participant_lines("XAB")


def test_the_table_is_lines_that_accuse_nobody() -> None:
    table = disclosure_table([disclosed(), disclosed("XBB", answer="no_answer")], DAY)
    assert breaches("\n".join([*table.lines(), *table.participant_lines("XBB")])) == ()
    assert "searched 2026-01-02 in the ministry's site" in "\n".join(table.participant_lines("XBB"))
    assert "not asked" in "\n".join(table.participant_lines("XBB"))

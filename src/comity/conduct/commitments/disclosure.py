"""Disclosure of doctrine and capability: the questions, the form to fill in, and what was answered.

Three answers are kept apart: published, declined, and no answer when asked or searched for. A question that nobody put
is a fourth thing and no answer at all. The table counts answers by question, never by state, and lists states by name:
who says little is not thereby worse than who says much.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Final, get_args

from comity.conduct.commitments.catalogue import PACKAGE, load_catalogues
from comity.conduct.commitments.since import parse_since
from comity.conduct.commitments.statements import Answer, Disclosure, parse_commitment_body
from comity.conduct.record import Record
from comity.conduct.statements import Source, Speaker, SpeakerKind, encode_body
from comity.errors import MalformedError, NotFoundError
from comity.law.reform.form import Form, parse_form
from comity.parties.participants import participant
from comity.parties.table import Fields, Sourced, load_table

_ANSWERS: Final = get_args(Answer)
NOT_ASKED: Final = "not_asked"
_HEAD: Final = ("state", "said", "said_by", "said_by_kind", "said_by_state", "language", "answers")
_MEMBERS: Final = ("answer", "text", "asked", "searched", "searched_where", "sources")
_SOURCE: Final = ("title", "url", "published", "publisher", "language", "locator")


class Part(StrEnum):
    """The part of the form in which a question stands."""

    LAW = "law"
    NORMS = "norms"
    CBMS = "cbms"
    CAPACITY = "capacity"

    @property
    def label(self) -> str:
        """The part in words."""
        return {
            "law": "Doctrine, authority and law",
            "norms": "Norms",
            "cbms": "Confidence-building measures",
            "capacity": "Capacity",
        }[self.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question(Sourced):
    """One question of the form; `under` are the commitments that it has to do with."""

    code: str
    part: Part
    label: str
    ask: str
    under: tuple[str, ...]


@cache
def load_questions() -> tuple[Question, ...]:
    """Return the questions of the form, in their order.

    Raises:
        StoreError: an installed table cannot be read.
        MalformedError: a table does not follow its format, or a question stands twice or names no item of a catalogue.
    """
    rows = load_table(
        PACKAGE,
        "disclosure_questions.csv",
        columns=("question", "part", "label", "ask", "under"),
        build=build_question,
    )
    if len({row.code for row in rows}) != len(rows):
        raise MalformedError("conduct/reference/disclosure_questions.csv holds a question twice")
    for row in rows:
        for key in row.under:
            try:
                load_catalogues().item(key)
            except NotFoundError as exc:
                raise MalformedError(f"conduct/reference/disclosure_questions.csv: {exc.message}") from exc
    return rows


def build_question(fields: Fields) -> Question:
    """Build one row of disclosure_questions.csv.

    Raises:
        MalformedError: a value is not allowed.
    """
    return Question(
        code=fields.text("question"),
        part=fields.choice("part", Part),
        label=fields.text("label"),
        ask=fields.text("ask"),
        under=fields.optional_words("under"),
        **fields.evidence(),
    )


def disclosure_form(code: str = "XAA") -> str:
    """Return the form as TOML, to be filled in; a question whose answer stays empty is passed over."""
    lines = [
        "# Disclosure of doctrine and capability. Fill in what applies; an empty answer is passed over.",
        f"# answer = one of: {', '.join(_ANSWERS)}",
        "#   published: give a text, or a source in which it stands",
        "#   declined:  the state says that it will not tell; a text may say why",
        "#   no_answer: it was asked or searched for, and nothing was there; give the day and searched_where",
        '# A source is a table: sources = [{ title = "…", url = "https://…", published = "2027-01" }]',
        "",
        f'state = "{code}"',
        "# said = 2027-01-31",
        'said_by = ""',
        f"# one of: {', '.join(get_args(SpeakerKind))}",
        'said_by_kind = "state"',
        "# The code of whoever speaks, where it is a participant.",
        f'said_by_state = "{code}"',
        'language = "en"',
    ]
    part = None
    for row in load_questions():
        if row.part is not part:
            part = row.part
            lines += ["", f"# {part.label}"]
        lines += ["", f"# {row.ask}"]
        lines += [f"# about {', '.join(row.under)}"] if row.under else []
        lines += [f"[answers.{row.code}]", 'answer = ""', 'text = ""']
    return "\n".join(lines) + "\n"


def parse_disclosures(data: bytes, *, where: str) -> tuple[Disclosure, ...]:
    """Read a form that was filled in; `where` names the file in refusals.

    Raises:
        TooLargeError: the form has too many bytes.
        MalformedError: it is no TOML, or a member is missing, unknown or wrong; the message names question and member.
        NotFoundError: no participant has the code.
    """
    form = parse_form(data, where=where)
    form.only(*_HEAD)
    code = form.text("state")
    participant(code)
    kind = form.text("said_by_kind")
    if kind not in get_args(SpeakerKind):
        form.refuse_value("said_by_kind", f"one of {', '.join(get_args(SpeakerKind))}")
    speaker_code = form.optional_text("said_by_state")
    if speaker_code is not None:
        participant(speaker_code)
    speaker = Speaker(
        name=form.text("said_by"),
        kind=kind,  # type: ignore[arg-type] # it is one of the literals, as held above
        participant=speaker_code,
    )
    said, language = form.day("said"), form.optional_text("language")
    known = {row.code for row in load_questions()}
    found = []
    for question, row in form.table("answers").named_tables():
        if question not in known:
            form.refuse(f"answers: unknown question {question[:60]!r}; known are {', '.join(sorted(known))}")
        row.only(*_MEMBERS)
        answer = row.optional_text("answer")
        if answer is not None:
            found.append(_disclosure(row, code, question, answer, speaker=speaker, said=said, language=language))
        elif row.optional_text("text") is not None or row.has("sources"):
            row.refuse(f"a text or source without an answer; give answer as one of {', '.join(_ANSWERS)}")
    if not found:
        form.refuse("no question is answered")
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What is held of one participant on one question: the record that stands, and all others.

    What a participant says of itself stands until it says something else, and that nothing was found replaces no
    answer that was given. `contested` are other answers told on that day or later, which are shown beside it.
    """

    record: Record
    contested: tuple[Record, ...]
    earlier: tuple[Record, ...]

    @property
    def body(self) -> Disclosure:
        """The body of the record that stands."""
        assert isinstance(self.record.body, Disclosure)
        return self.record.body

    def to_json(self) -> dict[str, object]:
        """Return the answer as JSON values."""
        members = {
            "record": self.record.id,
            **encode_body(self.body),
            "contested_by": [row.id for row in self.contested] or None,
            "earlier": [row.id for row in self.earlier] or None,
        }
        return {name: value for name, value in members.items() if value is not None}


DISCLOSURE_COLUMNS: Final = (
    *("participant", "name", "question", "answer", "said", "said_by", "asked", "searched", "searched_where"),
    *("text", "sources", "record", "contested_by"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DisclosureTable:
    """What participants disclosed: questions in the order of the form, participants by name.

    `strays` are answers to questions that are not on the form, each named by its record.
    """

    as_of: date
    questions: tuple[Question, ...]
    participants: tuple[str, ...]
    answers: Mapping[tuple[str, str], Answered]
    strays: tuple[str, ...] = ()

    def answer(self, code: str, question: str) -> Answered | None:
        """Return what is held of a participant on a question, or None when nobody asked."""
        return self.answers.get((code, question))

    def counts(self) -> dict[str, dict[str, int]]:
        """Return, for each question, how many participants gave which answer and of how many nothing was asked."""
        found: dict[str, dict[str, int]] = {}
        for row in self.questions:
            held = Counter(
                NOT_ASKED if (told := self.answer(code, row.code)) is None else told.body.answer
                for code in self.participants
            )
            found[row.code] = {answer: held[answer] for answer in (*_ANSWERS, NOT_ASKED)}
        return found

    def to_json(self) -> dict[str, object]:
        """Return the table as JSON values."""
        counts = self.counts()
        return {
            "as_of": self.as_of.isoformat(),
            "participants": [{"participant": code, "name": participant(code).name} for code in self.participants],
            "questions": [
                {
                    "question": row.code,
                    "part": row.part.value,
                    "label": row.label,
                    "ask": row.ask,
                    "under": list(row.under),
                    "counts": counts[row.code],
                    "answers": [
                        told.to_json()
                        for code in self.participants
                        if (told := self.answer(code, row.code)) is not None
                    ],
                }
                for row in self.questions
            ],
            "strays": list(self.strays),
        }

    def rows(self) -> list[tuple[object, ...]]:
        """Return one row a participant and question, in the columns of `DISCLOSURE_COLUMNS`."""
        return [self._row(code, row.code) for code in self.participants for row in self.questions]

    def lines(self) -> list[str]:
        """Return the counts by question for people."""
        found = [f"disclosures of {len(self.participants)} participants as held on {self.as_of}"]
        for row in self.questions:
            told = self.counts()[row.code]
            words = ", ".join(f"{count} {answer.replace('_', ' ')}" for answer, count in told.items())
            found.append(f"  {row.label}: {words}")
        return [*found, *(f"set aside: {text}" for text in self.strays)]

    def participant_lines(self, code: str) -> list[str]:
        """Return what a participant disclosed, for people.

        Raises:
            NotFoundError: it is not in the table.
        """
        if code not in self.participants:
            raise NotFoundError(f"participant {code!r} is not in the table; it holds {', '.join(self.participants)}")
        found = [participant(code).name]
        for row in self.questions:
            told = self.answer(code, row.code)
            if told is None:
                found.append(f"  {row.label}: not asked")
                continue
            body = told.body
            parts = [f"{body.answer.replace('_', ' ')}, said {body.said} by {body.said_by.name}"]
            parts += [] if body.asked is None else [f"asked {body.asked}"]
            parts += [] if body.searched is None else [f"searched {body.searched} in {body.searched_where}"]
            parts += [f"contested by {len(told.contested)} other answers"] if told.contested else []
            found.append(f"  {row.label}: {'; '.join(parts)}")
        return found

    def _row(self, code: str, question: str) -> tuple[object, ...]:
        told = self.answer(code, question)
        head = (code, participant(code).name, question)
        if told is None:
            return (*head, NOT_ASKED, *(None for _ in DISCLOSURE_COLUMNS[4:]))
        body = told.body
        return (
            *(*head, body.answer, body.said, body.said_by.name, body.asked, body.searched, body.searched_where),
            *(body.text, "; ".join(row.url or row.title for row in body.sources) or None, told.record.id),
            "; ".join(row.id for row in told.contested) or None,
        )


def disclosure_table(
    records: Iterable[Record], as_of: date, *, participants: Iterable[str] | None = None
) -> DisclosureTable:
    """Return what is held by a day; without `participants` it is about those of whom anything is held.

    A disclosure counts from the day on which it was said. Records of other kinds are passed over, and what answers no
    question of the form is set aside.

    Raises:
        NotFoundError: a participant is unknown.
        MalformedError: a day in a record does not exist.
    """
    known = {row.code for row in load_questions()}
    held: dict[tuple[str, str], dict[str, Record]] = {}
    strays: set[str] = set()
    for record in records:
        body = record.body
        if not isinstance(body, Disclosure) or not parse_since(body.said).began(as_of):
            continue
        if body.question not in known:
            strays.add(f"disclosure {record.id} answers question {body.question!r}, which is not on the form")
            continue
        held.setdefault((body.participant, body.question), {})[record.id] = record
    wanted = {code for code, _ in held} if participants is None else set(participants)
    return DisclosureTable(
        as_of=as_of,
        questions=load_questions(),
        participants=tuple(sorted(wanted, key=lambda code: (participant(code).name, code))),
        answers=MappingProxyType({key: _answered(rows.values()) for key, rows in held.items()}),
        strays=tuple(sorted(strays)),
    )


def _answered(records: Iterable[Record]) -> Answered:
    ordered = sorted(records, key=_weight)
    stands = ordered.pop()
    assert isinstance(stands.body, Disclosure)
    answer, said = stands.body.answer, parse_since(stands.body.said).latest
    contested: list[Record] = []
    earlier: list[Record] = []
    for row in ordered:
        assert isinstance(row.body, Disclosure)
        against = row.body.answer != answer and parse_since(row.body.said).latest >= said
        (contested if against else earlier).append(row)
    return Answered(record=stands, contested=tuple(contested), earlier=tuple(earlier))


def _weight(record: Record) -> tuple[bool, bool, date, str]:
    body = record.body
    assert isinstance(body, Disclosure)
    given = body.answer != "no_answer"
    own = body.said_by.participant == body.participant
    return given and own, given, parse_since(body.said).latest, record.id


def _disclosure(
    row: Form, code: str, question: str, answer: str, *, speaker: Speaker, said: date, language: str | None
) -> Disclosure:
    if answer not in _ANSWERS:
        row.refuse_value("answer", f"one of {', '.join(_ANSWERS)}, or empty")
    text, asked, searched = row.optional_text("text"), row.optional_day("asked"), row.optional_day("searched")
    body = Disclosure(
        participant=code,
        question=question,
        answer=answer,  # type: ignore[arg-type] # it is one of the literals, as held above
        text=text,
        language=language if text is not None else None,
        said_by=speaker,
        said=said.isoformat(),
        asked=None if asked is None else asked.isoformat(),
        searched=None if searched is None else searched.isoformat(),
        searched_where=row.optional_text("searched_where"),
        sources=[_source(source) for source in row.tables("sources")],
    )
    try:
        parse_commitment_body("disclosure", encode_body(body))
    except MalformedError as exc:
        row.refuse(exc.message)
    return body


def _source(form: Form) -> Source:
    form.only(*_SOURCE)
    return Source(
        title=form.text("title"),
        url=form.optional_text("url"),
        published=form.optional_text("published"),
        publisher=form.optional_text("publisher"),
        language=form.optional_text("language"),
        locator=form.optional_text("locator"),
    )

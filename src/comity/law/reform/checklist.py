"""The ratification checklist of a joining state: what an instrument asks, what the state has, what help it needs.

What the instrument asks comes from the obligations in the tables. What the state has is its own statement, in a file
that it fills in; nothing here judges it. A row that rests on memory is shown with the notice that it must be checked
against the certified text, and never counts as something that is still lacking.
"""

import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

from comity.errors import MalformedError, NotFoundError
from comity.law.model import Duty, check_provision
from comity.law.reason import CHECK_TEXT
from comity.law.reform.form import Form, parse_form, read_form_file
from comity.law.rows import Obligation
from comity.law.sheet import csv_text
from comity.parties.participants import participant
from comity.parties.table import Grade

_WIDTH = 110
_MEMBERS = ("state", "reference", "needs_assistance", "offers_assistance", "by")


class AnswerState(StrEnum):
    """How far a state is with one obligation, by its own statement."""

    DONE = "done"
    PLANNED = "planned"
    MISSING = "missing"
    NOT_NEEDED = "not_needed"
    UNKNOWN = "unknown"

    @property
    def label(self) -> str:
        """The state of things in words."""
        return self.value.replace("_", " ")

    @property
    def settled(self) -> bool:
        """True where nothing is left to do."""
        return self in {AnswerState.DONE, AnswerState.NOT_NEEDED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a state entered for a provision; `category` is set where it is about one sort of obligation alone."""

    provision: str
    category: str | None
    state: AnswerState
    reference: str | None
    needs_assistance: str | None
    offers_assistance: str | None
    by: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The file that a state filled in."""

    participant: str
    instrument: str
    answers: tuple[Answer, ...]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanItem:
    """One obligation with the state's answer; an obligation without one is unknown."""

    obligation: Obligation
    answer: Answer | None

    @property
    def state(self) -> AnswerState:
        """How far the state is."""
        return AnswerState.UNKNOWN if self.answer is None else self.answer.state

    @property
    def notice(self) -> str | None:
        """What must be said where the obligation rests on memory."""
        return CHECK_TEXT if self.obligation.grade is Grade.MEMORY else None

    @property
    def lacking(self) -> bool:
        """True for a duty that the tables know well enough to count, and that is not settled."""
        row = self.obligation
        return row.duty is Duty.SHALL and row.grade.binding and not self.state.settled

    @property
    def reference(self) -> str | None:
        """Where the state has it, by its own statement."""
        return None if self.answer is None else self.answer.reference

    @property
    def by(self) -> date | None:
        """The day by which the state wants to have it."""
        return None if self.answer is None else self.answer.by

    @property
    def needs_assistance(self) -> str | None:
        """What help the state asks for."""
        return None if self.answer is None else self.answer.needs_assistance

    @property
    def offers_assistance(self) -> str | None:
        """What help the state offers to others."""
        return None if self.answer is None else self.answer.offers_assistance

    def to_json(self) -> dict[str, object]:
        """Return the item as JSON values; members that are not known are left out."""
        row = self.obligation
        members = {
            "provision": row.provision,
            "category": row.category.value,
            "duty": row.duty.value,
            "needs": row.needs,
            "paraphrase": row.paraphrase,
            "state": self.state.value,
            "reference": self.reference,
            "by": None if self.by is None else self.by.isoformat(),
            "needs_assistance": self.needs_assistance,
            "offers_assistance": self.offers_assistance,
            "lacking": self.lacking,
            "source": row.source,
            "grade": row.grade_detail,
            "notice": self.notice,
        }
        return {name: value for name, value in members.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A state's way to an instrument, in the order of the instrument's provisions."""

    participant: str
    name: str
    instrument: str
    title: str
    on: date
    items: tuple[PlanItem, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many obligations are in which state of things."""
        found = Counter(item.state for item in self.items)
        return {state.value: found[state] for state in AnswerState}

    @property
    def lacking(self) -> tuple[PlanItem, ...]:
        """The duties that are not settled; those that rest on memory are not among them."""
        return tuple(item for item in self.items if item.lacking)

    @property
    def late(self) -> tuple[PlanItem, ...]:
        """What the state wanted to have by a day that has passed, and has not."""
        return tuple(
            item for item in self.items if item.by is not None and item.by < self.on and not item.state.settled
        )

    @property
    def to_check(self) -> tuple[PlanItem, ...]:
        """The obligations that rest on memory."""
        return tuple(item for item in self.items if item.notice is not None)

    def to_json(self) -> dict[str, object]:
        """Return the plan as JSON values."""
        return {
            "participant": self.participant,
            "name": self.name,
            "instrument": self.instrument,
            "title": self.title,
            "on": self.on.isoformat(),
            "counts": self.counts,
            "lacking": len(self.lacking),
            "late": len(self.late),
            "to_check": len(self.to_check),
            "items": [item.to_json() for item in self.items],
        }

    def to_csv(self) -> str:
        """Return one row an obligation."""
        header = (
            *("participant", "instrument", "provision", "category", "duty", "needs", "paraphrase", "state"),
            *("reference", "by", "needs_assistance", "offers_assistance", "lacking", "source", "grade", "notice"),
        )
        return csv_text(header, (self._row(item) for item in self.items))

    def to_markdown(self) -> str:
        """Return the plan as a document that a ministry can print."""
        counts = ", ".join(f"{count} {AnswerState(state).label}" for state, count in self.counts.items() if count)
        found = [
            f"# {_plain(self.name)}: plan towards the {_plain(self.title)}",
            "",
            f"As of {self.on}. {len(self.items)} obligations: {counts}.",
            f"{len(self.lacking)} duties are not shown as met; {len(self.late)} are past the day that was planned.",
            "",
            "What the state has is its own statement. What the instrument asks is a paraphrase: the certified text",
            "decides.",
            "",
            *_section("Duties not shown as met", self.lacking),
            *_section("Past the planned day", self.late),
        ]
        asked = [item for item in self.items if item.needs_assistance is not None]
        offered = [item for item in self.items if item.offers_assistance is not None]
        found += _assistance("Assistance asked for", [(item, item.needs_assistance) for item in asked])
        found += _assistance("Assistance offered", [(item, item.offers_assistance) for item in offered])
        for category in dict.fromkeys(item.obligation.category for item in self.items):
            rows = [item for item in self.items if item.obligation.category is category]
            found += _section(category.value.replace("_", " ").capitalize(), rows)
        if self.to_check:
            articles = ", ".join(dict.fromkeys(item.obligation.provision for item in self.to_check))
            found += [f"(M) rests on memory, {CHECK_TEXT}: articles {articles}.", ""]
        return "\n".join(found)

    def lines(self) -> list[str]:
        """Return the plan for a terminal, at most 110 characters a line."""
        counts = ", ".join(f"{count} {AnswerState(state).label}" for state, count in self.counts.items() if count)
        found = _wrap(f"{self.name}, {self.title}, on {self.on}: {counts}; {len(self.lacking)} duties not shown as met")
        for item in self.items:
            row = item.obligation
            notice = "" if item.notice is None else f"; {item.notice}"
            given = [
                *([] if item.reference is None else [item.reference]),
                *([] if item.by is None else [f"by {item.by}"]),
                *([] if item.needs_assistance is None else [f"asks for {item.needs_assistance}"]),
                *([] if item.offers_assistance is None else [f"offers {item.offers_assistance}"]),
            ]
            said = f" ({'; '.join(given)})" if given else ""
            text = f"{row.provision} {row.category.value} {row.duty.value}: {row.needs} - {item.state.label}{said}"
            found += _wrap(f"{text} [{row.grade_detail}{notice}]")
        return found

    def _row(self, item: PlanItem) -> tuple[object, ...]:
        row = item.obligation
        return (
            *(self.participant, self.instrument, row.provision, row.category.value, row.duty.value, row.needs),
            *(row.paraphrase, item.state.value, item.reference, item.by, item.needs_assistance),
            *(item.offers_assistance, "yes" if item.lacking else "no", row.source, row.grade_detail, item.notice),
        )


def parse_answers(data: bytes, *, where: str) -> Answers:
    """Read the file that a state filled in; `where` names it.

    Raises:
        TooLargeError: the file is too large.
        MalformedError: it is no TOML, or holds a value that is not allowed; the message says where.
        NotFoundError: no participant has the code that it names.
    """
    form = parse_form(data, where=where)
    form.only("participant", "instrument", "answers")
    code = form.text("participant").upper()
    participant(code)
    return Answers(
        participant=code,
        instrument=form.text("instrument"),
        answers=tuple(_answer(name, row) for name, row in form.table("answers").named_tables()),
        source=where,
    )


def read_answers(path: Path) -> Answers:
    """Read the file that a state filled in.

    Raises:
        NotFoundError: there is no such file, or no participant has the code that it names.
        MalformedError: it is wrong; the message says where.
    """
    return parse_answers(read_form_file(path), where=path.name)


def plan(answers: Answers, obligations: Sequence[Obligation], *, title: str, on: date) -> Plan:
    """Join what an instrument asks with what a state entered.

    `obligations` are those of the instrument, as `Register.obligations_of` returns them; `title` is its name. An
    answer about one category of a provision goes before one about the whole provision.

    Raises:
        NotFoundError: the tables hold no obligation of the instrument.
        MalformedError: an answer is about a provision or a category that the obligations do not have.
    """
    rows = tuple(row for row in obligations if row.instrument == answers.instrument)
    if not rows:
        raise NotFoundError(f"the tables hold no obligations of {answers.instrument!r}, so that there is no checklist")
    held = {(row.provision, row.category.value) for row in rows}
    provisions = {provision for provision, _ in held}
    given: dict[tuple[str, str | None], Answer] = {}
    for answer in answers.answers:
        if answer.provision not in provisions:
            raise MalformedError(
                f"{answers.source}: answers: article {answer.provision} is not among the obligations of "
                f"{answers.instrument}; start from the template"
            )
        if answer.category is not None and (answer.provision, answer.category) not in held:
            known = ", ".join(sorted(category for provision, category in held if provision == answer.provision))
            raise MalformedError(
                f"{answers.source}: answers: article {answer.provision} has no {answer.category!r}; it has {known}"
            )
        given[answer.provision, answer.category] = answer
    return Plan(
        participant=answers.participant,
        name=participant(answers.participant).name,
        instrument=answers.instrument,
        title=title,
        on=on,
        items=tuple(
            PlanItem(
                obligation=row,
                answer=given.get((row.provision, row.category.value)) or given.get((row.provision, None)),
            )
            for row in rows
        ),
    )


def template(instrument: str, obligations: Iterable[Obligation], *, code: str, title: str = "") -> str:
    """Return a file of answers to fill in, with what each provision asks as comments.

    Raises:
        NotFoundError: the tables hold no obligation of the instrument.
    """
    rows = [row for row in obligations if row.instrument == instrument]
    if not rows:
        raise NotFoundError(f"the tables hold no obligations of {instrument!r}, so that there is no checklist")
    found = [
        f"# What a state has for joining: {title or instrument}. Fill in and keep as your own statement.",
        f"# state is one of {', '.join(AnswerState)}.",
        "# Members that may be added: reference, needs_assistance, offers_assistance (texts), by (a day, no quotes).",
        '# An answer for one sort of duty alone is written [answers."41 authority"].',
        "",
        f'participant = "{code}"',
        f'instrument = "{instrument}"',
    ]
    for provision in dict.fromkeys(row.provision for row in rows):
        found.append("")
        for row in rows:
            if row.provision == provision:
                notice = f" [{CHECK_TEXT}]" if row.grade is Grade.MEMORY else ""
                text = f"{row.category.value}, {row.duty.value}: {row.needs}; {row.paraphrase}{notice}"
                found += textwrap.wrap(text, _WIDTH, initial_indent="# ", subsequent_indent="#   ")
        found += [f'[answers."{provision}"]', f'state = "{AnswerState.UNKNOWN.value}"']
    return "\n".join([*found, ""])


def _answer(name: str, form: Form) -> Answer:
    form.only(*_MEMBERS)
    provision, _, category = name.partition(" ")
    try:
        check_provision(provision)
    except MalformedError as exc:
        raise MalformedError(f"{form.where}: {exc.message}") from exc
    return Answer(
        provision=provision,
        category=category or None,
        state=form.choice("state", AnswerState),
        reference=form.optional_text("reference"),
        needs_assistance=form.optional_text("needs_assistance"),
        offers_assistance=form.optional_text("offers_assistance"),
        by=form.optional_day("by"),
    )


def _section(title: str, items: Sequence[PlanItem]) -> list[str]:
    if not items:
        return []
    found = [f"## {title}", "", "| Article | What it asks | Duty | State | Where | By |", "|---|---|---|---|---|---|"]
    for item in items:
        row = item.obligation
        asks = f"{row.needs}: {row.paraphrase}{' (M)' if item.notice is not None else ''}"
        cells = (row.provision, asks, row.duty.value, item.state.label, item.reference or "", item.by or "")
        found.append(f"| {' | '.join(_plain(str(cell)) for cell in cells)} |")
    return [*found, ""]


def _assistance(title: str, items: Sequence[tuple[PlanItem, str | None]]) -> list[str]:
    if not items:
        return []
    rows = [f"- Article {item.obligation.provision}: {_plain(str(text))}" for item, text in items]
    return [f"## {title}", "", *dict.fromkeys(rows), ""]


def _plain(text: str) -> str:
    """Return a text that Markdown shows as it is."""
    for mark in "\\`*_[]<>#|":
        text = text.replace(mark, f"\\{mark}")
    return text


def _wrap(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, subsequent_indent="    ")

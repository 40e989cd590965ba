"""Commitments beside claims, in time order: for a state, a pair of states, a bloc, a period.

What is shown of a participant: the commitments that it made and when; what is claimed about it, each claim with the
commitments in force at the time that the claim gives and with the reply at the same size; what is on record of conduct
in keeping with commitments, as a line like any other; and where nothing is there, that no public record was found and
what was searched. Participants stand in the order of their names, lines in the order of time. Nothing is added up to
a balance, and no line says that a commitment was broken.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Final

from comity.conduct.admission import folded
from comity.conduct.blocs import bloc
from comity.conduct.commitments.bonds import CommitmentsOn, InForce
from comity.conduct.commitments.catalogue import MEMORY_NOTICE, catalogue_title
from comity.conduct.commitments.in_force import commitments_on
from comity.conduct.commitments.set_aside import set_aside
from comity.conduct.commitments.since import Since, parse_since
from comity.conduct.corrections import Stated
from comity.conduct.matches import CommitmentsAt, MatchLine, matched, unmatched
from comity.conduct.record import Record
from comity.conduct.sentences import claim_sentence, conforming, finding_sentence, how_many, reply_sentence
from comity.conduct.statements import Finding, Period, Speaker, Subject
from comity.conduct.verbs import guarded, written
from comity.conduct.view import ClaimView, LedgerView, OperationView
from comity.errors import MalformedError
from comity.parties.participants import participant

_NO_REPLY: Final = "no reply on record, and no search for one"
_KINDS: Final = ("commitment", "conforming", "claim", "finding")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What to lay side by side: `about` whom, `towards` whom where that matters, between which days.

    With `towards`, only operations that hit one of them, or that one of them speaks about, are shown.
    """

    title: str
    about: tuple[str, ...]
    towards: frozenset[str] = frozenset()
    begin: date | None = None
    end: date | None = None

    def __post_init__(self) -> None:
        for code in (*self.about, *self.towards):
            participant(code)
        if self.begin is not None and self.end is not None and self.end < self.begin:
            raise MalformedError(f"the period ends on {self.end}, before it begins on {self.begin}")


def of_state(code: str, *, begin: date | None = None, end: date | None = None) -> Question:
    """Return the question about one participant.

    Raises:
        NotFoundError: no participant has the code.
        MalformedError: the period ends before it begins.
    """
    return Question(title=participant(code).name, about=(code,), begin=begin, end=end)


def of_pair(one: str, other: str, *, begin: date | None = None, end: date | None = None) -> Question:
    """Return the question about two participants, each towards the other.

    Raises:
        NotFoundError: no participant has a code.
        MalformedError: both are one, or the period ends before it begins.
    """
    if one == other:
        raise MalformedError(f"a pair has two participants; {one} is named twice")
    names = sorted((participant(one).name, participant(other).name), key=folded)
    codes = frozenset({one, other})
    return Question(title=" and ".join(names), about=tuple(sorted(codes)), towards=codes, begin=begin, end=end)


def of_bloc(code: str, *, begin: date | None = None, end: date | None = None) -> Question:
    """Return the question about everybody who belonged to a bloc at any time of the period.

    Raises:
        NotFoundError: there is no such bloc.
        MalformedError: the period ends before it begins.
    """
    found = bloc(code)
    span = Since(earliest=begin or date.min, latest=end or date.max, text="")
    own = () if found.participant is None else (found.participant,)
    members = {each.participant for each in found.members if each.may_hold(span)}
    return Question(title=found.name, about=(*own, *sorted(members)), begin=begin, end=end)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentLine:
    """Commitments made by one act, with their keys."""

    when: Since | None
    text: str
    keys: tuple[str, ...]
    commitments: tuple[InForce, ...]
    kind: str = "commitment"

    def to_json(self) -> dict[str, object]:
        """Return the line as JSON values."""
        return _line_json(self) | {"commitments": [row.to_json() for row in self.commitments]}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimLine:
    """A claim at the time that it is about, with its replies, its matches, and the commitments in force at that time.

    `beside` are the commitments in force on the first day on which the thing can have happened, `during` those that
    came by the last, `later` those that came after it. `unmatched` says why no commitment is matched, where none is.
    """

    when: Since | None
    text: str
    claim: str
    operation: str
    said: str | None
    retracted: bool
    replaced_by: str | None
    replies: tuple[str, ...]
    matches: tuple[MatchLine, ...]
    unmatched: str | None
    beside: tuple[InForce, ...]
    during: tuple[InForce, ...]
    later: tuple[InForce, ...]
    kind: str = "claim"

    @property
    def grey(self) -> bool:
        """True where no matched commitment, or without matches none on record, was in force at the time for certain."""
        if self.matches:
            return all(match.grey for match in self.matches)
        return self.when is not None and bool(self.during or self.later) and not self.beside

    @property
    def reply_text(self) -> tuple[str, ...]:
        """The replies, or that there is none on record."""
        return self.replies or (_NO_REPLY,)

    def to_json(self) -> dict[str, object]:
        """Return the line as JSON values."""
        return _line_json(self) | {
            "claim": self.claim,
            "operation": self.operation,
            "said": self.said,
            "grey": self.grey,
            "retracted": self.retracted,
            "replaced_by": self.replaced_by,
            "replies": list(self.reply_text),
            "matches": [match.to_json() for match in self.matches],
            "unmatched": self.unmatched,
            "in_force": [row.key for row in self.beside],
            "came_during": [row.key for row in self.during],
            "later": [row.key for row in self.later],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ConformingLine:
    """Conduct on record that is in keeping with commitments; it weighs as much on the page as a claim."""

    when: Since | None
    text: str
    record: str
    under: tuple[str, ...]
    kind: str = "conforming"

    def to_json(self) -> dict[str, object]:
        """Return the line as JSON values."""
        return _line_json(self) | {"record": self.record, "under": list(self.under)}


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingLine:
    """A finding about an operation of which it names the participant."""

    when: Since | None
    text: str
    record: str
    operation: str
    kind: str = "finding"

    def to_json(self) -> dict[str, object]:
        """Return the line as JSON values."""
        return _line_json(self) | {"record": self.record, "operation": self.operation}


Line = CommitmentLine | ClaimLine | ConformingLine | FindingLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """What was looked through, so that "nothing found" says how hard one looked."""

    operations: int
    claims: int
    other: int
    collections: tuple[str, ...]
    on: date

    @property
    def text(self) -> str:
        """The search in words."""
        return (
            f"searched on {self.on}: {how_many(self.operations, 'operation')} with {how_many(self.claims, 'claim')} "
            f"and {how_many(self.other, 'other record')} from {how_many(len(self.collections), 'source')}, by code at "
            "every level"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """Everything on record about one participant, line by line."""

    code: str
    name: str
    lines: tuple[Line, ...]
    nothing: tuple[str, ...]
    unknown: tuple[InForce, ...]
    set_aside: tuple[str, ...] = ()
    """What was retracted or corrected and counts nowhere."""

    def to_json(self) -> dict[str, object]:
        """Return the lines as JSON values."""
        return {
            "participant": self.code,
            "name": self.name,
            "lines": [line.to_json() for line in self.lines],
            "nothing": list(self.nothing),
            "unknown": [row.to_json() for row in self.unknown],
            "set_aside": list(self.set_aside),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """The answer to a question: one side a participant, by name, and what was searched.

    `left_out` says which operations are not shown, where there are too many for one page.
    """

    question: Question
    as_of: date
    sides: tuple[Side, ...]
    searched: Searched
    left_out: str | None = None

    def to_json(self) -> dict[str, object]:
        """Return the answer as JSON values."""
        question = self.question
        return {
            "label": "claims beside commitments; not a finding, and no breach follows from a line",
            "title": question.title,
            "towards": sorted(question.towards),
            "begin": None if question.begin is None else question.begin.isoformat(),
            "end": None if question.end is None else question.end.isoformat(),
            "as_of": self.as_of.isoformat(),
            "searched": self.searched.text,
            "left_out": self.left_out,
            "sides": [side.to_json() for side in self.sides],
        }


def pairs(
    question: Question,
    view: LedgerView,
    *,
    as_of: date,
    commitments: CommitmentsAt | None = None,
    searched: Searched | None = None,
    left_out: str | None = None,
) -> Pairs:
    """Lay commitments and claims side by side.

    `view` holds the operations and, as loose records, commitments and conforming acts. `commitments` answers what a
    participant had committed itself to on a day, from the tables and those records unless given. `searched` says what
    was looked through where `view` holds only what a search gave, and `left_out` which of that it does not hold.

    Raises:
        NotFoundError: a record names a catalogue or item that is not there.
        MalformedError: a table does not follow its format.
        StoreError: an installed table cannot be read.
    """
    held = [stated.record for stated in view.loose if stated.stands]
    page = _Page(
        question=question,
        view=view,
        as_of=as_of,
        held=tuple(held),
        looked=searched,
        commitments=_remembered(commitments if commitments is not None else _from_records(held)),
    )
    names = {code: participant(code).name for code in question.about}
    return Pairs(
        question=question,
        as_of=as_of,
        sides=tuple(
            page.side(code, names[code]) for code in sorted(names, key=lambda code: (folded(names[code]), code))
        ),
        searched=page.searched(),
        left_out=left_out,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """The work of `pairs`: what is asked, of which view, and what else is held."""

    question: Question
    view: LedgerView
    as_of: date
    held: tuple[Record, ...]
    commitments: CommitmentsAt
    looked: Searched | None = None

    def searched(self) -> Searched:
        """Return what was looked through."""
        if self.looked is not None:
            return self.looked
        operations = self.view.operations
        records = [claim.record for operation in operations for claim in operation.claims]
        came = {record.provenance.source for record in (*records, *self.held)}
        return Searched(
            operations=len(operations),
            claims=len(records),
            other=len(self.held),
            collections=tuple(sorted(came)),
            on=self.as_of,
        )

    def side(self, code: str, name: str) -> Side:
        """Return the lines about one participant."""
        until = self.as_of if self.question.end is None else min(self.as_of, self.question.end)
        made = self.commitments(code, until)
        lines: list[Line] = [
            *_commitment_lines((*made.entries, *made.withdrawn)),
            *self._conforming_lines(code, name),
            *(line for operation in self.view.operations for line in self._operation_lines(operation, code)),
        ]
        found = {line.kind for line in lines}
        looked = self.searched().text
        nothing = [
            guarded(f"{what}: no public record found; {looked}")
            for kind, what in (
                ("commitment", "commitments"),
                ("conforming", "conduct in keeping with commitments"),
                ("claim", "claims"),
            )
            if kind not in found
        ]
        return Side(
            code=code,
            name=name,
            lines=tuple(sorted(lines, key=_in_time)),
            nothing=tuple(nothing),
            unknown=made.unknown,
            set_aside=set_aside(self.view.loose, code),
        )

    def _operation_lines(self, operation: OperationView, code: str) -> Iterator[Line]:
        named = False
        for claim in operation.claims:
            body = claim.body
            if _names(body.about, code) and self._towards(operation, body.about, body.claimant):
                named = True
                when = time_of(claim, operation)
                if self._within(when, body.said):
                    yield self._claim_line(claim, operation, code, when)
        for finding in operation.findings:
            about, by = finding.body.about, finding.body.investigator
            when = parse_since(finding.body.said)
            if (named or (_names(about, code) and self._towards(operation, about, by))) and self._within(when, None):
                yield _finding_line(finding, operation, when)

    def _claim_line(self, claim: ClaimView, operation: OperationView, code: str, when: Since | None) -> ClaimLine:
        matches = tuple(
            matched(match.body, code, when, self.commitments, self.as_of) for match in claim.matches if match.stands
        )
        beside: tuple[InForce, ...] = ()
        during: tuple[InForce, ...] = ()
        later: tuple[InForce, ...] = ()
        if when is not None:
            beside = self.commitments(code, when.earliest).entries
            then = self.commitments(code, when.latest).entries
            during = _new_in(then, beside)
            later = _new_in(self.commitments(code, self.as_of).entries, then)
        return ClaimLine(
            when=when,
            text=claim_sentence(claim, operation, None if when is None else when.text),
            claim=claim.id,
            operation=operation.id,
            said=claim.body.said,
            retracted=claim.retracted,
            replaced_by=claim.replaced_by,
            replies=tuple(reply_sentence(reply) for reply in claim.replies),
            matches=matches,
            unmatched=None if matches else unmatched(operation.body.category),
            beside=beside,
            during=during,
            later=later,
        )

    def _towards(self, operation: OperationView, about: Sequence[Subject], by: Speaker) -> bool:
        """True when the operation is said to have hit one of those asked for, or one of them speaks."""
        touched = {target.participant for target in operation.body.hit} | {by.participant}
        return not self.question.towards or not self.question.towards.isdisjoint(
            touched - {subject.participant for subject in about}
        )

    def _within(self, when: Since | None, said: str | None) -> bool:
        """True when a time lies, or can lie, in the period asked for; what has no time is shown in any."""
        if when is None:
            if said is None:
                return True
            when = parse_since(said)
        begin, end = self.question.begin, self.question.end
        return (begin is None or when.latest >= begin) and (end is None or when.earliest <= end)

    def _conforming_lines(self, code: str, name: str) -> Iterator[ConformingLine]:
        for record in self.held:
            told = conforming(record, code, name)
            if told is None:
                continue
            when = parse_since(told.day)
            meant = not self.question.towards or not told.towards or not self.question.towards.isdisjoint(told.towards)
            if meant and self._within(when, None):
                yield ConformingLine(when=when, text=told.text, record=record.id, under=told.under)


def _names(about: Sequence[Subject], code: str) -> bool:
    return any(subject.participant == code for subject in about)


def _new_in(rows: Iterable[InForce], before: Iterable[InForce]) -> tuple[InForce, ...]:
    known = {row.key for row in before}
    return tuple(row for row in rows if row.key not in known)


def time_of(claim: ClaimView, operation: OperationView) -> Since | None:
    """Return the days on which the thing can have happened, by the claim or else by the operation."""
    period: Period | None = claim.body.about_when or operation.body.occurred
    if period is None or (period.begin is None and period.end is None):
        return None
    begin = None if period.begin is None else parse_since(period.begin)
    end = None if period.end is None else parse_since(period.end)
    if begin is None or end is None:
        only = begin or end
        assert only is not None
        return only
    text = begin.text if begin.text == end.text else f"{begin.text} to {end.text}"
    return Since(earliest=begin.earliest, latest=end.latest, text=text)


def _commitment_lines(entries: Iterable[InForce]) -> Iterator[CommitmentLine]:
    together: dict[tuple[str, str], list[InForce]] = {}
    for row in entries:
        together.setdefault((row.catalogue, row.terms), []).append(row)
    for (catalogue, terms), rows in together.items():
        items = [row.item for row in rows if row.item is not None]
        what = f"{catalogue_title(catalogue)}: {', '.join(items)}" if items else rows[0].label
        notice = f"; {MEMORY_NOTICE}" if any(MEMORY_NOTICE in row.notices for row in rows) else ""
        yield CommitmentLine(
            when=rows[0].since,
            text=written("{what}: {terms}{notice}", what=what, terms=terms, notice=notice),
            keys=tuple(row.key for row in rows),
            commitments=tuple(rows),
        )


def _finding_line(stated: Stated[Finding], operation: OperationView, when: Since) -> FindingLine:
    return FindingLine(when=when, text=finding_sentence(stated, operation), record=stated.id, operation=operation.id)


def _in_time(line: Line) -> tuple[date, int, str]:
    return (date.max if line.when is None else line.when.earliest, _KINDS.index(line.kind), line.text)


def _line_json(line: Line) -> dict[str, object]:
    return {"kind": line.kind, "when": None if line.when is None else line.when.text, "text": line.text}


def _from_records(held: Iterable[Record]) -> CommitmentsAt:
    records = tuple(held)
    return lambda code, on: commitments_on(code, on, records=records)


def _remembered(commitments: CommitmentsAt) -> CommitmentsAt:
    @cache
    def asked(code: str, on: date) -> CommitmentsOn:
        return commitments(code, on)

    return asked

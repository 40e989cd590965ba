"""Answers of the law room as lines for a person at a terminal.

Each rule ends in its grade and the number of its source; the sources stand once, at the end.
"""

from collections.abc import Iterable, Iterator

from comity.law.basis import Basis, dual_is_needed
from comity.law.model import Requirement
from comity.law.option import Answer, BasisOption
from comity.law.reason import CHECK_TEXT, Reason
from comity.parties.table import Grade, Sourced

_MARKS = {Answer.CARRIES: "*", Answer.CONDITIONAL: "?", Answer.OPEN: "o", Answer.DOES_NOT: " "}
GRADES = "Grades: T text read, S secondary source, P parent treaty, M memory; M may warn and never decides."


class Sources:
    """Numbers the sources in the order in which lines name them."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def line(self, reason: Reason) -> str:
        """Return a reason with its grade and the number of its source."""
        if reason.grade is None:
            return reason.text
        told = "certified text" in reason.text
        return f"{reason.text} {self._mark(reason.grade, reason.grade_detail, reason.source, told=told)}"

    def mark(self, row: Sourced) -> str:
        """Return the grade and the number of the source of a row."""
        return self._mark(row.grade, row.grade_detail, row.source, told=False)

    def lines(self) -> Iterator[str]:
        """Yield what the grades mean, and the sources by their numbers."""
        yield GRADES
        yield from (f"{number}: {source}" for source, number in self._numbers.items())

    def _mark(self, grade: Grade, detail: str | None, source: str | None, *, told: bool) -> str:
        parts = [detail or grade.value]
        if source is not None:
            parts.append(str(self._numbers.setdefault(source, len(self._numbers) + 1)))
        notice = f"; {CHECK_TEXT}" if grade is Grade.MEMORY and not told else ""
        return f"[{' '.join(parts)}{notice}]"


def basis_lines(found: Basis, *, brief: bool = False) -> Iterator[str]:
    """Yield a legal basis: the summary, dual criminality, each option with its reasons, and the sources."""
    sources = Sources()
    yield f"{found.summary} (on {found.on})"
    if found.dual is not None:
        needed = found.chosen is None or dual_is_needed(found.chosen)
        yield "" if needed else "\ndual criminality is no condition of what was chosen; for other measures:"
        yield f"dual criminality: {found.dual.summary}"
        yield from _indented(found.dual.reasons, sources)
    if found.without_request:
        yield "\nwithout a request:"
        yield from _indented(found.without_request, sources)
    for option in found.options:
        if brief and not _is_told(option):
            continue
        yield ""
        yield from _option_lines(option, sources, full=option is found.chosen)
    yield ""
    yield "* carries it   ? carries it on conditions   o open, outside of treaties"
    yield from sources.lines()


def _is_told(option: BasisOption) -> bool:
    """Whether a brief answer shows an option: it may carry, or would but for acts or rules that are not confirmed."""
    if option.answer is not Answer.DOES_NOT:
        return True
    weak = any(reason.code == "rests_on_memory" for reason in option.reasons)
    return option.carrier is not None and (option.reported or weak)


def _indented(reasons: Iterable[Reason], sources: Sources, word: str = "") -> Iterator[str]:
    yield from (f"    {word}{sources.line(reason)}" for reason in reasons)


def _option_lines(option: BasisOption, sources: Sources, *, full: bool) -> Iterator[str]:
    yield f"{_MARKS[option.answer]} {option.label}"
    yield from _indented(option.reasons, sources)
    for reason in option.conditions:
        word = "" if reason.text.startswith("or ") else "if: "
        yield f"    {word}{sources.line(reason)}"
    if full:
        yield from _demands(option, sources)
    yield from _indented(option.warnings, sources, "note: ")


def _demands(option: BasisOption, sources: Sources) -> Iterator[str]:
    listed = [row for row in option.contents if row.requirement is not Requirement.WHEN_APPROPRIATE]
    if listed:
        yield "    the request states:"
    for row in listed:
        how = "" if row.requirement is Requirement.LISTED else f", {row.requirement.value.replace('_', ' ')}"
        yield f"      {row.key}: {row.paraphrase} (article {row.provision}{how}) {sources.mark(row)}"
    if option.clocks:
        yield "    clocks:"
    for clock in option.clocks:
        article = "" if clock.provision is None else f" (article {clock.provision})"
        yield f"      {clock.sentence}{article} {sources.mark(clock)}"
    if option.open_grounds:
        yield "    it may be refused on:"
    for found in option.open_grounds:
        ground = found.ground
        modality = ground.modality.value.replace("_", " ")
        code = ground.code.value.replace("_", " ")
        note = "" if found.note is None else f"; {found.note}"
        yield f"      {code} (article {ground.provision}, {modality}{note}) {sources.mark(ground)}"

"""Answers of the law room as lines for a person at a terminal."""

from collections.abc import Iterator

from comity.law.basis import Basis, dual_is_needed
from comity.law.model import Requirement
from comity.law.option import Answer, BasisOption

_MARKS = {Answer.CARRIES: "*", Answer.CONDITIONAL: "?", Answer.OPEN: "o", Answer.DOES_NOT: " "}


def basis_lines(found: Basis, *, brief: bool = False) -> Iterator[str]:
    """Yield a legal basis: the summary, the chosen option in full, then the others with their reasons."""
    yield f"{found.summary} (on {found.on})"
    if found.dual is not None:
        needed = found.chosen is None or dual_is_needed(found.chosen)
        yield "" if needed else "\ndual criminality is no condition of what was chosen; for other measures:"
        yield f"dual criminality: {found.dual.summary}"
        yield from (f"    {reason.line}" for reason in found.dual.reasons)
    if found.without_request:
        yield "\nwithout a request:"
        yield from (f"    {reason.line}" for reason in found.without_request)
    for option in found.options:
        if brief and option.answer is Answer.DOES_NOT:
            continue
        yield ""
        yield from _option_lines(option, full=option is found.chosen)
    yield ""
    yield "* carries it   ? carries it on conditions   o open, outside of treaties"


def _option_lines(option: BasisOption, *, full: bool) -> Iterator[str]:
    yield f"{_MARKS[option.answer]} {option.label}"
    yield from (f"    {reason.line}" for reason in option.reasons)
    yield from (f"    if: {reason.line}" for reason in option.conditions)
    if full:
        yield from _demands(option)
    yield from (f"    note: {reason.line}" for reason in option.warnings)


def _demands(option: BasisOption) -> Iterator[str]:
    listed = [row for row in option.contents if row.requirement is not Requirement.WHEN_APPROPRIATE]
    if listed:
        yield "    the request states:"
    for row in listed:
        how = "" if row.requirement is Requirement.LISTED else f", {row.requirement.value.replace('_', ' ')}"
        yield f"      {row.key}: {row.paraphrase} (article {row.provision}{how}) [{row.grade_detail}]"
    if option.clocks:
        yield "    clocks:"
    for clock in option.clocks:
        article = "" if clock.provision is None else f" (article {clock.provision})"
        yield f"      {clock.sentence}{article} [{clock.grade_detail}]"
    if option.grounds:
        yield "    it may be refused on:"
    for ground in option.grounds:
        modality = ground.modality.value.replace("_", " ")
        code = ground.code.value.replace("_", " ")
        yield f"      {code} (article {ground.provision}, {modality}) [{ground.grade_detail}]"

"""What the reader's law tables say of the article that a request names.

The tables are the reader's. Where they disagree with a request, that is told and nothing more: a table may be older
than a ratification, or rest on memory. Only an instrument that they do not hold at all stops the check, because then
nothing about the request's legal ground would be told.

The answers of both sides to the safeguards are told as they were given, or that they are withheld. They are not weighed
again: what they were asked for followed from the tables of whoever gave them.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final

import msgspec

from comity.errors import MalformedError, NotFoundError, PolicyError
from comity.exchange.dossier_facts import Checked, Fact, name_statement, opening_of, shown
from comity.exchange.dossier_fold import Closed
from comity.exchange.legal import covers
from comity.exchange.statements import Request, Safeguards, body_of
from comity.kernel.trust import Recognition, participant_of
from comity.law.basis import legal_basis
from comity.law.measures import parse_measure
from comity.law.option import BasisOption
from comity.law.reason import Reason
from comity.law.register import Register
from comity.law.safeguards import Side, label_of

# The answers of a legal basis that bear on whether this instrument carries this request between these two.
_TOLD = frozenset({"binds_both", "does_not_bind_both", "carried_by", "not_carried", "rests_on_memory", "weak_text"})

# Whose safeguards a kind can answer, and the kinds of which it is told when they answer none.
_SIDES: Final = {
    "request": Side.ASKER,
    "authorised": Side.ASKED,
    "preserved": Side.ASKED,
    "refused": Side.ASKED,
    "not-executed": Side.ASKED,
}
_EXPECTED: Final = frozenset({"request", "authorised"})
_MEMBER: Final = "safeguards"


def check_law(item: Checked, trust: Mapping[str, Recognition], *, asked: str, register: Register) -> list[Fact]:
    """Return what the tables say of a request, or refuse an instrument that they do not hold.

    Raises:
        PolicyError: the tables do not hold the instrument.
        MalformedError: the request's body breaks its format.
    """
    body = body_of(item.statement, Request)
    try:
        instrument = register.instrument(body.instrument)
    except NotFoundError as exc:
        raise PolicyError(f"the request's legal ground cannot be told: {exc.message}") from exc
    on = item.statement.issued.date()
    codes = (trust[item.statement.issuer].participant, participant_of(asked))
    try:
        basis = legal_basis(*codes, parse_measure(body.measure), on, register=register)
    except (NotFoundError, PolicyError, MalformedError) as exc:
        why = f"the reader's tables cannot judge this request: {exc.message}"
        return [_fact(item, f"{instrument.short_title}: {why}")]
    option = basis.option(instrument.key)
    lines = [_line(option, reason, on) for reason in (*option.reasons, *option.warnings) if reason.code in _TOLD]
    if option.carrier is not None and not covers(option.carrier.provision, body.article):
        lines.append(
            f"the request names article {body.article}, the reader's tables carry {option.measure.label} under "
            f"article {option.carrier.provision}"
        )
    return [_fact(item, line) for line in lines]


def tell_safeguards(item: Checked, closed: Closed) -> list[Fact]:
    """Return what a statement answers to the safeguards, a fact a step, or that its answers are withheld.

    Raises:
        MalformedError: the answers break their form.
    """
    statement = item.statement
    side = _SIDES.get(statement.kind)
    if side is None:
        return []
    told = f"safeguards of the {side}, in {name_statement(statement.kind, item.id)}: "
    if _MEMBER in statement.body:
        try:
            answers = msgspec.convert(statement.body[_MEMBER], type=Safeguards)
        except msgspec.ValidationError as exc:
            raise MalformedError(f"{_MEMBER}: {exc}") from exc
        lines = [
            f"{label_of(answer.step)} {label_of(answer.answer)}"
            + (f" (reason: {answer.reason})" if answer.reason is not None else "")
            for answer in answers
        ]
    elif item.id in closed and (closed[item.id] is None or _MEMBER in (closed[item.id] or ())):
        lines = ["withheld" if closed[item.id] is not None else "withheld, with the whole body"]
    elif statement.kind in _EXPECTED:
        lines = ["none is answered"]
    else:
        lines = []
    return [Fact(topic=_MEMBER, text=shown(f"{told}{line}"), where=opening_of(item.id)) for line in lines]


def _line(option: BasisOption, reason: Reason, on: date) -> str:
    grade = f" (grade {reason.grade_detail}, source: {reason.source})" if reason.grade_detail is not None else ""
    return f"{option.instrument.short_title} on {on}, by the reader's tables: {reason.text}{grade}"


def _fact(item: Checked, text: str) -> Fact:
    return Fact(topic="law", text=shown(text), where=opening_of(item.id))

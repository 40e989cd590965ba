"""The law of a request and its answers, derived from `law` and nothing else: before signing, and on arrival.

Both sides run the same function over the same body. What one side's tables say binds nobody on the other side: each
derives for itself, and a disagreement is refused with its reasons.

Safeguards are answered on both sides. A request must answer every step of the asker's side; an order (`authorised`)
every step of the asked's side, before it is signed. Other replies may carry answers, and an arriving reply is never
refused for want of one: the asker would lose what it asked for because two tables differ.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from comity.errors import NotFoundError, PolicyError
from comity.exchange.statements import (
    Authorised,
    NotExecuted,
    Package,
    Preserved,
    Refused,
    Request,
    Safeguard,
    body_of,
)
from comity.kernel.canonical import format_time, parse_time
from comity.kernel.statement import Statement
from comity.kernel.trust import participant_of
from comity.law.basis import Basis, check_basis, conduct_rows, legal_basis
from comity.law.clocks import Clock, ClockKind, due
from comity.law.competence import check_competence
from comity.law.contents import check_complete
from comity.law.grounds import check_refusal, non_execution_reason
from comity.law.measures import parse_measure
from comity.law.model import GroundCode
from comity.law.option import Answer, BasisOption, terms_answer
from comity.law.reach import NO_PENALTIES, Penalties, parse_penalty
from comity.law.reason import Reason
from comity.law.register import Register, load_register
from comity.law.safeguards import (
    NOT_ASKED,
    UNANSWERED,
    Answered,
    Side,
    Step,
    StepAnswer,
    check_safeguards,
    steps_for,
    weigh_safeguards,
)
from comity.law.standings import Standings
from comity.parties.participants import is_fictitious


@dataclass(frozen=True, slots=True, kw_only=True)
class Competences:
    """The competences that the two authorities name in their `keys` statements."""

    asker: tuple[str, ...]
    asked: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalCheck:
    """What the loaded tables say of one request; `summary` says what carries it, `warnings` is only to be known."""

    basis: Basis
    option: BasisOption
    summary: str
    warnings: tuple[Reason, ...]

    @property
    def remark(self) -> str:
        """The summary and each warning, a line each, for the desk."""
        return "\n".join((self.summary, *remarks(self.warnings)))


def check_request(
    statement: Statement, *, register: Register | None = None, competences: Competences | None = None
) -> LegalCheck:
    """Check basis, completeness, competence and safeguards of a request on the day it was issued.

    No treaty binds a fictitious state; such a request passes in an exercise only, and the remark says so. Without
    `competences` nothing is said of competence.

    Raises:
        PolicyError: the instrument cannot carry it, the article is another, a required item is missing, an authority is
            not competent, or a safeguard that may block is left open.
        MalformedError: the measure or the penalty is unknown.
        NotFoundError: a participant, instrument or conduct is unknown.
    """
    tables = load_register() if register is None else register
    body = body_of(statement, Request)
    asker, asked = participant_of(statement.issuer), participant_of(statement.to[0])
    basis = _basis_of(statement, tables)
    if is_fictitious(asker) or is_fictitious(asked):
        if not statement.exercise:
            raise PolicyError(f"a request between {asker} and {asked} names a fictitious state: for exercises only")
        option = basis.option(body.instrument)
        _check_reach(option, basis, tables)
        summary = f"exercise with a fictitious state: {option.instrument.short_title} is taken as if it bound both"
    else:
        option = check_basis(basis, body.instrument)
        summary = basis.summary
    if option.provision is None or not covers(option.provision, body.article):
        raise PolicyError(f"{option.label} carries {body.measure}, the request names article {body.article}")
    missing = check_complete(option, statement.body)
    warnings = [
        Reason(code="content_missing", text=f"not stated: {item.sentence}", grade=item.grade) for item in missing
    ]
    if competences is not None:
        warnings += check_competence(option, competences.asker, competences.asked)
    steps = safeguard_steps(statement, Side.ASKER, register=tables)
    what = f"request under {option.instrument.short_title}"
    warnings += check_safeguards(steps, answered(body.safeguards), what=what)
    return LegalCheck(basis=basis, option=option, summary=summary, warnings=tuple(warnings))


def safeguard_steps(request: Statement, side: Side, *, register: Register | None = None) -> tuple[Step, ...]:
    """Return the safeguard steps that a request calls for on one side.

    Raises:
        MalformedError: the measure or the penalty is unknown.
        NotFoundError: a participant, instrument or conduct is unknown.
    """
    tables = load_register() if register is None else register
    body = body_of(request, Request)
    return steps_for(
        _option_of(request, tables),
        side,
        conduct=body.conduct,
        urgency=body.urgency,
        facts_text="\n".join(text for text in (body.subject_matter, body.offence, body.facts) if text is not None),
        register=tables,
        asker=participant_of(request.issuer),
        asked=participant_of(request.to[0]),
        on=request.issued.date(),
        oral=body.oral is True,
    )


def answered(safeguards: Sequence[Safeguard] | None) -> tuple[Answered, ...]:
    """Return the answers of a body as the law reads them."""
    return tuple(
        Answered(step=item.step, answer=StepAnswer(item.answer), reason=item.reason) for item in safeguards or ()
    )


def remarks(reasons: Sequence[Reason]) -> tuple[str, ...]:
    """Return reasons as lines for the desk."""
    return tuple(f"note: {reason.line}" for reason in reasons)


def covers(provision: str, article: str) -> bool:
    """Whether an article that a statement names is the provision or lies in the same article.

    Paragraphs are not compared: the tables hold many of them from memory, and drafters cite them in many ways.
    """
    return provision.split("(", 1)[0] == article.split("(", 1)[0]


@lru_cache(maxsize=512)
def basis_on(
    asker: str,
    asked: str,
    measure: str,
    on: date,
    *,
    conduct: str | None = None,
    penalties: Penalties = NO_PENALTIES,
    organised: bool | None = None,
    register: Register | None = None,
) -> Basis:
    """Return the legal basis between two participants on a day, for the conduct as far as it is stated.

    Raises:
        MalformedError: the measure is unknown.
        NotFoundError: a participant or the conduct is unknown.
    """
    return legal_basis(
        asker,
        asked,
        parse_measure(measure),
        on,
        conduct=conduct,
        penalties=penalties,
        organised=organised,
        register=register,
    )


def keeping_floor(option: BasisOption) -> Clock | None:
    """Return the clock that says how long preserved data must be kept at least, where one may be enforced."""
    floors = [clock for clock in option.clocks if clock.kind is ClockKind.FLOOR and clock.may_start and clock.length]
    return floors[0] if floors else None


def check_outcome_law(
    statement: Statement, earlier: Mapping[str, Statement], *, register: Register | None = None, arrived: bool = False
) -> tuple[Reason, ...]:
    """Refuse an order or outcome that the instrument of the request, one of `earlier` by id, does not allow.

    A statement of another kind passes: the law says nothing of it. What is only to be known is returned. An order that
    has `arrived` is not refused for its safeguards; one that is about to be signed is.

    Raises:
        PolicyError: the request is not among them, the outcome's ground, reason or period is not the instrument's, or
            an order leaves a safeguard open.
        MalformedError: a body breaks its form.
        NotFoundError: a participant or instrument is unknown.
    """
    tables = load_register() if register is None else register
    match statement.kind:
        case "authorised":
            order = body_of(statement, Authorised)
            request = _answered(order.request, earlier)
            steps = safeguard_steps(request, Side.ASKED, register=tables)
            if arrived:
                return _all_findings(steps, order.safeguards)
            what = f"order under {_option_of(request, tables).instrument.short_title}"
            return tuple(check_safeguards(steps, answered(order.safeguards), what=what))
        case "preserved":
            kept = body_of(statement, Preserved)
            check_preserved(statement, _answered(kept.answers.request, earlier), register=tables)
            return _reply_findings(kept.answers.request, kept.safeguards, earlier, tables)
        case "refused":
            refusal = body_of(statement, Refused)
            told = check_refused(statement, _answered(refusal.answers.request, earlier), register=tables)
            # The ground of a refusal is itself the answer to the step that asks about it.
            found = _reply_findings(
                refusal.answers.request, refusal.safeguards, earlier, tables, said_by_article=refusal.article
            )
            return (*told, *found)
        case "not-executed":
            failure = body_of(statement, NotExecuted)
            check_not_executed(statement, register=tables)
            # Where nothing was done there is nothing to ask about; what is answered all the same is looked at.
            if not failure.safeguards:
                return ()
            return _reply_findings(failure.answers.request, failure.safeguards, earlier, tables)
        case "package":
            # Now something goes: whoever signs sees again what the order left for later.
            answers = body_of(statement, Package).answers
            return _reply_findings(answers.request, None, earlier, tables, look_again=True)
        case _:
            return ()


def _reply_findings(
    request_id: str,
    safeguards: Sequence[Safeguard] | None,
    earlier: Mapping[str, Statement],
    tables: Register,
    *,
    said_by_article: str | None = None,
    look_again: bool = False,
) -> tuple[Reason, ...]:
    """Return what the answers of a reply leave open, where the orders for the same request have not answered it.

    With `look_again`, what the orders answered is weighed again, so that what they skipped is told once more.
    """
    request = earlier.get(request_id)
    if request is None or request.kind != "request":
        return ()
    orders = [body_of(item, Authorised) for item in earlier.values() if item.kind == "authorised"]
    of_orders = {item.step: item for order in orders if order.request == request_id for item in order.safeguards or ()}
    own = safeguards or []
    for item in own:
        of_orders.pop(item.step, None)
    steps = [
        step
        for step in safeguard_steps(request, Side.ASKED, register=tables)
        if (said_by_article is None or all(reason.provision != said_by_article for reason in step.provisions))
        and (look_again or step.step not in of_orders)
    ]
    return _all_findings(steps, [*own, *of_orders.values()])


def _all_findings(steps: Sequence[Step], safeguards: Sequence[Safeguard] | None) -> tuple[Reason, ...]:
    """Return everything that answers leave open, the steps without any answer in one line."""
    found = weigh_safeguards(steps, answered(safeguards))
    given = {item.step for item in safeguards or ()}
    silent = [step.label for step in steps if step.step not in given]
    listed = [reason for reason in (*found.blocking, *found.warnings) if reason.code not in {UNANSWERED, NOT_ASKED}]
    if silent:
        text = f"no answer of the asked to the safeguards: {', '.join(silent)}"
        listed.append(Reason(code=UNANSWERED, text=text))
    return tuple(listed)


def _answered(request: str, requests: Mapping[str, Statement]) -> Statement:
    found = requests.get(request)
    if found is None or found.kind != "request":
        raise PolicyError(f"request {request[:12]}… is not in this case")
    return found


def check_refused(statement: Statement, request: Statement, *, register: Register | None = None) -> tuple[Reason, ...]:
    """Refuse a `refused` on a ground that the request's instrument does not give, or that names another article.

    Where the tables may lack grounds of the instrument, what they do not have is returned and refuses nothing.

    Raises:
        PolicyError: there is no such ground for what was asked, or it stands in another article.
    """
    body = body_of(statement, Refused)
    try:
        code = GroundCode(body.ground)
    except ValueError as exc:
        raise PolicyError(f"ground {body.ground!r} is unknown; known are {', '.join(GroundCode)}") from exc
    return check_refusal(_option_of(request, register), code, body.article)


def check_not_executed(statement: Statement, *, register: Register | None = None) -> None:
    """Refuse a `not-executed` whose reason is none of the known codes.

    Raises:
        PolicyError: the reason is unknown.
    """
    try:
        non_execution_reason(body_of(statement, NotExecuted).reason, register=register)
    except NotFoundError as exc:
        raise PolicyError(exc.message) from exc


def check_preserved(statement: Statement, request: Statement, *, register: Register | None = None) -> None:
    """Refuse a `preserved` that keeps data for less than the floor of the request's instrument.

    Raises:
        PolicyError: the data would be kept for too short a time; the message says until when at least.
    """
    body = body_of(statement, Preserved)
    option = _option_of(request, register)
    clock = keeping_floor(option)
    if clock is None:
        return
    least = due(clock, parse_time(body.since))
    if parse_time(body.until) < least:
        raise PolicyError(
            f"kept until {body.until}, but {option.instrument.short_title} article {clock.provision} wants at least "
            f"{clock.length} days, until {format_time(least)}"
        )


def _option_of(request: Statement, register: Register | None) -> BasisOption:
    """Return what the request's instrument offers, on the day the request was issued; whether it binds was checked."""
    return _basis_of(request, register).option(body_of(request, Request).instrument)


def _basis_of(request: Statement, register: Register | None) -> Basis:
    body = body_of(request, Request)
    asker, asked = participant_of(request.issuer), participant_of(request.to[0])
    penalties = NO_PENALTIES if body.penalty is None else Penalties(asker=parse_penalty(body.penalty))
    return basis_on(
        asker,
        asked,
        body.measure,
        request.issued.date(),
        conduct=body.conduct,
        penalties=penalties,
        organised=body.organised,
        register=register,
    )


def _check_reach(option: BasisOption, basis: Basis, register: Register) -> None:
    """Refuse what an instrument would not reach if it bound both, unless that rests on memory."""
    carrier = option.carrier
    if carrier is None or not carrier.grade.binding:
        return
    conduct = conduct_rows(basis.question, register).get(option.instrument.key)
    standings = Standings(basis.on, register=register)
    if terms_answer(standings, option.instrument, carrier, basis.question, conduct) is Answer.DOES_NOT:
        raise PolicyError(f"{option.label} does not reach the conduct as the request states it: {carrier.reach}")

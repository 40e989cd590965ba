"""The law of a request and its answers, derived from `law` and nothing else: before signing, and on arrival.

Both sides run the same function over the same body. What one side's tables say binds nobody on the other side: each
derives for itself, and a disagreement is refused with its reasons.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from comity.errors import MalformedError, NotFoundError, PolicyError
from comity.exchange.statements import NotExecuted, Preserved, Refused, Request, body_of
from comity.kernel.canonical import format_time, parse_time
from comity.kernel.statement import Statement
from comity.kernel.trust import participant_of
from comity.law.basis import Basis, BasisOption, check_basis, legal_basis
from comity.law.clocks import Clock, ClockKind, due
from comity.law.contents import check_complete
from comity.law.grounds import check_ground, non_execution_reason
from comity.law.measures import Measure
from comity.law.model import GroundCode
from comity.parties.participants import is_fictitious


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalCheck:
    """What the loaded tables say of one request."""

    basis: Basis
    option: BasisOption
    remark: str
    """One line for the desk."""


def check_request(statement: Statement) -> LegalCheck:
    """Check basis and completeness of a request on the day it was issued.

    No treaty binds a fictitious state; such a request passes in an exercise only, and the remark says so.

    Raises:
        PolicyError: the instrument cannot carry it, the article is another, or a required item is missing.
        MalformedError: the measure is unknown.
        NotFoundError: a participant or instrument is unknown.
    """
    body = body_of(statement, Request)
    asker, asked = participant_of(statement.issuer), participant_of(statement.to[0])
    basis = basis_on(asker, asked, body.measure, statement.issued.date())
    if is_fictitious(asker) or is_fictitious(asked):
        if not statement.exercise:
            raise PolicyError(f"a request between {asker} and {asked} names a fictitious state: for exercises only")
        option = basis.option(body.instrument)
        remark = f"exercise with a fictitious state: {option.instrument.short_title} is taken as if it bound both"
    else:
        option = check_basis(basis, body.instrument)
        remark = basis.summary
    if option.provision is None or not covers(option.provision, body.article):
        raise PolicyError(f"{option.label} carries {body.measure}, the request names article {body.article}")
    check_complete(option, statement.body)
    return LegalCheck(basis=basis, option=option, remark=remark)


def covers(provision: str, article: str) -> bool:
    """Whether an article that a statement names is the provision or lies in the same article.

    Paragraphs are not compared: the tables hold many of them from memory, and drafters cite them in many ways.
    """
    return provision.split("(", 1)[0] == article.split("(", 1)[0]


@lru_cache(maxsize=512)
def basis_on(asker: str, asked: str, measure: str, on: date) -> Basis:
    """Return the legal basis between two participants on a day.

    Raises:
        MalformedError: the measure is unknown.
        NotFoundError: a participant is unknown.
    """
    return legal_basis(asker, asked, parse_measure(measure), on)


def parse_measure(text: str) -> Measure:
    """Return the measure named `text`.

    Raises:
        MalformedError: there is none of that name.
    """
    try:
        return Measure(text)
    except ValueError as exc:
        raise MalformedError(f"measure {text!r} is unknown; known are {', '.join(Measure)}") from exc


def keeping_floor(option: BasisOption) -> Clock | None:
    """Return the clock that says how long preserved data must be kept at least, where one may be enforced."""
    floors = [clock for clock in option.clocks if clock.kind is ClockKind.FLOOR and clock.may_start and clock.length]
    return floors[0] if floors else None


def check_outcome_law(statement: Statement, requests: Mapping[str, Statement]) -> None:
    """Refuse an outcome that the instrument of the request, one of `requests` by id, does not allow.

    A statement of another kind passes: the law says nothing of it.

    Raises:
        PolicyError: the request is not among them, or the outcome's ground, reason or period is not the instrument's.
        MalformedError: a body breaks its form.
        NotFoundError: a participant or instrument is unknown.
    """
    match statement.kind:
        case "preserved":
            check_preserved(statement, _answered(body_of(statement, Preserved).answers.request, requests))
        case "refused":
            check_refused(statement, _answered(body_of(statement, Refused).answers.request, requests))
        case "not-executed":
            check_not_executed(statement)


def _answered(request: str, requests: Mapping[str, Statement]) -> Statement:
    found = requests.get(request)
    if found is None or found.kind != "request":
        raise PolicyError(f"request {request[:12]}… is not in this case")
    return found


def check_refused(statement: Statement, request: Statement) -> None:
    """Refuse a `refused` on a ground that the request's instrument does not give, or that names another article.

    Raises:
        PolicyError: there is no such ground for what was asked, or it stands in another article.
    """
    body = body_of(statement, Refused)
    try:
        code = GroundCode(body.ground)
    except ValueError as exc:
        raise PolicyError(f"ground {body.ground!r} is unknown; known are {', '.join(GroundCode)}") from exc
    option = _option_of(request)
    given = check_ground(option, code)
    if not any(covers(row.provision, body.article) for row in given):
        where = " or ".join(row.provision for row in given)
        raise PolicyError(
            f"{option.instrument.short_title} gives the ground {code} in article {where}, the refusal names article "
            f"{body.article}"
        )


def check_not_executed(statement: Statement) -> None:
    """Refuse a `not-executed` whose reason is none of the known codes.

    Raises:
        PolicyError: the reason is unknown.
    """
    try:
        non_execution_reason(body_of(statement, NotExecuted).reason)
    except NotFoundError as exc:
        raise PolicyError(exc.message) from exc


def check_preserved(statement: Statement, request: Statement) -> None:
    """Refuse a `preserved` that keeps data for less than the floor of the request's instrument.

    Raises:
        PolicyError: the data would be kept for too short a time; the message says until when at least.
    """
    body = body_of(statement, Preserved)
    option = _option_of(request)
    clock = keeping_floor(option)
    if clock is None:
        return
    least = due(clock, parse_time(body.since))
    if parse_time(body.until) < least:
        raise PolicyError(
            f"kept until {body.until}, but {option.instrument.short_title} article {clock.provision} wants at least "
            f"{clock.length} days, until {format_time(least)}"
        )


def _option_of(request: Statement) -> BasisOption:
    """Return what the request's instrument offers, on the day the request was issued; whether it binds was checked."""
    body = body_of(request, Request)
    asker, asked = participant_of(request.issuer), participant_of(request.to[0])
    return basis_on(asker, asked, body.measure, request.issued.date()).option(body.instrument)

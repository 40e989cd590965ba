"""The law of a request, derived from `law` and nothing else: by the asker before signing, by the asked on arrival.

Both sides run the same function over the same body. What one side's tables say binds nobody on the other side: each
derives for itself, and a disagreement is refused with its reasons.
"""

from dataclasses import dataclass
from datetime import date

from comity.errors import MalformedError, PolicyError
from comity.exchange.statements import Preserved, Request, body_of, moment
from comity.kernel.canonical import format_time
from comity.kernel.statement import Statement
from comity.law.basis import Basis, BasisOption, check_basis, legal_basis
from comity.law.clocks import Clock, ClockKind, due
from comity.law.contents import check_complete
from comity.law.measures import Measure
from comity.parties.participants import is_fictitious


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalCheck:
    """What the loaded tables say of one request."""

    basis: Basis
    option: BasisOption
    remark: str
    """One line for the desk."""


def participant_of(authority: str) -> str:
    """Return the code of the participant that an authority's name begins with."""
    return authority.split(".", 1)[0].upper()


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
    """Whether a request's article is the provision or lies in the same article."""
    return provision.split("(", 1)[0] == article.split("(", 1)[0]


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


def check_preserved(statement: Statement, request: Statement) -> None:
    """Refuse a `preserved` that keeps data for less than the floor of the request's instrument.

    Raises:
        PolicyError: the data would be kept for too short a time; the message says until when at least.
    """
    body, asked = body_of(statement, Preserved), body_of(request, Request)
    basis = basis_on(
        participant_of(request.issuer), participant_of(request.to[0]), asked.measure, request.issued.date()
    )
    option = basis.option(asked.instrument)
    clock = keeping_floor(option)
    if clock is None:
        return
    least = due(clock, moment(body.since))
    if moment(body.until) < least:
        raise PolicyError(
            f"kept until {body.until}, but {option.instrument.short_title} article {clock.provision} wants at least "
            f"{clock.length} days, until {format_time(least)}"
        )

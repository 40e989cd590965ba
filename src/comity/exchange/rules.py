"""Who may say what in a case, and when a chain of custody is whole. Pure decisions over verified statements."""

from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Final

from comity.errors import PolicyError
from comity.exchange.statements import Answers, CustodyEvent, Request, body_of, parse_body
from comity.kernel.canonical import JsonObject, parse_time
from comity.kernel.statement import Statement

# Clocks of honest nodes differ by seconds; more than this and one of them is wrong.
MAX_CLOCK_SKEW: Final = timedelta(minutes=5)
ASKER_KINDS: Final = frozenset({"request", "answer", "opened", "mismatch", "withdrawn"})
ASKED_KINDS: Final = frozenset(
    {"acknowledged", "question", "authorised", "preserved", "refused", "not-executed", "package"}
)
OUTCOME_KINDS: Final = frozenset({"preserved", "refused", "not-executed", "package"})


def check_opening(statement: Statement) -> None:
    """Refuse a statement that cannot open a case.

    Raises:
        PolicyError: it is no request, is public, or goes to other than one authority.
        MalformedError: its body breaks the format.
    """
    if statement.kind != "request":
        raise PolicyError(f"a {statement.kind} statement cannot open a case; it must name its case in 'subject'")
    if len(statement.to) != 1:
        raise PolicyError("a request that opens a case goes to exactly one authority")
    if statement.issuer in statement.to:
        raise PolicyError("an authority cannot send a request to itself")
    if statement.follows:
        raise PolicyError("a request that opens a case follows no statement")
    parse_body(statement.kind, statement.body)


def check_in_case(statement: Statement, *, case: str, opening: Statement, held: Container[str]) -> None:
    """Refuse a statement that does not belong into the case that `opening` opened.

    `held` are the ids of the case's statements, the opening included.

    Raises:
        PolicyError: another case, a stranger, a role that may not say this, an unknown statement followed, or an
            exercise statement in a live case.
        MalformedError: its body breaks the format.
    """
    parties = {opening.issuer, *opening.to}
    if statement.subject != case:
        raise PolicyError(f"the statement names case {str(statement.subject)[:12]}…, not {case[:12]}…")
    if statement.issuer not in parties:
        raise PolicyError(f"{statement.issuer} is no party of case {case[:12]}…; the parties are {_names(parties)}")
    if statement.public or not set(statement.to) <= parties - {statement.issuer}:
        raise PolicyError(f"statements of case {case[:12]}… go to its parties only: {_names(parties)}")
    if statement.exercise != opening.exercise:
        raise PolicyError("exercise statements and live cases never mix")
    if statement.kind in ASKER_KINDS and statement.issuer != opening.issuer:
        raise PolicyError(f"only the asker {opening.issuer} may say {statement.kind!r} in this case")
    if statement.kind in ASKED_KINDS and statement.issuer not in opening.to:
        raise PolicyError(f"only the asked {_names(opening.to)} may say {statement.kind!r} in this case")
    if unknown := sorted(name for name in statement.follows if name not in held):
        raise PolicyError(f"the statement follows {unknown[0][:12]}…, which is not in this case here")
    if not statement.follows:
        raise PolicyError("a statement within a case follows at least one of its statements")
    parse_body(statement.kind, statement.body)


# Who may record what happened to an exhibit: each side speaks for its own hands.
_ASKED_ACTIONS: Final = frozenset({"acquired", "described", "encrypted", "sent"})
_ASKER_ACTIONS: Final = frozenset({"received", "decrypted"})


def check_references(
    statement: Statement, earlier: Mapping[str, Statement], *, asker: str, unread: Container[str] = ()
) -> None:
    """Refuse a statement that speaks of what is not in its case: requests, items, orders, packages, another's custody.

    `earlier` maps ids to the case's statements, the opening included; `unread` are those that are there and cannot be
    read, as in a dossier that withholds them. The body has the form of its kind.

    Raises:
        PolicyError: naming the reference that leads nowhere.
    """
    body = parse_body(statement.kind, statement.body)
    answers = getattr(body, "answers", None)
    request = answers.request if answers is not None else getattr(body, "request", None)
    if request is not None and request not in unread:
        wanted = _referenced(earlier, request, "request", "request")
        listed = answers.items if answers is not None else getattr(body, "items", [])
        known = {item.item for item in body_of(wanted, Request).items}
        if strange := sorted(set(listed) - known):
            raise PolicyError(f"request {request[:12]}… asks for no item {strange[0]!r}")
    for name, kind in (("order", "authorised"), ("question", "question"), ("package", "package")):
        reference = getattr(body, name, None)
        if reference is not None and reference not in unread and (name, statement.kind) != ("question", "question"):
            _referenced(earlier, reference, name, kind)
    for event in getattr(body, "custody", ()):
        others = _ASKED_ACTIONS if statement.issuer == asker else _ASKER_ACTIONS
        if event.action in others:
            raise PolicyError(
                f"{statement.issuer} records {event.action!r} of exhibit {event.exhibit}, the other's act"
            )


def _referenced(earlier: Mapping[str, Statement], reference: str, name: str, kind: str) -> Statement:
    found = earlier.get(reference)
    if found is None or found.kind != kind:
        raise PolicyError(f"{name} {reference[:12]}… is no {kind} statement of this case")
    return found


def unfollowed_outcome(statement: Statement, earlier: Mapping[str, Statement]) -> str | None:
    """Return an earlier outcome of the same issuer for one of the same items that `statement` does not follow.

    An outcome that follows the earlier one corrects it; one that does not contradicts it, and the two together are
    evidence of misbehaviour. `earlier` maps ids to the case's statements.
    """
    answered = answered_items(statement.kind, statement.body)
    for statement_id, other in earlier.items():
        same_issuer = other.issuer == statement.issuer and statement_id not in statement.follows
        if same_issuer and not answered.isdisjoint(answered_items(other.kind, other.body)):
            return statement_id
    return None


def answered_items(kind: str, body: JsonObject) -> frozenset[tuple[str, str]]:
    """Return the items that an outcome answers, each with its request; none for what is no outcome.

    Raises:
        MalformedError: the body breaks its shape.
    """
    if kind not in OUTCOME_KINDS:
        return frozenset()
    answers: Answers = getattr(parse_body(kind, body), "answers")  # noqa: B009 - every outcome's shape has it
    return frozenset((answers.request, item) for item in answers.items)


def check_custody(events: Sequence[CustodyEvent]) -> None:
    """Refuse a chain of custody of one exhibit that has a gap.

    Raises:
        PolicyError: saying between which events holder, digest or time do not fit.
    """
    if not events:
        raise PolicyError("no custody event is recorded")
    if events[0].action != "acquired":
        raise PolicyError(f"custody of exhibit {events[0].exhibit} begins with {events[0].action!r}, not 'acquired'")
    for number, (earlier, later) in enumerate(pairwise(events), start=1):
        place = f"custody of exhibit {later.exhibit}, between events {number} ({earlier.action}) and {number + 1}"
        if later.exhibit != earlier.exhibit:
            raise PolicyError(f"{place}: another exhibit, {later.exhibit}")
        if later.holder_before != earlier.holder_after:
            raise PolicyError(f"{place}: left with {earlier.holder_after!r}, taken up from {later.holder_before!r}")
        if later.digest != earlier.digest:
            raise PolicyError(f"{place}: the digest changed from {earlier.digest[:12]}… to {later.digest[:12]}…")
        # At the hand-over two clocks meet, which honest parties do not keep to the second.
        tolerance = MAX_CLOCK_SKEW if later.action == "received" else timedelta()
        if parse_time(later.at) + tolerance < parse_time(earlier.at):
            raise PolicyError(f"{place}: time runs backwards, from {earlier.at} to {later.at}")


def _names(authorities: Iterable[str]) -> str:
    return ", ".join(sorted(authorities))

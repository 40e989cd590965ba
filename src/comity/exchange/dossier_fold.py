"""The case view of a dossier, in which members may be withheld.

A statement whose body lacks nothing that its kind demands goes through the same rules and the same fold as anywhere.
One that lacks a withheld member cannot be folded: its headers are held to the rules, its place in the order counts,
and its content stays out of the view.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import TypeAlias

import msgspec

from comity.errors import MalformedError, PolicyError, VerificationError
from comity.exchange.rules import check_in_case, check_references
from comity.exchange.statements import KINDS
from comity.exchange.view import CaseView, Held, fold_case, order_statements
from comity.kernel.statement import Statement

# Names of the body members that a dossier leaves closed, by statement; None stands for the whole body.
Closed: TypeAlias = Mapping[str, tuple[str, ...] | None]


def fold_dossier(
    case: str, held: Iterable[Held], *, as_of: datetime, closed: Closed
) -> tuple[CaseView, tuple[str, ...]]:
    """Return the view of the case, and the ids of all statements in its order.

    Raises:
        VerificationError: a statement does not belong into the case.
        PolicyError: the opening statement is missing or cannot open a case.
        MalformedError: a body breaks its format other than by what is withheld.
    """
    ordered = order_statements(held)
    partial = frozenset(item.id for item in ordered if is_partial(item.id, item.statement, closed))
    if partial:
        _check_partial(case, ordered, partial)
    complete = [_without(partial, case, item) for item in ordered if item.id not in partial]
    view = fold_case(case, complete, as_of=as_of)
    for identifier, reason in view.left_out:
        _refuse(identifier, reason)
    earlier: dict[str, Statement] = {}
    for item in view.timeline:
        try:
            check_references(item.statement, earlier, asker=view.asker, unread=partial)
        except PolicyError as exc:
            _refuse(item.id, exc.message, exc)
        earlier[item.id] = item.statement
    return view, tuple(item.id for item in ordered)


def is_partial(statement_id: str, statement: Statement, closed: Closed) -> bool:
    """Return whether the statement lacks a member that its kind demands, and that member is withheld."""
    if statement_id not in closed or statement.kind not in KINDS:
        return False
    demanded = {field.name for field in msgspec.structs.fields(KINDS[statement.kind]) if field.required}
    missing, names = demanded - statement.body.keys(), closed[statement_id]
    return bool(missing) and (names is None or missing <= set(names))


def _check_partial(case: str, ordered: list[Held], partial: frozenset[str]) -> None:
    """Hold the headers of partial statements to the rules of a case."""
    opening = next((item.statement for item in ordered if item.id == case), None)
    seen: list[str] = []
    for item in ordered:
        if opening is not None and item.id in partial and item.id != case:
            try:
                # The rules look at the body last: when it is refused, everything in the headers has passed.
                with suppress(MalformedError):
                    check_in_case(item.statement, case=case, opening=opening, held=seen)
            except PolicyError as exc:
                _refuse(item.id, exc.message, exc)
        seen.append(item.id)


def _without(partial: frozenset[str], case: str, item: Held) -> Held:
    """Return `item` as following what can be folded, the opening statement where nothing else is left."""
    follows = tuple(identifier for identifier in item.statement.follows if identifier not in partial)
    if follows == item.statement.follows:
        return item
    return replace(item, statement=replace(item.statement, follows=follows or (case,)))


def _refuse(statement_id: str, reason: str, cause: PolicyError | None = None) -> None:
    raise VerificationError(f"statement {statement_id} does not belong into this case: {reason}") from cause

"""What a verified dossier says, one line a fact, and what it does not prove.

Every line says who says a thing, because that is what is proved: that an authority said it, and when witnesses first
saw that it had. Texts from statements are shown on one line, cut, and without characters that could turn text around.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from comity.exchange.dossier_head import KEYS, OPENINGS, PROOFS, Head
from comity.exchange.dossier_log import Logged, Window
from comity.exchange.statements import (
    Authorised,
    Custody,
    Mismatch,
    NotExecuted,
    Opened,
    Package,
    Preserved,
    Receipt,
    Refused,
    Request,
    body_of,
)
from comity.exchange.view import CaseView, ExhibitState, Held
from comity.kernel.canonical import format_time
from comity.kernel.key import PublicPair
from comity.kernel.statement import Statement

# Two lines of an article's source fit, and a summary of what was asked; the openings hold the rest.
_MAX_SHOWN: Final = 400
_SHORT: Final = 12
_CUSTODY_BODIES: Final[dict[str, type[Package] | type[Opened] | type[Custody]]] = {
    "package": Package,
    "opened": Opened,
    "custody": Custody,
}

NEVER_PROVED: Final = (
    "that the data are true, complete or authentic beyond the digests: what an exhibit shows is for its examiner",
    "that data were preserved, searched or handed over in fact: proved is who said so, and when at the latest",
    "that the law was applied rightly, there or here: the tables tell what they hold and decide nothing",
    "who the persons behind the keys are: a key is an authority's by the reader's own recognition, and no further",
    "when a thing was said before the first witness saw it: a statement's own time is its issuer's word",
    "that no statement, exhibit or event was left out: whoever made this dossier chose what to put in",
    "that a statement has no member beyond those shown: a few that stay closed cannot be told from filling",
    "who made this dossier, and when: its head is not signed",
    "any person's guilt or intent: no finding is made here",
    "that the dossier has legal weight: this is for the court",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing that the dossier proves or tells: its topic, a sentence, and the member that it rests on."""

    topic: str
    text: str
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A statement that passed, with its place in its issuer's log and the pair that signed it."""

    id: str
    statement: Statement
    size_bytes: int
    logged: Logged
    window: Window
    pair: PublicPair


def shown(text: str, most: int = _MAX_SHOWN) -> str:
    """Return `text` on one line, cut after `most` characters, and without control and invisible ones."""
    line = "".join(character if character.isprintable() else " " for character in text)
    line = " ".join(line.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def name_statement(kind: str, statement_id: str) -> str:
    """Return how a statement is called in the report."""
    return f"{kind} {statement_id[:_SHORT]}…"


def opening_of(statement_id: str) -> str:
    """Return the member that opens a statement."""
    return f"{OPENINGS}{statement_id}.json"


def collect_facts(head: Head, view: CaseView, checked: Sequence[Checked], law: Iterable[Fact]) -> tuple[Fact, ...]:
    """Return every fact, from what was asked to which keys said so."""
    return tuple(_facts(head, view, checked, law))


def _facts(head: Head, view: CaseView, checked: Sequence[Checked], law: Iterable[Fact]) -> Iterator[Fact]:
    if view.exercise:
        text = "THIS IS AN EXERCISE: every statement is flagged so by its issuer; no person and no data are real"
        yield Fact(topic="exercise", text=text, where=opening_of(view.case))
    of_law: dict[str, list[Fact]] = {}
    for fact in law:
        of_law.setdefault(fact.where, []).append(fact)
    for held in view.timeline:
        if (tell := _TELLERS.get(held.statement.kind)) is not None:
            topic, text = tell(held)
            yield Fact(topic=topic, text=text, where=opening_of(held.id))
        yield from of_law.pop(opening_of(held.id), ())
    # What lacks a withheld member is not in the view; what is told of it stands all the same.
    for facts in of_law.values():
        yield from facts
    members = {(place.package, place.exhibit): place.member for place in head.exhibits}
    confirmed = set(_confirmed(view))
    for state in view.exhibits:
        key = (state.package, state.exhibit.exhibit)
        yield _exhibit(state, members.get(key), confirmed=key in confirmed)
    yield from _custody(view)
    yield from _receipts(view, checked)
    for item in checked:
        yield tell_logged(item)
    yield from tell_keys(checked)


def _request(held: Held) -> tuple[str, str]:
    statement, body = held.statement, body_of(held.statement, Request)
    items = "; ".join(f"({item.item}) {item.description}" for item in body.items)
    text = (
        f"{statement.issuer} asked {', '.join(statement.to)} on {format_time(statement.issued)} for {body.measure} "
        f"under article {body.article} of {body.instrument}, its reference {body.reference}: {items}"
    )
    return "request", shown(text)


def _authorised(held: Held) -> tuple[str, str]:
    body = body_of(held.statement, Authorised)
    text = (
        f"ordered by {body.ordered_by} under order {body.order_reference} of {body.dated}, on the ground of "
        f"{body.legal_ground}; so says {held.statement.issuer}"
    )
    return "order", shown(text)


def _preserved(held: Held) -> tuple[str, str]:
    body = body_of(held.statement, Preserved)
    by = f" by {body.custodian}" if body.custodian is not None else ""
    text = f"preserved until {body.until}, since {body.since}{by}: {body.what}; so says {held.statement.issuer}"
    return "preservation", shown(text)


def _refused(held: Held) -> tuple[str, str]:
    body = body_of(held.statement, Refused)
    items = ", ".join(body.answers.items)
    text = f"{held.statement.issuer} refused item {items} on the ground {body.ground}, article {body.article}"
    return "answer", shown(text)


def _not_executed(held: Held) -> tuple[str, str]:
    body = body_of(held.statement, NotExecuted)
    items = ", ".join(body.answers.items)
    return "answer", shown(f"{held.statement.issuer} did not execute item {items}, for the reason {body.reason}")


def _mismatch(held: Held) -> tuple[str, str]:
    body = body_of(held.statement, Mismatch)
    text = (
        f"{held.statement.issuer} found the {body.stage} bytes of exhibit {body.exhibit} to be {body.found}, "
        f"where package {body.package[:_SHORT]}… states {body.stated}"
    )
    return "mismatch", text


_TELLERS: Final[dict[str, Callable[[Held], tuple[str, str]]]] = {
    "request": _request,
    "authorised": _authorised,
    "preserved": _preserved,
    "refused": _refused,
    "not-executed": _not_executed,
    "mismatch": _mismatch,
}


def _confirmed(view: CaseView) -> Iterator[tuple[str, str]]:
    """Return each exhibit that the asker says it opened, by package and exhibit."""
    for held in view.timeline:
        if held.statement.kind == "opened":
            body = body_of(held.statement, Opened)
            yield from ((body.package, item.exhibit) for item in body.exhibits)


def _exhibit(state: ExhibitState, member: str | None, *, confirmed: bool) -> Fact:
    exhibit = state.exhibit
    says = ["as its package states"]
    if member is not None:
        says.insert(0, "as computed from this file")
    says.append("as the asker found on opening it" if confirmed else "not confirmed by the asker in this dossier")
    what = f"exhibit {exhibit.exhibit}, {exhibit.name!r}, {exhibit.size} bytes"
    text = f"{what}: sha-256 {exhibit.digest}, {', '.join(says)}"
    return Fact(topic="exhibit", text=text, where=member or opening_of(state.package))


def _custody(view: CaseView) -> Iterator[Fact]:
    steps: Counter[str] = Counter()
    for held in view.timeline:
        shape = _CUSTODY_BODIES.get(held.statement.kind)
        for event in body_of(held.statement, shape).custody if shape is not None else ():
            steps[event.exhibit] += 1
            text = (
                f"exhibit {event.exhibit}, step {steps[event.exhibit]}: {event.action} at {event.at} by {event.by}, "
                f"from {event.holder_before} to {event.holder_after}: {event.why}; so says {held.statement.issuer}"
            )
            yield Fact(topic="custody", text=shown(text), where=opening_of(held.id))


def _receipts(view: CaseView, checked: Sequence[Checked]) -> Iterator[Fact]:
    known = {item.id: item for item in checked}
    for held in view.timeline:
        if held.statement.kind != "receipt":
            continue
        body = body_of(held.statement, Receipt)
        received = known.get(body.received)
        what = (
            name_statement(received.statement.kind, received.id) if received else f"statement {body.received[:_SHORT]}…"
        )
        text = f"{held.statement.issuer} says that it received {what} at {body.at}"
        if received is None:
            text += ", which is not in this dossier"
        elif received.size_bytes != body.bytes:
            text += f", but with {body.bytes} bytes, where it has {received.size_bytes}"
        yield Fact(topic="receipt", text=text, where=opening_of(held.id))


def tell_logged(item: Checked) -> Fact:
    """Tell where a statement is logged, and which witnesses saw it when."""
    logged = item.logged
    witnesses = ", ".join(f"{name} at {format_time(time)}" for name, time in logged.witnesses)
    text = (
        f"{name_statement(item.statement.kind, item.id)} of {item.statement.issuer}, dated "
        f"{format_time(item.statement.issued)}: logged by {format_time(logged.logged_by)} as entry {logged.index} of "
        f"{logged.size} in {logged.origin}; witnessed by {witnesses}"
    )
    if item.statement.issued > logged.logged_by:
        text += "; its own date is later than that, so its issuer's clock was wrong"
    return Fact(topic="statement", text=text, where=f"{PROOFS}{item.id}.tlog-proof")


def tell_keys(checked: Sequence[Checked]) -> Iterator[Fact]:
    """Tell of each pair, and of each pair of `keys` statements around what it signed."""
    told: set[tuple[str, int]] = set()
    for item in checked:
        index, designation = item.window.before
        if (item.pair.key_ids()[0], index) in told:
            continue
        told.add((item.pair.key_ids()[0], index))
        key = f"key {item.pair.key_ids()[0][:_SHORT]}… of {designation.authority} ({item.pair.role})"
        text = f"{key}, designated by keys statement {designation.number} at entry {index}, "
        after = item.window.after
        if after is not None and item.pair not in after[1].pairs:
            text += f"valid until it was revoked by keys statement {after[1].number} at entry {after[0]}"
        else:
            text += f"not revoked as of entry {item.window.history.not_revoked_as_of(item.logged.index, item.pair)}"
        yield Fact(topic="key", text=text, where=f"{KEYS}{designation.authority}/{designation.number}.json")


def collect_withheld(head: Head, view: CaseView, checked: Sequence[Checked]) -> tuple[str, ...]:
    """Return what is not shown, and the reason that the dossier's maker gives."""
    kinds = {item.id: item.statement.kind for item in checked}
    lines = [
        f"{name_statement(kinds[item.statement], item.statement)}: "
        f"{'its whole body' if item.members is None else ', '.join(map(shown, item.members))}: {item.reason}"
        for item in head.withheld
    ]
    present = {(place.package, place.exhibit) for place in head.exhibits}
    lines += [
        f"the bytes of exhibit {state.exhibit.exhibit} of {name_statement('package', state.package)}"
        for state in view.exhibits
        if (state.package, state.exhibit.exhibit) not in present
    ]
    return tuple(lines)


def collect_not_proved(checked: Sequence[Checked], *, custody_hidden: bool) -> tuple[str, ...]:
    """Return what this dossier does not prove: its own gaps first, then what no dossier proves."""
    gaps = tell_key_gaps(checked, "dossier")
    if custody_hidden:
        gaps.append("that custody is without a gap: a statement with custody events is withheld in part")
    return (*gaps, *NEVER_PROVED)


def tell_key_gaps(checked: Sequence[Checked], what: str) -> list[str]:
    """Return for which keys a file of this kind does not show whether they were revoked when they signed."""
    open_windows: dict[tuple[str, int], list[Checked]] = {}
    for item in checked:
        if item.window.after is None:
            open_windows.setdefault((item.pair.key_ids()[0], item.window.before[0]), []).append(item)
    return [
        f"that key {key[:_SHORT]}… of {items[0].pair.name} was still valid after entry {before}, the last keys "
        f"statement here, when it signed {', '.join(name_statement(item.statement.kind, item.id) for item in items)}; "
        f"a newer {what} can close this"
        for (key, before), items in open_windows.items()
    ]

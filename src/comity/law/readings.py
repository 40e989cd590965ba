"""Readings: what a user confirmed against the certified text, and how that raises the rules that rest on it.

The unit is a provision. Whoever confirms one is shown its paraphrase and every rule that rests on it, and confirms
these words and no others: a reading counts only while the tables still say what was confirmed. A rule is raised to the
grade of a text that was read when each provision that it points to is confirmed, by itself or within its paragraph or
article.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from comity.law.clocks import Clock
from comity.law.register import Register
from comity.law.rows import Carrier, Conduct, ContentItem, Ground, Obligation, Provision
from comity.law.safeguards import load_safeguards
from comity.parties.table import Grade, Sourced

RowT = TypeVar("RowT", bound=Sourced)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One provision of an instrument that a user confirmed; `digest` is that of what was shown."""

    instrument: str
    provision: str
    digest: str
    text_sha256: str
    by: str
    on: date

    @property
    def source(self) -> str:
        """The reading as a source of rules."""
        return (
            f"text of the instrument loaded by the user, file sha256 {self.text_sha256[:16]}…, confirmed by {self.by} "
            f"on {self.on}"
        )


def rules_on(register: Register, instrument: str, provision: str) -> tuple[str, ...]:
    """Return what the tables say of a provision and of what lies in it: paraphrases first, then each rule.

    Raises:
        NotFoundError: the instrument is not loaded.
    """
    register.instrument(instrument)
    return tuple(_rules(register, instrument, provision))


def rules_digest(rules: Iterable[str]) -> str:
    """Return the digest of rules as they were shown."""
    return hashlib.sha256("\n".join(rules).encode()).hexdigest()


def standing_readings(register: Register, readings: Iterable[Reading]) -> tuple[Reading, ...]:
    """Return the readings of rules that the tables still state in the words that were confirmed."""
    return tuple(
        reading
        for reading in readings
        if rules_digest(rules_on(register, reading.instrument, reading.provision)) == reading.digest
    )


def with_readings(register: Register, readings: Iterable[Reading]) -> Register:
    """Return a register in which the rules that were confirmed have the grade of a text that was read."""
    confirmed = {(reading.instrument, reading.provision): reading for reading in standing_readings(register, readings)}
    if not confirmed:
        return register

    def raised(rows: tuple[RowT, ...], points: Callable[[RowT], tuple[str, Iterable[str | None]]]) -> tuple[RowT, ...]:
        return tuple(_raised(row, *points(row), confirmed) for row in rows)

    return replace(
        register,
        provisions=raised(register.provisions, lambda row: (row.instrument, [row.provision])),
        carriers=raised(register.carriers, lambda row: (row.instrument, _carrier_points(row))),
        contents=raised(register.contents, lambda row: (row.instrument, [row.provision])),
        grounds=raised(register.grounds, lambda row: (row.instrument, [row.provision])),
        clocks=raised(register.clocks, lambda row: (row.instrument or "", [row.provision])),
        obligations=raised(register.obligations, lambda row: (row.instrument, [row.provision])),
        conduct=raised(register.conduct, lambda row: (row.instrument, [row.provision or "-"])),
    )


def _raised(
    row: RowT, instrument: str, provisions: Iterable[str | None], confirmed: dict[tuple[str, str], Reading]
) -> RowT:
    if row.grade is Grade.TEXT:
        return row
    found = [_covering(instrument, name, confirmed) for name in provisions if name is not None]
    if not found or any(reading is None for reading in found):
        return row
    first = found[0]
    assert first is not None
    return replace(row, source=first.source, grade=Grade.TEXT, grade_detail=Grade.TEXT.value)


def _covering(instrument: str, provision: str, confirmed: dict[tuple[str, str], Reading]) -> Reading | None:
    """Return the reading of a provision, or of the paragraph or article in which it lies."""
    name = provision
    while True:
        if (instrument, name) in confirmed:
            return confirmed[instrument, name]
        if "(" not in name:
            return None
        name = name[: name.rindex("(")]


def _carrier_points(row: Carrier) -> list[str | None]:
    return [
        row.provision,
        row.channel_provision,
        row.dual_provision,
        row.reservation_provision,
        row.reach_provision,
        row.language_provision,
    ]


def _rules(register: Register, instrument: str, provision: str) -> Iterator[str]:
    def within(name: str | None) -> bool:
        return name is not None and (name == provision or name.startswith(f"{provision}("))

    tables: tuple[tuple[Sourced, ...], ...] = (
        register.provisions,
        register.carriers,
        register.contents,
        register.grounds,
        register.clocks,
        register.obligations,
        register.conduct,
    )
    for rows in tables:
        for row in rows:
            if getattr(row, "instrument", None) == instrument:
                points = _carrier_points(row) if isinstance(row, Carrier) else [getattr(row, "provision", None)]
                if any(within(name) for name in points):
                    yield _words(row)
    for step in load_safeguards():
        if step.instrument == instrument and within(step.provision):
            yield f"article {step.provision}: safeguard {step.step} of the {step.side}: {step.question}"


def _words(row: Sourced) -> str:
    """Return a rule in words, the same for the same rule."""
    match row:
        case Provision():
            return f"article {row.provision}: {row.paraphrase}"
        case Carrier():
            return (
                f"article {row.provision} carries {row.measure.label}: {row.duty}, to {' '.join(row.channels)} "
                f"(article {row.channel_provision}); dual criminality {row.dual_criminality}; reaches "
                f"{' '.join(row.covers)} (article {row.reach_provision})"
            )
        case ContentItem():
            measures = ", ".join(measure.label for measure in row.measures)
            return f"article {row.provision}: a request for {measures} states {row.key} ({row.requirement})"
        case Ground():
            measures = ", ".join(measure.label for measure in row.measures)
            return f"article {row.provision}: ground {row.code} for {measures} ({row.modality})"
        case Clock():
            period = row.length or row.ends_with
            return f"article {row.provision}: clock {row.name}, {row.kind} by {row.character}, {period}"
        case Obligation():
            return f"article {row.provision}: {row.duty} have {row.needs} ({row.category})"
        case Conduct():
            return f"article {row.provision}: {row.label} is an offence"
    raise AssertionError(row)

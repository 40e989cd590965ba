"""Readings: what a user confirmed against the certified text, and how that raises the rules that rest on it.

The unit is a provision. Whoever confirms one is shown its paraphrase and every rule that rests on it, and confirms
these words and no others: a reading counts only while the tables still say what was confirmed. A rule is raised to the
grade of a text that was read when each provision that it points to is confirmed, by itself or within its paragraph or
article. Steps of safeguards, rules on changing an instrument and elements of offences are shown and held as well; the
modules that use them ask for the grade of their articles.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from comity.law.elements import load_element_sets
from comity.law.reform.amendment_rules import AmendmentRule, load_amendment_rules
from comity.law.register import Register
from comity.law.rows import Carrier, Instrument
from comity.law.rule_words import rule_words
from comity.law.safeguards import load_safeguards
from comity.parties.table import Grade, Sourced

RowT = TypeVar("RowT", bound=Sourced)

_Row = tuple[Sourced, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One provision of an instrument that a user confirmed; `digest` is that of what was shown.

    `covers` names the paragraphs and letters within it that the text has. What the text has not under the tables'
    number was not read, whoever confirmed the article around it.
    """

    instrument: str
    provision: str
    digest: str
    text_sha256: str
    by: str
    on: date
    covers: frozenset[str] = frozenset()

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
    return _rules(_rows_of(register, instrument), provision)


def rules_digest(rules: Iterable[str]) -> str:
    """Return the digest of rules as they were shown."""
    return hashlib.sha256("\n".join(rules).encode()).hexdigest()


def standing_readings(register: Register, readings: Iterable[Reading]) -> tuple[Reading, ...]:
    """Return the readings of rules that the tables still state in the words that were confirmed."""
    held = tuple(readings)
    rows = {key: _rows_of(register, key) for key in {reading.instrument for reading in held}}
    return tuple(
        reading
        for reading in held
        if rules_digest(_rules(rows[reading.instrument], reading.provision)) == reading.digest
    )


def with_readings(register: Register, readings: Iterable[Reading]) -> Register:
    """Return a register in which the rules that were confirmed have the grade of a text that was read."""
    confirmed = {(reading.instrument, reading.provision): reading for reading in standing_readings(register, readings)}
    if not confirmed:
        return register

    def raised(rows: tuple[RowT, ...]) -> tuple[RowT, ...]:
        return tuple(_raised(row, confirmed) for row in rows)

    return replace(
        register,
        # Without an article on it, no reading bears out a rule on entering into force.
        instruments=tuple(
            row if row.entry_provision is None else _raised(row, confirmed) for row in register.instruments
        ),
        provisions=raised(register.provisions),
        carriers=raised(register.carriers),
        contents=raised(register.contents),
        grounds=raised(register.grounds),
        clocks=raised(register.clocks),
        obligations=raised(register.obligations),
        direct=raised(register.direct),
        conduct=raised(register.conduct),
    )


def _raised(row: RowT, confirmed: dict[tuple[str, str], Reading]) -> RowT:
    if row.grade is Grade.TEXT:
        return row
    instrument, points = _points(row)
    found = [_covering(instrument, name, confirmed) for name in points if name is not None]
    if not found or any(reading is None for reading in found):
        return row
    first = found[0]
    assert first is not None
    return replace(row, source=first.source, grade=Grade.TEXT, grade_detail=Grade.TEXT.value)


def _covering(instrument: str | None, provision: str, confirmed: dict[tuple[str, str], Reading]) -> Reading | None:
    """Return the reading of a provision, or of a paragraph or article in which the text has it."""
    name = provision
    while True:
        found = None if instrument is None else confirmed.get((instrument, name))
        if found is not None and (name == provision or provision in found.covers):
            return found
        if "(" not in name:
            return None
        name = name[: name.rindex("(")]


def _rows_of(register: Register, instrument: str) -> tuple[_Row, ...]:
    """Return the rows that can rest on a provision of an instrument, each with its provisions."""
    elements = (
        row for (key, _), offence in load_element_sets().items() if key == instrument for row in offence.elements
    )
    tables: tuple[Iterable[Sourced], ...] = (
        register.provisions,
        register.instruments,
        register.carriers,
        register.contents,
        register.grounds,
        register.clocks,
        register.obligations,
        register.direct,
        register.conduct,
        elements,
        load_safeguards(),
        load_amendment_rules(),
    )
    found = ((row, *_points(row)) for rows in tables for row in rows)
    return tuple((row, tuple(name for name in names if name)) for row, key, names in found if key == instrument)


def _rules(rows: Iterable[_Row], provision: str) -> tuple[str, ...]:
    inner = f"{provision}("
    return tuple(
        rule_words(row) for row, names in rows if any(name == provision or name.startswith(inner) for name in names)
    )


def _points(row: Sourced) -> tuple[str | None, Iterable[str | None]]:
    """Return the instrument of a row and the provisions on which it rests."""
    match row:
        case Instrument():
            return row.key, (row.entry_provision, row.withdrawal_provision)
        case Carrier():
            return row.instrument, (
                row.provision,
                row.channel_provision,
                row.dual_provision,
                row.reservation_provision,
                row.reach_provision,
                row.language_provision,
            )
        case AmendmentRule():
            return row.instrument, (row.provision, row.binds_provision)
    return getattr(row, "instrument", None), (getattr(row, "provision", None),)

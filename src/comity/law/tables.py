"""Reads each law table of `reference/` into its row type; `register` puts them together."""

from comity.errors import MalformedError
from comity.law.clocks import Clock, ClockCalendar, ClockCharacter, ClockEvent, ClockKind
from comity.law.measures import Measure
from comity.law.model import (
    Act,
    Action,
    Carrier,
    Channel,
    Conduct,
    Confidence,
    ContentItem,
    CountOf,
    Delay,
    DualCriminality,
    Duty,
    Exposure,
    Ground,
    GroundCode,
    Instrument,
    InstrumentKind,
    Modality,
    NonExecutionReason,
    Provision,
    ReasonClass,
    ReportedCount,
    Requirement,
    check_provision,
    parse_delay,
)
from comity.parties.table import Fields, load_table

_PACKAGE = "comity.law"


def _provision(fields: Fields, column: str = "provision") -> str:
    try:
        return check_provision(fields.text(column))
    except MalformedError as exc:
        fields.refuse(exc.message)


def _optional_provision(fields: Fields, column: str = "provision") -> str | None:
    return None if fields.optional(column) is None else _provision(fields, column)


def _delay(fields: Fields, column: str) -> Delay:
    try:
        return parse_delay(fields.text(column))
    except MalformedError as exc:
        fields.refuse(exc.message)


def load_instruments() -> tuple[Instrument, ...]:
    """Read instruments.csv.

    Raises:
        StoreError: the installed file cannot be read.
        MalformedError: it does not follow its format.
    """
    columns = (
        "instrument",
        "kind",
        "title",
        "short_title",
        "citation",
        "adopted",
        "opened",
        "signature_closes",
        "in_force_since",
        "consents_needed",
        "entry_provision",
        "treaty_delay",
        "party_delay",
    )
    return load_table(_PACKAGE, "instruments.csv", columns=columns, build=build_instrument)


def build_instrument(fields: Fields) -> Instrument:
    """Build one row of instruments.csv.

    Raises:
        MalformedError: a value is not allowed.
    """
    return Instrument(
        key=fields.text("instrument"),
        kind=fields.choice("kind", InstrumentKind),
        title=fields.text("title"),
        short_title=fields.text("short_title"),
        citation=fields.text("citation"),
        adopted=fields.optional_day("adopted"),
        opened=fields.optional_day("opened"),
        signature_closes=fields.optional_day("signature_closes"),
        in_force_since=fields.optional_day("in_force_since"),
        consents_needed=fields.optional_whole("consents_needed"),
        entry_provision=_provision(fields, "entry_provision"),
        treaty_delay=_delay(fields, "treaty_delay"),
        party_delay=_delay(fields, "party_delay"),
        **fields.evidence(),
    )


def load_provisions() -> tuple[Provision, ...]:
    """Read provisions.csv.

    Raises:
        StoreError: the installed file cannot be read.
        MalformedError: it does not follow its format.
    """
    columns = ("instrument", "provision", "title", "paraphrase")
    return load_table(
        _PACKAGE,
        "provisions.csv",
        columns=columns,
        build=lambda fields: Provision(
            instrument=fields.text("instrument"),
            provision=_provision(fields),
            title=fields.text("title"),
            paraphrase=fields.text("paraphrase"),
            **fields.evidence(),
        ),
    )


def load_carriers() -> tuple[Carrier, ...]:
    """Read carriers.csv.

    Raises:
        StoreError: the installed file cannot be read.
        MalformedError: it does not follow its format.
    """
    columns = (
        "instrument",
        "measure",
        "provision",
        "duty",
        "channels",
        "channel_provision",
        "dual_criminality",
        "dual_provision",
        "reservation_provision",
        "dual_note",
        "reach_provision",
        "reach",
    )
    return load_table(
        _PACKAGE,
        "carriers.csv",
        columns=columns,
        build=lambda fields: Carrier(
            instrument=fields.text("instrument"),
            measure=fields.choice("measure", Measure),
            provision=_provision(fields),
            duty=fields.choice("duty", Duty),
            channels=fields.choices("channels", Channel),
            channel_provision=_provision(fields, "channel_provision"),
            dual_criminality=fields.choice("dual_criminality", DualCriminality),
            dual_provision=_optional_provision(fields, "dual_provision"),
            reservation_provision=_optional_provision(fields, "reservation_provision"),
            dual_note=fields.text("dual_note"),
            reach_provision=_provision(fields, "reach_provision"),
            reach=fields.text("reach"),
            **fields.evidence(),
        ),
    )


def load_contents() -> tuple[ContentItem, ...]:
    """Read contents.csv.

    Raises:
        StoreError: the installed file cannot be read.
        MalformedError: it does not follow its format.
    """
    columns = ("instrument", "measures", "provision", "key", "requirement", "paraphrase")
    return load_table(
        _PACKAGE,
        "contents.csv",
        columns=columns,
        build=lambda fields: ContentItem(
            instrument=fields.text("instrument"),
            measures=fields.choices("measures", Measure),
            provision=_provision(fields),
            key=fields.text("key"),
            requirement=fields.choice("requirement", Requirement),
            paraphrase=fields.text("paraphrase"),
            **fields.evidence(),
        ),
    )


def load_grounds() -> tuple[Ground, ...]:
    """Read grounds.csv.

    Raises:
        StoreError: the installed file cannot be read.
        MalformedError: it does not follow its format.
    """
    columns = ("instrument", "measures", "provision", "code", "modality", "exposure", "paraphrase")
    return load_table(
        _PACKAGE,
        "grounds.csv",
        columns=columns,
        build=lambda fields: Ground(
            instrument=fields.text("instrument"),
            measures=fields.choices("measures", Measure),
            provision=_provision(fields),
            code=fields.choice("code", GroundCode),
            modality=fields.choice("modality", Modality),
            exposure=fields.choice("exposure", Exposure),
            paraphrase=fields.text("paraphrase"),
            **fields.evidence(),
        ),
    )


def load_non_execution() -> tuple[NonExecutionReason, ...]:
    """Read non_execution.csv.

    Raises:
        StoreError: the installed file cannot be read.
        MalformedError: it does not follow its format.
    """
    return load_table(
        _PACKAGE,
        "non_execution.csv",
        columns=("code", "class", "paraphrase"),
        build=lambda fields: NonExecutionReason(
            code=fields.text("code"),
            reason_class=fields.choice("class", ReasonClass),
            paraphrase=fields.text("paraphrase"),
            **fields.evidence(),
        ),
    )


def load_clocks() -> tuple[Clock, ...]:
    """Read clocks.csv.

    Raises:
        StoreError: the installed file cannot be read.
        MalformedError: it does not follow its format.
    """
    columns = (
        "clock",
        "instrument",
        "measures",
        "provision",
        "kind",
        "character",
        "length",
        "start_event",
        "ends_with",
        "calendar",
        "paraphrase",
    )
    return load_table(_PACKAGE, "clocks.csv", columns=columns, build=build_clock)


def build_clock(fields: Fields) -> Clock:
    """Build one row of clocks.csv.

    Raises:
        MalformedError: a value is not allowed, or the period ends both after a length and with an event.
    """
    length = fields.optional_whole("length")
    ends_with = None if fields.optional("ends_with") is None else fields.choice("ends_with", ClockEvent)
    if (length is None) == (ends_with is None):
        fields.refuse("a period ends either after a length or with an event")
    return Clock(
        name=fields.text("clock"),
        instrument=fields.text("instrument"),
        measures=fields.choices("measures", Measure),
        provision=_provision(fields),
        kind=fields.choice("kind", ClockKind),
        character=fields.choice("character", ClockCharacter),
        length=length,
        start_event=fields.choice("start_event", ClockEvent),
        ends_with=ends_with,
        calendar=fields.choice("calendar", ClockCalendar),
        paraphrase=fields.text("paraphrase"),
        **fields.evidence(),
    )


def load_actions() -> tuple[Action, ...]:
    """Read actions.csv.

    Raises:
        StoreError: the installed file cannot be read.
        MalformedError: it does not follow its format.
    """
    columns = ("instrument", "participant", "act", "on", "known_by", "confidence", "note")
    return load_table(_PACKAGE, "actions.csv", columns=columns, build=build_action)


def build_action(fields: Fields) -> Action:
    """Build one row of actions.csv, or of a newer list in the same form.

    Raises:
        MalformedError: a value is not allowed, or the row has not exactly one of the two days.
    """
    on = fields.optional_day("on")
    known_by = fields.optional_day("known_by")
    if (on is None) == (known_by is None):
        fields.refuse("an act carries its day, or the day by which it was reported, and not both")
    confidence = fields.choice("confidence", Confidence)
    if confidence is Confidence.CONFIRMED and on is None:
        fields.refuse("a confirmed act carries its day")
    return Action(
        instrument=fields.text("instrument"),
        participant=fields.text("participant"),
        act=fields.choice("act", Act),
        on=on,
        known_by=known_by,
        confidence=confidence,
        note=fields.optional("note"),
        **fields.evidence(),
    )


def load_reported_counts() -> tuple[ReportedCount, ...]:
    """Read reported_counts.csv.

    Raises:
        StoreError: the installed file cannot be read.
        MalformedError: it does not follow its format.
    """
    columns = ("instrument", "of", "count", "as_of", "confidence", "note")
    return load_table(_PACKAGE, "reported_counts.csv", columns=columns, build=_build_count)


def _build_count(fields: Fields) -> ReportedCount:
    count = fields.optional_whole("count")
    if count is None:
        fields.refuse("column count is empty")
    return ReportedCount(
        instrument=fields.text("instrument"),
        of=fields.choice("of", CountOf),
        count=count,
        as_of=fields.day("as_of"),
        confidence=fields.choice("confidence", Confidence),
        note=fields.optional("note"),
        **fields.evidence(),
    )


def load_conduct() -> tuple[Conduct, ...]:
    """Read conduct.csv.

    Raises:
        StoreError: the installed file cannot be read.
        MalformedError: it does not follow its format.
    """
    columns = ("conduct", "label", "instrument", "provision", "paraphrase")
    return load_table(
        _PACKAGE,
        "conduct.csv",
        columns=columns,
        build=lambda fields: Conduct(
            code=fields.text("conduct"),
            label=fields.text("label"),
            instrument=fields.text("instrument"),
            provision=_optional_provision(fields),
            paraphrase=fields.text("paraphrase"),
            **fields.evidence(),
        ),
    )

"""Reads the law tables of a folder into their row types; `register` puts them together.

A folder holds `instruments.csv`, `conduct.csv` and `non_execution.csv`, and one folder an instrument with what belongs
to it alone. The installed tables and those that a user keeps have the same form.
"""

import re
from collections.abc import Callable
from typing import TypeVar

from comity.errors import MalformedError
from comity.law.clocks import Clock, ClockCalendar, ClockCharacter, ClockEvent, ClockKind
from comity.law.entry import Delay, parse_delay, parse_threshold
from comity.law.measures import Measure
from comity.law.model import (
    Act,
    Channel,
    Confidence,
    CountOf,
    Covers,
    DirectWay,
    DualCriminality,
    Duty,
    Exposure,
    Family,
    GroundCode,
    InstrumentKind,
    Modality,
    ObligationCategory,
    Oral,
    Parties,
    ProfileAspect,
    ReasonClass,
    Requirement,
    Territories,
    check_provision,
)
from comity.law.rows import (
    Action,
    Carrier,
    Conduct,
    ContentItem,
    DirectAccess,
    Ground,
    Instrument,
    NonExecutionReason,
    Obligation,
    ProfileEntry,
    Provision,
    ReportedCount,
)
from comity.parties.table import Fields, TableFolder

Row = TypeVar("Row")

# Also the name of the instrument's folder.
_KEY = re.compile(r"[a-z][a-z0-9_]{0,59}", re.ASCII)
_ANY_LINE = re.compile(r".+")
_YES_OR_NO = (re.compile(r"yes|no"), "yes or no")
_PROFILE_VALUES = {
    ProfileAspect.LANGUAGE: (re.compile(r"[a-z]{2,3}( [a-z]{2,3})*"), "ISO 639 codes with single spaces"),
    ProfileAspect.CHANNEL: (re.compile("|".join(Channel)), f"one of {', '.join(Channel)}"),
    ProfileAspect.ANSWERS_WITHIN: (re.compile(r"[1-9][0-9]{0,3} (hours|days)"), "a period such as 24 hours or 10 days"),
    ProfileAspect.ORAL: _YES_OR_NO,
    ProfileAspect.DUAL_CRIMINALITY: _YES_OR_NO,
    ProfileAspect.RECIPROCITY: _YES_OR_NO,
    ProfileAspect.NOTICE_TO_USER: _YES_OR_NO,
}

INSTRUMENT_COLUMNS = (
    "instrument",
    "kind",
    "family",
    "title",
    "short_title",
    "citation",
    "depositary",
    "chart",
    "parent",
    "adopted",
    "opened",
    "signature_closes",
    "in_force_since",
    "threshold",
    "entry_provision",
    "treaty_delay",
    "party_delay",
    "withdrawal_provision",
    "withdrawal_delay",
    "parties",
    "parties_until",
    "territories",
    "scope",
)
ACTION_COLUMNS = ("participant", "act", "on", "known_by", "confidence", "provision", "about", "note")
CONDUCT_COLUMNS = ("conduct", "label", "instrument", "provision", "paraphrase")
_CARRIER_COLUMNS = (
    "measure",
    "provision",
    "duty",
    "askers",
    "channels",
    "channel_provision",
    "dual_criminality",
    "dual_provision",
    "reservation_provision",
    "dual_note",
    "covers",
    "reach_provision",
    "reach",
    "oral",
    "language_provision",
)
_CLOCK_COLUMNS = (
    "clock",
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


def _provision(fields: Fields, column: str = "provision") -> str:
    try:
        return check_provision(fields.text(column))
    except MalformedError as exc:
        fields.refuse(exc.message)


def _optional_provision(fields: Fields, column: str = "provision") -> str | None:
    return None if fields.optional(column) is None else _provision(fields, column)


def _optional_delay(fields: Fields, column: str) -> Delay | None:
    text = fields.optional(column)
    try:
        return None if text is None else parse_delay(text)
    except MalformedError as exc:
        fields.refuse(exc.message)


def build_instrument(fields: Fields) -> Instrument:
    """Build one row of instruments.csv.

    Raises:
        MalformedError: a value is not allowed, or the list of parties is said to be loaded until no day.
    """
    threshold = fields.optional("threshold")
    parties = fields.choice("parties", Parties)
    until = fields.optional_day("parties_until")
    if (parties in {Parties.LOADED, Parties.PARTIAL}) != (until is not None):
        fields.refuse("parties_until is the day up to which acts are loaded, and empty where none are")
    try:
        parsed = None if threshold is None else parse_threshold(threshold)
    except MalformedError as exc:
        fields.refuse(exc.message)
    key = fields.text("instrument")
    if _KEY.fullmatch(key) is None:
        fields.refuse(f"instrument {key!r} must be a word of lower-case letters, digits and _")
    return Instrument(
        key=key,
        kind=fields.choice("kind", InstrumentKind),
        family=fields.choice("family", Family),
        title=fields.text("title"),
        short_title=fields.text("short_title"),
        citation=fields.text("citation"),
        depositary=fields.optional("depositary"),
        chart=fields.optional("chart"),
        parent=fields.optional("parent"),
        adopted=fields.optional_day("adopted"),
        opened=fields.optional_day("opened"),
        signature_closes=fields.optional_day("signature_closes"),
        in_force_since=fields.optional_day("in_force_since"),
        threshold=parsed,
        entry_provision=_optional_provision(fields, "entry_provision"),
        treaty_delay=_optional_delay(fields, "treaty_delay"),
        party_delay=_optional_delay(fields, "party_delay"),
        withdrawal_provision=_optional_provision(fields, "withdrawal_provision"),
        withdrawal_delay=_optional_delay(fields, "withdrawal_delay"),
        parties=parties,
        parties_until=until,
        territories=fields.optional_choice("territories", Territories),
        scope=fields.text("scope"),
        **fields.evidence(),
    )


def load_instruments(folder: TableFolder) -> tuple[Instrument, ...]:
    """Read instruments.csv, in the order in which a basis prefers them.

    Raises:
        StoreError: the file cannot be read.
        MalformedError: it does not follow its format.
    """
    return folder.read("instruments.csv", columns=INSTRUMENT_COLUMNS, build=build_instrument, optional=True)


def load_conduct(folder: TableFolder) -> tuple[Conduct, ...]:
    """Read conduct.csv.

    Raises:
        StoreError: the file cannot be read.
        MalformedError: it does not follow its format.
    """

    def build(fields: Fields) -> Conduct:
        return Conduct(
            code=fields.text("conduct"),
            label=fields.text("label"),
            instrument=fields.text("instrument"),
            provision=_optional_provision(fields),
            paraphrase=fields.text("paraphrase"),
            **fields.evidence(),
        )

    return folder.read("conduct.csv", columns=CONDUCT_COLUMNS, build=build, optional=True)


def load_non_execution(folder: TableFolder) -> tuple[NonExecutionReason, ...]:
    """Read non_execution.csv.

    Raises:
        StoreError: the file cannot be read.
        MalformedError: it does not follow its format.
    """

    def build(fields: Fields) -> NonExecutionReason:
        return NonExecutionReason(
            code=fields.text("code"),
            reason_class=fields.choice("class", ReasonClass),
            paraphrase=fields.text("paraphrase"),
            **fields.evidence(),
        )

    return folder.read("non_execution.csv", columns=("code", "class", "paraphrase"), build=build, optional=True)


def load_profiles(folder: TableFolder) -> tuple[ProfileEntry, ...]:
    """Read profiles.csv.

    Raises:
        StoreError: the file cannot be read.
        MalformedError: it does not follow its format.
    """
    columns = ("participant", "instrument", "aspect", "value", "since", "note")
    return folder.read("profiles.csv", columns=columns, build=_build_profile, optional=True)


def _build_profile(fields: Fields) -> ProfileEntry:
    aspect, value = fields.choice("aspect", ProfileAspect), fields.text("value")
    form, wanted = _PROFILE_VALUES.get(aspect, (_ANY_LINE, "a line of text"))
    if form.fullmatch(value) is None:
        fields.refuse(f"column value of the aspect {aspect} must be {wanted}, got {value!r}")
    return ProfileEntry(
        participant=fields.text("participant"),
        instrument=fields.optional("instrument"),
        aspect=aspect,
        value=value,
        since=fields.optional_day("since"),
        note=fields.optional("note"),
        **fields.evidence(),
    )


class InstrumentTables:
    """The tables in the folder of one instrument; those that are not there have no rows."""

    def __init__(self, folder: TableFolder, instrument: str) -> None:
        self._folder = folder.subfolder(instrument)
        self._instrument = instrument

    def _read(self, name: str, columns: tuple[str, ...], build: Callable[[Fields], Row]) -> tuple[Row, ...]:
        return self._folder.read(name, columns=columns, build=build, optional=True)

    def provisions(self) -> tuple[Provision, ...]:
        """Read provisions.csv.

        Raises:
            StoreError: the file cannot be read.
            MalformedError: it does not follow its format.
        """

        def build(fields: Fields) -> Provision:
            return Provision(
                instrument=self._instrument,
                provision=_provision(fields),
                title=fields.text("title"),
                paraphrase=fields.text("paraphrase"),
                duty=fields.optional_choice("duty", Duty),
                parents=fields.parts("parent"),
                see=fields.parts("see"),
                **fields.evidence(),
            )

        return self._read("provisions.csv", ("provision", "title", "paraphrase", "duty", "parent", "see"), build)

    def carriers(self) -> tuple[Carrier, ...]:
        """Read carriers.csv.

        Raises:
            StoreError: the file cannot be read.
            MalformedError: it does not follow its format.
        """

        def build(fields: Fields) -> Carrier:
            return Carrier(
                instrument=self._instrument,
                measure=fields.choice("measure", Measure),
                provision=_provision(fields),
                duty=fields.choice("duty", Duty),
                askers=fields.choices("askers", Channel),
                channels=fields.choices("channels", Channel),
                channel_provision=_provision(fields, "channel_provision"),
                dual_criminality=fields.choice("dual_criminality", DualCriminality),
                dual_provision=_optional_provision(fields, "dual_provision"),
                reservation_provision=_optional_provision(fields, "reservation_provision"),
                dual_note=fields.text("dual_note"),
                covers=fields.choices("covers", Covers),
                reach_provision=_provision(fields, "reach_provision"),
                reach=fields.text("reach"),
                oral=fields.optional_choice("oral", Oral),
                language_provision=_optional_provision(fields, "language_provision"),
                **fields.evidence(),
            )

        return self._read("carriers.csv", _CARRIER_COLUMNS, build)

    def contents(self) -> tuple[ContentItem, ...]:
        """Read contents.csv.

        Raises:
            StoreError: the file cannot be read.
            MalformedError: it does not follow its format.
        """

        def build(fields: Fields) -> ContentItem:
            return ContentItem(
                instrument=self._instrument,
                measures=fields.choices("measures", Measure),
                provision=_provision(fields),
                key=fields.text("key"),
                requirement=fields.choice("requirement", Requirement),
                paraphrase=fields.text("paraphrase"),
                **fields.evidence(),
            )

        return self._read("contents.csv", ("measures", "provision", "key", "requirement", "paraphrase"), build)

    def grounds(self) -> tuple[Ground, ...]:
        """Read grounds.csv.

        Raises:
            StoreError: the file cannot be read.
            MalformedError: it does not follow its format.
        """

        def build(fields: Fields) -> Ground:
            return Ground(
                instrument=self._instrument,
                measures=fields.choices("measures", Measure),
                provision=_provision(fields),
                code=fields.choice("code", GroundCode),
                modality=fields.choice("modality", Modality),
                exposure=fields.choice("exposure", Exposure),
                paraphrase=fields.text("paraphrase"),
                **fields.evidence(),
            )

        columns = ("measures", "provision", "code", "modality", "exposure", "paraphrase")
        return self._read("grounds.csv", columns, build)

    def clocks(self) -> tuple[Clock, ...]:
        """Read clocks.csv.

        Raises:
            StoreError: the file cannot be read.
            MalformedError: it does not follow its format.
        """
        return self._read("clocks.csv", _CLOCK_COLUMNS, lambda fields: build_clock(fields, self._instrument))

    def actions(self) -> tuple[Action, ...]:
        """Read actions.csv.

        Raises:
            StoreError: the file cannot be read.
            MalformedError: it does not follow its format.
        """
        return self._read("actions.csv", ACTION_COLUMNS, lambda fields: build_action(fields, self._instrument))

    def reported_counts(self) -> tuple[ReportedCount, ...]:
        """Read reported_counts.csv.

        Raises:
            StoreError: the file cannot be read.
            MalformedError: it does not follow its format.
        """

        def build(fields: Fields) -> ReportedCount:
            count = fields.optional_whole("count")
            if count is None:
                fields.refuse("column count is empty")
            return ReportedCount(
                instrument=self._instrument,
                of=fields.choice("of", CountOf),
                count=count,
                as_of=fields.day("as_of"),
                confidence=fields.choice("confidence", Confidence),
                note=fields.optional("note"),
                **fields.evidence(),
            )

        return self._read("reported_counts.csv", ("of", "count", "as_of", "confidence", "note"), build)

    def direct(self) -> tuple[DirectAccess, ...]:
        """Read direct.csv.

        Raises:
            StoreError: the file cannot be read.
            MalformedError: it does not follow its format.
        """

        def build(fields: Fields) -> DirectAccess:
            return DirectAccess(
                instrument=self._instrument,
                way=fields.choice("way", DirectWay),
                measures=fields.choices("measures", Measure),
                provision=_provision(fields),
                paraphrase=fields.text("paraphrase"),
                **fields.evidence(),
            )

        return self._read("direct.csv", ("way", "measures", "provision", "paraphrase"), build)

    def obligations(self) -> tuple[Obligation, ...]:
        """Read obligations.csv.

        Raises:
            StoreError: the file cannot be read.
            MalformedError: it does not follow its format.
        """

        def build(fields: Fields) -> Obligation:
            return Obligation(
                instrument=self._instrument,
                provision=_provision(fields),
                category=fields.choice("category", ObligationCategory),
                duty=fields.choice("duty", Duty),
                needs=fields.text("needs"),
                paraphrase=fields.text("paraphrase"),
                **fields.evidence(),
            )

        return self._read("obligations.csv", ("provision", "category", "duty", "needs", "paraphrase"), build)


def build_clock(fields: Fields, instrument: str) -> Clock:
    """Build one row of clocks.csv.

    Raises:
        MalformedError: a value is not allowed, or the period ends both after a length and with an event.
    """
    length = fields.optional_whole("length")
    ends_with = fields.optional_choice("ends_with", ClockEvent)
    if (length is None) == (ends_with is None):
        fields.refuse("a period ends either after a length or with an event")
    return Clock(
        name=fields.text("clock"),
        instrument=instrument,
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


def build_action(fields: Fields, instrument: str) -> Action:
    """Build one row of actions.csv, or of a newer list in the same form.

    Raises:
        MalformedError: a value is not allowed, the row has not exactly one of the two days, or names no territory
            where the act is about one.
    """
    on = fields.optional_day("on")
    known_by = fields.optional_day("known_by")
    if (on is None) == (known_by is None):
        fields.refuse("an act carries its day, or the day by which it was reported, and not both")
    confidence = fields.choice("confidence", Confidence)
    if confidence is Confidence.CONFIRMED and on is None:
        fields.refuse("a confirmed act carries its day")
    evidence = fields.evidence()
    if confidence is Confidence.CONFIRMED and not evidence["grade"].binding:
        fields.refuse("an act that rests on memory is not confirmed; write memory or reported")
    act = fields.choice("act", Act)
    about = fields.optional("about")
    if act in {Act.TERRITORIAL_APPLICATION, Act.TERRITORIAL_EXCLUSION} and about is None:
        fields.refuse(f"a {act.label} names its territory in the column about")
    return Action(
        instrument=instrument,
        participant=fields.text("participant"),
        act=act,
        on=on,
        known_by=known_by,
        confidence=confidence,
        provision=_optional_provision(fields),
        about=about,
        note=fields.optional("note"),
        **evidence,
    )

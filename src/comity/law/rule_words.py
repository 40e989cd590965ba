"""Every rule in words: what is shown to whoever holds the tables against the certified text.

Invariant: the words hold every column by which a rule decides, all but its evidence, so that they differ where it
decides otherwise. Of an instrument they hold what its text can say; that it is in force, and who is bound, comes from
elsewhere.
"""

from functools import singledispatch

from comity.law.clocks import Clock
from comity.law.elements import Element
from comity.law.measures import Measure
from comity.law.reform.amendment_rules import AmendmentRule
from comity.law.rows import Carrier, Conduct, ContentItem, DirectAccess, Ground, Instrument, Obligation, Provision
from comity.law.safeguards import SafeguardRow
from comity.parties.table import Sourced


@singledispatch
def rule_words(row: Sourced) -> str:
    """Return a row of the law tables in words."""
    raise AssertionError(row)


@rule_words.register
def _provision(row: Provision) -> str:
    duty = "" if row.duty is None else f" ({row.duty})"
    came = _listed("comes from", row.parents) + _listed("see", row.see)
    return f"article {row.provision}, {row.title}{duty}: {row.paraphrase}{came}"


@rule_words.register
def _instrument(row: Instrument) -> str:
    named = f"{row.title} ({row.short_title}; {row.citation}), {row.kind} on {row.family}: {row.scope}"
    entry = _told(
        ("a protocol to", row.parent),
        ("adopted", row.adopted),
        ("opened", row.opened),
        ("signature closes", row.signature_closes),
        ("depositary", row.depositary),
        ("enters into force with", None if row.threshold is None else row.threshold.text),
        ("after", None if row.treaty_delay is None else row.treaty_delay.text),
        ("for each who joins later after", None if row.party_delay is None else row.party_delay.text),
        ("by article", row.entry_provision),
        ("a withdrawal takes effect after", None if row.withdrawal_delay is None else row.withdrawal_delay.text),
        ("under article", row.withdrawal_provision),
        ("territories", row.territories),
    )
    return f"{named}{entry}"


@rule_words.register
def _carrier(row: Carrier) -> str:
    asked = f"{' '.join(row.askers)} to {' '.join(row.channels)} (article {row.channel_provision})"
    dual = f"dual criminality {row.dual_criminality}, {row.dual_note}"
    reach = f"reaches {' '.join(row.covers)}, {row.reach} (article {row.reach_provision})"
    more = _told(
        ("dual criminality by article", row.dual_provision),
        ("reservation by article", row.reservation_provision),
        ("orally", row.oral),
        ("language by article", row.language_provision),
    )
    return f"article {row.provision} carries {row.measure.label}: {row.duty}, {asked}; {dual}; {reach}{more}"


@rule_words.register
def _content(row: ContentItem) -> str:
    what = f"a request for {_measures(row.measures)} states {row.key} ({row.requirement})"
    return f"article {row.provision}: {what}: {row.paraphrase}"


@rule_words.register
def _ground(row: Ground) -> str:
    what = f"ground {row.code} for {_measures(row.measures)} ({row.modality}, {row.exposure})"
    return f"article {row.provision}: {what}: {row.paraphrase}"


@rule_words.register
def _clock(row: Clock) -> str:
    length = f"until {row.ends_with}" if row.length is None else str(row.length)
    runs = f"{row.kind} by {row.character}, {length} in {row.calendar} from {row.start_event}"
    return f"article {row.provision}: clock {row.name} for {_measures(row.measures)}, {runs}: {row.paraphrase}"


@rule_words.register
def _obligation(row: Obligation) -> str:
    return f"article {row.provision}: {row.duty} have {row.needs} ({row.category}): {row.paraphrase}"


@rule_words.register
def _direct(row: DirectAccess) -> str:
    what = f"{_measures(row.measures)} without a request, by {row.way}"
    return f"article {row.provision}: {what}: {row.paraphrase}"


@rule_words.register
def _conduct(row: Conduct) -> str:
    return f"article {row.provision}: {row.label} ({row.code}) is an offence: {row.paraphrase}"


@rule_words.register
def _element(row: Element) -> str:
    return f"article {row.provision}: the offence has {row.label} ({row.role}): {row.paraphrase}"


@rule_words.register
def _safeguard(row: SafeguardRow) -> str:
    answers = f"({row.when}; {', '.join(row.answers)})"
    return f"article {row.provision}: safeguard {row.step} of the {row.side} {answers}: {row.question} {row.why}"


@rule_words.register
def _amendment(row: AmendmentRule) -> str:
    more = _told(
        ("whom it binds by article", row.binds_provision),
        ("parties needed", row.parties_needed),
        ("years after entry into force", row.years_after_entry),
        ("adopted by", row.adoption),
        ("days until it takes effect", row.effect_days),
        ("it takes effect for", row.effect_for),
    )
    return f"article {row.provision}: change by {row.route}: {row.paraphrase}{more}"


def _told(*columns: tuple[str, object]) -> str:
    return "".join(f"; {label} {value}" for label, value in columns if value is not None)


def _listed(label: str, values: tuple[str, ...]) -> str:
    return f"; {label} {', '.join(values)}" if values else ""


def _measures(measures: tuple[Measure, ...]) -> str:
    return ", ".join(measure.label for measure in measures)

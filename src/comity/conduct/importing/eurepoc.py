"""The European Repository of Cyber Incidents: three files of its release 1.1, about incidents, attributions, receivers.

One attribution is one claim. In the file an attribution has several rows, the product of everybody who attributes and
everybody who is named: a joint statement of two countries' agencies stands there with each agency in each country. The
rows of one attribution are therefore read together, as the claim of all its speakers about all whom it names; a claim
for each row would say things that nobody said.

A country is named at the level of the state only where the coders have the category State in every row about it, and
of the place otherwise: state affiliation that is suggested is no word about the state. The repository writes the first
of January where it knows the year only, so such a day is kept as a year. Attributions that are coded as contested are
kept and said, since the file does not tell who contests what. Replies of whoever is named are not in the files.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

from comity.conduct.importing.imported import UNTYPED, Gathering, Imported, SourceFile, source_file
from comity.conduct.importing.rows import Place, Row, is_region, line, place_named, read_table, say_surplus, sources
from comity.conduct.statements import (
    NOT_NAMED,
    Category,
    Claim,
    ExternalId,
    Operation,
    Period,
    Source,
    Speaker,
    SpeakerKind,
    Subject,
    Target,
)
from comity.errors import MalformedError

_WHO: Final = "European Repository of Cyber Incidents"
_BLANKS: Final = frozenset({"Not available", "NaN", "nan", "None", "[]"})
_NOWHERE: Final = frozenset({"Unknown"})
_MOST_LISTED: Final = 500

# What kinds of incident are here. Hijacking is a means and decides nothing; the taking of data is spying or theft,
# which the coders do not tell apart; whatever else an incident was, and one of two sorts, is `other`.
INCIDENT_TYPES: Final[Mapping[str, Category | None]] = MappingProxyType(
    {
        "Data theft": "espionage",
        "Data theft & Doxing": "other",
        "Disruption": "other",
        "Hijacking with Misuse": None,
        "Hijacking without Misuse": None,
        "Ransomware": "other",
    }
)

Form = Literal["anonymous", "legal", "media", "person", "political", "self", "technical", "unclear"]
# In which form an attribution was made. The file adds examples in brackets, which are left out here.
FORMS: Final[Mapping[str, Form]] = MappingProxyType(
    {
        "Anonymous statement in media report": "anonymous",
        "Attribution given, type unclear": "unclear",
        "Direct statement in media report": "person",
        "Domestic legal action": "legal",
        "Media report": "media",
        "Political statement / report": "political",
        "Political statement/report and indictment / sanctions": "legal",
        "Self-attribution in the course of the attack": "self",
        "Statement in media report and indictment / sanctions": "legal",
        "Statement in media report and political statement/technical report": "person",
        "Technical report": "technical",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What a basis means: the tier, by form where that decides, who speaks, and why the tier is what it is."""

    tier: int | None
    speaker: SpeakerKind
    reason: str
    by_form: Mapping[Form, int | None] = field(default_factory=dict)


# Whoever speaks, an unnamed source and a medium that names none are the lowest tier.
_UNNAMED: Final[Mapping[Form, int | None]] = MappingProxyType({"anonymous": 0, "media": 0})
BASES: Final[Mapping[str, Basis]] = MappingProxyType(
    {
        "Attacker confirms": Basis(
            tier=None,
            speaker="persona",
            reason="whoever claims it for itself; that a state speaks for itself is not coded, so it is no admission",
        ),
        "Attribution by EU institution/agency": Basis(
            tier=4,
            speaker="organisation",
            reason="the institution speaks for its member states; with a legal act, published grounds",
            by_form={**_UNNAMED, "legal": 5},
        ),
        "Attribution by international organization": Basis(
            tier=4, speaker="organisation", reason="the organisation speaks for several states", by_form=_UNNAMED
        ),
        "Attribution by receiver government / state entity": Basis(
            tier=3,
            speaker="state",
            reason="one government, several when the attributing countries are; with a legal act, published grounds",
            by_form={**_UNNAMED, "legal": 5},
        ),
        "Attribution by third-party": Basis(
            tier=None,
            speaker="unknown",
            reason="the third party may be anybody; only a technical report tells what the claim rests on",
            by_form={**_UNNAMED, "technical": 1},
        ),
        "Contested attribution": Basis(
            tier=None, speaker="unknown", reason="who contests what is not coded", by_form=_UNNAMED
        ),
        "IT-security community attributes attacker": Basis(
            tier=1, speaker="company", reason="one company or researcher", by_form=_UNNAMED
        ),
        "Media-based attribution": Basis(tier=0, speaker="media", reason="a medium says so"),
        "Receiver attributes attacker": Basis(
            tier=1, speaker="organisation", reason="one body, which was hit itself", by_form=_UNNAMED
        ),
    }
)
_JOINT: Final = 4
_CONTESTED: Final = "Contested attribution"

_STATE: Final = "State"
_AFFILIATED: Final = "Non-state actor, state-affiliation suggested"
CATEGORIES: Final = MappingProxyType(
    {
        text: text
        for text in (
            _STATE,
            _AFFILIATED,
            "Non-state-group",
            "Individual hacker(s)",
            "Unknown - not attributed",
        )
    }
)

# Whom receivers are: the kind of target, and the words for it.
RECEIVERS: Final[
    Mapping[str, tuple[Literal["infrastructure", "organisation", "persons", "sector", "unknown"], str]]
] = MappingProxyType(
    {
        "Corporate Targets": ("sector", "companies"),
        "Critical infrastructure": ("infrastructure", "critical infrastructure"),
        "Education": ("sector", "education"),
        "End user(s) / specially protected groups": ("persons", "end users and protected groups"),
        "International / supranational organization": ("organisation", "international organisation"),
        "Media": ("sector", "media"),
        "Other": ("unknown", "other receivers"),
        "Science": ("sector", "science"),
        "Social groups": ("persons", "social groups"),
        "State institutions / political system": ("sector", "state institutions and political system"),
        "Unknown": ("unknown", "unknown receivers"),
    }
)

_INCIDENT_COLUMNS: Final = frozenset({"ID", "name", "start_date", "end_date", "incident_type", "sources_url"})
# Known and not read: what repeats the other two files, and what says nothing about who claims what.
_ASIDE: Final = """
added_to_DB attributed_initiator attributed_initiator_category attributed_initiator_country
attributed_initiator_subcategory attributing_actor attributing_country attribution_basis attribution_date
attribution_it_company attribution_type casualties cyber_conflict_issue data_theft description disruption
economic_impact economic_impact_currency economic_impact_exact_value evidence_for_sanctions_indicator
functional_impact has_disruption hijacking IL_breach_indicator IL_breach_indicator_subcode impact_indicator
impact_indicator_value inclusion_criteria inclusion_criteria_subcode initiator_category initiator_category_subcode
initiator_country initiator_name intelligence_impact legal_attribution_reference legal_attribution_reference_subcode
legal_response_actor legal_response_country legal_response_date legal_response_indicator legal_response_type
legal_response_type_subcode MITRE_impact MITRE_initial_access number_of_attributions number_of_legal_responses
number_of_political_responses offline_conflict_intensity offline_conflict_intensity_subcode offline_conflict_issue
offline_conflict_name_HIIK physical_effects_spatial physical_effects_temporal political_impact_affected_entities
political_impact_affected_entities_exact_value political_impact_third_countries
political_impact_third_countries_exact_value political_response_actor political_response_country
political_response_date political_response_type political_response_type_subcode receiver_category
receiver_category_subcode receiver_country receiver_name receiver_region source_incident_detection_disclosure
sources_attribution state_responsibility_indicator target_multiplier unweighted_cyber_intensity user_interaction
weighted_cyber_intensity zero_days zero_days_subcode
"""
_INCIDENT_ASIDE: Final = frozenset(_ASIDE.split())
_ATTRIBUTION_COLUMNS: Final = frozenset(
    {
        "incident_ID",
        "attribution_ID",
        "attribution_date",
        "attribution_type",
        "attribution_basis",
        "attributing_actor",
        "attribution_it_company",
        "attributing_country",
        "attributed_initiator",
        "attributed_initiator_country",
        "attributed_initiator_category",
    }
)
_RECEIVER_COLUMNS: Final = frozenset(
    {"ID", "receiver_country", "receiver_name", "receiver_category", "receiver_category_subcode"}
)


@dataclass(slots=True)
class _Attribution:
    """One attribution while its rows are read together; texts stand in the order in which they come."""

    incident: str
    number: str
    rows: list[int] = field(default_factory=list)
    days: dict[str, None] = field(default_factory=dict)
    bases: dict[str, Basis] = field(default_factory=dict)
    forms: dict[str, Form] = field(default_factory=dict)
    actors: dict[str, None] = field(default_factory=dict)
    companies: dict[str, None] = field(default_factory=dict)
    speaking_for: dict[str, Place] = field(default_factory=dict)
    units: dict[str, None] = field(default_factory=dict)
    named: dict[str, Place] = field(default_factory=dict)
    categories: dict[str, set[str]] = field(default_factory=dict)
    wrong: MalformedError | None = None

    def add(self, row: Row) -> None:
        """Take one more row."""
        self.rows.append(row.number)
        _put(self.days, row.day("attribution_date"))
        form = row.optional("attribution_type")
        if form is not None:
            short = form.partition(" (e.g.")[0]
            if short not in FORMS:
                row.refuse("attribution_type", f"the value {form[:80]!r} is not known")
            self.forms[short] = FORMS[short]
        basis = row.optional("attribution_basis")
        if basis is not None:
            if basis not in BASES:
                row.refuse("attribution_basis", f"the value {basis[:80]!r} is not known")
            self.bases[basis] = BASES[basis]
        _put(self.actors, row.optional("attributing_actor"))
        _put(self.companies, row.optional("attribution_it_company"))
        country = _country(row, "attributing_country")
        if country is not None:
            self.speaking_for[country.key] = country
        _put(self.units, row.optional("attributed_initiator"))
        where = _country(row, "attributed_initiator_country")
        category = row.optional_choice("attributed_initiator_category", CATEGORIES)
        if where is not None:
            self.named[where.key] = where
            self.categories.setdefault(where.key, set()).add(category or "not coded")
        row.done()

    @property
    def place(self) -> str:
        """Where it stands in the file."""
        first, last = self.rows[0], self.rows[-1]
        if first == last:
            return f"row {first}"
        if last - first + 1 == len(self.rows):
            return f"rows {first} to {last}"
        return line(f"rows {', '.join(map(str, self.rows))}")


def import_eurepoc(
    incidents: bytes | Path | SourceFile,
    attributions: bytes | Path | SourceFile,
    receivers: bytes | Path | SourceFile,
    *,
    on: date,
    version: str | None = None,
) -> Imported:
    """Read the three files of a release; the files do not say which it is, so `version` does.

    Raises:
        TooLargeError: a file is larger than any known collection.
        StoreError: one cannot be read.
        MalformedError: one has another layout than is known.
    """
    files = (
        source_file(incidents, name="EuRepoC incidents"),
        source_file(attributions, name="EuRepoC attributions"),
        source_file(receivers, name="EuRepoC receivers"),
    )
    gathering = Gathering(files, on=on)
    hit, told = _receivers(files[2], gathering)
    operations, rows = _incidents(files[0], hit, gathering)
    gathering.note("political and legal responses, and legal attribution, are not read: they are no claims as coded")
    rows += told + _attributions(files[1], operations, gathering)
    return gathering.finish(source=_WHO, version=version, rows=rows)


def _receivers(file: SourceFile, gathering: Gathering) -> tuple[dict[str, list[Target]], int]:
    """Return whom the incidents hit, and the number of rows."""
    table = read_table(file, required=_RECEIVER_COLUMNS, known=frozenset({"receiver_region"}), blanks=_BLANKS)
    hit: dict[str, dict[Target, None]] = {}
    say_surplus(file, table, gathering)
    rows = 0
    for row in table.rows:
        rows += 1
        try:
            incident = row.text("ID")
            hit.setdefault(incident, {}).update(dict.fromkeys(_targets(row)))
        except MalformedError as exc:
            gathering.refuse(exc)
    gathering.count("rows about receivers", rows)
    return {incident: list(targets) for incident, targets in hit.items()}, rows


def _targets(row: Row) -> list[Target]:
    row.skip("receiver_region")
    found = []
    country = _country(row, "receiver_country")
    if country is not None:
        kind: Literal["region", "state"] = "region" if _is_region(country.name) else "state"
        found.append(Target(name=line(country.name), kind=kind, participant=country.participant))
    name = row.optional("receiver_name")
    if name is not None:
        found.append(Target(name=line(name), kind="organisation"))
    category, detail = row.optional("receiver_category"), row.optional("receiver_category_subcode")
    if category is not None:
        short = category.partition(" (")[0] if category.startswith("Corporate") else category
        if short not in RECEIVERS:
            row.refuse("receiver_category", f"the value {category[:80]!r} is not known")
        sort, words = RECEIVERS[short]
        found.append(Target(name=line(words if detail is None else f"{words}: {detail}"), kind=sort))
    row.done()
    return found


def _incidents(file: SourceFile, hit: Mapping[str, list[Target]], gathering: Gathering) -> tuple[dict[str, str], int]:
    """Keep the incidents as operations, and return their records' ids by incident, with the number of rows."""
    table = read_table(file, required=_INCIDENT_COLUMNS, known=_INCIDENT_ASIDE, blanks=_BLANKS)
    say_surplus(file, table, gathering)
    operations: dict[str, str] = {}
    rows = 0
    for row in table.rows:
        rows += 1
        try:
            incident = row.text("ID")
            if incident in operations:
                row.refuse("ID", f"incident {incident} stands twice")
            record = gathering.record(
                _operation(row, incident, hit.get(incident, []), gathering), file=file, place=row.place
            )
        except MalformedError as exc:
            gathering.refuse(exc)
            continue
        operations[incident] = record.id
        gathering.keep([record])
    return operations, rows


def _operation(row: Row, incident: str, hit: list[Target], gathering: Gathering) -> Operation:
    row.skip(*_INCIDENT_ASIDE)
    said = row.parts("incident_type", separator=";")
    for text in said:
        if text not in INCIDENT_TYPES:
            row.refuse("incident_type", f"the value {text[:80]!r} is not known")
    sorts = {INCIDENT_TYPES[text] for text in said} - {None}
    begin, end = _day_or_year(row.day("start_date")), _day_or_year(row.day("end_date"))
    only = next(iter(sorts)) if len(sorts) == 1 else None
    listed = sources("source of the incident as listed", row.raw("sources_url"), publisher=_WHO)
    found = Operation(
        title=line(row.text("name")),
        category=only or "other",
        occurred=Period(begin=begin, end=end) if begin or end else None,
        hit=hit[:_MOST_LISTED],
        effects=f"type as coded: {'; '.join(said)}" if said else None,
        external=[ExternalId(scheme="eurepoc_incident", id=incident)],
        sources=listed[:_MOST_LISTED],
    )
    row.done()
    gathering.count(UNTYPED, int(not said))
    return found


def _attributions(file: SourceFile, operations: Mapping[str, str], gathering: Gathering) -> int:
    table = read_table(file, required=_ATTRIBUTION_COLUMNS, blanks=_BLANKS)
    say_surplus(file, table, gathering)
    found: dict[tuple[str, str], _Attribution] = {}
    rows = 0
    for row in table.rows:
        rows += 1
        try:
            incident, number = row.text("incident_ID"), row.optional("attribution_ID")
        except MalformedError as exc:
            gathering.refuse(exc)
            continue
        if number is None:
            gathering.count("rows of incidents without an attribution")
            continue
        number = number.removesuffix(".0")
        attribution = found.setdefault((incident, number), _Attribution(incident, number))
        try:
            attribution.add(row)
        except MalformedError as exc:
            attribution.wrong = attribution.wrong or exc
    gathering.count("rows about attributions", rows)
    gathering.count("attributions", len(found))
    for attribution in found.values():
        _keep(attribution, file, operations, gathering)
    return len(found)


def _keep(attribution: _Attribution, file: SourceFile, operations: Mapping[str, str], gathering: Gathering) -> None:
    """Keep one attribution as a claim; one of which a row is wrong is left out whole."""
    if attribution.wrong is None and not attribution.units and not attribution.named:
        gathering.count("attributions that name nobody")
        return
    try:
        claim = _claim(attribution, _incident_of(attribution, file, operations))
        record = gathering.record(claim, file=file, place=attribution.place)
    except MalformedError as exc:
        gathering.refuse(exc)
        return
    gathering.count("attributions coded as contested", int(_CONTESTED in attribution.bases))
    gathering.keep([record])


def _incident_of(attribution: _Attribution, file: SourceFile, operations: Mapping[str, str]) -> str:
    if attribution.wrong is not None:
        raise attribution.wrong
    if attribution.incident not in operations:
        raise MalformedError(
            f"{file.name}, {attribution.place}, column incident_ID: "
            f"incident {attribution.incident} is not among those that were read"
        )
    return operations[attribution.incident]


def _claim(attribution: _Attribution, operation: str) -> Claim:
    states = {key for key, categories in attribution.categories.items() if categories == {_STATE}}
    close = [
        place
        for key, place in attribution.named.items()
        if attribution.categories[key] == {_AFFILIATED} and not _is_region(place.name)
    ]
    # A group that is said to be close to a state names it at its own level; the state is not meant by that.
    units = attribution.units or (("group not named",) if close else ())
    near = close[0].participant if len(close) == 1 else None
    about = [Subject(level="unit", name=line(name), participant=near) for name in units]
    for key, place in attribution.named.items():
        level: Literal["place", "state"] = "state" if key in states and not _is_region(place.name) else "place"
        about.append(Subject(level=level, name=line(place.name), participant=place.participant))
    speaker = _speaker(attribution)
    lacks = ["the words of the claim"]
    if not attribution.days:
        lacks.append("when it was said")
    if speaker.name == NOT_NAMED:
        lacks.append("who says it")
    mixed = sorted({text for key in attribution.named for text in attribution.categories[key]})
    if _STATE in mixed and len(mixed) > 1:
        lacks.append(line(f"which of those named is meant as a state: coded {', '.join(mixed)}"))
    if _CONTESTED in attribution.bases:
        lacks.append("who contests what: the attribution is coded as contested")
    told = [*attribution.bases, *attribution.forms]
    return Claim(
        operation=operation,
        claimant=speaker,
        polarity="asserts",
        about=about,
        said=_day_or_year(min(attribution.days, default=None)),
        basis_tier=tier_of(attribution.bases, attribution.forms.values(), len(attribution.speaking_for)),
        basis=line("; ".join(told)) if told else None,
        sources=[Source(title=f"attribution {attribution.number} of incident {attribution.incident}", publisher=_WHO)],
        lacks=lacks,
    )


def tier_of(bases: Iterable[str], forms: Iterable[Form], governments: int) -> int | None:
    """Return the tier of an attribution with these bases and forms by so many governments; none where they differ."""
    said = tuple(forms)
    tiers: set[int | None] = set()
    for text in bases:
        basis = BASES[text]
        decided = {basis.by_form[form] for form in said if form in basis.by_form}
        tier = decided.pop() if len(decided) == 1 and len(said) == 1 else basis.tier
        if tier == basis.tier and basis.speaker == "state" and governments > 1:
            tier = _JOINT
        tiers.add(tier)
    return tiers.pop() if len(tiers) == 1 else None


def _speaker(attribution: _Attribution) -> Speaker:
    kinds = {basis.speaker for basis in attribution.bases.values()}
    kind: SpeakerKind = kinds.pop() if len(kinds) == 1 else "unknown"
    names = [*(attribution.actors or attribution.companies)]
    participant = None
    if kind == "state":
        codes = {place.participant for place in attribution.speaking_for.values()}
        if len(codes) == 1:
            participant = codes.pop()
        elif codes:
            kind = "alliance"
        if not names and attribution.speaking_for:
            countries = ", ".join(place.name for place in attribution.speaking_for.values())
            names = [f"{countries}, by whom is {NOT_NAMED}"]
    if kind == "persona":
        names = names or list(attribution.units)
        kind = "unknown" if any(_STATE in coded for coded in attribution.categories.values()) else kind
    if not names:
        return Speaker(name=NOT_NAMED, kind="unknown")
    return Speaker(name=line("; ".join(names)), kind=kind, participant=participant)


def _country(row: Row, column: str) -> Place | None:
    text = row.optional(column)
    if text is None or text in _NOWHERE:
        return None
    if _is_region(text):
        return Place(name=text, participant=None)
    try:
        return place_named(text)
    except MalformedError as exc:
        row.refuse(column, exc.message)


def _is_region(text: str) -> bool:
    return text.endswith("(region)") or is_region(text)


def _day_or_year(day: str | None) -> str | None:
    """Return a day, or the year of a first of January, which stands for a year of which nothing more is known."""
    return day[:4] if day is not None and day.endswith("-01-01") else day


def _put(texts: dict[str, None], text: str | None) -> None:
    if text is not None:
        texts[text] = None

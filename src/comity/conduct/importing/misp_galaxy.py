"""MISP galaxies: lists of groups with a country each, read as the claims of whoever publishes the list.

A list says where a group is from. That is a claim at the level of the place, by the list's publisher; it is no
operation and no word about a state. As claims hang on operations, each group with a country gives one record titled as
its activity. What the threat-actor list restates of the Council on Foreign Relations, a suspected sponsor, is a claim
of its own, at the level of the state. In 2018 the list's countries were filled in bulk from that field (pull request
259 of the project), so where both agree both carry the lineage `cfr` and count as one voice.

Nothing dates these claims, few name what they rest on, and nearly every confidence is the same 50: each claim says
what it lacks. The files are read where the package `pymispgalaxies` installed them, and never copied. Lists of
intelligence services and of the DISARM vocabulary are references for names and codes; they claim nothing.
"""

import importlib.util
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import msgspec

from comity.conduct.importing.imported import UNTYPED, Gathering, Imported, SourceFile, source_file
from comity.conduct.importing.rows import (
    Place,
    fictitious_place,
    line,
    links,
    place_named,
    place_of_code,
    target,
    tidy,
)
from comity.conduct.record import Record
from comity.conduct.statements import (
    Category,
    Claim,
    ExternalId,
    Operation,
    Source,
    Speaker,
    StatedConfidence,
    Subject,
    Target,
)
from comity.errors import MalformedError, NotFoundError, UnavailableError
from comity.parties.names import normal_form

# The lists that claim something, as files of the installed package.
INSTALLED: Final = ("threat-actor", "360net", "tidal-groups", "microsoft-activity-group")
_PACKAGE: Final = "pymispgalaxies"
_CFR: Final = "cfr"
_MOST_LISTED: Final = 500

# What the list calls types of incident, and what they are here; a group with types of two sorts is of neither.
TYPES: Final[Mapping[str, Category]] = MappingProxyType(
    {
        "Espionage": "espionage",
        "Sabotage": "sabotage",
        "Information Operations": "disinformation",
        "Business Email Compromise": "other",
        "Defacement": "other",
        "Denial of service": "other",
        "Extortion": "other",
        "Financial Theft": "other",
    }
)
MOTIVES: Final[Mapping[str, Category]] = MappingProxyType(
    {
        "Cyber Espionage": "espionage",
        "Destruction": "sabotage",
        "Disruption": "other",
        "Financial Gain": "other",
        "Ideology": "other",
    }
)
# The labels of 360.net. "korea" does not say which, and some labels are parts of the world, so these have no code.
# "america" stands among labels of states, and the text of its first group names the United States; "namerica" may be
# North America or, as the text of its first group has it and the Chinese for south begins, South America.
LABELS_360: Final[Mapping[str, Place]] = MappingProxyType(
    {
        label: Place(name=name, participant=code)
        for label, name, code in (
            ("Iran", "Iran", "IRN"),
            ("Israel", "Israel", "ISR"),
            ("Ukraine", "Ukraine", "UKR"),
            ("algeria", "Algeria", "DZA"),
            ("america", "United States", "USA"),
            ("india", "India", "IND"),
            ("kaz", "Kazakhstan", "KAZ"),
            ("korea", "Korea, which of the two is not said", None),
            ("mideast", "Middle East", None),
            ("namerica", "America, which part of it is not said", None),
            ("russia", "Russia", "RUS"),
            ("southKorea", "South Korea", "KOR"),
            ("southeast", "Southeast", None),
            ("taiwan", "Taiwan", None),
            ("trq", "Türkiye", "TUR"),
            ("vietnam", "Viet Nam", "VNM"),
        )
    }
)
# States as 360.net names them whole in Chinese, and parts of the world; other texts keep their words.
_PAIRS_ZH: Final = """
中国CHN 俄罗斯RUS 巴基斯坦PAK 美国USA 伊朗IRN 印度IND 孟加拉国BGD 孟加拉BGD 叙利亚SYR 约旦JOR 日本JPN 乌克兰UKR
澳大利亚AUS 土耳其TUR 韩国KOR 朝鲜PRK 巴勒斯坦PSE 以色列ISR 加拿大CAN 比利时BEL 马来西亚MYS 哈萨克斯坦KAZ
厄瓜多尔ECU 西班牙ESP 哥伦比亚COL 巴拿马PAN 埃及EGY 丹麦DNK 罗马尼亚ROU 利比亚LBY 斯里兰卡LKA 阿富汗AFG
伊拉克IRQ 英国GBR 乌兹别克斯坦UZB 沙特阿拉伯SAU 意大利ITA 阿尔及利亚DZA
"""
_STATES_ZH: Final = {pair[:-3]: pair[-3:] for pair in _PAIRS_ZH.split()}
_REGIONS_ZH: Final = frozenset({"欧洲", "中东地区", "朝鲜半岛", "欧美国家", "全球", "东南亚", "南美"})

_NO_BASIS: Final = "on what it rests"
_NO_DAY: Final = "when it was said"
_NO_SURENESS: Final = "how sure the publisher is"
_NO_REFERENCES: Final = "references"


class _Value(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a list."""

    value: str
    uuid: str | None = None
    description: str | None = None
    meta: dict[str, Any] = {}
    related: list[dict[str, Any]] = []
    revoked: bool = False


class _Cluster(msgspec.Struct, frozen=True, kw_only=True):
    """One list."""

    type: str
    name: str
    version: int
    values: list[_Value]


class _Meta:
    """The fields of an entry while they are read; what remains is told by its name."""

    def __init__(self, value: _Value, place: str) -> None:
        self._fields = dict(value.meta)
        self._place = place

    def refuse(self, name: str, why: str) -> MalformedError:
        return MalformedError(f"{self._place}, {name}: {why}")

    def many(self, name: str) -> tuple[str, ...]:
        """Take the different texts of a field that may hold one or a list."""
        found = self._fields.pop(name, [])
        texts = found if isinstance(found, list) else [found]
        if not all(isinstance(text, str) for text in texts):
            raise self.refuse(name, "holds something else than text")
        return tuple(dict.fromkeys(tidy(text) for text in texts if tidy(text)))

    def one(self, name: str) -> str | None:
        """Take a field that holds at most one text."""
        found = self.many(name)
        if len(found) > 1:
            raise self.refuse(name, f"holds {len(found)} texts, wanted one")
        return found[0] if found else None

    def category(self, name: str, meanings: Mapping[str, Category], said: list[str]) -> Category:
        """Take a field of types; `said` gets them as given."""
        found = self.many(name)
        said.extend(found)
        for text in found:
            if text not in meanings:
                raise self.refuse(name, f"the value {text[:80]!r} is not known")
        sorts = {meanings[text] for text in found}
        return sorts.pop() if len(sorts) == 1 else "other"

    def left(self, known: frozenset[str]) -> tuple[str, ...]:
        """Return the names of the fields that nothing was made of and that are not known."""
        return tuple(sorted(set(self._fields) - known))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Catalogue:
    """How one list is read: who publishes it, how it spells places and victims, which fields are set aside."""

    claimant: Speaker
    where: Callable[[str], Place] = place_of_code
    victims: Mapping[str, Callable[[str], Target]] = field(default_factory=dict)
    sectors: tuple[str, ...] = ()
    types: tuple[str, Mapping[str, Category]] = ("cfr-type-of-incident", TYPES)
    language: str | None = None
    lineage: Mapping[str, str | None] | None = None
    own_number: tuple[str, str] | None = None
    set_aside: frozenset[str] = frozenset()


def _label_360(text: str) -> Place:
    place = LABELS_360.get(text) or fictitious_place(text)
    if place is None:
        raise MalformedError(f"the label {text[:40]!r} is not known")
    return place


def _target_zh(text: str) -> Target:
    code = _STATES_ZH.get(text)
    if code is not None:
        return Target(name=text, kind="state", participant=code)
    return Target(name=text, kind="region" if text in _REGIONS_ZH else "unknown")


def _target_of_code(text: str) -> Target:
    place = place_of_code(text)
    return Target(name=place.name, kind="state", participant=place.participant)


_CATALOGUES: Final[Mapping[str, _Catalogue]] = MappingProxyType(
    {
        "threat-actor": _Catalogue(
            claimant=Speaker(name="MISP galaxy, threat-actor cluster", kind="organisation"),
            victims={"cfr-suspected-victims": target, "suspected-victims": target},
            sectors=("cfr-target-category", "targeted-sector"),
            set_aside=frozenset(
                {
                    "GRU",
                    "capabilities",
                    "mode-of-operation",
                    "motive",
                    "name-attribution",
                    "references",
                    "since",
                    "sources",
                    "spoken-language",
                    "threat-actor-classification",
                    "victimology",
                }
            ),
        ),
        "360net-threat-actor": _Catalogue(
            claimant=Speaker(name="360.net", kind="company"),
            where=_label_360,
            victims={"suspected-victims": _target_zh},
            sectors=("target-category",),
            language="zh",
        ),
        "groups": _Catalogue(
            claimant=Speaker(name="Tidal Cyber", kind="company"),
            victims={"observed_countries": _target_of_code},
            sectors=("target_categories",),
            types=("observed_motivations", MOTIVES),
            lineage={"MITRE": "mitre-attack", "Tidal Cyber": None, "Trellix TIG": "trellix-tig"},
            own_number=("group_attack_id", "tidal_group"),
            set_aside=frozenset({"owner", "source", "tags"}),
        ),
        "microsoft-activity-group": _Catalogue(
            claimant=Speaker(name="Microsoft, as restated by MISP", kind="company"),
            set_aside=frozenset({"sector"}),
        ),
    }
)
# Lists that are references: reading them as claims would accuse by mistake.
_REFERENCES: Final = frozenset({"intelligence-agency", "country", "target-information", "region", "nato"})


def installed_file(cluster: str) -> SourceFile:
    """Read a list of the installed package, such as `threat-actor`, where it lies.

    Raises:
        UnavailableError: the package is not installed.
        NotFoundError: it has no such list.
        StoreError: the file cannot be read.
    """
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise UnavailableError(f"the package {_PACKAGE} is not installed; install comity[observatory]")
    folder = Path(found.submodule_search_locations[0]) / "data" / "misp-galaxy" / "clusters"
    names = sorted(path.stem for path in folder.glob("*.json"))
    if cluster not in names:
        raise NotFoundError(f"the installed {_PACKAGE} has no list {cluster!r}; it has {len(names)} others")
    return source_file(folder / f"{cluster}.json", name=cluster)


def import_installed(*, on: date, clusters: tuple[str, ...] = INSTALLED) -> tuple[Imported, ...]:
    """Read the installed lists that claim something; leave a list out of `clusters` to switch it off.

    Raises:
        UnavailableError: the package is not installed.
        NotFoundError: it has no such list.
        StoreError: a file cannot be read.
        MalformedError: a list is of another layout than is known.
    """
    return tuple(import_galaxy(installed_file(cluster), on=on) for cluster in clusters)


def import_galaxy(source: bytes | Path | SourceFile, *, on: date) -> Imported:
    """Read any list of groups in the galaxy's form; one that is not known speaks for the galaxy itself.

    Raises:
        TooLargeError: the file is larger than any known collection.
        StoreError: it cannot be read.
        MalformedError: it is no galaxy cluster, no entry has a country, or its layout is another.
    """
    file = source_file(source, name="galaxy.json")
    cluster = _decode(file)
    if cluster.type in _REFERENCES or cluster.type.startswith("disarm-"):
        raise MalformedError(f"{file.name}: the list {cluster.type!r} is a reference and claims nothing")
    catalogue = _CATALOGUES.get(
        cluster.type,
        _Catalogue(claimant=Speaker(name=line(f"MISP galaxy, {cluster.type} cluster"), kind="organisation")),
    )
    gathering = Gathering([file], on=on)
    shared = _shared_confidence(cluster)
    unread: Counter[str] = Counter()
    for index, value in enumerate(cluster.values):
        place = f"values[{index}]"
        meta = _Meta(value, f"{file.name}, {place} ({tidy(value.value)[:60]})")
        try:
            bodies = _Entry(value, meta, catalogue, shared, gathering).read(file, place)
        except MalformedError as exc:
            gathering.refuse(exc)
            continue
        if not value.revoked:
            unread.update(meta.left(catalogue.set_aside))
        gathering.keep(bodies)
    for name, entries in sorted(unread.items()):
        gathering.note(f"{file.name}: the field {name!r} of {entries} entries is not read")
    return gathering.finish(source=catalogue.claimant.name, version=str(cluster.version), rows=len(cluster.values))


class _Entry:
    """One entry on its way to records."""

    def __init__(
        self, value: _Value, meta: _Meta, catalogue: _Catalogue, shared: Mapping[str, str], gathering: Gathering
    ) -> None:
        self._value = value
        self._meta = meta
        self._catalogue = catalogue
        self._shared = shared
        self._gathering = gathering

    def read(self, file: SourceFile, place: str) -> tuple[Record, ...]:
        """Return the operation and its claims; none where the list says neither place nor sponsor."""
        if self._value.revoked:
            self._gathering.count("revoked by the publisher")
            return ()
        if self._value.meta.get("country") == "":
            self._gathering.note(f"{file.name}, {place} ({tidy(self._value.value)[:60]}), country: is blank")
        country, sponsor = self._meta.one("country"), self._sponsor()
        operation = self._operation()
        refs = self._refs(file, place)
        confidence = self._meta.one("attribution-confidence")
        self._gathering.count("with a country" if country is not None else "without a country")
        if country is None and sponsor is None:
            return ()
        made = self._gathering.record(operation, file=file, place=place)
        records = [made]
        self._gathering.count(UNTYPED, int(operation.effects is None))
        where = self._place(country) if country is not None else None
        if where is not None:
            same = sponsor is not None and sponsor.key == where.key
            claim = self._claim(made.id, where, refs, confidence, restated=same)
            records.append(self._gathering.record(claim, file=file, place=place))
            self._gathering.count("claims of a place")
        if sponsor is not None:
            claim = _sponsor_claim(made.id, sponsor, refs)
            records.append(self._gathering.record(claim, file=file, place=place))
            self._gathering.count("claims of a sponsor")
        return tuple(records)

    def _place(self, text: str) -> Place:
        try:
            return self._catalogue.where(text)
        except MalformedError as exc:
            raise self._meta.refuse("country", exc.message) from exc

    def _sponsor(self) -> Place | None:
        text = self._meta.one("cfr-suspected-state-sponsor")
        if text is None:
            return None
        if text == "Unknown":
            self._gathering.count("sponsor is said to be unknown")
            return None
        try:
            return place_named(text)
        except MalformedError as exc:
            raise self._meta.refuse("cfr-suspected-state-sponsor", exc.message) from exc

    def _refs(self, file: SourceFile, place: str) -> tuple[str, ...]:
        given = self._meta.many("refs")
        found = links(*given)
        if len(found) < len(given):
            name = tidy(self._value.value)[:60]
            self._gathering.note(f"{file.name}, {place} ({name}), refs: {len(given) - len(found)} are no web address")
        return found

    def _operation(self) -> Operation:
        said: list[str] = []
        category = self._meta.category(*self._catalogue.types, said)
        hit = [read(text) for name, read in self._catalogue.victims.items() for text in self._meta.many(name)]
        sectors = [
            Target(name=line(text), kind="sector") for name in self._catalogue.sectors for text in self._meta.many(name)
        ]
        name = line(self._value.value)
        names = dict.fromkeys([name, *(line(text) for text in self._meta.many("synonyms"))])
        return Operation(
            title=line(f"activity of the group {name}"),
            category=category,
            hit=_once([*hit, *sectors])[:_MOST_LISTED],
            effects=f"type as the list gives it: {'; '.join(said)}" if said else None,
            names=list(names)[:_MOST_LISTED],
            external=self._external()[:_MOST_LISTED],
        )

    def _external(self) -> list[ExternalId]:
        found = [] if self._value.uuid is None else [ExternalId(scheme="misp_galaxy_uuid", id=self._value.uuid)]
        if self._catalogue.own_number is not None:
            name, scheme = self._catalogue.own_number
            number = self._meta.one(name)
            found.extend([] if number is None else [ExternalId(scheme=scheme, id=number)])
        for relation in self._value.related:
            other = relation.get("dest-uuid")
            if relation.get("type") == "similar" and isinstance(other, str):
                found.append(ExternalId(scheme="misp_galaxy_similar", id=other))
        return list(dict.fromkeys(found))

    def _claim(
        self, operation: str, where: Place, refs: tuple[str, ...], confidence: str | None, *, restated: bool
    ) -> Claim:
        lacks = [_NO_BASIS, _NO_DAY]
        if not refs:
            lacks.append(_NO_REFERENCES)
        if confidence is None:
            lacks.append(_NO_SURENESS)
        elif confidence in self._shared:
            lacks.append(self._shared[confidence])
        about = [Subject(level="place", name=line(where.name), participant=where.participant)]
        unit = self._meta.one("GRU")
        if unit is not None:
            about.append(Subject(level="unit", name=line(unit)))
            about.append(Subject(level="organ", name="GRU", participant=where.participant))
        lineage = [_CFR] if restated else []
        if self._catalogue.lineage is not None:
            lineage.extend(self._taken_over(self._catalogue.lineage))
        return Claim(
            operation=operation,
            claimant=self._catalogue.claimant,
            polarity="asserts",
            about=about,
            confidence=StatedConfidence(scale="MISP attribution-confidence", value=confidence) if confidence else None,
            language=self._catalogue.language,
            sources=[Source(title="reference of the list", url=url) for url in refs][:_MOST_LISTED],
            lineage=lineage,
            lacks=lacks,
        )

    def _taken_over(self, lineages: Mapping[str, str | None]) -> list[str]:
        source = self._meta.one("source")
        if source is None:
            return []
        if source not in lineages:
            raise self._meta.refuse("source", f"the value {source[:80]!r} is not known")
        found = lineages[source]
        return [] if found is None else [found]


def _sponsor_claim(operation: str, sponsor: Place, refs: tuple[str, ...]) -> Claim:
    own = [url for url in refs if "cfr.org" in url.split("/")[2]]
    lacks = [_NO_BASIS, _NO_DAY, _NO_SURENESS]
    return Claim(
        operation=operation,
        claimant=Speaker(name="Council on Foreign Relations, as restated by MISP", kind="research"),
        polarity="asserts",
        about=[Subject(level="state", name=line(sponsor.name), participant=sponsor.participant)],
        wording="suspected state sponsor",
        sources=[Source(title="reference of the list", url=url) for url in own],
        lineage=[_CFR],
        lacks=lacks if own else [*lacks, _NO_REFERENCES],
    )


def _shared_confidence(cluster: _Cluster) -> Mapping[str, str]:
    """Return what to say of confidence values that most entries with one share."""
    given = Counter(
        value.meta["attribution-confidence"]
        for value in cluster.values
        if isinstance(value.meta.get("attribution-confidence"), str)
    )
    total = sum(given.values())
    return {
        text: f"a confidence of its own: {number} of the {total} that the list gives are {line(text)[:20]}"
        for text, number in given.items()
        if number > 1 and number * 2 > total
    }


def _once(targets: list[Target]) -> list[Target]:
    return list(dict.fromkeys(targets))


def _decode(file: SourceFile) -> _Cluster:
    try:
        return msgspec.json.decode(file.data, type=_Cluster)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise MalformedError(f"{file.name}: no cluster of a MISP galaxy: {exc}") from exc


@dataclass(frozen=True, slots=True, kw_only=True)
class Organ:
    """An intelligence service as the galaxy lists it: a reference for linking names of organs, and no claim."""

    name: str
    participant: str | None
    names: tuple[str, ...]


class Organs:
    """The listed services by every name that the list gives them."""

    def __init__(self, organs: tuple[Organ, ...]) -> None:
        self.all = organs
        self._by_name: dict[str, list[Organ]] = {}
        for organ in organs:
            for name in dict.fromkeys(normal_form(text) for text in organ.names):
                self._by_name.setdefault(name, []).append(organ)

    def named(self, text: str) -> tuple[Organ, ...]:
        """Return those that have this name whole, in the order of the list; several states share many a name."""
        return tuple(self._by_name.get(normal_form(text), ()))


_ABBREVIATION: Final = re.compile(r"\(([A-Z][A-Z&.-]{1,9})\)")


def read_organs(source: bytes | Path | SourceFile) -> Organs:
    """Read the list of intelligence services; one without a country has no participant.

    Raises:
        TooLargeError: the file is larger than any known collection.
        StoreError: it cannot be read.
        MalformedError: it is another list, or names a country that is not known.
    """
    file = source_file(source, name="intelligence-agencies.json")
    cluster = _decode(file)
    if cluster.type != "intelligence-agency":
        raise MalformedError(f"{file.name}: wanted the list of intelligence services, this is {cluster.type!r}")
    organs = []
    for index, value in enumerate(cluster.values):
        meta = _Meta(value, f"{file.name}, values[{index}]")
        country = meta.one("country")
        short = _ABBREVIATION.findall(value.description or "")
        names = dict.fromkeys([tidy(value.value), *meta.many("synonyms"), *short])
        place = place_of_code(country) if country is not None else None
        participant = None if place is None else place.participant
        organs.append(Organ(name=tidy(value.value), participant=participant, names=tuple(names)))
    return Organs(tuple(organs))


@dataclass(frozen=True, slots=True, kw_only=True)
class Technique:
    """An entry of the DISARM vocabulary: its code, name and tactics."""

    code: str
    name: str
    tactics: tuple[str, ...]


def read_techniques(source: bytes | Path | SourceFile) -> Mapping[str, Technique]:
    """Read a list of the DISARM vocabulary, by code in the order of the codes; it claims nothing.

    Raises:
        TooLargeError: the file is larger than any known collection.
        StoreError: it cannot be read.
        MalformedError: it is another list, or a code is missing or stands twice.
    """
    file = source_file(source, name="disarm-techniques.json")
    cluster = _decode(file)
    if not cluster.type.startswith("disarm-"):
        raise MalformedError(f"{file.name}: wanted a list of the DISARM vocabulary, this is {cluster.type!r}")
    found: dict[str, Technique] = {}
    for index, value in enumerate(cluster.values):
        meta = _Meta(value, f"{file.name}, values[{index}]")
        code = meta.one("external_id")
        if code is None or code in found:
            raise meta.refuse("external_id", "is missing" if code is None else f"{code} stands twice")
        tactics = tuple(text.removeprefix("tactics:") for text in meta.many("kill_chain"))
        found[code] = Technique(code=code, name=tidy(value.value), tactics=tactics)
    return MappingProxyType(dict(sorted(found.items())))

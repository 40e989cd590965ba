"""Claims that copy each other count as one voice: which ones, why, and how many voices that leaves.

Dependence is read off what the claims state, never estimated: one source, one origin, one list, one claimant, one
joint statement, one wording. Every link says why, links carry on from claim to claim, and the whole can be switched
off. Claims are linked within an operation only: that two reports share a source on one matter says nothing of another.

Find the clusters first and leave claims out afterwards: a claim that is left out may be what shows that two others
come from one source.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from comity.conduct.admission import folded
from comity.conduct.record import Record
from comity.conduct.statements import NOT_NAMED, Claim, Polarity, Speaker

# Added to addresses to follow readers; they name no other document.
_TRACKING: Final = re.compile(r"utm_.*|fbclid|gclid|mc_cid|mc_eid|ref_src|igshid", re.ASCII)
# An archive's copy is the document that it copies.
_ARCHIVED: Final = re.compile(
    r"https?://(?:web\.archive\.org/web/[0-9a-z_*]+|archive\.(?:ph|is|today|fo|li|md|vn)/[0-9.-]{4,20})/(?=https?:/)",
    re.ASCII | re.IGNORECASE,
)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
# Shorter wordings, such as "almost certainly", are anybody's.
_FEWEST_WORDS: Final = 8
_FEWEST_SIGNS: Final = 16
_PUBLIC: Final = frozenset({"state", "alliance", "organisation"})
# What stands for a name where whoever reports a claim names nobody.
_NO_NAMES: Final = frozenset({NOT_NAMED, "not available", "unknown", "unnamed"})


class Why(StrEnum):
    """Why two claims are held to be one voice."""

    SAME_CLAIMANT = "same_claimant"
    SAME_GROUP = "same_group"
    JOINT_STATEMENT = "joint_statement"
    SAME_URL = "same_url"
    SAME_DOCUMENT = "same_document"
    REPEATS = "repeats"
    SAME_ORIGIN = "same_origin"
    SAME_LINEAGE = "same_lineage"
    SAME_WORDING = "same_wording"


_TEXTS: Final[Mapping[Why, str]] = {
    Why.SAME_CLAIMANT: "one claimant says both: {}",
    Why.SAME_GROUP: "both claimants belong to {}",
    Why.JOINT_STATEMENT: "different claimants publish one statement on one day: {}",
    Why.SAME_URL: "both name the source {}",
    Why.SAME_DOCUMENT: "both name the document with SHA-256 {}",
    Why.REPEATS: "one states that it repeats the other, {}",
    Why.SAME_ORIGIN: "both state that they repeat {}",
    Why.SAME_LINEAGE: "both are taken over from {}",
    Why.SAME_WORDING: "both are worded alike: {}",
}


@dataclass(frozen=True, slots=True)
class Link:
    """That two claims, named by id, are one voice, and what they share."""

    first: str
    second: str
    why: Why
    shared: str

    @property
    def text(self) -> str:
        """The reason for a page."""
        return _TEXTS[self.why].format(self.shared)


@dataclass(frozen=True, kw_only=True)
class Clusters:
    """The cluster of every claim, named by the smallest id in it, and every link between two claims."""

    by_claim: Mapping[str, str]
    reasons: tuple[Link, ...]

    def members(self, cluster: str) -> tuple[str, ...]:
        """Return the claims of a cluster, by id."""
        return tuple(sorted(claim for claim, held in self.by_claim.items() if held == cluster))

    def why(self, claim: str) -> tuple[Link, ...]:
        """Return the links of one claim."""
        return tuple(self._of_claim.get(claim, ()))

    @cached_property
    def _of_claim(self) -> Mapping[str, list[Link]]:
        found: dict[str, list[Link]] = defaultdict(list)
        for link in self.reasons:
            for claim in dict.fromkeys((link.first, link.second)):
                found[claim].append(link)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Voices:
    """How many claims of one polarity there are about an operation, and how many voices they come from.

    `unnamed` are clusters of which no claimant is named; they are in `voices` as well.
    """

    operation: str
    polarity: Polarity
    claims: int
    voices: int
    unnamed: int


def clusters(
    claims: Iterable[Record],
    *,
    clustering: bool = True,
    groups: Mapping[str, str] = MappingProxyType({}),
    operations: Mapping[str, str] = MappingProxyType({}),
) -> Clusters:
    """Return which claims copy each other; without `clustering`, each is its own.

    `groups` names the corporate group of claimants, as a deployment knows them, by folded name. `operations` names
    the one that stands for an operation where a correction made two of them one. Other records are passed over.
    """
    held = {record.id: record.body for record in claims if isinstance(record.body, Claim)}
    parents = {claim: claim for claim in held}
    links: list[Link] = []
    if clustering:
        of_operation: dict[str, dict[str, Claim]] = defaultdict(dict)
        for claim in sorted(held):
            body = held[claim]
            of_operation[operations.get(body.operation, body.operation)][claim] = body
        for together in of_operation.values():
            links += _links(together, groups) if len(together) > 1 else ()
        links.sort(key=_link_order)
    for link in links:
        first, second = _root(parents, link.first), _root(parents, link.second)
        parents[max(first, second)] = min(first, second)
    return Clusters(by_claim={claim: _root(parents, claim) for claim in held}, reasons=tuple(links))


def independent_voices(
    claims: Iterable[Record],
    found: Clusters | None = None,
    *,
    about: str | None = None,
    operations: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Voices, ...]:
    """Return the voices of every operation and polarity, among those claims that name a participant if one is given.

    Give the clusters of all claims where some are left out here; `operations` is as for `clusters`.
    """
    held = [record for record in claims if isinstance(record.body, Claim)]
    by_claim = (clusters(held, operations=operations) if found is None else found).by_claim
    counted: dict[tuple[str, Polarity], dict[str, list[Claim]]] = defaultdict(lambda: defaultdict(list))
    for record in held:
        assert isinstance(record.body, Claim)
        if about is None or any(subject.participant == about for subject in record.body.about):
            operation = operations.get(record.body.operation, record.body.operation)
            of_polarity = counted[operation, record.body.polarity]
            of_polarity[by_claim[record.id]].append(record.body)
    return tuple(
        Voices(
            operation=operation,
            polarity=polarity,
            claims=sum(map(len, voices.values())),
            voices=len(voices),
            unnamed=sum(not any(is_named(body.claimant) for body in bodies) for bodies in voices.values()),
        )
        for (operation, polarity), voices in sorted(counted.items())
    )


def is_named(speaker: Speaker) -> bool:
    """True for a speaker who has a name, also where nothing says of which kind it is."""
    return speaker.kind != "unknown" or folded(speaker.name) not in _NO_NAMES


def same_speaker(one: Speaker, other: Speaker) -> bool:
    """True when two speakers are one: by their codes where both have one, otherwise by their names."""
    if one.participant is not None and other.participant is not None:
        return one.participant == other.participant
    return folded(one.name) == folded(other.name)


@lru_cache(maxsize=50_000)
def normal_url(url: str) -> str | None:
    """Return the form in which two addresses of one document are equal; None for one that names no document.

    Scheme, `www.`, default port, fragment, final slash, the order of the query and what follows readers do not count,
    and an archive's copy is the original. The front page of a site is no document.
    """
    original = _ARCHIVED.sub("", url)
    try:
        parts = urlsplit(original)
        host, port = (parts.hostname or "").removeprefix("www."), parts.port
    except ValueError:
        return url
    query = sorted(
        (name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.fullmatch(name)
    )
    path = parts.path.rstrip("/")
    if not path and not query:
        return None
    where = host if port in {None, 80, 443} else f"{host}:{port}"
    return f"{where}{path}?{urlencode(query)}" if query else where + path


def _links(claims: Mapping[str, Claim], groups: Mapping[str, str]) -> Iterator[Link]:
    """Yield the links among the claims about one operation, which come in the order of their ids."""
    speakers = _one_name_each(body.claimant for body in claims.values())
    sharing: dict[tuple[Why, str], list[str]] = defaultdict(list)
    repeated: dict[str, list[str]] = defaultdict(list)
    for claim, body in claims.items():
        for key in dict.fromkeys(_shared(body, speakers, groups)):
            sharing[key].append(claim)
        for origin in dict.fromkeys(body.derives_from):
            repeated[origin].append(claim)
    for (why, shared), (first, *others) in sharing.items():
        for other in others:
            if why is not Why.JOINT_STATEMENT or not same_speaker(claims[first].claimant, claims[other].claimant):
                yield Link(first, other, why, shared.partition("\n")[0])
    for origin, repeating in repeated.items():
        if origin in claims:
            yield from (Link(min(origin, claim), max(origin, claim), Why.REPEATS, origin) for claim in repeating)
        else:
            first, *others = repeating
            yield from (Link(first, other, Why.SAME_ORIGIN, origin) for other in others)


def _link_order(link: Link) -> tuple[str, str, str, str]:
    return link.first, link.second, link.why, link.shared


def _one_name_each(speakers: Iterable[Speaker]) -> Mapping[str, str]:
    """Return the code that goes with a folded name, so that a claimant without its code is the one with it."""
    codes: dict[str, set[str]] = defaultdict(set)
    for speaker in speakers:
        if speaker.participant is not None:
            codes[folded(speaker.name)].add(speaker.participant)
    return {name: code for name, (code, *more) in codes.items() if not more}


def _shared(body: Claim, speakers: Mapping[str, str], groups: Mapping[str, str]) -> Iterator[tuple[Why, str]]:
    """Yield what makes a claim one voice with every other claim that has the same."""
    claimant = body.claimant
    name = folded(claimant.name)
    if is_named(claimant):
        yield Why.SAME_CLAIMANT, claimant.participant or speakers.get(name, name)
        if name in groups:
            yield Why.SAME_GROUP, groups[name]
    for source in body.sources:
        url = None if source.url is None else normal_url(source.url)
        if url is not None:
            yield Why.SAME_URL, url
            if claimant.kind in _PUBLIC and body.said is not None and _DAY.fullmatch(body.said):
                yield Why.JOINT_STATEMENT, f"{url}\n{body.said}"
        if source.digest is not None:
            yield Why.SAME_DOCUMENT, source.digest
    for entry in body.lineage:
        yield Why.SAME_LINEAGE, folded(entry)
    if body.wording is not None and (fingerprint := _fingerprint(body.wording)) is not None:
        yield Why.SAME_WORDING, fingerprint


@lru_cache(maxsize=50_000)
def _fingerprint(wording: str) -> str | None:
    """Return the words of a wording without case, marks and spacing, or None where it is too short to be anyone's."""
    words = "".join(
        " " if unicodedata.category(sign)[0] in "PSZ" else sign for sign in folded(wording)
    ).split()  # punctuation, symbols and spaces separate words in every script
    unspaced = any(len(word) >= _FEWEST_SIGNS and unicodedata.category(word[0]) == "Lo" for word in words)
    return " ".join(words) if unspaced or len(words) >= _FEWEST_WORDS else None


def _root(parents: dict[str, str], claim: str) -> str:
    while parents[claim] != claim:
        parents[claim] = parents[parents[claim]]
        claim = parents[claim]
    return claim

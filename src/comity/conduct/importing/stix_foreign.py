"""What others say in STIX 2.1, as records: campaigns, the relationships that attribute them, opinions and notes.

A campaign is an operation; each relationship that attributes something to somebody, or places it, is one claim by its
creator; an opinion or note about a claim or an operation is a reply. Where a relationship starts at an intrusion set
or threat actor that belongs to no campaign, or to several, the operation is the activity of that set or actor itself.

STIX tells no category, no kind of producer and no basis. A category comes from a label or from the caller and is
never assumed; an organisation is a claimant of unknown kind; a basis stays absent. An opinion is a denial or an
acceptance only where it comes from whom the claim is about. Persons are not imported as subjects, and what a marking
keeps from the public is refused.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

from comity.conduct.corrections import is_about
from comity.conduct.exporting.stix import STIX_SCALE
from comity.conduct.importing.rows import line, tidy
from comity.conduct.importing.stix_bundle import CLOSED_MARKINGS, Bundle, StixObject, day_of, is_person, texts
from comity.conduct.importing.stix_names import Names
from comity.conduct.record import Record
from comity.conduct.statements import (
    MAX_ITEMS,
    MAX_TEXT,
    Category,
    Claim,
    Correction,
    ExternalId,
    Operation,
    Period,
    Reply,
    StatedConfidence,
    Subject,
    Target,
)
from comity.errors import MalformedError

_CATEGORIES: Final[Mapping[str, Category]] = {each: each for each in get_args(Category)}
# Types whose objects only name something, and are read where a relationship points at them.
_NAMING: Final = frozenset({"intrusion-set", "threat-actor", "identity", "location"})
_ACTING: Final = frozenset({"campaign", "intrusion-set", "threat-actor"})
_CLAIMING: Final = frozenset({"attributed-to", "originates-from", "located-at"})
_DENYING: Final = frozenset({"not-attributed-to", "not-originates-from"})
_ANSWERING: Final = frozenset({"opinion", "note"})
_DISAGREE: Final = frozenset({"disagree", "strongly-disagree"})
_AGREE: Final = frozenset({"agree", "strongly-agree"})
_OPINIONS: Final = _DISAGREE | _AGREE | {"neutral"}
_SAYING: Final = _ANSWERING | {"campaign", "relationship"}
_READ: Final = _NAMING | _SAYING
_TO_PERSONS: Final = "relationships to persons, who are not named here"
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_MAX_LINE: Final = 400
# Of what is not imported, so many are named.
_NAMED: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answered:
    """A claim or operation to which an opinion or note may point."""

    operation: str
    claim: str | None = None
    about: tuple[Subject, ...] = ()


class Foreign:
    """Reads what others made, by the mapping; `held` are our records by the objects that stand for them."""

    def __init__(self, bundle: Bundle, held: Mapping[str, Record], category: Category | None) -> None:
        self._bundle = bundle
        self._gathering = bundle.gathering
        self._names = Names(bundle)
        self._category = category
        self._operations: dict[str, str] = {}
        self._answered: dict[str, _Answered] = {}
        self._left: dict[str, list[str]] = defaultdict(list)
        # Where attributions come from, and whom something is said to be directed at, by the ids of objects.
        self._upward: dict[str, list[str]] = defaultdict(list)
        self._hit: dict[str, list[Target]] = defaultdict(list)
        for identifier, record in held.items():
            if isinstance(record.body, Operation):
                self._operations[identifier] = record.id
                self._answered[identifier] = _Answered(operation=record.id)
            elif isinstance(record.body, Claim):
                about = tuple(record.body.about)
                answered = _Answered(operation=record.body.operation, claim=record.id, about=about)
                self._answered[identifier] = answered

    def read(self) -> None:
        """Keep the records of everything foreign, and tell what is none."""
        foreign = [
            item
            for item in self._bundle.objects.values()
            if not self._bundle.is_ours(item) and (item["type"] not in _SAYING or self._is_open(item))
        ]
        for item in self._bundle.objects.values():
            self._see(item)
        self._each(foreign, {"relationship"}, self._aim)
        self._each(foreign, {"campaign"}, self._campaign)
        self._each(foreign, {"relationship"}, self._relationship)
        self._each(foreign, _ANSWERING, self._answer)
        for item in foreign:
            if item["type"] not in _READ and item.get("definition_type") != "tlp":
                self._left[f"objects of type {item['type']}"].append(item["id"])
        self._tell()

    def _each(self, items: list[StixObject], types: Collection[str], take: Callable[[StixObject], None]) -> None:
        for item in items:
            if item["type"] not in types:
                continue
            try:
                take(item)
            except MalformedError as exc:
                self._gathering.refuse(exc)

    def _is_open(self, item: StixObject) -> bool:
        try:
            self._check_open(item)
        except MalformedError as exc:
            self._gathering.refuse(exc)
            return False
        return True

    def _check_open(self, item: StixObject) -> None:
        for ref in texts(item.get("object_marking_refs")):
            if ref in CLOSED_MARKINGS:
                raise self._bundle.fault(item, f"the marking {CLOSED_MARKINGS[ref]} keeps it from the public")

    def _see(self, item: StixObject) -> None:
        source, target = item.get("source_ref"), item.get("target_ref")
        if item.get("relationship_type") == "attributed-to" and isinstance(source, str) and isinstance(target, str):
            self._upward[target].append(source)

    def _aim(self, item: StixObject) -> None:
        """Take whom something is said to be directed at, which stands with the operation."""
        if item.get("relationship_type") != "targets":
            return
        source, target = self._referred(item, "source_ref"), self._referred(item, "target_ref")
        if source["type"] not in _ACTING or target["type"] not in {"identity", "location"}:
            self._leave(item, source, target)
        elif is_person(target):
            self._left[_TO_PERSONS].append(item["id"])
        else:
            self._hit[self._home(source)].append(self._names.target(target))

    def _tell(self) -> None:
        for what, ids in self._left.items():
            named = ", ".join(ids[:_NAMED])
            more = "" if len(ids) <= _NAMED else f" and {len(ids) - _NAMED} more"
            self._gathering.note(f"not imported: {len(ids)} {what}: {named}{more}")
            self._gathering.count(what, len(ids))
        for what, number in self._bundle.lost.items():
            self._gathering.note(f"not kept: {what} of {number} objects")

    # Operations.

    def _campaign(self, item: StixObject) -> None:
        self._operation(item)

    def _operation(self, item: StixObject) -> str:
        """Return the operation that an object is, which is made when it is first asked for."""
        identifier = item["id"]
        if identifier in self._operations:
            return self._operations[identifier]
        self._check_open(item)
        external, sources = self._names.references(item)
        first, last = day_of(item.get("first_seen")), day_of(item.get("last_seen"))
        if first is not None and last is not None and last < first:
            raise self._bundle.fault(item, f"last_seen {last} lies before first_seen {first}")
        body = Operation(
            title=self._names.name(item),
            category=self._category_of(item),
            occurred=None if first is None and last is None else Period(begin=first, end=last),
            hit=self._hit.get(identifier, [])[:MAX_ITEMS],
            names=list(dict.fromkeys(line(alias) for alias in texts(item.get("aliases")) if tidy(alias)))[:MAX_ITEMS],
            external=[ExternalId(scheme="stix", id=identifier), *external],
            sources=sources,
        )
        record = self._keep(item, body)
        self._operations[identifier] = record.id
        self._answered[identifier] = _Answered(operation=record.id)
        for member in ("description", "objective", "goals", "primary_motivation", "sophistication", "resource_level"):
            if item.get(member):
                self._bundle.lose(member)
        return record.id

    def _category_of(self, item: StixObject) -> Category:
        said = {_CATEGORIES[label] for label in texts(item.get("labels")) if label in _CATEGORIES}
        if len(said) == 1:
            return said.pop()
        if self._category is None:
            raise self._bundle.fault(item, "STIX tells no category of an operation; say which with category")
        return self._category

    def _home(self, source: StixObject) -> str:
        """Return the object that is the operation of a source: the one campaign leading to it, or the source itself."""
        campaigns: dict[str, None] = {}
        seen: set[str] = set()
        waiting: list[str] = [source["id"]]
        while waiting:
            each = waiting.pop()
            if each not in seen:
                seen.add(each)
                waiting += self._upward.get(each, ())
                if self._bundle.objects.get(each, {}).get("type") == "campaign":
                    campaigns[each] = None
        return next(iter(campaigns)) if len(campaigns) == 1 else str(source["id"])

    def _operation_from(self, source: StixObject) -> str:
        home = self._home(source)
        if home not in self._operations and home == source["id"] and source["type"] != "campaign":
            self._gathering.note(f"{home} belongs to no one campaign; its activity stands as an operation of its own")
        return self._operation(self._bundle.objects[home])

    # Claims.

    def _relationship(self, item: StixObject) -> None:
        kind = item.get("relationship_type")
        if not isinstance(kind, str):
            raise self._bundle.fault(item, "it has no relationship_type")
        if kind == "targets":
            return
        source, target = self._referred(item, "source_ref"), self._referred(item, "target_ref")
        if kind not in _CLAIMING | _DENYING or source["type"] not in _ACTING or target["type"] not in _NAMING:
            self._leave(item, source, target)
            return
        if is_person(target):
            self._left[_TO_PERSONS].append(item["id"])
            return
        subject = self._names.subject(target)
        claimant = self._names.speaker(item)
        start, stop = day_of(item.get("start_time")), day_of(item.get("stop_time"))
        wording = self._wording(item)
        external, sources = self._names.references(item)
        if external:
            self._bundle.lose("ids in other collections")
        body = Claim(
            operation=self._operation_from(source),
            claimant=claimant,
            polarity="denies" if kind in _DENYING else "asserts",
            about=[subject],
            said=day_of(item.get("created")),
            about_when=None if start is None and stop is None else Period(begin=start, end=stop),
            wording=wording,
            confidence=self._confidence(item),
            language=self._language(item),
            sources=sources,
            lacks=["on what it rests", *([] if sources else ["references"])],
        )
        record = self._keep(item, body)
        self._answered[item["id"]] = _Answered(operation=body.operation, claim=record.id, about=(subject,))

    def _leave(self, item: StixObject, source: StixObject, target: StixObject) -> None:
        what = f"relationships {item.get('relationship_type')} from {source['type']} to {target['type']}"
        self._left[what].append(item["id"])

    def _referred(self, item: StixObject, member: str) -> StixObject:
        ref = item.get(member)
        found = self._bundle.objects.get(ref) if isinstance(ref, str) else None
        if found is None:
            raise self._bundle.fault(item, f"{member} {str(ref)[:80]} is not in the bundle")
        return found

    def _keep(self, item: StixObject, body: Claim | Operation | Reply) -> Record:
        """Keep what an object says, with its retraction where its producer revoked the object."""
        records = [self._gathering.record(body, file=self._bundle.file, place=item["id"])]
        if item.get("revoked") is True:
            records.append(self._revocation(item, records[0]))
        self._gathering.keep(records)
        return records[0]

    def _revocation(self, item: StixObject, record: Record) -> Record:
        match record.body:
            case Claim(claimant=by) | Reply(by=by):
                pass
            case _:
                by = self._names.speaker(item)
        said = day_of(item.get("modified"))
        if said is None:
            raise self._bundle.fault(item, "it is revoked, and modified names no day")
        body = Correction(
            corrects=record.id,
            kind="retraction",
            by=by,
            said=said,
            reason="Revoked by its producer in STIX, without a reason.",
        )
        return self._gathering.record(body, file=self._bundle.file, place=item["id"])

    def _wording(self, item: StixObject) -> str | None:
        text = item.get("description")
        if isinstance(text, str) and 0 < len(text) <= _MAX_LINE and not _CONTROL.search(text):
            return text
        if text:
            self._bundle.lose("description")
        return None

    def _confidence(self, item: StixObject) -> StatedConfidence | None:
        stated = item.get("confidence")
        if stated is None:
            return None
        if not isinstance(stated, int) or isinstance(stated, bool):
            raise self._bundle.fault(item, f"confidence {str(stated)[:20]!r} is no whole number")
        return StatedConfidence(scale=STIX_SCALE, value=str(stated))

    def _language(self, item: StixObject) -> str | None:
        stated = item.get("lang")
        if stated is None:
            return None
        if not isinstance(stated, str) or not _LANGUAGE.fullmatch(stated):
            raise self._bundle.fault(item, f"lang {str(stated)[:20]!r} is no language tag")
        return stated

    # Replies.

    def _answer(self, item: StixObject) -> None:
        answered = [self._answered[ref] for ref in texts(item.get("object_refs")) if ref in self._answered]
        if not answered:
            self._left[f"objects of type {item['type']} about neither a claim nor an operation"].append(item["id"])
            return
        by = self._names.author(item)
        opinion = str(item.get("opinion")) if item["type"] == "opinion" else None
        if opinion is not None and opinion not in _OPINIONS:
            raise self._bundle.fault(item, f"the opinion {opinion[:40]!r} is not known")
        text = self._answer_text(item, opinion)
        external, sources = self._names.references(item)
        if external:
            self._bundle.lose("ids in other collections")
        for operation in dict.fromkeys(each.operation for each in answered):
            to = [each for each in answered if each.operation == operation]
            own = any(is_about(subject, by) for each in to for subject in each.about)
            kind: Literal["denial", "acceptance", "other"] = "other"
            if own and opinion in _DISAGREE:
                kind = "denial"
            elif own and opinion in _AGREE:
                kind = "acceptance"
            body = Reply(
                operation=operation,
                to_claims=list(dict.fromkeys(each.claim for each in to if each.claim is not None))[:MAX_ITEMS],
                by=by,
                kind=kind,
                said=day_of(item.get("created")),
                text=text,
                sources=sources,
            )
            self._keep(item, body)

    def _answer_text(self, item: StixObject, opinion: str | None) -> str | None:
        parts = [item.get("abstract"), item.get("content")] if opinion is None else [opinion, item.get("explanation")]
        text = "\n".join(part for part in parts if isinstance(part, str) and part)
        if len(text) > MAX_TEXT:
            self._gathering.note(f"{item['id']}: the text has {len(text)} characters, of which {MAX_TEXT} are kept")
        return text[:MAX_TEXT] or None

"""The view of a ledger: operations with what is claimed about them, the replies beside, findings and corrections.

A pure fold over records; their order does not matter, and the same records give the same view. `as_of` shows what was
known here by a day: the records whose provenance bears that day or an earlier one. When something was said, and when
it is said to have happened, is in the bodies and hides nothing.

Nothing disappears: a retracted claim stays as retracted, a corrected one names what replaces it, and where corrections
differ each is shown and the record is disputed; `corrections` says which take effect. Names sort by name; nothing
sorts by how much is claimed.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from types import MappingProxyType
from typing import Final, cast

from comity.conduct.admission import folded
from comity.conduct.bulk import many_objects
from comity.conduct.corrections import CorrectionView, Fates, Stated, arrival, by_day, is_about
from comity.conduct.independence import Clusters, Voices, clusters, independent_voices
from comity.conduct.record import Record
from comity.conduct.statements import (
    Body,
    Claim,
    Correction,
    Finding,
    Grading,
    Level,
    Match,
    Operation,
    Reply,
    Speaker,
    Subject,
)
from comity.errors import NotFoundError
from comity.parties.participants import load_participants

_STATE_LEVEL: Final[tuple[Level, ...]] = ("state",)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimView(Stated[Claim]):
    """A claim with the replies to it, its gradings and matches, and the cluster of claims that are one voice with it.

    Replies are those that name the claim, those to the operation as a whole by whomever the claim is about, and those
    to a claim that this one replaces, if it is still about the same. `cluster` is an id in `Clusters.by_claim`.
    """

    replies: tuple[Stated[Reply], ...]
    gradings: tuple[Stated[Grading], ...]
    matches: tuple[Stated[Match], ...]
    cluster: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationView:
    """An operation with everything said about it; `record` is its first version, `current` the one that stands.

    Claims come by basis tier, the highest first and those without one last, then by the claimant's name. `corrections`
    are all that touch the operation or anything that hangs on it, by day.
    """

    record: Record
    versions: tuple[Stated[Operation], ...]
    current: Record
    retracted: bool
    disputed: bool
    claims: tuple[ClaimView, ...]
    replies: tuple[Stated[Reply], ...]
    findings: tuple[Stated[Finding], ...]
    corrections: tuple[CorrectionView, ...]
    clusters: Clusters

    @property
    def id(self) -> str:
        """The id of the first version."""
        return self.record.id

    @property
    def body(self) -> Operation:
        """What the version that stands says."""
        return cast(Operation, self.current.body)

    @property
    def standing(self) -> tuple[ClaimView, ...]:
        """The claims that are neither retracted nor replaced."""
        return tuple(claim for claim in self.claims if claim.stands)

    @property
    def voices(self) -> tuple[Voices, ...]:
        """How many independent voices the standing claims of each polarity come from."""
        same = {version.id: self.id for version in self.versions}
        return independent_voices((claim.record for claim in self.standing), self.clusters, operations=same)

    @property
    def contradicted(self) -> bool:
        """True when a standing claim denies what others assert, or names somebody else instead."""
        return any(claim.body.polarity != "asserts" for claim in self.standing)

    def accused(self, levels: Sequence[Level] = _STATE_LEVEL) -> tuple[str, ...]:
        """Return whom standing claims name, by name; at the level of states unless told otherwise."""
        named = {
            shown_name(subject)
            for claim in self.standing
            if claim.body.polarity != "denies"
            for subject in claim.body.about
            if subject.level in levels
        }
        return tuple(sorted(named, key=lambda name: (folded(name), name)))


@dataclass(frozen=True, kw_only=True)
class LedgerView:
    """Operations by title, then id; `loose` are the records that hang on none of them, such as commitments."""

    operations: tuple[OperationView, ...]
    loose: tuple[Stated[Body], ...]
    as_of: date | None

    def operation(self, identifier: str) -> OperationView:
        """Return the operation with an id, which may be that of any of its versions.

        Raises:
            NotFoundError: the view has none.
        """
        try:
            return self._by_version[identifier]
        except KeyError as exc:
            raise NotFoundError(f"no operation {identifier} is in this view") from exc

    def claim(self, identifier: str) -> ClaimView:
        """Return the claim with an id.

        Raises:
            NotFoundError: the view has none.
        """
        try:
            return self._by_claim[identifier]
        except KeyError as exc:
            raise NotFoundError(f"no claim {identifier} is in this view") from exc

    @cached_property
    def _by_version(self) -> dict[str, OperationView]:
        return {version.id: operation for operation in self.operations for version in operation.versions}

    @cached_property
    def _by_claim(self) -> dict[str, ClaimView]:
        return {claim.id: claim for operation in self.operations for claim in operation.claims}


def fold(
    records: Iterable[Record],
    *,
    as_of: date | None = None,
    clustering: bool = True,
    groups: Mapping[str, str] = MappingProxyType({}),
) -> LedgerView:
    """Return the view of some records, as known here by the day `as_of`; see `independence.clusters` for the rest.

    A record may be given once for each of its provenances.
    """
    with many_objects():
        return _Fold(records, as_of).view(clustering=clustering, groups=groups)


def shown_name(who: Speaker | Subject) -> str:
    """Return the name under which somebody is shown: that of the table of participants for a listed state or place.

    What an organ, a unit or a body of a state says or is said to be stays in its own name, for it is not the state.
    """
    whole = who.kind == "state" if isinstance(who, Speaker) else who.level in {"place", "state"}
    listed = load_participants().get(who.participant) if whole and who.participant is not None else None
    return who.name if listed is None else listed.name


class _Fold:
    """The work of `fold`."""

    def __init__(self, records: Iterable[Record], as_of: date | None) -> None:
        self.as_of = as_of
        self._fates = Fates(records, as_of)
        self._records = self._fates.records
        self._roots = self._read_roots()

    def view(self, *, clustering: bool, groups: Mapping[str, str]) -> LedgerView:
        """Return every operation with what hangs on it, and what hangs on none."""
        hanging: dict[str, list[Record]] = defaultdict(list)
        loose: list[Stated[Body]] = []
        for record in self._records.values():
            root = self._operation_of(record)
            if root is None:
                loose.append(self._fates.stated(record))
            else:
                hanging[root].append(record)
        operations = [
            self._operation(root, held, clustering=clustering, groups=groups) for root, held in hanging.items()
        ]
        return LedgerView(
            operations=tuple(sorted(operations, key=lambda view: (folded(view.body.title), view.id))),
            loose=tuple(sorted(loose, key=lambda each: (each.kind, each.id))),
            as_of=self.as_of,
        )

    def _read_roots(self) -> dict[str, str]:
        """Return the first version of every operation: one that replaces none, of several the earliest."""
        versions = {record.id for record in self._records.values() if isinstance(record.body, Operation)}
        roots: dict[str, str] = {}
        for start in sorted(versions):
            if start in roots:
                continue
            group, waiting = set(), [start]
            while waiting:
                version = waiting.pop()
                if version in versions and version not in group:
                    group.add(version)
                    waiting += [*self._fates.replacements.get(version, ()), *self._fates.replaces.get(version, ())]
            first = min(
                group,
                key=lambda version: (bool(self._fates.replaces.get(version)), arrival(self._records[version]), version),
            )
            roots |= dict.fromkeys(group, first)
        return roots

    def _operation_of(self, record: Record) -> str | None:
        """Return the first version of the operation on which a record hangs, or None."""
        body = record.body
        if isinstance(body, Claim | Reply | Finding):
            return self._roots.get(body.operation)
        if isinstance(body, Operation):
            return self._roots[record.id]
        while isinstance(body, Correction | Grading | Match):
            target = self._records.get(body.corrects if isinstance(body, Correction) else body.claim)
            if target is None:
                return None
            if not isinstance(target.body, Correction | Grading | Match):
                return self._operation_of(target)
            body = target.body
        return None

    def _operation(
        self, root: str, held: Sequence[Record], *, clustering: bool, groups: Mapping[str, str]
    ) -> OperationView:
        of_kind: dict[str, list[Record]] = defaultdict(list)
        for record in held:
            of_kind[record.kind].append(record)
        versions: list[Stated[Operation]] = [self._fates.stated(record) for record in of_kind["operation"]]
        replies: list[Stated[Reply]] = [self._fates.stated(record) for record in of_kind["reply"]]
        findings: list[Stated[Finding]] = [self._fates.stated(record) for record in of_kind["finding"]]
        replies.sort(key=_reply_order)
        found = clusters(
            of_kind["claim"],
            clustering=clustering,
            groups=groups,
            operations=dict.fromkeys((version.id for version in versions), root),
        )
        gradings: dict[str, list[Stated[Grading]]] = defaultdict(list)
        matches: dict[str, list[Stated[Match]]] = defaultdict(list)
        for record in of_kind["grading"]:
            gradings[cast(Grading, record.body).claim].append(self._fates.stated(record))
        for record in of_kind["match"]:
            matches[cast(Match, record.body).claim].append(self._fates.stated(record))
        claims = [
            ClaimView(
                **self._fates.members(record),
                replies=self._answers(record, replies) if replies else (),
                gradings=tuple(sorted(gradings[record.id], key=lambda each: (folded(each.body.coder), each.id))),
                matches=tuple(sorted(matches[record.id], key=lambda each: (each.body.commitment, each.id))),
                cluster=found.by_claim[record.id],
            )
            for record in of_kind["claim"]
        ]
        current = self._fates.current(self._records[root])
        return OperationView(
            record=self._records[root],
            versions=tuple(sorted(versions, key=lambda version: (version.id != root, version.id))),
            current=current,
            retracted=any(version.retracted for version in versions if version.id == current.id),
            disputed=any(version.disputed for version in versions),
            claims=tuple(sorted(claims, key=_claim_order)),
            replies=tuple(replies),
            findings=tuple(sorted(findings, key=lambda each: (each.body.said, each.id))),
            corrections=by_day(
                view
                for record in held
                if record.id in self._fates.corrections
                for view in self._fates.corrections[record.id]
            ),
            clusters=found,
        )

    def _answers(self, claim: Record, replies: Sequence[Stated[Reply]]) -> tuple[Stated[Reply], ...]:
        """Return the replies to a claim, with those of whomever it is about that were made to what it replaces."""
        before = self._before(claim.id)
        about = cast(Claim, claim.body).about
        answers = []
        for reply in replies:
            named, by = reply.body.to_claims, reply.body.by
            if claim.id in named:
                answers.append(reply)
            elif not named or not before.isdisjoint(named):
                for subject in about:
                    if is_about(subject, by):
                        answers.append(reply)
                        break
        return tuple(answers)

    def _before(self, claim: str) -> frozenset[str]:
        """Return every claim that one replaces, directly or through others."""
        if claim not in self._fates.replaces:
            return frozenset()
        before: set[str] = set()
        waiting = [claim]
        while waiting:
            earlier = set(self._fates.replaces.get(waiting.pop(), ())) - before
            before |= earlier
            waiting += earlier
        return frozenset(before)


def _claim_order(view: ClaimView) -> tuple[bool, int, str, str, str]:
    tier = view.body.basis_tier
    return tier is None, -(tier or 0), folded(shown_name(view.body.claimant)), view.body.said or "", view.id


def _reply_order(view: Stated[Reply]) -> tuple[str, str, str]:
    body = view.body
    return body.said or body.searched or "", folded(shown_name(body.by)), view.id

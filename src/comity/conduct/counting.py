"""How often claims name a participant, and how that moves with the rule and with what is left out.

A figure here is about claims, not about conduct, and it comes with the rule by which it was counted. Every figure can
be drawn again without a source, a bloc of claimants, a claimant, a category, claims with a single voice or the last
months. Participants stand in the order of their names; the room has no order by count, no place and no score, and a
`Tally` offers none. What is counted is pairs of an operation and a participant, so that many claims about one matter
count once; how many claims and voices they are stands beside, with what the participant replied.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Final, NamedTuple

from comity.conduct.admission import folded
from comity.conduct.blocs import Bloc, load_blocs
from comity.conduct.commitments.since import parse_since
from comity.conduct.corrections import is_own_word
from comity.conduct.counting_rules import Basis, CountingRule, bases_of, counting_rule, load_rules
from comity.conduct.figures import (
    ClaimFacts,
    Count,
    CountedPeriod,
    OperationFacts,
    Redraw,
    Replies,
    Sensitivity,
    SensitivityLine,
    Share,
    Tally,
)
from comity.conduct.record import Provenance
from comity.conduct.statements import Level
from comity.conduct.view import ClaimView, OperationView
from comity.errors import MalformedError, NotFoundError, PolicyError
from comity.parties.participants import participant

_MONTHS_A_YEAR: Final = 12
_PERIODS: Final = (1, 3, 6, _MONTHS_A_YEAR)
# How many of the last months the sensitivity leaves out: about the median lag, and about its upper quartile.
_MONTHS: Final = (12, 24)


class _Mention(NamedTuple):
    """A claim that names a participant, with the rules by which that counts, one bit each."""

    claim: ClaimFacts
    bases: frozenset[Basis]
    rules: int


_Pair = tuple[str, str]
# What is left out, as `Redraw` names it, and which one.
_Change = tuple[str, str]
# Why a claim is left out, by the claim's id.
_LeftOut = dict[str, str]


def facts_of(
    operations: Iterable[OperationView], provenances: Callable[[str], Iterable[Provenance]] | None = None
) -> tuple[ClaimFacts, ...]:
    """Return what counting needs of the claims that stand and name a participant by its code.

    Denials name nobody as author and are not counted. With `provenances`, such as that of a ledger, a claim that came
    from several collections stays while one of them does; otherwise the first is all that is known.
    """
    found = []
    for view in operations:
        if view.retracted:
            continue
        facts = operation_facts(view)
        for stated in view.standing:
            body = stated.body
            named: dict[str, set[Level]] = defaultdict(set)
            for subject in body.about:
                if subject.participant is not None:
                    named[subject.participant].add(subject.level)
            if named and body.polarity != "denies":
                came = (stated.record.provenance,) if provenances is None else provenances(stated.id)
                found.append(_claim_facts(stated, facts, named, frozenset(each.source for each in came)))
    return tuple(found)


class Claims:
    """Claims made ready for counting; every figure of one page is best drawn from one of these."""

    def __init__(self, claims: Iterable[ClaimFacts], *, blocs: Mapping[str, Bloc] | None = None) -> None:
        self._claims = {claim.id: claim for claim in claims}
        self._blocs = load_blocs() if blocs is None else blocs
        self._operations = {claim.operation.id: claim.operation for claim in self._claims.values()}
        self._rules = {code: 1 << number for number, code in enumerate(load_rules())}
        self._pairs: dict[_Pair, list[_Mention]] = defaultdict(list)
        self._pair_rules: dict[_Pair, int] = defaultdict(int)
        self._repeats: dict[str, list[ClaimFacts]] = defaultdict(list)
        masks: dict[tuple[frozenset[Level], frozenset[Basis], int | None], int] = {}
        for claim in self._claims.values():
            for code, levels in claim.named.items():
                key = (levels, claim.bases[code], claim.tier)
                if key not in masks:
                    masks[key] = sum(bit for rule, bit in self._rules.items() if counting_rule(rule).counts(*key))
                self._pairs[claim.operation.id, code].append(_Mention(claim, claim.bases[code], masks[key]))
                self._pair_rules[claim.operation.id, code] |= masks[key]
            # A claim whose origin is not here does not depend on what is left out here.
            if claim.derives_from and all(origin in self._claims for origin in claim.derives_from):
                for origin in claim.derives_from:
                    self._repeats[origin].append(claim)
        # How many operations, and pairs of each participant, count by which rules: there are few combinations.
        of_operation: dict[str, int] = defaultdict(int)
        self._pairs_by_rules: dict[str, Counter[int]] = defaultdict(Counter)
        for (operation, code), rules in self._pair_rules.items():
            of_operation[operation] |= rules
            self._pairs_by_rules[code][rules] += 1
        self._operations_by_rules = Counter(of_operation.values())
        self._spoken: dict[tuple[str, str | None, str, str | None], bool] = {}

    def check(self, redraw: Redraw) -> None:
        """Check that every source and claimant to be left out is there, lest a figure seem not to rest on it.

        Raises:
            NotFoundError: no claim comes from, cites or is made by one of them.
        """
        if redraw.leave_out_sources:
            held = {name for claim in self._claims.values() for name in claim.collections | claim.publishers}
            for name in sorted(redraw.leave_out_sources - held):
                raise NotFoundError(f"no claim that names a participant comes from or cites the source {name!r}")
        if redraw.leave_out_claimants:
            keys = {claim.claimant_key for claim in self._claims.values()}
            keys |= {folded(claim.claimant.name) for claim in self._claims.values()}
            for name in sorted(redraw.leave_out_claimants):
                if name not in keys and folded(name) not in keys:
                    raise NotFoundError(f"no claim that names a participant is made by the claimant {name!r}")

    def tally(self, redraw: Redraw | None = None, *, as_of: date | None = None) -> Tally:
        """Return how often claims name whom.

        Raises:
            PolicyError: months are to be left out and the day of the figure is not given.
            NotFoundError: a bloc to be left out does not exist.
        """
        redraw = Redraw() if redraw is None else redraw
        left_out = self._left_out(redraw, as_of)
        of_participant: dict[str, dict[str, list[_Mention]]] = defaultdict(dict)
        kept: set[str] = set()
        for (operation, code), mentions in self._kept(redraw, left_out):
            of_participant[code][operation] = mentions
            kept.update(mention.claim.id for mention in mentions)
        counted = {operation for operations in of_participant.values() for operation in operations}
        reasons = Counter(left_out.values()) + Counter(rule=len(self._claims) - len(left_out) - len(kept))
        names = {code: participant(code).name for code in of_participant}
        return Tally(
            redraw=redraw,
            as_of=as_of,
            counts=tuple(
                self._count(code, names[code], of_participant[code], redraw)
                for code in sorted(names, key=lambda code: (folded(names[code]), code))
            ),
            counted=len(counted),
            left_out=dict(sorted(reasons.items())),
            undated=sum(self._operations[operation].occurred is None for operation in counted),
        )

    def left_out(self, redraw: Redraw | None = None, *, as_of: date | None = None) -> Mapping[str, str]:
        """Return why each claim that does not count is left out, by the claim's id.

        The reason is `source`, `bloc`, `claimant`, `category` or `months`, `repeats` for a claim that only repeats
        what is left out, or `rule` where the rule or the number of voices does not count it.

        Raises:
            PolicyError: months are to be left out and the day of the figure is not given.
            NotFoundError: a bloc to be left out does not exist.
        """
        redraw = Redraw() if redraw is None else redraw
        found = self._left_out(redraw, as_of)
        kept = {mention.claim.id for _, mentions in self._kept(redraw, found) for mention in mentions}
        return found | {claim: "rule" for claim in self._claims if claim not in found and claim not in kept}

    def sensitivity(self, code: str, redraw: Redraw | None = None, *, as_of: date | None = None) -> Sensitivity:
        """Return how the share of one participant moves when one thing at a time is changed.

        Of claimants only those are tried who name the participant. Months are left out where `as_of` is given.

        Raises:
            NotFoundError: no participant has the code, or a bloc to be left out does not exist.
            PolicyError: the redraw leaves months out and the day of the figure is not given.
        """
        name = participant(code).name
        redraw = Redraw() if redraw is None else redraw
        without = self._left_out(redraw, as_of)
        lines = [self._line(code, "rule", rule, replace(redraw, rule=rule), without) for rule in self._rules]
        lines += self._each_left_out(code, redraw, without)
        single = replace(redraw, leave_out_single_voices=not redraw.leave_out_single_voices)
        lines.append(self._line(code, "single_voices", "", single, without))
        clustering = replace(redraw, clustering=not redraw.clustering)
        lines.append(self._line(code, "clustering", "", clustering, self._left_out(clustering, as_of)))
        for months in _MONTHS if as_of is not None else ():
            fewer = replace(redraw, leave_out_last_months=months)
            lines.append(self._line(code, "months", str(months), fewer, self._left_out(fewer, as_of)))
        base = self._line(code, "none", "", redraw, without)
        return Sensitivity(code=code, name=name, base=base, lines=tuple(lines))

    def periods(
        self, code: str | None, redraw: Redraw | None = None, *, as_of: date, months: int = _MONTHS_A_YEAR
    ) -> tuple[CountedPeriod, ...]:
        """Return the share of a participant, or with None of anybody, by when operations are said to have happened.

        A period has 1, 3, 6 or 12 months. Operations known less exactly than a period are in none.

        Raises:
            MalformedError: a period of another length is asked for.
            PolicyError: an operation is dated after the day of the figure.
            NotFoundError: a bloc to be left out does not exist.
        """
        if months not in _PERIODS:
            raise MalformedError(f"a period has 1, 3, 6 or 12 months, got {months}")
        redraw = Redraw() if redraw is None else redraw
        counted: dict[date, set[str]] = defaultdict(set)
        named: dict[date, set[str]] = defaultdict(set)
        for (operation, about), _ in self._kept(redraw, self._left_out(redraw, as_of)):
            occurred = self._operations[operation].occurred
            if occurred is None:
                continue
            begin = _period(occurred.earliest, months)
            if begin != _period(occurred.latest, months):
                continue
            counted[begin].add(operation)
            if code is None or about == code:
                named[begin].add(operation)
        if not counted:
            return ()
        lag = counting_rule(redraw.rule).lag_days
        found = []
        begin = min(counted)
        # The calendar has no day after its last year.
        while begin.year < date.max.year and (begin <= as_of or begin <= max(counted)):
            after = _months_later(begin, months)
            found.append(
                CountedPeriod(
                    begin=begin,
                    end=after - timedelta(days=1),
                    share=Share(named=len(named[begin]), counted=len(counted[begin])),
                    censored=after - timedelta(days=1) > as_of - timedelta(days=lag),
                    lag_days=lag,
                )
            )
            begin = after
        return tuple(found)

    def _count(self, code: str, name: str, operations: Mapping[str, list[_Mention]], redraw: Redraw) -> Count:
        return Count(
            code=code,
            name=name,
            operations=len(operations),
            claims=sum(len(mentions) for mentions in operations.values()),
            voices=sum(_voices(mentions, redraw) for mentions in operations.values()),
            replies=_replies(code, [self._operations[operation] for operation in operations]),
        )

    def _left_out(self, redraw: Redraw, as_of: date | None) -> _LeftOut:
        """Return which claims are left out and why, and which claims with them, since they only repeat them."""
        if not redraw.leaves_out_claims:
            return {}
        why = self._reason(redraw, as_of)
        found = {claim.id: reason for claim in self._claims.values() if (reason := why(claim)) is not None}
        if redraw.clustering:
            self._carry_on(found)
        return found

    def _carry_on(self, left_out: _LeftOut) -> None:
        """Leave out also the claims all of whose origins are left out."""
        waiting = list(left_out)
        while waiting:
            for claim in self._repeats.get(waiting.pop(), ()):
                if claim.id not in left_out and all(origin in left_out for origin in claim.derives_from):
                    left_out[claim.id] = "repeats"
                    waiting.append(claim.id)

    def _reason(self, redraw: Redraw, as_of: date | None) -> Callable[[ClaimFacts], str | None]:
        """Return the function that says why a claim is left out by itself, or None."""
        blocs = [self._bloc(code) for code in sorted(redraw.leave_out_blocs)]
        claimants = redraw.leave_out_claimants | {folded(name) for name in redraw.leave_out_claimants}
        until = None
        if redraw.leave_out_last_months:
            if as_of is None:
                raise PolicyError("months can only be left out of a figure whose day is given")
            until = _months_later(as_of, -min(redraw.leave_out_last_months, (as_of.year - 1) * _MONTHS_A_YEAR))

        def why(claim: ClaimFacts) -> str | None:
            if redraw.leave_out_sources and (
                _all_in(claim.collections, redraw.leave_out_sources)
                or _all_in(claim.publishers, redraw.leave_out_sources)
            ):
                return "source"
            if claimants and (claim.claimant_key in claimants or folded(claim.claimant.name) in claimants):
                return "claimant"
            if blocs and any(self._speaks(bloc, claim) for bloc in blocs):
                return "bloc"
            if claim.operation.category in redraw.leave_out_categories:
                return "category"
            occurred = claim.operation.occurred
            return "months" if until is not None and occurred is not None and occurred.latest > until else None

        return why

    def _speaks(self, bloc: Bloc, claim: ClaimFacts) -> bool:
        key = (bloc.code, claim.claimant.participant, claim.claimant.name, claim.said)
        if key not in self._spoken:
            self._spoken[key] = bloc.speaks(claim.claimant, claim.said)
        return self._spoken[key]

    def _bloc(self, code: str) -> Bloc:
        if code not in self._blocs:
            raise NotFoundError(f"no bloc has the code {code!r}; there are {', '.join(self._blocs)}")
        return self._blocs[code]

    def _kept(self, redraw: Redraw, left_out: _LeftOut) -> Iterator[tuple[_Pair, list[_Mention]]]:
        """Yield the pairs that count, with the claims by which they do."""
        bit, rule = self._rules[redraw.rule], counting_rule(redraw.rule)
        for pair, mentions in self._pairs.items():
            kept = [mention for mention in mentions if mention.rules & bit and mention.claim.id not in left_out]
            if kept and _enough(kept, rule, redraw):
                yield pair, kept

    def _line(self, code: str, change: str, value: str, redraw: Redraw, left_out: _LeftOut) -> SensitivityLine:
        if not left_out and _any_claim_is_enough(redraw):
            bit = self._rules[redraw.rule]
            share = Share(
                named=_with(self._pairs_by_rules.get(code, {}), bit), counted=_with(self._operations_by_rules, bit)
            )
        else:
            held = [pair for pair, _ in self._kept(redraw, left_out)]
            named = {operation for operation, about in held if about == code}
            share = Share(named=len(named), counted=len({operation for operation, _ in held}))
        return SensitivityLine(change=change, value=value, redraw=redraw, share=share)

    def _each_left_out(self, code: str, redraw: Redraw, base: _LeftOut) -> Iterator[SensitivityLine]:
        """Yield the share without each source, bloc, claimant and category, all of them from one pass."""
        counted: dict[str, int] = defaultdict(int)
        named = 0
        # With each change: how many pairs of an operation count no more, and how many that name the participant.
        lost: dict[_Change, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        unnamed: dict[_Change, int] = defaultdict(int)
        changes, goes_with = self._goes_with(code, redraw, base)
        rule, any_is_enough = counting_rule(redraw.rule), _any_claim_is_enough(redraw)
        for (operation, about), mentions in self._kept(redraw, base):
            counted[operation] += 1
            named += about == code
            of_mentions = [goes_with[mention.claim.id] for mention in mentions]
            gone = frozenset.intersection(*of_mentions)
            if not any_is_enough:
                gone |= {
                    change
                    for change in frozenset.union(*of_mentions) - gone
                    if not _enough([each for each in mentions if change not in goes_with[each.claim.id]], rule, redraw)
                }
            for change in gone:
                lost[change][operation] += 1
                unnamed[change] += about == code
        for change in changes:
            member, value = f"leave_out_{change[0]}", change[1]
            yield SensitivityLine(
                change=change[0],
                value=value,
                redraw=replace(redraw, **{member: getattr(redraw, member) | {value}}),
                share=Share(
                    named=named - unnamed[change],
                    counted=len(counted) - sum(counted[operation] == each for operation, each in lost[change].items()),
                ),
            )

    def _goes_with(
        self, code: str, redraw: Redraw, base: _LeftOut
    ) -> tuple[list[_Change], dict[str, frozenset[_Change]]]:
        """Return every single thing that can be left out, by kind and name, and with which of them each claim goes.

        Of claimants only those are tried who name the participant.
        """
        remaining = [claim for claim in self._claims.values() if claim.id not in base]
        speaking = {claim.claimant_key for claim in remaining if code in claim.named}
        by_name: dict[str, set[str]] = defaultdict(set)
        for claimant in speaking:
            for name in (claimant, folded(claimant)):
                by_name[name].add(claimant)
        sources: set[str] = set()
        # Many claims differ in nothing that could be left out.
        alike: dict[tuple[object, ...], frozenset[_Change]] = {}
        goes_with: dict[str, frozenset[_Change]] = {}
        for claim in remaining:
            key = (claim.claimant, claim.said, claim.collections, claim.publishers, claim.operation.category)
            if key not in alike:
                alike[key] = frozenset(self._own_changes(claim, by_name, redraw.leave_out_sources))
                sources |= claim.collections | claim.publishers
            goes_with[claim.id] = alike[key]
        # A source is tried although nothing goes with it: that it changes nothing is worth a line.
        values: dict[str, Iterable[str]] = {
            "sources": sources,
            "blocs": {value for own in alike.values() for change, value in own if change == "blocs"},
            "claimants": speaking,
            "categories": {claim.operation.category for claim in remaining},
        }
        if redraw.clustering:
            self._go_with_origins(goes_with)
        return [(change, value) for change, held in values.items() for value in sorted(held)], goes_with

    def _own_changes(
        self, claim: ClaimFacts, by_name: Mapping[str, set[str]], without: frozenset[str]
    ) -> Iterator[_Change]:
        """Yield with what a claim is left out by itself; `without` are the sources that are left out already."""
        for held in (claim.collections, claim.publishers):
            # Several sources must all be left out, so that no single one decides.
            if len(left := held - without) == 1:
                yield from (("sources", source) for source in left)
        yield from (("blocs", code) for code, bloc in self._blocs.items() if self._speaks(bloc, claim))
        for name in (claim.claimant_key, folded(claim.claimant.name)):
            yield from (("claimants", claimant) for claimant in by_name.get(name, ()))
        yield "categories", claim.operation.category

    def _go_with_origins(self, goes_with: dict[str, frozenset[_Change]]) -> None:
        """Let claims that only repeat others go with whatever all their origins go with."""
        waiting = [origin for origin in self._repeats if origin in goes_with]
        while waiting:
            for claim in self._repeats.get(waiting.pop(), ()):
                origins = [goes_with[origin] for origin in claim.derives_from if origin in goes_with]
                if claim.id in goes_with and not (more := frozenset.intersection(*origins)) <= goes_with[claim.id]:
                    goes_with[claim.id] |= more
                    waiting.append(claim.id)


def tally(claims: Iterable[ClaimFacts], redraw: Redraw | None = None, *, as_of: date | None = None) -> Tally:
    """Return how often claims name whom; see `Claims.tally`.

    Raises:
        PolicyError: months are to be left out and the day of the figure is not given.
        NotFoundError: a bloc to be left out does not exist.
    """
    return Claims(claims).tally(redraw, as_of=as_of)


def sensitivity(
    claims: Iterable[ClaimFacts], code: str, redraw: Redraw | None = None, *, as_of: date | None = None
) -> Sensitivity:
    """Return how the share of one participant moves; see `Claims.sensitivity`.

    Raises:
        NotFoundError: no participant has the code, or a bloc to be left out does not exist.
        PolicyError: the redraw leaves months out and the day of the figure is not given.
    """
    return Claims(claims).sensitivity(code, redraw, as_of=as_of)


def operation_facts(view: OperationView) -> OperationFacts:
    """Return what counting needs of an operation as it stands."""
    body = view.body
    occurred = None if body.occurred is None else body.occurred.end or body.occurred.begin
    return OperationFacts(
        id=view.id,
        category=body.category,
        occurred=None if occurred is None else parse_since(occurred),
        hit=frozenset(target.participant for target in body.hit if target.participant is not None),
        replies=tuple(
            (reply.body.by.participant if is_own_word(reply.record, reply.body.by) else None, reply.body.kind)
            for reply in view.replies
            if reply.stands
        ),
    )


def _claim_facts(
    stated: ClaimView, operation: OperationFacts, named: Mapping[str, set[Level]], collections: frozenset[str]
) -> ClaimFacts:
    body = stated.body
    return ClaimFacts(
        id=stated.id,
        operation=operation,
        claimant=body.claimant,
        named={code: frozenset(levels) for code, levels in named.items()},
        bases={code: bases_of(body, code, operation.hit) for code in named},
        cluster=stated.cluster,
        said=body.said,
        tier=body.basis_tier,
        collections=collections,
        publishers=frozenset(source.publisher for source in body.sources if source.publisher is not None),
        derives_from=tuple(body.derives_from),
    )


def _with(numbers: Mapping[int, int], bit: int) -> int:
    """Return how many have a bit, of numbers by their bits."""
    return sum(number for rules, number in numbers.items() if rules & bit)


def _any_claim_is_enough(redraw: Redraw) -> bool:
    return counting_rule(redraw.rule).distinct_bases == 1 and not redraw.leave_out_single_voices


def _enough(mentions: list[_Mention], rule: CountingRule, redraw: Redraw) -> bool:
    """True when claims that count rest on as many bases and voices as are asked for."""
    if rule.distinct_bases > 1:
        bases = frozenset(basis for mention in mentions for basis in mention.bases)
        if len(bases if rule.bases is None else bases & rule.bases) < rule.distinct_bases:
            return False
    return not redraw.leave_out_single_voices or _voices(mentions, redraw) > 1


def _voices(mentions: list[_Mention], redraw: Redraw) -> int:
    return len({mention.claim.cluster if redraw.clustering else mention.claim.id for mention in mentions})


def _replies(code: str, operations: Iterable[OperationFacts]) -> Replies:
    found: Counter[str] = Counter()
    for operation in operations:
        kinds = {kind for by, kind in operation.replies if by == code}
        if not kinds:
            somebody = any(by is None and kind != "silence" for by, kind in operation.replies)
            kinds = {"by_others" if somebody else "none"}
        found.update(kinds)
    return Replies(**found)


def _all_in(held: frozenset[str], left_out: frozenset[str]) -> bool:
    return bool(held) and held <= left_out


def _months_later(day: date, months: int) -> date:
    """Return the day a number of months later or earlier, or the last day of its month where that has no such day."""
    month = day.year * _MONTHS_A_YEAR + day.month - 1 + months
    first = date(month // _MONTHS_A_YEAR, month % _MONTHS_A_YEAR + 1, 1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return first.replace(day=min(day.day, last.day))


def _period(day: date, months: int) -> date:
    """Return the first day of the period of the calendar year in which a day lies."""
    return date(day.year, (day.month - 1) // months * months + 1, 1)

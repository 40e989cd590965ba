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
        facts = _operation_facts(view)
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
        while begin <= as_of or begin <= max(counted):
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
            self._carry_on(found, found)
        return found

    def _carry_on(self, begun: Iterable[str], left_out: _LeftOut) -> None:
        """Leave out the claims all of whose origins are left out, beginning from some that are."""
        waiting = list(begun)
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
            until = _months_later(as_of, -redraw.leave_out_last_months)

        def why(claim: ClaimFacts) -> str | None:
            if redraw.leave_out_sources and (
                _all_in(claim.collections, redraw.leave_out_sources)
                or _all_in(claim.publishers, redraw.leave_out_sources)
            ):
                return "source"
            if claimants and (claim.claimant_key in claimants or folded(claim.claimant.name) in claimants):
                return "claimant"
            if any(self._speaks(bloc, claim) for bloc in blocs):
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

    def _holding(self, redraw: Redraw, left_out: _LeftOut, among: Iterable[_Pair] | None = None) -> set[_Pair]:
        """Return the pairs that count, or those of some."""
        if among is None:
            if not left_out and _any_claim_is_enough(redraw):
                bit = self._rules[redraw.rule]
                return {pair for pair, rules in self._pair_rules.items() if rules & bit}
            return {pair for pair, _ in self._kept(redraw, left_out)}
        bit, rule = self._rules[redraw.rule], counting_rule(redraw.rule)
        found = set()
        for pair in among:
            kept = [each for each in self._pairs[pair] if each.rules & bit and each.claim.id not in left_out]
            if kept and _enough(kept, rule, redraw):
                found.add(pair)
        return found

    def _line(self, code: str, change: str, value: str, redraw: Redraw, left_out: _LeftOut) -> SensitivityLine:
        if not left_out and _any_claim_is_enough(redraw):
            bit = self._rules[redraw.rule]
            share = Share(
                named=_with(self._pairs_by_rules.get(code, {}), bit), counted=_with(self._operations_by_rules, bit)
            )
        else:
            held = self._holding(redraw, left_out)
            named = {operation for operation, about in held if about == code}
            share = Share(named=len(named), counted=len({operation for operation, _ in held}))
        return SensitivityLine(change=change, value=value, redraw=redraw, share=share)

    def _each_left_out(self, code: str, redraw: Redraw, base: _LeftOut) -> Iterator[SensitivityLine]:
        """Yield the share without each source, bloc, claimant and category, looking only at what each one touches."""
        held = self._holding(redraw, base)
        counted = Counter(operation for operation, _ in held)
        named = sum(about == code for _, about in held)
        remaining = [claim for claim in self._claims.values() if claim.id not in base]
        for change, value, claims in self._touched(code, remaining, redraw.leave_out_sources):
            member = f"leave_out_{change}"
            other = replace(redraw, **{member: getattr(redraw, member) | {value}})
            left_out = base | {claim.id: change for claim in claims}
            if redraw.clustering:
                self._carry_on([claim.id for claim in claims], left_out)
            gone = [self._claims[identifier] for identifier in left_out.keys() - base.keys()]
            lost = held
            if len(gone) < len(remaining):
                pairs = held.intersection((claim.operation.id, about) for claim in gone for about in claim.named)
                lost = pairs - self._holding(other, left_out, pairs)
            emptied = Counter(operation for operation, _ in lost)
            yield SensitivityLine(
                change=change,
                value=value,
                redraw=other,
                share=Share(
                    named=named - sum(about == code for _, about in lost),
                    counted=len(counted) - sum(counted[operation] == each for operation, each in emptied.items()),
                ),
            )

    def _touched(
        self, code: str, claims: list[ClaimFacts], without: frozenset[str]
    ) -> Iterator[tuple[str, str, Iterable[ClaimFacts]]]:
        """Yield every single thing that can be left out, by kind and name, with the claims that go with it.

        `without` are the sources that are left out already.
        """
        groups: dict[str, dict[str, list[ClaimFacts]]] = {
            change: defaultdict(list) for change in ("sources", "blocs", "claimants", "categories")
        }
        by_name: dict[str, list[ClaimFacts]] = defaultdict(list)
        for claim in claims:
            for source in claim.collections | claim.publishers:
                gone = without | {source}
                if _all_in(claim.collections, gone) or _all_in(claim.publishers, gone):
                    groups["sources"][source].append(claim)
                else:
                    # It is named although nothing goes with it: that it changes nothing is worth a line.
                    groups["sources"].setdefault(source, [])
            for code_of_bloc, bloc in self._blocs.items():
                if self._speaks(bloc, claim):
                    groups["blocs"][code_of_bloc].append(claim)
            groups["categories"][claim.operation.category].append(claim)
            for name in {claim.claimant_key, folded(claim.claimant.name)}:
                by_name[name].append(claim)
        for value in {claim.claimant_key for claim in claims if code in claim.named}:
            same = {claim.id: claim for name in (value, folded(value)) for claim in by_name.get(name, ())}
            groups["claimants"][value] = list(same.values())
        for change, values in groups.items():
            for value in sorted(values):
                yield change, value, values[value]


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


def _operation_facts(view: OperationView) -> OperationFacts:
    body = view.body
    occurred = None if body.occurred is None else body.occurred.end or body.occurred.begin
    return OperationFacts(
        id=view.id,
        category=body.category,
        occurred=None if occurred is None else parse_since(occurred),
        hit=frozenset(target.participant for target in body.hit if target.participant is not None),
        replies=tuple(
            (reply.body.by.participant, reply.body.kind)
            for reply in view.replies
            if reply.stands and reply.body.by.participant is not None
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
        found.update(kinds or {"none"})
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

"""Commitments stand beside claims in time order, with the reply, and nothing is matched without a stated reason."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from comity.conduct.commitments.bonds import Bond, CommitmentsOn, InForce
from comity.conduct.commitments.catalogue import MEMORY_NOTICE
from comity.conduct.commitments.since import parse_since
from comity.conduct.commitments.statements import Commitment, ConformingAct, Consultation, Disclosure, PactReturn
from comity.conduct.matches import Relation
from comity.conduct.pairs import ClaimLine, Pairs, Searched, Side, of_bloc, of_pair, of_state, pairs
from comity.conduct.record import Record
from comity.conduct.statements import Body, Correction, Period, Target
from comity.conduct.verbs import breaches
from comity.conduct.view import fold
from comity.errors import MalformedError, NotFoundError
from comity.parties.participants import participant
from support import conduct_records as make

AS_OF = date(2026, 6, 30)
Held = Callable[[str, date], CommitmentsOn]


def held(*entries: InForce, code: str = "XAA") -> Held:
    """Return what one participant holds: each entry from its first day on."""

    def on(asked: str, day: date) -> CommitmentsOn:
        begun = [row for row in entries if row.since is None or row.since.may_have_begun(day)]
        return CommitmentsOn(
            participant=asked,
            on=day,
            entries=tuple(row for row in begun if asked == code and row.bond is not Bond.UNKNOWN),
            unknown=tuple(row for row in begun if asked == code and row.bond is Bond.UNKNOWN),
        )

    return on


def commitment(key: str = "gge_norms:f", since: str | None = "2025-01-01", **members: Any) -> InForce:
    catalogue, _, item = key.partition(":")
    filled: dict[str, Any] = {
        "catalogue": catalogue,
        "item": item or None,
        "label": "no damage by networks to critical infrastructure",
        "bond": Bond.VOLUNTARY,
        "since": None if since is None else parse_since(since),
        "certain": True,
        "act": "endorsed",
        "through": None,
        "reservation": None,
        "notices": (),
        "source": "a fictitious resolution",
        "grade": "S",
    }
    return InForce(**(filled | members))


def loose(kind: str, body: Body) -> Record:
    return Record(kind=kind, body=body, provenance=make.provenance())


def conforming(code: str = "XAA", on: str = "2026-01-05", **members: Any) -> Record:
    filled: dict[str, Any] = {
        "participant": code,
        "kind": "help_given",
        "on": on,
        "said_by": make.state("XBB"),
        "under": ["gge_norms:h"],
        "summary": "Logs were handed over within a day.",
    }
    return loose("conforming-act", ConformingAct(**(filled | members)))


def disclosure(**members: Any) -> Record:
    filled: dict[str, Any] = {
        "participant": "XAA",
        "question": "doctrine",
        "said_by": make.state("XAA"),
        "said": "2026-01-02",
    }
    return loose("disclosure", Disclosure(**(filled | members)))


def consultation(**members: Any) -> Record:
    filled: dict[str, Any] = {"by": "XBB", "parties": ["XAA", "XBB"], "topic": "cables"}
    return loose("consultation", Consultation(**(filled | members)))


def case(*more: Record, category: str = "sabotage", begin: str = "2026-02-11", **members: Any) -> tuple[Record, ...]:
    ferry = make.operation(category=category, occurred=Period(begin=begin, end=members.pop("end", begin)))
    claim = make.claim(ferry, **members)
    return (ferry, claim, make.reply(ferry, [claim]), *more)


def side(records: tuple[Record, ...], commitments: Held | None = None, code: str = "XAA") -> Side:
    (found,) = pairs(of_state(code), fold(records), as_of=AS_OF, commitments=commitments or held(commitment())).sides
    return found


def the_claim(found: Side) -> ClaimLine:
    (line,) = [line for line in found.lines if isinstance(line, ClaimLine)]
    return line


def matched(*records: Record, commitments: Held, **members: Any) -> ClaimLine:
    told = case(**members)
    return the_claim(side((*told, make.match(told[1]), *records), commitments))


def test_commitments_claims_and_acts_stand_in_the_order_of_time() -> None:
    found = side(case(conforming(on="2026-01-05"), conforming(on="2026-03-05", summary="A flaw was reported.")))
    assert [(line.kind, None if line.when is None else line.when.text) for line in found.lines] == [
        ("commitment", "2025-01-01"),
        ("conforming", "2026-01-05"),
        ("claim", "2026-02-11"),
        ("conforming", "2026-03-05"),
    ]


def test_a_claim_says_who_claims_what_on_which_basis_with_the_reply_beside_it() -> None:
    line = the_claim(side(case()))
    assert line.text == (
        "2026-02-11: “Night ferry” (sabotage): State XBB claims that State XAA (state) is behind it; "
        "said 2026-03-02; basis: one government"
    )
    assert line.replies == ("State XAA denies it, 2026-03-05",)


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"polarity": "denies"}, "State XBB denies that State XAA (state) is behind it"),
        ({"polarity": "reassigns"}, "State XBB claims that State XAA (state) is behind it instead"),
        ({"about": make.subject("XAA", "place")}, "State XBB claims that it came from Territory of XAA"),
        (
            {"about": make.subject("XAA", "unit")},
            "State XBB claims that Unit 7 of XAA (unit of Fictitious participant XAA) is behind it",
        ),
        ({"without": ["basis_tier", "said"]}, "said on a day not given; basis: none given"),
    ],
)
def test_levels_and_polarities_are_kept_apart(members: dict[str, Any], expected: str) -> None:
    assert expected in the_claim(side(case(**members))).text


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"kind": "counter_claim"}, "State XAA answers with a claim of its own, 2026-03-05"),
        ({"kind": "partial_admission"}, "State XAA admits a part of it, 2026-03-05"),
        ({"kind": "acceptance"}, "State XAA accepts the claim, 2026-03-05"),
        ({"kind": "other"}, "State XAA replies, 2026-03-05"),
        ({"text": "XBB attacked itself."}, "State XAA denies it, 2026-03-05; in its words: XBB attacked itself."),
    ],
)
def test_every_kind_of_reply_has_its_sentence(members: dict[str, Any], expected: str) -> None:
    ferry = make.operation()
    claim = make.claim(ferry)
    assert the_claim(side((ferry, claim, make.reply(ferry, [claim], **members)))).replies == (expected,)


def test_a_silence_that_was_searched_for_is_no_denial_and_no_missing_search() -> None:
    ferry = make.operation()
    claim = make.claim(ferry)
    searched = the_claim(side((ferry, claim, make.silence(ferry, [claim]))))
    assert searched.reply_text == ("no reply by State XAA found; searched on 2026-05-01 in site of the ministry",)
    assert the_claim(side((ferry, claim))).reply_text == ("no reply on record, and no search for one",)


def test_a_matched_commitment_that_was_in_force_is_said_to_be_so_and_no_more() -> None:
    line = matched(commitments=held(commitment()))
    (match,) = line.matches
    assert match.relation is Relation.IN_FORCE
    assert not match.grey
    assert not line.grey
    assert match.text == (
        "gge_norms:f: in force at the time that the claim gives; no damage by networks to critical infrastructure "
        "(voluntary, endorsed 2025-01-01); reason given by Coder One on 2026-05-03: The claim says that the ferry's "
        "control network, critical infrastructure, was damaged."
    )


def test_an_act_before_a_commitment_is_grey_and_says_before() -> None:
    line = matched(begin="2024-02-11", commitments=held(commitment(since="2025-01-01")))
    (match,) = line.matches
    assert (match.relation, match.grey, line.grey) == (Relation.BEFORE, True, True)
    assert "before: the claim is about a time before this commitment" in match.text
    assert line.beside == ()
    assert [row.key for row in line.later] == ["gge_norms:f"]


@pytest.mark.parametrize(
    ("begin", "end", "since", "relation"),
    [
        ("2024-12-31", "2024-12-31", "2025-01-01", Relation.BEFORE),
        ("2025-01-01", "2025-01-01", "2025-01-01", Relation.IN_FORCE),
        ("2024-12-30", "2025-01-02", "2025-01-01", Relation.PERHAPS_BEFORE),
        ("2025", "2025", "2025-06-01", Relation.PERHAPS_BEFORE),
        ("2025", "2025", "2024", Relation.IN_FORCE),
        ("2025", "2025-03", "2025-06-01", Relation.BEFORE),
    ],
)
def test_the_day_decides_and_an_inexact_time_may_lie_before(
    begin: str, end: str, since: str, relation: Relation
) -> None:
    (match,) = matched(begin=begin, end=end, commitments=held(commitment(since=since))).matches
    assert match.relation is relation


def test_a_view_that_was_voiced_counts_from_its_day_and_the_strongest_bond_is_named() -> None:
    (voiced,) = matched(commitments=held(commitment(bond=Bond.VOICED))).matches
    assert voiced.relation is Relation.IN_FORCE
    signed = commitment(bond=Bond.SIGNED_ONLY, act="signature")
    (both,) = matched(commitments=held(signed, commitment())).matches
    assert (both.relation, both.held) == (Relation.IN_FORCE, commitment())
    doubtful = commitment(bond=Bond.BOUND, since="2026", certain=False)
    (sure,) = matched(commitments=held(doubtful, commitment())).matches
    assert (sure.relation, sure.held) == (Relation.IN_FORCE, commitment())


def test_a_commitment_that_may_have_begun_only_later_is_perhaps_before() -> None:
    (match,) = matched(commitments=held(commitment(since="2026", certain=False))).matches
    assert (match.relation, match.grey) == (Relation.PERHAPS_BEFORE, True)


@pytest.mark.parametrize(
    ("begin", "end", "relation"),
    [
        ("2025-05-31", "2025-05-31", Relation.BEFORE),
        ("2025-07-01", "2025-07-02", Relation.IN_FORCE),
        ("2025-08-30", "2025-09-02", Relation.PERHAPS_AFTER),
        ("2025-05-30", "2025-09-02", Relation.PERHAPS_AFTER),
        ("2025-09-01", "2025-09-01", Relation.AFTER),
    ],
)
def test_an_act_after_a_withdrawal_is_grey_and_one_before_it_is_not(begin: str, end: str, relation: Relation) -> None:
    sources = [make.source("Letter of the ministry")]
    acts = [
        Commitment(
            participant="XAA", catalogue="gge_norms", item="f", act="endorsed", on="2025-06-01", sources=sources
        ),
        Commitment(
            participant="XAA", catalogue="gge_norms", item="f", act="withdrew", on="2025-09-01", sources=sources
        ),
    ]
    told = case(begin=begin, end=end)
    records = (*told, make.match(told[1]), *(loose("commitment", act) for act in acts))
    (found,) = pairs(of_state("XAA"), fold(records), as_of=AS_OF).sides
    line = the_claim(found)
    (match,) = line.matches
    assert match.relation is relation
    assert match.grey == line.grey == (relation is not Relation.IN_FORCE)
    assert relation.label in match.text


def test_a_withdrawal_that_may_have_come_first_makes_an_act_perhaps_after_it() -> None:
    doubtful = commitment(certain=False, notices=("a withdrawal is recorded for 2026, perhaps before that day",))
    (match,) = matched(commitments=held(doubtful)).matches
    assert match.relation is Relation.PERHAPS_AFTER


def test_what_was_withdrawn_stands_among_the_commitments_as_withdrawn() -> None:
    gone = replace(
        commitment(bond=Bond.WITHDRAWN, act="withdrew", since="2025-09-01"), notices=("endorsed 2025-06-01",)
    )

    def on(code: str, day: date) -> CommitmentsOn:
        return CommitmentsOn(participant=code, on=day, entries=(), unknown=(), withdrawn=(gone,))

    (found,) = pairs(of_state("XAA"), fold(case()), as_of=AS_OF, commitments=on).sides
    (line,) = [line for line in found.lines if line.kind == "commitment"]
    assert (
        line.text
        == "UN norms of responsible state behaviour: f: no longer held, withdrew 2025-09-01; endorsed 2025-06-01"
    )


def test_a_commitment_that_rests_on_memory_says_so_on_its_line_and_beside_a_claim() -> None:
    remembered = commitment(notices=(MEMORY_NOTICE,), grade="M")
    told = case()
    found = side((*told, make.match(told[1])), held(remembered))
    (line,) = [line for line in found.lines if line.kind == "commitment"]
    assert line.text.endswith(MEMORY_NOTICE)
    assert MEMORY_NOTICE in the_claim(found).matches[0].text


def test_what_came_while_the_thing_can_have_happened_is_neither_in_force_nor_later() -> None:
    told = case(begin="2025-01-01", end="2025-12-31")
    line = the_claim(side(told, held(commitment(since="2025-06-01"))))
    assert (line.beside, line.later, line.grey) == ((), (), True)
    assert [row.key for row in line.during] == ["gge_norms:f"]
    assert line.to_json()["came_during"] == ["gge_norms:f"]


def test_a_signed_and_unratified_treaty_is_named_as_signed_only_and_never_as_broken() -> None:
    treaty = commitment("hanoi", "2025-10-25", label="UN Convention", bond=Bond.SIGNED_ONLY, act="signature")
    told = case()
    match = make.match(told[1], commitment="hanoi:10")
    (line,) = the_claim(side((*told, match), held(treaty))).matches
    assert line.relation is Relation.SIGNED_ONLY
    assert "signed only: a signature without ratification makes no act a breach" in line.text
    assert "signed only, signature 2025-10-25" in line.text
    assert not re.search(r"\b(broke|broken|violat|in breach)", line.text)


def test_a_signature_after_the_act_is_before_too() -> None:
    treaty = commitment("hanoi", "2025-10-25", bond=Bond.SIGNED_ONLY)
    told = case(begin="2025-10-01")
    match = make.match(told[1], commitment="hanoi:10")
    (line,) = the_claim(side((*told, match), held(treaty))).matches
    assert line.relation is Relation.BEFORE


@pytest.mark.parametrize(
    ("entry", "relation"),
    [
        (commitment(bond=Bond.NOT_CONFIRMED), Relation.NOT_BINDING),
        (commitment(bond=Bond.CONSENTED), Relation.NOT_BINDING),
        (commitment(bond=Bond.UNKNOWN, since=None), Relation.UNKNOWN),
        (commitment("paris_call:1"), Relation.NOT_HELD),
    ],
)
def test_what_does_not_bind_or_is_not_known_is_called_so(entry: InForce, relation: Relation) -> None:
    (match,) = matched(commitments=held(entry)).matches
    assert match.relation is relation
    assert match.text


def test_a_claim_without_a_time_is_neither_before_nor_after() -> None:
    ferry = make.operation(occurred=None)
    claim = make.claim(ferry)
    line = the_claim(side((ferry, claim, make.match(claim))))
    assert line.matches[0].relation is Relation.TIME_UNKNOWN
    assert (line.when, line.grey, line.beside) == (None, False, ())
    assert line.text.startswith("no time given: ")


def test_the_time_that_the_claim_gives_goes_before_that_of_the_operation() -> None:
    line = matched(about_when=Period(begin="2024-05-01"), commitments=held(commitment()))
    assert line.when is not None
    assert line.when.text == "2024-05-01"
    assert line.grey


def test_espionage_is_matched_to_no_norm_without_a_stated_reason() -> None:
    told = case(category="espionage")
    line = the_claim(side(told))
    assert line.matches == ()
    assert line.unmatched == "espionage: matched to no norm without a stated reason"
    with_reason = the_claim(side((*told, make.match(told[1]))))
    assert with_reason.unmatched is None
    assert with_reason.matches[0].relation is Relation.IN_FORCE
    blank = the_claim(side((*told, make.match(told[1], scope_reason=" "))))
    assert blank.matches[0].relation is Relation.NO_REASON
    assert "no reason is stated, so that this is no match" in blank.matches[0].text


def test_no_other_category_is_matched_by_itself_either() -> None:
    for category in ("sabotage", "disinformation", "other"):
        line = the_claim(side(case(category=category)))
        assert (line.matches, line.unmatched) == ((), "matched to no commitment on record")


def test_a_retracted_match_is_none() -> None:
    told = case()
    match = make.match(told[1])
    line = the_claim(side((*told, match, make.retraction(match))))
    assert line.matches == ()


def test_a_retracted_claim_stays_visible_as_retracted_and_a_corrected_one_names_its_successor() -> None:
    told = case()
    retracted = the_claim(side((*told, make.retraction(told[1]))))
    assert retracted.retracted
    assert retracted.text.endswith("; the claim is retracted")
    better = make.claim(told[0], "XBB", "XCA", said="2026-04-10")
    corrected = the_claim(side((*told, better, make.correction(told[1], better))))
    assert corrected.replaced_by == better.id
    assert corrected.text.endswith("; the claim is corrected by another claim")


def test_conforming_conduct_is_a_line_like_a_claim() -> None:
    found = side(case(conforming()))
    by_kind = {line.kind: line for line in found.lines}
    act, claim = by_kind["conforming"], by_kind["claim"]
    assert (
        act.text == "State XBB reports of Fictitious participant XAA: help given: Logs were handed over within a day."
    )
    shared = {"kind", "when", "text"}
    assert shared <= set(act.to_json()) & set(claim.to_json())
    assert list(act.to_json())[:3] == list(claim.to_json())[:3]


def test_returns_consultations_and_disclosures_count_as_conduct_on_record() -> None:
    records = (
        disclosure(answer="published", text="a"),
        disclosure(answer="declined"),
        loose("pact-return", PactReturn(pact="0" * 64, measure="yearly", by="XAA", on="2026-01-03", what="nil")),
        consultation(state="held", on="2026-01-04"),
        consultation(state="declined", on="2026-01-06"),
    )
    found = side(records)
    name = participant("XAA").name
    assert [line.text for line in found.lines if line.kind == "conforming"] == [
        f"State XAA says of {name}: answer published to the question doctrine",
        f"{name}: return made under a pact (nil)",
        f"{name}: consultation held with XBB: cables",
    ]


def test_a_retracted_conforming_act_is_left_out() -> None:
    act = conforming()
    withdrawn = Correction(
        corrects=act.id, kind="retraction", by=make.state("XBB"), said="2026-04-01", reason="It was another state."
    )
    found = side((act, loose("correction", withdrawn)))
    assert "conforming" not in {line.kind for line in found.lines}


def test_where_nothing_is_there_no_public_record_was_found_and_what_was_searched_is_said() -> None:
    records = case()
    (found,) = pairs(of_state("XZA"), fold(records), as_of=AS_OF, commitments=held()).sides
    assert found.lines == ()
    looked = (
        "searched on 2026-06-30: 1 operation with 1 claim and 0 other records from 1 source, by code at every level"
    )
    assert found.nothing == (
        f"commitments: no public record found; {looked}",
        f"conduct in keeping with commitments: no public record found; {looked}",
        f"claims: no public record found; {looked}",
    )


def test_what_was_searched_is_told_of_the_whole_ledger_where_the_view_holds_a_part_of_it() -> None:
    whole = Searched(operations=900, claims=2_000, other=40, collections=("first.csv", "second.csv"), on=AS_OF)
    found = pairs(of_state("XZA"), fold(()), as_of=AS_OF, commitments=held(), searched=whole)
    assert found.searched is whole
    assert "900 operations with 2000 claims and 40 other records from 2 sources" in found.sides[0].nothing[0]


def test_a_finding_stands_with_its_mandate_also_where_it_names_nobody() -> None:
    told = case()
    found = side((*told, make.finding(told[0], [told[1]])))
    (line,) = [line for line in found.lines if line.kind == "finding"]
    assert line.text == (
        "“Night ferry”: found by Panel of the Narrows under mandate Asked by XAA and XBB to find which equipment was "
        "used., by the standard clear and convincing: The panel concludes that the equipment was operated from a "
        "rented room."
    )


def test_a_pair_shows_each_towards_the_other_and_nothing_towards_others() -> None:
    ferry, other = make.operation(), make.operation("Day ferry", hit=[])
    records = (
        *(ferry, other, make.claim(ferry, "XBB", "XAA"), make.claim(other, "XCA", "XAA")),
        make.claim(other, "XAA", "XBB", said="2026-03-20"),
    )
    found = pairs(of_pair("XBB", "XAA"), fold(records), as_of=AS_OF, commitments=held())
    assert [each.code for each in found.sides] == ["XAA", "XBB"]
    texts = {each.code: [line.text for line in each.lines] for each in found.sides}
    assert len(texts["XAA"]) == len(texts["XBB"]) == 1
    assert "State XBB claims that State XAA (state) is behind it" in texts["XAA"][0]
    assert "State XAA claims that State XBB (state) is behind it" in texts["XBB"][0]
    with pytest.raises(MalformedError, match="named twice"):
        of_pair("XAA", "XAA")


def test_a_pair_shows_conduct_towards_each_other_or_towards_nobody_in_particular() -> None:
    acts = (
        conforming(summary="To all.", towards=[]),
        conforming(summary="To XBB.", towards=["XBB"]),
        conforming(summary="To XCA.", towards=["XCA"]),
    )
    found = pairs(of_pair("XBB", "XAA"), fold(acts), as_of=AS_OF, commitments=held())
    assert [line.text.rsplit(": ", 1)[1] for line in found.sides[0].lines] == ["To XBB.", "To all."]


def test_a_pair_shows_the_finding_where_it_shows_the_claim() -> None:
    ferry = make.operation("Day ferry", hit=[])
    records = (ferry, make.claim(ferry, "XBB", "XAA"), make.finding(ferry))
    found = pairs(of_pair("XBB", "XAA"), fold(records), as_of=AS_OF, commitments=held())
    assert [line.kind for line in found.sides[0].lines] == ["claim", "finding"]


def test_a_pair_shows_nothing_of_what_is_said_to_have_hit_only_whom_it_is_about() -> None:
    ferry = make.operation(hit=[Target(name="Port of XAA", kind="infrastructure", participant="XAA")])
    records = (ferry, make.claim(ferry, "XCA", "XAA"), make.finding(ferry, about=[make.subject("XAA")]))
    found = pairs(of_pair("XBB", "XAA"), fold(records), as_of=AS_OF, commitments=held())
    assert [each.lines for each in found.sides] == [(), ()]


def test_a_bloc_shows_everybody_who_belonged_to_it_by_name() -> None:
    question = of_bloc("five_eyes")
    found = pairs(question, fold(()), as_of=AS_OF, commitments=held())
    assert [each.name for each in found.sides] == [
        "Australia",
        "Canada",
        "New Zealand",
        "United Kingdom of Great Britain and Northern Ireland",
        "United States of America",
    ]
    before = of_bloc("nato", end=date(2022, 12, 31))
    assert {"SWE", "FIN"}.isdisjoint(before.about)
    assert {"SWE", "FIN"} <= set(of_bloc("nato").about)
    assert of_bloc("eu").about[0] == "EUE"
    with pytest.raises(NotFoundError):
        of_bloc("west")


def test_a_period_shows_what_lies_or_can_lie_in_it() -> None:
    first, second = (
        make.operation("First", occurred=Period(begin="2025-03-01")),
        make.operation("Second", occurred=None),
    )
    third = make.operation("Third", occurred=Period(begin="2026"))
    records = (
        *(first, second, third, make.claim(first), make.claim(second, said="2026-05-01"), make.claim(third)),
        conforming(on="2026-02-01"),
    )
    question = of_state("XAA", begin=date(2026, 2, 1), end=date(2026, 4, 30))
    (found,) = pairs(question, fold(records), as_of=AS_OF, commitments=held(commitment(since="2026-05-15"))).sides
    assert [line.kind for line in found.lines] == ["claim", "conforming"]
    assert "Third" in found.lines[0].text
    with pytest.raises(MalformedError, match="before it begins"):
        of_state("XAA", begin=date(2026, 2, 1), end=date(2026, 1, 1))


def test_commitments_of_fictitious_states_come_from_records_and_treaties_from_the_law_room() -> None:
    endorsed = Commitment(
        participant="XAA",
        catalogue="gge_norms",
        act="endorsed",
        on="2025-01-01",
        sources=[make.source("Statement of the ministry")],
    )
    told = case()
    records = (*told, make.match(told[1]), loose("commitment", endorsed))
    (found,) = pairs(of_state("XAA"), fold(records), as_of=AS_OF).sides
    (line,) = [line for line in found.lines if line.kind == "commitment"]
    assert line.text.startswith(
        "UN norms of responsible state behaviour: a, b, c, d, e, f, g, h, i, j, k: voluntary, endorsed 2025-01-01"
    )
    assert the_claim(found).matches[0].relation is Relation.IN_FORCE
    assert len(the_claim(found).beside) == 11
    (portugal,) = pairs(of_state("PRT"), fold(()), as_of=AS_OF).sides
    assert any(line.text.startswith("Budapest Convention: binds in law") for line in portugal.lines)


def every_text(found: Pairs) -> list[str]:
    texts: list[str] = []
    for each in found.sides:
        texts += each.nothing
        for line in each.lines:
            texts.append(line.text)
            if isinstance(line, ClaimLine):
                texts += [*line.reply_text, *(match.text for match in line.matches)]
    return texts


def test_every_text_passes_the_verb_guard_whatever_the_records_are_called() -> None:
    title = "How XAA hacked the ferry; it attacked at night"
    ferry = make.operation(title, category="espionage")
    claim = make.claim(ferry, make.company("We Stole It Ltd."), make.subject("XAA", "unit"))
    records = (
        *(ferry, claim, make.reply(ferry, [claim], text="XBB did it and spied on us.")),
        *(make.match(claim, scope_reason="XAA attacked a port."), make.finding(ferry, conclusion="XAA attacked.")),
        conforming(summary="XAA broke nothing."),
    )
    found = pairs(of_state("XAA"), fold(records), as_of=AS_OF, commitments=held(commitment()))
    own = (
        title,
        "We Stole It Ltd.",
        "XBB did it and spied on us.",
        "XAA attacked a port.",
        "XAA attacked.",
        "XAA broke nothing.",
    )
    texts = every_text(found)
    assert len(texts) == 6
    for text in texts:
        assert breaches(text, quoted=own) == (), text


def test_the_answer_is_labelled_and_complete_as_json() -> None:
    found = pairs(of_state("XAA"), fold(case()), as_of=AS_OF, commitments=held(commitment()))
    told = found.to_json()
    assert told["label"] == "claims beside commitments; not a finding, and no breach follows from a line"
    assert isinstance(told["sides"], list)
    (one,) = told["sides"]
    assert {line["kind"] for line in one["lines"]} == {"commitment", "claim"}
    (claim,) = [line for line in one["lines"] if line["kind"] == "claim"]
    assert claim["replies"] == ["State XAA denies it, 2026-03-05"]
    assert claim["in_force"] == ["gge_norms:f"]


def test_a_retracted_commitment_counts_nowhere_and_is_told_with_the_reason() -> None:
    body = Commitment(
        participant="XAA", catalogue="gge_norms", act="endorsed", on="2025-01-01", sources=[make.source("Statement")]
    )
    endorsed = loose("commitment", body)
    gone = make.retraction(endorsed, endorsed.provenance.source)
    (found,) = pairs(of_state("XAA"), fold([endorsed, gone]), as_of=AS_OF).sides
    assert not any(line.kind == "commitment" for line in found.lines)
    (told,) = found.set_aside
    assert told.startswith(f"gge_norms: endorsed 2025-01-01: retracted by {gone.body.by.name} on ")  # type: ignore[attr-defined]
    assert told.endswith(f"The claimant withdraws it.; record {endorsed.id[:12]}")
    assert pairs(of_state("XBB"), fold([endorsed, gone]), as_of=AS_OF).sides[0].set_aside == ()
    remark = make.correction(endorsed, None, endorsed.provenance.source)
    assert pairs(of_state("XAA"), fold([endorsed, remark]), as_of=AS_OF).sides[0].set_aside == ()

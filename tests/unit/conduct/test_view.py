"""The view: replies beside claims, nothing lost, nothing sorted by how much is claimed, no order of arrival."""

import ast
import importlib
import inspect
import random
from collections.abc import Iterator
from datetime import date

import pytest

import comity.conduct.view as module
from comity.conduct.ledger import Ledger
from comity.conduct.record import Record
from comity.conduct.statements import KINDS, Body, Operation, Speaker, Subject
from comity.conduct.view import OperationView, fold, shown_name
from comity.errors import NotFoundError
from support.conduct_records import (
    claim,
    company,
    correction,
    finding,
    grading,
    imported,
    match,
    operation,
    provenance,
    reply,
    retraction,
    silence,
    small_case,
    source,
    subject,
)

FERRY = operation()


def only(*records: Record) -> OperationView:
    (view,) = fold(records).operations
    return view


def random_case(chance: random.Random) -> list[Record]:
    """Return two operations with claims, replies, gradings and corrections that touch at random."""
    deeds = [operation("One"), operation("Two"), operation("Three")]
    claims = [
        claim(
            chance.choice(deeds),
            chance.choice(["XBB", "XCA", "Lantern Labs", "Beacon"]),
            chance.choice(["XAA", "XAC", "XAD"]),
            said=f"2026-01-{number + 1:02}",
            entered=provenance(f"2026-0{chance.randint(3, 6)}-01"),
            sources=[source(url=f"https://r.example/{chance.randrange(9)}")],
        )
        for number in range(14)
    ]
    more: list[Record] = [
        reply(chance.choice(deeds), chance.sample(claims, 2), chance.choice(["XAA", "XAC"])) for _ in "12"
    ]
    more += [reply(deeds[0]), finding(deeds[1], claims[:2]), grading(claims[0]), match(claims[1])]
    corrected = [correction(chance.choice(claims[:7]), chance.choice(claims[7:])) for _ in range(5)] + [
        retraction(chance.choice(claims))
    ]
    corrected += [retraction(corrected[0]), correction(deeds[1], deeds[2], "Coder One")]
    return [*deeds, *claims, *more, *corrected]


# A fold


@pytest.mark.parametrize("seed", range(15))
def test_the_order_of_records_does_not_matter(seed: int) -> None:
    chance = random.Random(seed)
    records = random_case(chance)
    for as_of in (None, date(2026, 4, 1)):
        view = fold(records, as_of=as_of)
        for _ in range(3):
            again = chance.sample(records, len(records)) + chance.sample(records, 4)
            assert fold(again, as_of=as_of) == view


@pytest.mark.parametrize("seed", range(5))
def test_the_view_of_a_part_is_that_part_of_the_view_of_all(seed: int) -> None:
    records = random_case(random.Random(seed))
    with Ledger.open(":memory:", create=True, exercise=True) as ledger:
        ledger.add(records)
        whole = fold(ledger.records())
        for view in whole.operations:
            for version in view.versions:
                assert fold(ledger.of_operation(version.id)).operation(version.id) == view
        for part in (fold(ledger.about("XAA")), fold(ledger.by_claimant("Beacon"))):
            assert part.operations
            assert all(whole.operation(view.id) == view for view in part.operations)


def test_every_record_is_somewhere_in_the_view() -> None:
    for seed in range(10):
        records = random_case(random.Random(seed))
        view = fold(records)
        seen = {record.id for record in view.loose}
        for each in view.operations:
            seen |= {version.id for version in each.versions}
            seen |= {said.id for said in each.claims} | {said.id for said in each.replies}
            seen |= {said.id for said in each.findings} | {correcting.id for correcting in each.corrections}
            seen |= {graded.id for said in each.claims for graded in said.gradings}
            seen |= {matched.id for said in each.claims for matched in said.matches}
        assert seen == {record.id for record in records}


def test_what_hangs_on_no_operation_is_kept_apart_not_lost() -> None:
    class Pledge(Body, frozen=True, kw_only=True):
        text: str

    pledge = Record(kind="pledge", body=Pledge(text="We name a contact point."), provenance=provenance())
    orphan, graded = claim(operation("Never given")), grading(claim(operation("Never given")))
    view = fold([FERRY, pledge, orphan, graded, retraction(orphan), retraction(claim(FERRY))])
    assert {record.kind for record in view.loose} == {"pledge", "claim", "grading", "correction"}
    assert len(view.loose) == 5
    assert view.operations[0].corrections == ()


def test_a_record_given_with_two_provenances_stands_once_with_the_earlier() -> None:
    early, late = operation(entered=imported("row 7", "2026-03-01")), operation(entered=provenance("2026-04-01"))
    for records in ([early, late], [late, early]):
        assert only(*records).record == early


# What was known when


def test_as_of_shows_what_was_known_here_by_that_day_whenever_it_was_said() -> None:
    first = claim(FERRY, said="2020-01-01", entered=provenance("2026-05-01"))
    deed = operation(entered=provenance("2026-03-01"))
    denial = reply(FERRY, [first], entered=provenance("2026-06-01"))
    withdrawn = retraction(first, entered=provenance("2026-07-01"))
    records = (deed, first, denial, withdrawn)
    assert fold(records, as_of=date(2026, 2, 28)).operations == ()
    assert fold(records, as_of=date(2026, 4, 30)).operations[0].claims == ()
    (on_the_day,) = fold(records, as_of=date(2026, 5, 1)).operations[0].claims
    assert on_the_day.replies == ()
    (answered,) = fold(records, as_of=date(2026, 6, 30)).operations[0].claims
    assert (len(answered.replies), answered.retracted) == (1, False)
    (later,) = fold(records, as_of=date(2026, 7, 1)).operations[0].claims
    assert later.retracted
    assert fold(records).operations[0].claims[0].retracted


def test_the_earliest_of_two_provenances_says_when_something_was_known() -> None:
    records = [operation(entered=provenance(day)) for day in ("2026-05-01", "2026-03-01")]
    assert len(fold(records, as_of=date(2026, 4, 1)).operations) == 1


# The reply as prominent


def test_a_reply_stands_beside_every_claim_that_it_names() -> None:
    one, other, third = claim(FERRY), claim(FERRY, "XCA"), claim(FERRY, "XCD")
    denial = reply(FERRY, [one, other])
    found = {view.id: view for view in only(FERRY, one, other, third, denial).claims}
    assert [each.record for each in found[one.id].replies] == [denial]
    assert [each.record for each in found[other.id].replies] == [denial]
    assert found[third.id].replies == ()


def test_a_reply_to_the_operation_stands_beside_every_claim_about_whoever_replies() -> None:
    about_one, about_other = claim(FERRY, about="XAA"), claim(FERRY, about="XAC")
    by_unit = claim(FERRY, "Lantern Labs", Subject(level="unit", name="Unit 7"))
    denial = reply(FERRY, by="XAA")
    from_unit = reply(FERRY, by=Speaker(name="UNIT 7", kind="persona"))
    view = only(FERRY, about_one, about_other, by_unit, denial, from_unit)
    replies = {each.id: {stated.id for stated in each.replies} for each in view.claims}
    assert replies == {about_one.id: {denial.id}, about_other.id: set(), by_unit.id: {from_unit.id}}
    assert len(view.replies) == 2


def test_a_reply_follows_a_claim_into_its_correction_if_that_is_about_the_same_state() -> None:
    first = claim(FERRY, wording="highly likley")
    second, third = claim(FERRY, wording="highly likely"), claim(FERRY, wording="highly likely", basis_tier=5)
    elsewhere = claim(FERRY, "XCA", "XAC")
    moved = claim(FERRY, "XCA", "XAD")
    to_first, to_elsewhere = reply(FERRY, [first], "XAA"), reply(FERRY, [elsewhere], "XAC")
    view = only(
        FERRY, first, second, third, elsewhere, moved, to_first, to_elsewhere,
        correction(first, second), correction(second, third), correction(elsewhere, moved),
    )  # fmt: skip
    replies = {each.id: [stated.record for stated in each.replies] for each in view.claims}
    assert replies[second.id] == replies[third.id] == [to_first]
    assert replies[moved.id] == []
    assert replies[elsewhere.id] == [to_elsewhere]


def test_denial_silence_and_acceptance_are_three_things_in_the_order_of_their_days() -> None:
    said = claim(FERRY)
    replies = [
        reply(FERRY, [said], kind="acceptance", said="2026-05-30"),
        silence(FERRY, [said], searched="2026-05-01"),
        reply(FERRY, [said], kind="denial", said="2026-03-05"),
    ]
    view = only(FERRY, said, *replies)
    assert [each.body.kind for each in view.replies] == ["denial", "silence", "acceptance"]
    assert view.claims[0].replies == view.replies


# Order and names


def test_claims_go_by_basis_tier_then_by_name_and_those_without_a_tier_come_last() -> None:
    claims = [
        claim(FERRY, "Zeta", basis_tier=1),
        claim(FERRY, "alpha", basis_tier=1),
        claim(FERRY, "Beta", basis_tier=1),
        claim(FERRY, "Court", basis_tier=6),
        claim(FERRY, "Nobody", basis_tier=0),
        claim(FERRY, "Aardvark", without=["basis_tier"]),
    ]
    names = [each.body.claimant.name for each in only(FERRY, *claims).claims]
    assert names == ["Court", "alpha", "Beta", "Zeta", "Nobody", "Aardvark"]


def test_the_tier_orders_claims_and_is_never_computed_with() -> None:
    view = only(FERRY, claim(FERRY, basis_tier=7), claim(FERRY, "XCA", without=["basis_tier"]))
    assert {each.body.basis_tier for each in view.claims} == {7, None}


def test_operations_go_by_the_title_that_stands_then_by_id() -> None:
    wrong, right = operation("Zulu"), operation("Alpha")
    middle, twin = operation("mike"), operation("Mike", category="other")
    view = fold([middle, wrong, twin, right, correction(wrong, right)])
    assert [each.id for each in view.operations] == [wrong.id, *sorted([middle.id, twin.id])]
    assert view.operations[0].body.title == "Alpha"


def test_who_is_named_goes_by_name_however_often_each_is_named() -> None:
    claims = [claim(FERRY, f"Firm {number}", "XCD") for number in range(5)] + [claim(FERRY, about="XAA")]
    assert only(FERRY, *claims).accused() == ("State XAA", "State XCD")


def test_only_standing_assertions_at_the_level_of_states_name_a_state() -> None:
    gone, denied = claim(FERRY, "XBB", "XAC"), claim(FERRY, "XCA", "XAD", polarity="denies")
    place, organ = claim(FERRY, "XCB", subject("XAE", "place")), claim(FERRY, "XCD", subject("XAF", "organ"))
    other = claim(FERRY, "XCF", "XAG", polarity="reassigns")
    view = only(FERRY, gone, retraction(gone), denied, place, organ, other)
    assert view.accused() == ("State XAG",)
    assert view.accused(["organ", "state"]) == ("Signals service of XAF", "State XAG")
    assert view.contradicted
    assert not only(FERRY, claim(FERRY)).contradicted
    for polarity in ("denies", "reassigns"):
        assert only(FERRY, claim(FERRY), claim(FERRY, "XCA", "XAG", polarity=polarity)).contradicted


def test_a_listed_state_is_shown_under_one_name_whatever_each_source_calls_it() -> None:
    deed = operation(hit=[])
    said = [
        claim(deed, "Lantern Labs", Subject(level="state", name="Cape Verde", participant="CPV")),
        claim(deed, "Beacon", Subject(level="state", name="Cabo Verde (Republic)", participant="CPV")),
        claim(deed, "Watch", Subject(level="state", name="Cape Verde")),
    ]
    assert only(deed, *said).accused() == ("Cabo Verde", "Cape Verde"), "a name without code is left as it stands"


# Versions of an operation


def test_a_corrected_operation_is_one_with_everything_that_hangs_on_either_version() -> None:
    wrong, right = operation("Nigth ferry"), operation("Night ferry")
    one, other = claim(wrong), claim(right, "Lantern Labs", sources=[source(url="https://r.example/1")])
    third = claim(wrong, "Beacon", sources=[source(url="https://r.example/1")])
    view = fold([wrong, right, one, other, third, correction(wrong, right), reply(right, [one])])
    (ferry,) = view.operations
    assert (ferry.id, ferry.current, ferry.body.title) == (wrong.id, right, "Night ferry")
    assert [version.id for version in ferry.versions] == [wrong.id, right.id]
    assert view.operation(right.id) is view.operation(wrong.id) is ferry
    assert view.claim(other.id).cluster == view.claim(third.id).cluster
    (voices,) = ferry.voices
    assert (voices.operation, voices.claims, voices.voices) == (wrong.id, 3, 2)


def test_two_operations_that_were_one_are_brought_together() -> None:
    one, other, joint = operation("One"), operation("Other"), operation("Both")
    (view,) = fold(
        [one, other, joint, claim(one), claim(other), correction(one, joint), correction(other, joint)]
    ).operations
    assert view.current == joint
    assert view.id in {one.id, other.id}
    assert len(view.claims) == 2


def test_a_stranger_does_not_bring_operations_together_or_retract_one() -> None:
    one, other = operation("One"), operation("Other")
    view = fold([one, other, correction(one, other, "XAA"), retraction(other, "XAA")])
    assert [each.disputed for each in view.operations] == [True, True]
    assert [each.retracted for each in view.operations] == [False, False]


def test_an_operation_is_retracted_only_where_the_version_that_stands_is() -> None:
    wrong, right = operation("Nigth ferry"), operation("Night ferry")
    replaced = [wrong, right, claim(wrong), correction(wrong, right, "Coder One")]
    by = Speaker(name="Coder One", kind="individual")
    assert not only(*replaced, retraction(wrong, by)).retracted
    assert only(*replaced, retraction(right, by)).retracted


def test_a_retracted_operation_stays_with_its_claims() -> None:
    view = only(FERRY, claim(FERRY), retraction(FERRY))
    assert view.retracted
    assert len(view.claims) == 1


# Facts of an operation


def test_a_small_case_is_shown_whole() -> None:
    case = small_case()
    view = only(*case.values())
    assert [each.record for each in view.claims] == [case["first"], case["second"], case["third"]]
    first, second, third = view.claims
    assert [each.record for each in first.gradings] == [case["grading"]]
    assert [each.record for each in first.matches] == [case["match"]]
    assert [each.record for each in view.findings] == [case["finding"]]
    assert [each.record for each in view.corrections] == [case["correction"]]
    assert first.cluster == second.cluster == third.cluster, "the second repeats the first, the third is its correction"
    assert [claim.id for claim in view.standing] == [first.id, third.id]
    assert view.accused() == ("State XAA", "State XCA")


def test_retracted_and_replaced_claims_are_no_voices() -> None:
    one, other = claim(FERRY, "Lantern Labs"), claim(FERRY, "Beacon")
    (voices,) = only(FERRY, one, other, retraction(one)).voices
    assert (voices.claims, voices.voices) == (1, 1)


def test_clustering_can_be_switched_off_and_groups_given() -> None:
    copies = [claim(FERRY, name, sources=[source(url="https://r.example/1")]) for name in ("A", "B")]
    apart = [claim(FERRY, name) for name in ("C", "D")]
    records = [FERRY, *copies, *apart]
    assert fold(records).operations[0].voices[0].voices == 3
    assert fold(records, clustering=False).operations[0].voices[0].voices == 4
    assert fold(records, groups={"c": "Holding", "d": "Holding"}).operations[0].voices[0].voices == 2


def test_what_a_view_does_not_have_is_said() -> None:
    view = fold([FERRY])
    with pytest.raises(NotFoundError, match="no operation aaaa is in this view"):
        view.operation("aaaa")
    with pytest.raises(NotFoundError, match="no claim aaaa is in this view"):
        view.claim("aaaa")


def test_names_in_every_script_are_shown_as_written() -> None:
    names = ["Ведомство Ы", "国家应急中心", "مركز الطوارئ", "ศูนย์ภัยคุกคาม", "Ünïcödé"]
    view = only(FERRY, *(claim(FERRY, company(name)) for name in names))
    assert {each.body.claimant.name for each in view.claims} == set(names)


def test_a_view_does_not_change_with_the_day() -> None:
    source_code = inspect.getsource(module)
    assert "today" not in source_code
    assert "now(" not in source_code


# Fairness


RANKING = ("len(", "count", "sum(", "voices", "claims", "reverse", "most_common", ": -")


def sorting_keys(source_code: str) -> Iterator[str]:
    """Yield every call of a module that puts things in order, with what it orders them by."""
    for node in ast.walk(ast.parse(source_code)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name in {"sorted", "sort", "min", "max", "nlargest", "nsmallest", "most_common"}:
            yield " ".join([name, *(ast.unparse(word) for word in node.keywords)])


@pytest.mark.parametrize("room", ["view", "ledger", "independence", "corrections"])
def test_nothing_is_sorted_by_a_count_or_in_descending_order(room: str) -> None:
    source_code = inspect.getsource(importlib.import_module(f"comity.conduct.{room}"))
    keys = list(sorting_keys(source_code))
    assert keys
    assert [key for key in keys if any(word in key for word in RANKING)] == []


@pytest.mark.parametrize(
    "trap",
    [
        "sorted(states, key=lambda state: len(state.said))",
        "sorted(states, key=lambda state: -state.number)",
        "sorted(states, reverse=True)",
        "states.sort(key=count)",
        "Counter(states).most_common(3)",
    ],
)
def test_a_ranking_would_be_found(trap: str) -> None:
    assert any(word in key for key in sorting_keys(trap) for word in RANKING)


def test_nothing_in_the_view_is_a_score() -> None:
    members = {name for shape in (OperationView, module.ClaimView, module.LedgerView) for name in dir(shape)}
    assert members.isdisjoint({"score", "rank", "confidence", "verdict", "probability", "guilt", "weight"})
    assert KINDS["operation"] is Operation


def test_what_a_body_of_a_state_says_is_shown_in_its_own_name_for_it_is_not_the_state() -> None:
    centre = Speaker(name="Centre for Tides", kind="organisation", participant="PRT")
    assert shown_name(centre) == "Centre for Tides"
    assert shown_name(Speaker(name="Portuguese Republic", kind="state", participant="PRT")) == "Portugal"
    assert shown_name(Subject(level="organ", name="Harbour service", participant="PRT")) == "Harbour service"
    assert shown_name(Subject(level="place", name="PT", participant="PRT")) == "Portugal"
    assert shown_name(Subject(level="state", name="Sea of nowhere")) == "Sea of nowhere"

"""A figure about claims names its rule, can be drawn again without anything, and never orders anybody by count."""

import ast
import csv
import re
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from fractions import Fraction
from itertools import product
from string import ascii_uppercase
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.conduct.blocs import Bloc, Membership
from comity.conduct.commitments.since import parse_since
from comity.conduct.counting import Claims, facts_of, sensitivity, tally
from comity.conduct.counting_rules import Basis, bases_of, counting_rule, load_lags, load_rules
from comity.conduct.figures import ClaimFacts, Count, OperationFacts, Redraw, Tally
from comity.conduct.statements import Category, Level, Speaker
from comity.conduct.view import fold
from comity.errors import MalformedError, NotFoundError, PolicyError
from comity.parties.participants import is_fictitious
from comity.parties.table import Grade
from support import conduct_records as make
from support.paths import ROOT

AS_OF = date(2026, 6, 30)
EUREPOC = ROOT.parent / "shared" / "data" / "conduct" / "EuRepoC_Attribution_dataset_1.1.csv"
COMPANY = Speaker(name="Lantern Labs", kind="company")
MEDIA = Speaker(name="Evening Post", kind="media")


def happened(number: int, **members: Any) -> OperationFacts:
    filled: dict[str, Any] = {"category": "sabotage", "occurred": parse_since("2024-05-01"), "hit": frozenset({"XHA"})}
    return OperationFacts(id=f"operation {number}", **(filled | members))


_NEXT = iter(range(1_000_000))


def said(
    operation: OperationFacts,
    about: str | Sequence[str] = "XAA",
    by: Speaker | str = "XHA",
    level: Level = "state",
    **members: Any,
) -> ClaimFacts:
    number = next(_NEXT)
    speaker = make.speaker(by) if isinstance(by, str) else by
    codes = [about] if isinstance(about, str) else about
    body = make.claim(make.operation(), speaker, codes[0]).body
    filled: dict[str, Any] = {
        "id": f"claim {number:06}",
        "operation": operation,
        "claimant": speaker,
        "named": {code: frozenset({level}) for code in codes},
        "bases": {code: bases_of(body, code, operation.hit) for code in codes},  # type: ignore[arg-type]  # it is a claim
        "cluster": f"cluster {number:06}",
        "collections": frozenset({"first.csv"}),
    }
    return ClaimFacts(**(filled | members))


def counts(found: Tally) -> dict[str, int]:
    return {count.code: count.operations for count in found.counts}


def mechanism() -> list[ClaimFacts]:
    """Claims about fictitious states in which who speaks at which level decides the share of XAA.

    Companies write about units close to other states; third parties and media name states outright, XAA among them;
    governments of states that were hit name others.
    """
    number = iter(range(1_000))
    rows: list[tuple[int, str, Speaker | str, Level]] = [
        *((1, "XAA", COMPANY, "unit"), (40, "XBB", COMPANY, "unit"), (30, "XCA", COMPANY, "unit")),
        *((20, "XDA", COMPANY, "unit"), (5, "XAA", MEDIA, "state"), (4, "XAA", "XGA", "organ")),
        *((25, "XBB", MEDIA, "state"), (16, "XCA", "XGA", "state")),
        *((25, "XBB", "XHA", "unit"), (15, "XCA", "XHA", "unit"), (60, "XEA", "XHA", "place")),
    ]
    return [said(happened(next(number)), code, by, level) for times, code, by, level in rows for _ in range(times)]


def test_a_share_runs_from_one_to_eighteen_percent_by_the_rule_alone() -> None:
    found = sensitivity(mechanism(), "XAA")
    by_rule = {line.value: line.share for line in found.lines if line.change == "rule"}
    assert list(by_rule) == list(load_rules())
    assert (by_rule["company"].named, by_rule["company"].counted) == (1, 91)
    assert (by_rule["state_only"].named, by_rule["state_only"].counted) == (9, 50)
    assert by_rule["victim_government"].fraction == 0
    assert by_rule["state_or_affiliated"].text == "10 of 181 (6 %)"
    assert by_rule["any_origin"].counted == 241
    assert (by_rule["company"].text, by_rule["state_only"].text) == ("1 of 91 (1 %)", "9 of 50 (18 %)")
    assert found.span == (Fraction(0), Fraction(9, 50))
    assert found.text.startswith(
        "the share of operations in which claims name Fictitious participant XAA runs from 0 %"
    )


@pytest.mark.skipif(not EUREPOC.exists(), reason="the collection is not among the shared files")
def test_the_same_happens_in_a_real_collection() -> None:
    bases = {
        "IT-security community attributes attacker": Basis.COMPANY,
        "Attribution by receiver government / state entity": Basis.VICTIM_GOVERNMENT,
        "Attribution by third-party": Basis.THIRD_PARTY,
        "Media-based attribution": Basis.MEDIA,
    }
    levels: dict[str, Level] = {"State": "state", "Non-state actor, state-affiliation suggested": "unit"}
    # Everybody but the one whose share is looked at goes by a stand-in.
    names = {"United States": "USA"}
    others = iter(
        code for code in map("X".__add__, map("".join, product(ascii_uppercase, repeat=2))) if is_fictitious(code)
    )
    found = []
    with EUREPOC.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            country = row["attributed_initiator_country"]
            if country in {"", "Unknown", "Not available"}:
                continue
            if country not in names:
                names[country] = next(others)
            code = names[country]
            found.append(
                said(
                    happened(int(float(row["incident_ID"]))),
                    code,
                    COMPANY,
                    levels.get(row["attributed_initiator_category"], "place"),
                    bases={code: frozenset({bases.get(row["attribution_basis"], Basis.UNKNOWN)})},
                )
            )
    by_rule = {line.value: line.share.fraction for line in sensitivity(found, "USA").lines if line.change == "rule"}
    assert by_rule["company"] is not None
    assert by_rule["state_only"] is not None
    assert by_rule["company"] < Fraction(3, 100)
    assert by_rule["state_only"] > Fraction(15, 100)


def test_participants_stand_by_name_whatever_is_claimed_about_them() -> None:
    few, many = [said(happened(1), "XAA")], [said(happened(number), "XZA") for number in range(2, 12)]
    for claims in (few + many, many + few):
        assert [count.code for count in tally(claims).counts] == ["XAA", "XZA"]
    real = [said(happened(1), code) for code in ("USA", "CHN", "AUT", "CIV")]
    assert [count.name for count in tally(real).counts] == [
        "Austria",
        "China",
        "Côte d'Ivoire",
        "United States of America",
    ]


ORDERING = {"sorted", "sort", "min", "max", "nlargest", "nsmallest", "most_common"}
BY_COUNT = re.compile(r"\b(operations|claims|voices|share|fraction|named|counted|count|len|accus\w*|total)\b")


def ordered_by_count(source: str) -> list[str]:
    """Return the calls that order something by how much there is of it."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in {"nlargest", "nsmallest", "most_common"}:
            found.append(ast.unparse(node))
        keys = [ast.unparse(keyword.value) for keyword in node.keywords if keyword.arg == "key"]
        if name in ORDERING and any(map(BY_COUNT.search, keys)):
            found.append(ast.unparse(node))
    return found


def test_nothing_in_the_room_orders_by_counts() -> None:
    room = ROOT / "src" / "comity" / "conduct"
    found = {
        str(path.relative_to(room)): calls
        for path in room.rglob("*.py")
        if (
            calls := [
                call
                for call in ordered_by_count(path.read_text())
                if "len(part)" not in call and "len(name)" not in call
            ]
        )
    }
    assert found == {}
    for path in room.rglob("*.sql"):
        assert re.search(r"order\s+by[^;]*\b(count|sum)\s*\(", path.read_text(), re.IGNORECASE) is None, path


def test_an_order_by_counts_would_be_found() -> None:
    assert ordered_by_count("sorted(rows, key=lambda row: -row.operations)") != []
    assert ordered_by_count("rows.sort(key=lambda row: len(row.claims))") != []
    assert ordered_by_count("counter.most_common(3)") != []
    assert ordered_by_count("sorted(rows, key=lambda row: row.name)") == []


def test_a_tally_and_its_counts_offer_no_order_place_or_score() -> None:
    for kind in (Tally, Count):
        names = {name for name in dir(kind) if not name.startswith("_")}
        assert not any(word in name for name in names for word in ("rank", "sort", "top", "score", "place", "order"))
    with pytest.raises(TypeError):
        sorted(tally([said(happened(1)), said(happened(2), "XBB")]).counts)  # type: ignore[type-var]  # the point


def test_many_claims_about_one_matter_count_once_with_claims_and_voices_beside() -> None:
    matter = happened(1)
    claims = [said(matter, cluster="one"), said(matter, by=COMPANY, cluster="one"), said(matter, by="XGA")]
    (count,) = tally(claims).counts
    assert (count.operations, count.claims, count.voices) == (1, 3, 2)
    (separate,) = tally(claims, Redraw(clustering=False)).counts
    assert (separate.operations, separate.claims, separate.voices) == (1, 3, 3)


def test_what_a_participant_replied_stands_beside_the_count() -> None:
    claims = [
        said(happened(1, replies=(("XAA", "denial"), ("XAA", "counter_claim")))),
        said(happened(2, replies=(("XAA", "silence"), ("XBB", "denial")))),
        said(happened(3)),
    ]
    (count,) = tally(claims).counts
    replies = count.replies
    assert (replies.denial, replies.counter_claim, replies.silence, replies.none) == (1, 1, 1, 1)


def test_a_denial_of_which_a_list_does_not_say_whose_it_is_is_not_counted_as_no_reply() -> None:
    claims = [
        said(happened(1, replies=((None, "denial"),))),
        said(happened(2, replies=((None, "denial"), ("XAA", "denial")))),
        said(happened(3, replies=((None, "silence"),))),
    ]
    replies = tally(claims).counts[0].replies
    assert (replies.denial, replies.by_others, replies.none) == (1, 1, 1)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("any_origin", 6),
        ("state_or_affiliated", 5),
        ("state_only", 4),
        ("victim_government", 1),
        ("company", 2),
        ("legal_act", 1),
        ("third_party_or_media", 2),
        ("two_or_more_bases", 1),
    ],
)
def test_each_rule_counts_what_it_says(rule: str, expected: int) -> None:
    claims = [
        said(happened(1), by=MEDIA, level="place"),
        said(happened(2), by=COMPANY, level="unit"),
        said(happened(3), by=MEDIA, level="organ"),
        said(happened(4), by="XHA", tier=5),
        said(happened(4), by=COMPANY),
        said(happened(5), by="XGA"),
        said(happened(5), by=MEDIA),
        said(happened(6), by="XAA"),
    ]
    assert counts(tally(claims, Redraw(rule=rule)))["XAA"] == expected


def test_every_rule_has_a_label_a_reason_and_evidence() -> None:
    for rule in load_rules().values():
        assert rule.label
        assert rule.reason
        assert rule.grade is not Grade.MEMORY
    with pytest.raises(NotFoundError, match="no counting rule 'majority'; there are any_origin"):
        Redraw(rule="majority")


def test_the_basis_follows_from_who_speaks_or_from_the_words_of_a_collection() -> None:
    ferry = make.operation()
    hit = frozenset({"XBB"})

    def found(by: Speaker | str, **members: Any) -> set[Basis]:
        return set(bases_of(make.claim(ferry, by, **members).body, "XAA", hit))  # type: ignore[arg-type]  # it is a claim

    assert found("XBB") == {Basis.VICTIM_GOVERNMENT}
    assert found("XGA") == {Basis.THIRD_PARTY}
    assert found("XAA") == {Basis.SELF}
    assert found(Speaker(name="a government", kind="state")) == {Basis.UNKNOWN}
    assert found(make.alliance()) == {Basis.THIRD_PARTY}
    assert found(COMPANY) == {Basis.COMPANY}
    unknown = Speaker(name="not named", kind="unknown")
    assert found(unknown, basis="Media-based attribution; Media report") == {Basis.MEDIA}
    assert found(unknown, basis="Media-based attribution; Attribution by third-party") == {
        Basis.MEDIA,
        Basis.THIRD_PARTY,
    }
    assert found(unknown, basis="words that nobody codes") == {Basis.UNKNOWN}


def test_a_source_a_claimant_and_a_category_can_be_left_out() -> None:
    claims = [
        said(happened(1), by=COMPANY, collections=frozenset({"first.csv"})),
        said(happened(2), by="XGA", collections=frozenset({"first.csv", "second.csv"})),
        said(happened(3, category="espionage"), publishers=frozenset({"Evening Post"})),
    ]
    assert counts(tally(claims)) == {"XAA": 3}
    without = tally(claims, Redraw(leave_out_sources=frozenset({"first.csv"})))
    assert (counts(without), dict(without.left_out)) == ({"XAA": 1}, {"source": 2})
    assert counts(tally(claims, Redraw(leave_out_sources=frozenset({"Evening Post"})))) == {"XAA": 2}
    assert counts(tally(claims, Redraw(leave_out_claimants=frozenset({"LANTERN  labs"})))) == {"XAA": 2}
    assert counts(tally(claims, Redraw(leave_out_claimants=frozenset({"XGA"})))) == {"XAA": 2}
    assert counts(tally(claims, Redraw(leave_out_categories=frozenset({"espionage"})))) == {"XAA": 2}


def test_every_claim_that_does_not_count_has_its_reason() -> None:
    claims = [
        *(said(happened(1), by="XGA"), said(happened(1), by=COMPANY), said(happened(1), level="place")),
        said(happened(2), by=MEDIA, derives_from=("origin",), id="repeat"),
        said(happened(2), by="XGA", id="origin"),
    ]
    redraw = Redraw(leave_out_claimants=frozenset({"XGA"}))
    why = Claims(claims).left_out(redraw)
    assert [why.get(claim.id) for claim in claims] == ["claimant", None, "rule", "repeats", "claimant"]
    assert dict(tally(claims, redraw).left_out) == {"claimant": 2, "repeats": 1, "rule": 1}


def test_claims_that_only_repeat_what_is_left_out_go_with_it_unless_clustering_is_off() -> None:
    first = said(happened(1), by="XGA")
    repeat = said(happened(1), by=MEDIA, derives_from=(first.id,))
    again = said(happened(1), by=COMPANY, derives_from=(repeat.id,))
    other = said(happened(2), by=COMPANY, derives_from=(first.id, "a claim that is not here"))
    claims = [again, repeat, first, other]
    redraw = Redraw(leave_out_claimants=frozenset({"XGA"}))
    found = tally(claims, redraw)
    assert (counts(found), dict(found.left_out)) == ({"XAA": 1}, {"claimant": 1, "repeats": 2})
    alone = tally(claims, Redraw(leave_out_claimants=frozenset({"XGA"}), clustering=False))
    assert (counts(alone), dict(alone.left_out)) == ({"XAA": 2}, {"claimant": 1})


def test_claims_that_cite_each_other_in_a_circle_do_not_hang_the_count() -> None:
    one = said(happened(1), by=MEDIA, id="one", derives_from=("two",))
    two = said(happened(1), by=COMPANY, id="two", derives_from=("one",))
    redraw = Redraw(leave_out_claimants=frozenset({"lantern labs"}))
    assert counts(tally([one, two], redraw)) == {}


def test_what_a_single_voice_says_can_be_left_out() -> None:
    claims = [
        said(happened(1), cluster="one"),
        said(happened(1), by=COMPANY, cluster="one"),
        said(happened(2), "XBB"),
        said(happened(2), "XBB", by=COMPANY),
    ]
    assert counts(tally(claims, Redraw(leave_out_single_voices=True))) == {"XBB": 1}
    assert counts(tally(claims, Redraw(leave_out_single_voices=True, clustering=False))) == {"XAA": 1, "XBB": 1}


def test_the_last_months_can_be_left_out_and_what_has_no_day_stays() -> None:
    claims = [
        said(happened(1, occurred=parse_since("2025-06-30"))),
        said(happened(2, occurred=parse_since("2025-07-01"))),
        said(happened(3, occurred=parse_since("2025"))),
        said(happened(4, occurred=None)),
    ]
    found = tally(claims, Redraw(leave_out_last_months=12), as_of=AS_OF)
    assert (counts(found), dict(found.left_out), found.undated) == ({"XAA": 2}, {"months": 2}, 1)
    with pytest.raises(PolicyError, match="whose day is given"):
        tally(claims, Redraw(leave_out_last_months=12))
    with pytest.raises(MalformedError, match="a number from 0"):
        Redraw(leave_out_last_months=-1)


def test_months_are_counted_back_to_the_last_day_of_a_shorter_month() -> None:
    claims = [
        said(happened(1, occurred=parse_since("2026-02-28"))),
        said(happened(2, occurred=parse_since("2026-03-01"))),
    ]
    assert counts(tally(claims, Redraw(leave_out_last_months=1), as_of=date(2026, 3, 31))) == {"XAA": 1}


def test_a_bloc_of_claimants_can_be_left_out_by_who_belonged_to_it_when() -> None:
    claims = [
        said(happened(1), by=Speaker(name="United Kingdom", kind="state", participant="GBR"), said="2019-05-01"),
        said(happened(2), by=Speaker(name="United Kingdom", kind="state", participant="GBR"), said="2021-05-01"),
        said(happened(3), by=Speaker(name="Council of the European Union", kind="organisation"), said="2021-05-01"),
        said(happened(4), by=Speaker(name="European Union", kind="organisation", participant="EUE")),
        said(happened(5), by=COMPANY),
    ]
    assert counts(tally(claims, Redraw(leave_out_blocs=frozenset({"eu"})))) == {"XAA": 2}
    assert counts(tally(claims, Redraw(leave_out_blocs=frozenset({"five_eyes"})))) == {"XAA": 3}
    with pytest.raises(NotFoundError, match="no bloc has the code 'west'; there are brics, csto, eu"):
        tally(claims, Redraw(leave_out_blocs=frozenset({"west"})))


def test_a_deployment_can_bring_blocs_of_its_own() -> None:
    member: dict[str, Any] = {"bloc": "harbour", "since": parse_since("2020"), "until": None}
    evidence: dict[str, Any] = {"source": "a fictitious pact", "grade": Grade.SECONDARY, "grade_detail": "S"}
    harbour = Bloc(
        code="harbour",
        name="Harbour Pact",
        names=frozenset({"harbour pact"}),
        participant=None,
        members=(Membership(participant="XGA", **member, **evidence),),
        **evidence,
    )
    claims = Claims(
        [said(happened(1), by="XGA"), said(happened(2), by=make.alliance()), said(happened(3))],
        blocs={"harbour": harbour},
    )
    assert counts(claims.tally(Redraw(leave_out_blocs=frozenset({"harbour"})))) == {"XAA": 1}


def test_denied_retracted_and_replaced_claims_are_not_counted() -> None:
    ferry, other = make.operation(), make.operation("Day ferry")
    stands = make.claim(ferry, "XBB")
    withdrawn = make.claim(ferry, "XGA")
    denying = make.claim(other, "XAA", polarity="denies")
    wrong = make.claim(other, "Lantern Labs", "XAA")
    right = make.claim(other, "Lantern Labs", "XCA", said="2026-04-10")
    records = [ferry, other, stands, withdrawn, denying, wrong, right, make.retraction(withdrawn)]
    records += [make.correction(wrong, right), make.reply(ferry, [stands])]
    claims = facts_of(fold(records).operations)
    assert {claim.id for claim in claims} == {stands.id, right.id}
    found = tally(claims)
    assert counts(found) == {"XAA": 1, "XCA": 1}
    (about_xaa, _) = found.counts
    assert about_xaa.replies.denial == 1


def test_a_claim_from_two_collections_stays_while_one_is_left() -> None:
    ferry = make.operation()
    claim = make.claim(ferry, entered=make.imported("row 1", source="first.csv"))
    came = {claim.id: (claim.provenance, make.imported("row 9", source="second.csv"))}
    view = fold([ferry, claim])
    redraw = Redraw(leave_out_sources=frozenset({"first.csv"}))
    assert counts(tally(facts_of(view.operations), redraw)) == {}
    assert counts(tally(facts_of(view.operations, lambda identifier: came[identifier]), redraw)) == {"XAA": 1}


speakers = st.sampled_from([COMPANY, MEDIA, "XHA", "XGA", Speaker(name="Canada", kind="state", participant="CAN")])
drawn = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.sampled_from([("XAA",), ("XBB",), ("XAA", "XCA")]),
        speakers,
        st.sampled_from(["place", "unit", "state"]),
        st.sampled_from(["a", "b", "c"]),
        st.frozensets(st.sampled_from(["first.csv", "second.csv"]), min_size=1),
        st.none() | st.integers(0, 9),
    ),
    max_size=14,
)


def made(rows: Iterable[tuple[Any, ...]]) -> list[ClaimFacts]:
    categories: list[Category] = ["espionage", "sabotage", "other", "disinformation", "espionage"]
    operations = [happened(number, category=categories[number]) for number in range(5)]
    found: list[ClaimFacts] = []
    for number, about, by, level, cluster, collections, origin in rows:
        derives = (found[origin].id,) if origin is not None and origin < len(found) else ()
        found.append(
            said(
                operations[number],
                about,
                by,
                level,
                cluster=f"{number} {cluster}",
                collections=collections,
                derives_from=derives,
                said="2023-01-01",
            )
        )
    return found


redraws = st.builds(
    Redraw,
    rule=st.sampled_from(["any_origin", "state_or_affiliated", "two_or_more_bases"]),
    leave_out_sources=st.frozensets(st.sampled_from(["first.csv", "second.csv"]), max_size=1),
    leave_out_blocs=st.frozensets(st.just("nato")),
    leave_out_claimants=st.frozensets(st.sampled_from(["XGA", "Lantern Labs"])),
    leave_out_single_voices=st.booleans(),
    clustering=st.booleans(),
)


@settings(max_examples=120)
@given(drawn, redraws)
def test_every_line_of_the_sensitivity_is_the_share_of_its_own_redraw(
    rows: list[tuple[Any, ...]], base: Redraw
) -> None:
    claims = made(rows)
    found = sensitivity(claims, "XAA", base, as_of=AS_OF)
    for line in (found.base, *found.lines):
        assert line.share == tally(claims, line.redraw, as_of=AS_OF).share_of("XAA"), (line.change, line.value)
    changes = [(line.change, line.value) for line in found.lines]
    assert len(changes) == len(set(changes))


@settings(max_examples=60)
@given(drawn, st.randoms(use_true_random=False))
def test_the_order_of_claims_changes_no_figure(rows: list[tuple[Any, ...]], chance: Any) -> None:
    claims = made(rows)
    shuffled = claims.copy()
    chance.shuffle(shuffled)
    assert tally(claims) == tally(shuffled)
    assert sensitivity(claims, "XAA") == sensitivity(shuffled, "XAA")


@settings(max_examples=60)
@given(drawn)
def test_leaving_out_never_adds(rows: list[tuple[Any, ...]]) -> None:
    claims = made(rows)
    whole = tally(claims)
    for rule, single in product(load_rules(), (False, True)):
        redraw = Redraw(rule=rule, leave_out_single_voices=single, leave_out_sources=frozenset({"first.csv"}))
        less = tally(claims, redraw)
        if rule != "any_origin":
            assert less.counted <= whole.counted
        assert all(
            number <= counts(tally(claims, Redraw(rule="any_origin")))[code] for code, number in counts(less).items()
        )


def test_periods_newer_than_the_median_lag_are_drawn_as_incomplete() -> None:
    claims = [said(happened(year, occurred=parse_since(f"{year}-03-01"))) for year in (2022, 2025, 2026)]
    claims.append(said(happened(1, occurred=parse_since("2023")), "XBB"))
    found = Claims(claims).periods("XAA", as_of=AS_OF)
    assert [(period.begin.year, period.share.named, period.share.counted) for period in found] == [
        *((2022, 1, 1), (2023, 0, 1), (2024, 0, 0), (2025, 1, 1), (2026, 1, 1)),
    ]
    assert [period.censored for period in found] == [False, False, False, True, True]
    assert found[-1].lag_days == 365
    assert found[-1].text == "incomplete: half of the claims come more than 365 days after an operation"
    by_victims = Claims(claims).periods("XAA", Redraw(rule="victim_government"), as_of=AS_OF)
    assert {period.lag_days for period in by_victims} == {234}


def test_a_period_is_complete_from_the_day_on_which_the_lag_has_passed() -> None:
    claims = [said(happened(1, occurred=parse_since("2024-02-01")))]
    lag = counting_rule("victim_government").lag_days
    on = date(2024, 3, 31) + timedelta(days=lag)
    redraw = Redraw(rule="victim_government")
    for day, censored in ((on, False), (on - timedelta(days=1), True)):
        first = Claims(claims).periods(None, redraw, as_of=day, months=3)[0]
        assert (first.begin, first.end, first.censored) == (date(2024, 1, 1), date(2024, 3, 31), censored)


def test_what_is_known_less_exactly_than_a_period_is_in_none() -> None:
    claims = [said(happened(1, occurred=parse_since("2024"))), said(happened(2, occurred=parse_since("2024-05")))]
    (first, *_) = Claims(claims).periods(None, as_of=AS_OF, months=1)
    assert (first.begin, first.share.counted) == (date(2024, 5, 1), 1)
    assert Claims([]).periods(None, as_of=AS_OF) == ()
    with pytest.raises(MalformedError, match="1, 3, 6 or 12 months"):
        Claims(claims).periods(None, as_of=AS_OF, months=5)


def test_reporting_lags_are_those_of_their_source_by_basis() -> None:
    lags = {basis: row.median_days for basis, row in load_lags().items()}
    assert lags == {"any": 365, "company": 297, "self": 3, "third_party": 334, "victim_government": 234}
    assert {code: rule.lag_days for code, rule in load_rules().items()} == {
        "any_origin": 365,
        "state_or_affiliated": 365,
        "state_only": 365,
        "victim_government": 234,
        "company": 297,
        "legal_act": 365,
        "third_party_or_media": 365,
        "two_or_more_bases": 365,
    }


def test_a_redraw_says_what_it_leaves_out() -> None:
    redraw = Redraw(
        rule="company",
        leave_out_sources=frozenset({"second.csv"}),
        leave_out_blocs=frozenset({"eu"}),
        leave_out_single_voices=True,
        leave_out_last_months=12,
        clustering=False,
    )
    assert redraw.text == (
        "counted by companies, without the sources second.csv, without the blocs eu, without what a single voice says, "
        "without the last 12 months, every claim as a voice of its own"
    )
    assert redraw.to_json()["leave_out_blocs"] == ["eu"]
    with pytest.raises(MalformedError, match="no category war"):
        Redraw(leave_out_categories=frozenset({"war"}))  # type: ignore[arg-type]  # the point of the test


def test_a_tally_says_that_it_counts_claims_and_not_conduct() -> None:
    told = tally(mechanism()).to_json()
    assert told["label"] == "how often claims name a participant; not how often it acted"
    assert isinstance(told["rule"], dict)
    assert told["rule"]["reason"]
    assert told["counted"] == 181

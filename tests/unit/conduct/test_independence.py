"""Claims that copy each other are one voice: each way of copying, how links carry on, and what is no copy."""

import random
from typing import Any

import pytest

from comity.conduct.independence import Clusters, Voices, Why, clusters, independent_voices, normal_url, same_speaker
from comity.conduct.record import Record
from comity.conduct.statements import NOT_NAMED, Speaker
from support.conduct_records import DIGEST, alliance, claim, company, operation, small_case, source, state

FERRY = operation()
TRAIN = operation("Day train")
URL = "https://reports.example/ferry"
EIGHT_WORDS = "we say this of them with great doubt"
HEDGE = "we hold with high confidence that the unit acted for its government"


def said(by: Speaker | str, of: Record = FERRY, **members: Any) -> Record:
    return claim(of, by, **members)


def of_no_kind(name: str) -> Speaker:
    return Speaker(name=name, kind="unknown")


def together(found: Clusters, *claims: Record) -> bool:
    return len({found.by_claim[record.id] for record in claims}) == 1


def reasons(found: Clusters) -> list[Why]:
    return [link.why for link in found.reasons]


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        (said("A", sources=[source(url=URL)]), said("B", sources=[source(url=URL)]), Why.SAME_URL),
        (said("A", sources=[source(digest=DIGEST)]), said("B", sources=[source(digest=DIGEST)]), Why.SAME_DOCUMENT),
        (said("A"), said("B", derives_from=[said("A").id]), Why.REPEATS),
        (said("A", derives_from=[FERRY.id]), said("B", derives_from=[FERRY.id]), Why.SAME_ORIGIN),
        (said("A", lineage=["List of groups"]), said("B", lineage=["list of  GROUPS"]), Why.SAME_LINEAGE),
        (said("A", wording=HEDGE), said("B", wording=HEDGE.upper() + "."), Why.SAME_WORDING),
        (said("A", wording=EIGHT_WORDS), said("B", wording=EIGHT_WORDS), Why.SAME_WORDING),
        (
            said("A", wording="我们高度确信该单位代表其政府行事并使用了"),
            said("B", wording="我们高度确信该单位代表其政府行事并使用了。"),
            Why.SAME_WORDING,
        ),
        (said("XBB"), said("XBB", said="2026-04-01"), Why.SAME_CLAIMANT),
        (said("Lantern Labs"), said("LANTERN  labs", said="2026-04-01"), Why.SAME_CLAIMANT),
        (said(state("XBB")), said(Speaker(name="State XBB", kind="state"), said="2026-04-01"), Why.SAME_CLAIMANT),
        (said(of_no_kind("Lantern Labs")), said(of_no_kind("lantern labs"), said="2026-04-01"), Why.SAME_CLAIMANT),
        (said(of_no_kind("Lantern Labs")), said("Lantern Labs", said="2026-04-01"), Why.SAME_CLAIMANT),
    ],
)
def test_two_claims_that_share_something_are_one_voice_and_the_link_says_why(
    one: Record, other: Record, why: Why
) -> None:
    found = clusters([one, other])
    assert together(found, one, other)
    assert found.by_claim[one.id] == min(one.id, other.id)
    assert reasons(found) == [why]
    assert found.why(one.id) == found.why(other.id) == found.reasons
    assert found.members(found.by_claim[one.id]) == tuple(sorted([one.id, other.id]))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (said("A"), said("B")),
        (said("A", sources=[source(url=URL)]), said("B", sources=[source(url=URL + "/2")])),
        (said("A", sources=[source("Report")]), said("B", sources=[source("Report")])),
        (
            said("A", sources=[source(url="https://news.example/")]),
            said("B", sources=[source(url="https://news.example")]),
        ),
        (said("A", wording="almost certainly"), said("B", wording="almost certainly")),
        (said("A", wording=EIGHT_WORDS[:-6]), said("B", wording=EIGHT_WORDS[:-6])),
        (said("A", wording="очень-длинное-кириллическоеслово"), said("B", wording="очень-длинное-кириллическоеслово")),
        (said("XBB"), said("XCA")),
        (said(state("XBB")), said(Speaker(name="State XBB", kind="state", participant="XCA"))),
        (said("संस्था की"), said("संस्था के")),
        (said("й"), said("и")),
        (said("A", basis_tier=1, legal_ground=[8]), said("B", basis_tier=1, legal_ground=[8])),
    ],
)
def test_two_claims_that_only_agree_are_two_voices(one: Record, other: Record) -> None:
    found = clusters([one, other])
    assert not together(found, one, other)
    assert found.reasons == ()


def test_a_joint_statement_of_several_states_is_one_voice_and_named_as_such() -> None:
    joint = [said(code, sources=[source(url=URL)]) for code in ("XBB", "XCA", "XCD")]
    found = clusters(joint)
    assert together(found, *joint)
    assert reasons(found).count(Why.JOINT_STATEMENT) == 2
    assert reasons(found).count(Why.SAME_URL) == 2


def test_companies_or_another_day_make_no_joint_statement_only_a_shared_source() -> None:
    by_companies = [said(name, sources=[source(url=URL)]) for name in ("A", "B")]
    on_two_days = [
        said(code, said=day, sources=[source(url=URL)]) for code, day in (("XBB", "2026-03-01"), ("XCA", "2026-03-02"))
    ]
    in_a_month = [said(code, said="2026-03", sources=[source(url=URL)]) for code in ("XBB", "XCA")]
    for claims in (by_companies, on_two_days, in_a_month):
        assert reasons(clusters(claims)) == [Why.SAME_URL]


def test_a_state_that_says_two_things_in_one_statement_makes_no_joint_statement() -> None:
    twice = [said("XBB", sources=[source(url=URL)]), said("XBB", about="XAC", sources=[source(url=URL)])]
    assert sorted(reasons(clusters(twice))) == [Why.SAME_CLAIMANT, Why.SAME_URL]


def test_a_name_that_two_codes_bear_says_nothing_of_a_claimant_without_a_code() -> None:
    coded = [said(Speaker(name="The Ministry", kind="state", participant=code)) for code in ("XBB", "XCA")]
    bare = said(Speaker(name="The Ministry", kind="state"))
    found = clusters([*coded, bare])
    assert found.reasons == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (state("XBB"), Speaker(name="Another name", kind="state", participant="XBB")),
        (state("XBB"), Speaker(name="STATE  xbb", kind="state")),
    ],
)
def test_speakers_are_one_by_their_codes_and_otherwise_by_their_names(one: Speaker, other: Speaker) -> None:
    assert same_speaker(one, other)
    assert same_speaker(other, one)


def test_two_codes_under_one_name_are_two_speakers() -> None:
    assert not same_speaker(state("XBB"), Speaker(name="State XBB", kind="state", participant="XCA"))


def test_an_alliance_that_speaks_twice_is_one_voice() -> None:
    two = [said(alliance()), said(alliance(), said="2026-05-01")]
    assert together(clusters(two), *two)


def test_links_carry_on_from_claim_to_claim() -> None:
    first = said("A", sources=[source(url=URL)])
    second = said("B", sources=[source(url="https://www.reports.example/ferry/#top")], lineage=["List"])
    third = said("C", lineage=["List"])
    fourth = said("D", derives_from=[third.id])
    apart = said("E")
    found = clusters([first, second, third, fourth, apart])
    assert together(found, first, second, third, fourth)
    assert not together(found, first, apart)
    assert found.by_claim[first.id] == min(record.id for record in (first, second, third, fourth))


def test_claims_about_different_operations_are_never_one_cluster() -> None:
    one = said("A", sources=[source(url=URL)])
    other = said("A", TRAIN, sources=[source(url=URL)], derives_from=[one.id])
    found = clusters([one, other])
    assert not together(found, one, other)
    merged = clusters([one, other], operations={TRAIN.id: FERRY.id})
    assert together(merged, one, other)


def test_clustering_can_be_switched_off() -> None:
    copies = [said("A", sources=[source(url=URL)]), said("B", sources=[source(url=URL)])]
    found = clusters(copies, clustering=False)
    assert found.by_claim == {record.id: record.id for record in copies}
    assert found.reasons == ()


def test_companies_of_one_group_are_one_voice_where_a_deployment_says_so() -> None:
    two = [said("Lantern Labs"), said("Beacon Research")]
    found = clusters(two, groups={"lantern labs": "Lighthouse Holding", "beacon research": "Lighthouse Holding"})
    assert reasons(found) == [Why.SAME_GROUP]
    assert "Lighthouse Holding" in found.reasons[0].text


@pytest.mark.parametrize("seed", range(20))
def test_the_order_of_claims_does_not_matter(seed: int) -> None:
    chance = random.Random(seed)
    claims = [
        said(
            chance.choice(["A", "B", "XBB", "XCA", "C", "D"]),
            chance.choice([FERRY, TRAIN]),
            said=f"2026-01-{number + 1:02}",
            sources=[source(url=f"https://r.example/{chance.randrange(12)}")],
            lineage=[f"List {chance.randrange(30)}"],
        )
        for number in range(25)
    ]
    shuffled = chance.sample(claims, len(claims))
    assert clusters(shuffled + shuffled[:5]) == clusters(claims)


@pytest.mark.parametrize("seed", range(5))
def test_one_more_claim_never_splits_what_was_one_voice(seed: int) -> None:
    chance = random.Random(seed)
    claims = [
        said(f"Firm {number}", sources=[source(url=f"https://r.example/{chance.randrange(8)}")]) for number in range(12)
    ]
    for count in range(1, len(claims)):
        before, after = clusters(claims[:count]).by_claim, clusters(claims[: count + 1]).by_claim
        for one in before:
            for other in before:
                assert before[one] != before[other] or after[one] == after[other]


def test_voices_are_counted_for_each_operation_and_polarity() -> None:
    copies = [said(name, sources=[source(url=URL)]) for name in ("A", "B", "C")]
    claims = [*copies, said("D"), said("E", polarity="denies"), said("F", TRAIN)]
    ferry, denied, train = (
        Voices(operation=FERRY.id, polarity="asserts", claims=4, voices=2, unnamed=0),
        Voices(operation=FERRY.id, polarity="denies", claims=1, voices=1, unnamed=0),
        Voices(operation=TRAIN.id, polarity="asserts", claims=1, voices=1, unnamed=0),
    )
    counted = independent_voices(claims)
    assert set(counted) == {ferry, denied, train}
    assert list(counted) == sorted(counted, key=lambda each: (each.operation, each.polarity))


def test_voices_about_one_participant_leave_out_those_about_others() -> None:
    claims = [said("A"), said("B"), said("C", about="XCA")]
    (about,) = independent_voices(claims, about="XAA")
    assert (about.claims, about.voices) == (2, 2)
    assert independent_voices(claims, about="XZZ") == ()


def test_a_copy_stays_a_copy_when_what_linked_it_is_left_out() -> None:
    first = said("A")
    second = said("B", derives_from=[first.id])
    third = said("C", derives_from=[second.id])
    found = clusters([first, second, third])
    (kept,) = independent_voices([first, third], found)
    assert kept.voices == 1
    (anew,) = independent_voices([first, third])
    assert anew.voices == 2


def test_claimants_that_nobody_names_are_neither_joined_nor_hidden() -> None:
    nameless = [
        claim(FERRY, of_no_kind(name), said=f"2026-03-0{number}")
        for number, name in enumerate([NOT_NAMED, NOT_NAMED, "Not available"], 1)
    ]
    named, of_any_kind = said("A"), said(of_no_kind("B"))
    (counted,) = independent_voices([*nameless, named, of_any_kind])
    assert (counted.claims, counted.voices, counted.unnamed) == (5, 5, 3)


def test_a_voice_of_which_one_claimant_is_named_is_named() -> None:
    two = [said(of_no_kind(NOT_NAMED), sources=[source(url=URL)]), said("A", sources=[source(url=URL)])]
    (counted,) = independent_voices(two)
    assert (counted.claims, counted.voices, counted.unnamed) == (2, 1, 0)


def test_other_records_are_passed_over() -> None:
    records = small_case().values()
    assert set(clusters(records).by_claim) == {record.id for record in records if record.kind == "claim"}


@pytest.mark.parametrize(
    "url",
    [
        "http://reports.example/ferry",
        "https://www.reports.example/ferry/",
        "HTTPS://Reports.Example:443/ferry#page=3",
        "https://reports.example/ferry?utm_source=letter&fbclid=7",
        "https://web.archive.org/web/20260301120000/https://reports.example/ferry",
        "https://web.archive.org/web/20260301120000id_/http://www.reports.example/ferry",
        "HTTPS://Web.Archive.ORG/web/20260301120000/https://reports.example/ferry",
        "https://archive.ph/2026.03.01-120000/https://reports.example/ferry",
        "https://archive.today/20260301120000/https://reports.example/ferry",
    ],
)
def test_addresses_of_one_document_are_one(url: str) -> None:
    assert normal_url(url) == normal_url(URL) == "reports.example/ferry"


@pytest.mark.parametrize(
    "url",
    [
        "https://reports.example/Ferry",
        "https://reports.example/ferry?page=2",
        "https://reports.example:8443/ferry",
        "https://other.example/ferry",
        "https://archive.ph/AbCdE",
    ],
)
def test_addresses_of_other_documents_are_others(url: str) -> None:
    assert normal_url(url) != normal_url(URL)


def test_the_order_of_a_query_does_not_matter_and_its_values_do() -> None:
    assert normal_url("https://a.example/?b=2&a=1") == normal_url("https://a.example/?a=1&b=2")
    assert normal_url("https://a.example/?a=2") != normal_url("https://a.example/?a=1")


def test_an_address_that_cannot_be_read_stands_for_itself() -> None:
    assert normal_url("https://[half") == "https://[half"
    assert normal_url("https://a.example:port/x") == "https://a.example:port/x"


def test_every_reason_has_a_text_that_names_what_is_shared() -> None:
    shared: dict[str, Any] = {
        "sources": [source(url=URL, digest=DIGEST)],
        "lineage": ["List"],
        "wording": HEDGE,
        "derives_from": [FERRY.id],
    }
    two: list[Record] = [
        said("XBB", **shared),
        said("XCA", **shared),
        said("XBB", said="2026-04-01"),
        said(company("G")),
    ]
    found = clusters([*two, said("A", derives_from=[two[0].id])], groups={"g": "H"})
    for link in found.reasons:
        assert link.shared in link.text
        assert "{" not in link.text

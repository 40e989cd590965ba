"""STIX 2.1 out and in: nothing is lost, nothing is added, each voice stays its own, and the checker finds no error."""

import importlib.util
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from comity.conduct.exporting.stix import STIX_SCALE, to_bundle
from comity.conduct.exporting.stix_parts import EXPORTER_ID, RECORD_EXTENSION, STATEMENT_ID
from comity.conduct.importing.imported import Imported
from comity.conduct.importing.stix import import_stix
from comity.conduct.importing.stix_bundle import CLOSED_MARKINGS
from comity.conduct.record import Record, record_of
from comity.conduct.statements import (
    KINDS,
    Body,
    Claim,
    Correction,
    ExternalId,
    Operation,
    Period,
    Reply,
    Source,
    Speaker,
    StatedConfidence,
    encode_body,
)
from comity.conduct.verbs import written
from comity.conduct.view import fold
from comity.errors import MalformedError, PolicyError
from support.conduct_bodies import ledgers
from support.conduct_records import (
    DAY,
    claim,
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
    speaker,
    state,
    subject,
)

ON = date(2026, 6, 2)
SLOW = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


def objects(records: Iterable[Record], **options: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(to_bundle(records, **options))["objects"]
    return found


def of_type(found: Iterable[dict[str, Any]], *kinds: str) -> list[dict[str, Any]]:
    return [item for item in found if item["type"] in kinds]


def claims_in(found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [item for item in of_type(found, "relationship") if "structure" not in item["labels"]]


def named(found: Iterable[dict[str, Any]], identifier: str) -> str:
    return next(str(item["name"]) for item in found if item["id"] == identifier)


def as_json(records: Iterable[Record]) -> list[Any]:
    return [record.to_json() for record in records]


def bundle(*items: Mapping[str, Any]) -> bytes:
    return json.dumps({"type": "bundle", "id": "bundle--1", "objects": list(items)}).encode()


def foreign(kind: str, number: int, **members: Any) -> dict[str, Any]:
    """Return an object of somebody else's bundle."""
    return {
        "type": kind,
        "spec_version": "2.1",
        "id": f"{kind}--00000000-0000-4000-8000-{number:012d}",
        "created": "2026-02-01T10:00:00.000Z",
        "modified": "2026-02-01T10:00:00.000Z",
        **members,
    }


def bodies(read: Imported, kind: str) -> list[Any]:
    return [record.body for record in read.records if record.kind == kind]


def full_case() -> list[Record]:
    """Return a case in which every kind, level, polarity and sort of reply occurs."""
    case = small_case()
    ferry, first = case["operation"], case["first"]
    levels = [subject("XAA", level) for level in ("place", "unit", "organ", "state")]
    others = [
        silence(ferry, [first]),
        reply(ferry, [first], "XAA", kind="counter_claim", counter_claim=case["third"].id, text="It was another."),
        reply(ferry, [], "XAA", kind="partial_admission"),
        reply(ferry, [first], "XAA", kind="acceptance"),
        claim(ferry, "XCB", levels, said="2026-03-20", about_when=Period(begin="2026-02-11", end="2026-02-11")),
        claim(ferry, "XAA", levels, polarity="denies"),
        claim(ferry, "XAA", "XCA", polarity="reassigns", about_when=Period(begin="2026", end="2025-01-01")),
        claim(
            ferry, "Lantern Labs", subject("FRA", "place"), confidence=StatedConfidence(scale=STIX_SCALE, value="85")
        ),
        retraction(first),
        correction(case["third"], None, "XAA"),
    ]
    return [*case.values(), *others]


# What goes out.


def test_each_claimant_makes_a_relationship_of_its_own() -> None:
    ferry = operation()
    said = [claim(ferry, by, "XAA") for by in ("XBB", "XCB", "Lantern Labs")]
    found = objects([ferry, *said])
    made = claims_in(found)
    assert [named(found, item["created_by_ref"]) for item in made] == ["State XBB", "State XCB", "Lantern Labs"]
    assert len({(item["source_ref"], item["target_ref"]) for item in made}) == 1
    assert len({item["id"] for item in made}) == 3


def test_place_unit_organ_and_state_are_kept_apart() -> None:
    ferry = operation()
    found = objects(
        [ferry, claim(ferry, "XBB", [subject("XAA", level) for level in ("place", "unit", "organ", "state")])]
    )
    steps = [
        (item["source_ref"].split("--")[0], item["relationship_type"], item["target_ref"].split("--")[0])
        for item in claims_in(found)
    ]
    assert steps == [
        ("intrusion-set", "originates-from", "location"),
        ("intrusion-set", "attributed-to", "threat-actor"),
        ("threat-actor", "attributed-to", "identity"),
        ("threat-actor", "attributed-to", "identity"),
    ]


def test_a_claim_about_a_state_alone_names_no_unit() -> None:
    ferry = operation()
    found = objects([ferry, claim(ferry, "XBB", "XAA")])
    assert [item["name"] for item in of_type(found, "threat-actor")] == ["Unnamed: Night ferry"]
    structure = [item for item in of_type(found, "relationship") if "structure" in item["labels"]]
    assert {item["created_by_ref"] for item in structure} == {EXPORTER_ID}
    assert not {item["target_ref"] for item in structure} & {item["id"] for item in of_type(found, "identity")}


def test_an_organ_without_a_unit_hangs_on_whoever_acted_unnamed() -> None:
    ferry = operation()
    found = objects([ferry, claim(ferry, "XBB", subject("XAA", "organ"))])
    assert named(found, claims_in(found)[0]["source_ref"]) == "Unnamed: Night ferry"


def test_a_label_tells_a_claim_that_denies_or_reassigns() -> None:
    ferry = operation()
    kinds = ("asserts", "denies", "reassigns")
    made = claims_in(objects([ferry, *(claim(ferry, "XBB", "XAA", polarity=kind) for kind in kinds)]))
    assert [item["labels"] for item in made] == [[f"claim-{kind}"] for kind in kinds]


def test_an_operation_has_all_its_names_and_days_and_whom_it_is_said_to_have_hit() -> None:
    ferry = operation(names=["Quiet crossing", "Grey pier"], effects="Ferries stood still.")
    made = of_type(objects([ferry]), "campaign")[0]
    assert made["aliases"] == ["Quiet crossing", "Grey pier"]
    assert made["description"] == "Named as affected: State XBB\nFerries stood still."
    # The last day is seen to its end.
    assert (made["first_seen"], made["last_seen"]) == ("2026-02-11T00:00:00.000Z", "2026-02-14T23:59:59.999Z")


def test_a_claim_that_denies_never_reads_as_an_attribution() -> None:
    ferry = operation()
    found = objects([ferry, claim(ferry, "XAA", [subject("XAA", "unit"), subject("XAA")], polarity="denies")])
    made = claims_in(found)
    assert {item["relationship_type"] for item in made} == {"not-attributed-to"}
    # Whether the unit belongs to the state is not what is denied.
    assert named(found, made[1]["source_ref"]) == "Unnamed: Night ferry"


def test_nobody_whom_a_claim_names_gets_a_type_motive_or_skill() -> None:
    verdicts = {"threat_actor_types", "sophistication", "resource_level", "primary_motivation", "goals", "roles"}
    for item in objects(full_case()):
        assert not verdicts & item.keys()


@pytest.mark.parametrize(
    ("scale", "value", "expected"),
    [
        (STIX_SCALE, "85", 85),
        (STIX_SCALE, "0", 0),
        (STIX_SCALE, "100", 100),
        (STIX_SCALE, "101", None),
        (STIX_SCALE, "085", None),
        (STIX_SCALE, "٣", None),
        (STIX_SCALE, "high", None),
        ("Admiralty", "B2", None),
        ("ICD 203", "likely", None),
        ("MISP attribution-confidence", "50", None),
    ],
)
def test_a_confidence_is_written_only_as_a_number_on_the_scale_of_stix(scale: str, value: str, expected: Any) -> None:
    ferry = operation()
    found = objects([ferry, claim(ferry, confidence=StatedConfidence(scale=scale, value=value))])
    made = claims_in(found)[0]
    assert made.get("confidence") == expected
    body = made["extensions"][RECORD_EXTENSION]["record_body"]
    assert body["confidence"] == {"scale": scale, "value": value}


def test_a_claim_without_a_confidence_gets_none() -> None:
    ferry = operation()
    assert not [item for item in objects([ferry, claim(ferry)]) if "confidence" in item]


@pytest.mark.parametrize(
    ("kind", "opinion"),
    [
        ("denial", "disagree"),
        ("counter_claim", "disagree"),
        ("acceptance", "agree"),
        ("partial_admission", None),
        ("other", None),
        ("silence", None),
    ],
)
def test_a_reply_points_at_the_claim_with_an_opinion_no_stronger_than_stated(kind: str, opinion: str | None) -> None:
    ferry = operation()
    said = claim(ferry)
    found = objects([ferry, said, reply(ferry, [said], "XAA", kind=kind)])
    target = [item["id"] for item in claims_in(found)]
    notes, opinions = of_type(found, "note"), of_type(found, "opinion")
    assert [note["object_refs"] for note in notes] == [target]
    assert [(made["opinion"], made["object_refs"]) for made in opinions] == ([(opinion, target)] if opinion else [])


def test_silence_is_said_by_whoever_searched_and_not_by_the_silent() -> None:
    ferry = operation()
    note = of_type(objects([ferry, silence(ferry)]), "note")[0]
    assert note["created_by_ref"] == EXPORTER_ID
    assert note["content"] == (
        "An answer of State XAA was searched for on 2026-05-01 in site of the ministry, and none was found."
    )


def test_a_reply_to_no_claim_in_particular_points_at_the_operation() -> None:
    ferry = operation()
    found = objects([ferry, reply(ferry)])
    campaign = of_type(found, "campaign")[0]["id"]
    assert [item["object_refs"] for item in of_type(found, "note", "opinion")] == [[campaign], [campaign]]


def test_an_answer_with_a_claim_of_its_own_points_at_both_claims_and_disagrees_with_one() -> None:
    ferry = operation()
    said, own = claim(ferry, "XBB", "XAA"), claim(ferry, "XAA", "XBB")
    found = objects([ferry, said, own, reply(ferry, [said], "XAA", kind="counter_claim", counter_claim=own.id)])
    first, second = (item["id"] for item in claims_in(found))
    assert [item["object_refs"] for item in of_type(found, "note", "opinion")] == [[first, second], [first]]


def test_a_finding_says_by_whom_it_was_found_and_with_what_dissent() -> None:
    ferry = operation()
    said = claim(ferry)
    found = objects([ferry, said, finding(ferry, [said], dissent="One member holds the log to be forged.")])
    report = of_type(found, "report")[0]
    assert named(found, report["created_by_ref"]) == "Panel of the Narrows"
    assert report["description"].startswith("Found by Panel of the Narrows under the mandate: Asked by XAA")
    assert "Right of reply: given" in report["description"]
    assert "Dissent: One member" in report["description"]
    assert claims_in(found)[0]["id"] in report["object_refs"]


def test_a_match_is_an_object_of_its_own_that_points_at_the_claim() -> None:
    ferry = operation()
    said = claim(ferry)
    found = objects([ferry, said, match(said), grading(said)])
    made = of_type(found, "x-comity-commitment-match")[0]
    assert made["commitment"] == "gge_norms:f"
    assert made["claim_refs"] == [claims_in(found)[0]["id"]] == of_type(found, "note")[0]["object_refs"]


# Corrections.


def test_what_its_claimant_retracts_is_revoked_and_says_so() -> None:
    ferry = operation()
    said = claim(ferry)
    made = claims_in(objects([ferry, said, retraction(said)]))[0]
    assert made["revoked"] is True
    assert "retracted" in made["labels"]
    assert made["created"] < made["modified"]
    assert made["extensions"][RECORD_EXTENSION]["state"] == "retracted"


def test_a_correction_by_its_claimant_names_the_replacement() -> None:
    ferry = operation()
    wrong, right = claim(ferry, about="XAA"), claim(ferry, about="XCA")
    fixed = correction(wrong, right)
    found = objects([ferry, wrong, right, fixed])
    first, second = claims_in(found)
    assert (first["revoked"], "corrected" in first["labels"]) == (True, True)
    assert first["extensions"][RECORD_EXTENSION]["replaced_by"] == [right.id]
    assert "revoked" not in second
    note = of_type(found, "note")[0]
    assert note["object_refs"] == [first["id"], second["id"]]
    assert not of_type(found, "opinion")


def test_nobody_revokes_what_another_said() -> None:
    ferry = operation()
    said = claim(ferry, "XBB", "XAA")
    found = objects([ferry, said, retraction(said, by="XAA")])
    made = claims_in(found)[0]
    assert "revoked" not in made
    assert "retracted" not in made["labels"]
    assert "disputed" in made["labels"]
    opinion = of_type(found, "opinion")[0]
    assert (opinion["opinion"], named(found, opinion["created_by_ref"])) == ("disagree", "State XAA")


def test_what_whoever_entered_it_corrects_is_corrected_and_not_revoked() -> None:
    ferry = operation()
    wrong, right = claim(ferry, "Lantern Labs", "XAA"), claim(ferry, "Lantern Labs", "XCA")
    coder = Speaker(name="Coder One", kind="individual")
    found = objects([ferry, wrong, right, correction(wrong, right, coder)])
    made = claims_in(found)[0]
    assert "revoked" not in made
    assert "corrected" in made["labels"]
    assert made["extensions"][RECORD_EXTENSION]["replaced_by"] == [right.id]


def test_a_silence_is_never_revoked_by_the_silent() -> None:
    ferry = operation()
    searched = silence(ferry)
    made = of_type(objects([ferry, searched, retraction(searched, by="XAA")]), "note")[0]
    assert made["created_by_ref"] == EXPORTER_ID
    assert "revoked" not in made


def test_two_corrections_of_one_claim_both_stand() -> None:
    ferry = operation()
    said = claim(ferry, "Lantern Labs")
    one, two = claim(ferry, "Lantern Labs", "XCA"), claim(ferry, "Lantern Labs", "XCB")
    found = objects([ferry, said, one, two, correction(said, one), correction(said, two)])
    made = claims_in(found)[0]
    assert set(made["extensions"][RECORD_EXTENSION]["replaced_by"]) == {one.id, two.id}
    assert "disputed" in made["labels"]
    assert len(of_type(found, "note")) == 2


def test_a_retracted_retraction_leaves_the_claim_standing_with_a_later_version() -> None:
    ferry = operation()
    said = claim(ferry)
    withdrawn = retraction(said)
    before = claims_in(objects([ferry, said, withdrawn]))[0]
    after = claims_in(objects([ferry, said, withdrawn, retraction(withdrawn)]))[0]
    assert "revoked" not in after
    assert after["extensions"][RECORD_EXTENSION]["state"] == "standing"
    assert "corrected_by" not in after["extensions"][RECORD_EXTENSION]
    assert after["modified"] > before["modified"]


def test_the_version_does_not_depend_on_the_order_of_corrections() -> None:
    ferry = operation()
    said = claim(ferry)
    one, two = retraction(said, reason="One."), retraction(said, by="XAA", said="2026-04-12")
    forth, back = (claims_in(objects([ferry, said, *both]))[0] for both in ([one, two], [two, one]))
    assert forth["modified"] == back["modified"] == "2026-04-12T00:00:00.002Z"


# Bytes, ids, times and markings.


def test_the_same_records_give_the_same_bytes() -> None:
    assert to_bundle(full_case()) == to_bundle(full_case())


def test_two_exports_that_meet_hold_the_same_objects() -> None:
    ferry = operation()
    one, two = claim(ferry, "XBB", "XAA"), claim(ferry, "XCB", "XAA")
    first = {item["id"]: item for item in objects([ferry, one])}
    second = {item["id"]: item for item in objects([ferry, two])}
    shared = first.keys() & second.keys()
    assert len(shared) >= 8
    assert all(first[identifier] == second[identifier] for identifier in shared)


def test_every_object_is_marked_as_a_reported_claim() -> None:
    found = objects(full_case(), tlp="green")
    statement = next(item for item in found if item["id"] == STATEMENT_ID)
    assert statement["definition"]["statement"].startswith("Reported claim, not a finding")
    for item in found:
        if item["type"] != "marking-definition":
            assert item["object_marking_refs"] == [
                "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da",
                STATEMENT_ID,
            ]


def test_days_that_are_not_known_are_not_guessed() -> None:
    harbour = operation("Harbour", occurred=Period(begin="2026", end="2026-02"), entered=provenance("2026-05-01"))
    vague = claim(harbour, said="2026", about_when=Period(begin="2026-02-30"), entered=provenance("2026-05-02"))
    found = objects([harbour, vague])
    assert not {"first_seen", "last_seen"} & of_type(found, "campaign")[0].keys()
    made = claims_in(found)[0]
    assert not {"start_time", "stop_time"} & made.keys()
    assert made["created"] == "2026-05-02T00:00:00.000Z"


def test_a_period_that_ends_before_it_begins_is_kept_in_the_record_only() -> None:
    backwards = Period(begin="2026-03-02", end="2025-12-31")
    harbour = operation("Harbour", occurred=backwards)
    records = [harbour, claim(harbour, about_when=backwards)]
    found = objects(records)
    assert not {"first_seen", "last_seen"} & of_type(found, "campaign")[0].keys()
    assert not {"start_time", "stop_time"} & claims_in(found)[0].keys()
    assert check(to_bundle(records))[0] == []
    assert as_json(import_stix(to_bundle(records), on=ON, keep_provenance=True).records) == as_json(records)


def test_two_spellings_of_a_state_are_one_identity_and_an_organ_is_another() -> None:
    ferry = operation()
    speakers = [
        Speaker(name="France", kind="state", participant="FRA"),
        Speaker(name="French Republic", kind="state", participant="FRA"),
        Speaker(name="Signals office", kind="state", participant="FRA"),
    ]
    found = objects([ferry, *(claim(ferry, by, "XAA") for by in speakers)])
    makers = [item["created_by_ref"] for item in claims_in(found)]
    assert makers[0] == makers[1] != makers[2]


def test_objects_come_in_the_order_of_the_records_whoever_is_named_most() -> None:
    ferry = operation()
    said = [claim(ferry, f"Lab {number}", "XZA" if number % 3 else "XAA") for number in range(9)]
    made = claims_in(objects([ferry, *said]))
    assert [item["extensions"][RECORD_EXTENSION]["record_id"] for item in made] == [record.id for record in said]
    scored = {"score", "rank", "severity", "weight", "count", "sophistication"}
    assert not [item for item in objects([ferry, *said]) if scored & item.keys()]


def test_a_template_that_states_a_deed_is_refused() -> None:
    with pytest.raises(PolicyError):
        written("{name} attacked the ferry", name="XAA")


def test_what_a_record_quotes_stands_as_it_was_written() -> None:
    ferry = operation("XAA attacked {claimant}")
    text = claims_in(objects([ferry, claim(ferry)]))[0]["description"]
    assert text.startswith("State XBB claims a link of the operation XAA attacked {claimant} to the state State XAA.")


@pytest.mark.parametrize("kind", ["claim", "reply", "finding", "correction", "grading", "match"])
def test_a_record_without_what_it_hangs_on_is_refused_by_name(kind: str) -> None:
    ferry = operation()
    said = claim(ferry)
    alone = {
        "claim": said,
        "reply": reply(ferry),
        "finding": finding(ferry),
        "correction": retraction(said),
        "grading": grading(said),
        "match": match(said),
    }[kind]
    with pytest.raises(MalformedError, match="is not among the records"):
        to_bundle([alone])


# Out and in again.


def test_everything_comes_back_with_ids_order_and_provenance() -> None:
    case = full_case()
    read = import_stix(to_bundle(case), on=ON, keep_provenance=True)
    assert as_json(read.records) == as_json(case)
    assert read.notes == ()


def test_everything_comes_back_from_this_file_unless_told_otherwise() -> None:
    case = full_case()
    data = to_bundle(case)
    read = import_stix(data, on=ON, name="theirs.json")
    assert [record.id for record in read.records] == [record.id for record in case]
    assert {(record.provenance.source, record.provenance.digest) for record in read.records} == {
        ("theirs.json", read.digest)
    }
    assert to_bundle(read.records) != data


def test_two_provenances_of_one_record_come_back_both() -> None:
    ferry = operation()
    twice = [ferry, replace(ferry, provenance=imported("row 7"))]
    read = import_stix(to_bundle(twice), on=ON, keep_provenance=True)
    assert as_json(read.records) == as_json(twice)


def test_a_further_provenance_makes_a_later_version_of_the_same_object() -> None:
    ferry = operation()
    once, twice = (
        of_type(objects(records), "campaign")[0]
        for records in ([ferry], [ferry, replace(ferry, provenance=imported("row 7"))])
    )
    assert (once["id"], once["created"]) == (twice["id"], twice["created"])
    assert once["modified"] < twice["modified"]


@SLOW
@given(ledgers())
def test_whatever_a_ledger_holds_comes_back(records: tuple[Record, ...]) -> None:
    read = import_stix(to_bundle(records), on=ON, keep_provenance=True)
    assert as_json(read.records) == as_json(records)
    assert read.notes == ()


class _Drill(Body, frozen=True, kw_only=True):
    """A kind of another room."""

    state: Annotated[str, msgspec.Meta(min_length=1)]
    answered: bool


def test_a_kind_of_another_room_comes_back() -> None:
    kinds = KINDS | {"drill": _Drill}
    record = record_of(_Drill(state="XAA", answered=True), provenance(), kinds)
    data = to_bundle([record])
    assert of_type(json.loads(data)["objects"], "x-comity-record")
    assert as_json(import_stix(data, on=ON, kinds=kinds, keep_provenance=True).records) == as_json([record])
    with pytest.raises(MalformedError, match="record kind 'drill' is unknown"):
        import_stix(data, on=ON)


def test_a_body_that_was_changed_on_the_way_is_left_out_and_said() -> None:
    ferry, other = operation(), operation("Harbour")
    data = to_bundle([ferry, other]).replace(b'"record_body":{"title":"Harbour"', b'"record_body":{"title":"Harbours"')
    read = import_stix(data, on=ON)
    assert [record.id for record in read.records] == [ferry.id]
    assert "which is not the one stated" in read.notes[0]


def test_the_envelope_of_a_taxii_answer_is_read_as_well() -> None:
    members = json.loads(to_bundle(small_case().values()))
    envelope = json.dumps({"more": False, "objects": members["objects"]}).encode()
    assert len(import_stix(envelope, on=ON).records) == len(small_case())


# The checker.


def check(data: bytes, **options: Any) -> tuple[list[str], list[str]]:
    """Return errors and warnings of the checker of the OASIS committee."""
    if importlib.util.find_spec("stix2validator") is None:
        pytest.skip("stix2-validator is not installed")
    import stix2validator  # noqa: PLC0415 - optional

    result = stix2validator.validate_string(data.decode(), stix2validator.ValidationOptions(version="2.1", **options))
    return [str(error) for error in result.errors], list(result.warnings or ())


def test_the_checker_finds_no_error_and_only_these_warnings() -> None:
    errors, warnings = check(to_bundle(full_case()))
    assert errors == []
    # Ids are the same at every export; a source may come without a digest; fictitious states are in no region of the
    # list; and STIX suggests no relationship that denies.
    meant = ("{103}", "{302}", "{223}", "'not-attributed-to'", "'not-originates-from'")
    assert [warning for warning in warnings if not any(part in warning for part in meant)] == []


def test_every_reference_of_a_relationship_is_in_the_bundle() -> None:
    errors, warnings = check(to_bundle(full_case()), enforce_refs=True)
    assert errors == []
    assert not [warning for warning in warnings if "not found in current bundle" in warning]


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(ledgers())
def test_the_checker_finds_no_error_whatever_a_ledger_holds(records: tuple[Record, ...]) -> None:
    errors, _ = check(to_bundle(records))
    assert errors == []


def test_the_checker_would_find_an_error() -> None:
    data = to_bundle([operation()]).replace(b'"name":"Night ferry"', b'"named":"Night ferry"')
    assert check(data)[0] != []


def test_the_library_of_the_committee_reads_a_bundle() -> None:
    stix2 = pytest.importorskip("stix2", reason="stix2 is not installed")
    parsed = stix2.parse(to_bundle(full_case()).decode(), allow_custom=True)
    assert len(parsed.objects) == len(objects(full_case()))


# What others made.

SAYS = foreign("identity", 1, name="Lantern Labs", identity_class="organization")
STATE = foreign("identity", 2, name="France", identity_class="organization")
ORGAN = foreign("identity", 3, name="Harbour Signals Office", identity_class="organization")
CAMPAIGN = foreign(
    "campaign",
    4,
    name="Night ferry",
    labels=["sabotage", "maritime"],
    aliases=["Quiet crossing"],
    first_seen="2026-01-03T00:00:00Z",
    external_references=[{"source_name": "Lantern list", "external_id": "L-7"}],
)
SET = foreign("intrusion-set", 5, name="Grey Heron")
ACTOR = foreign("threat-actor", 6, name="Unit Nine")
PLACE = foreign("location", 7, country="FR")


def join(
    number: int, kind: str, source: Mapping[str, Any], target: Mapping[str, Any], **members: Any
) -> dict[str, Any]:
    made = {"created_by_ref": SAYS["id"], "relationship_type": kind}
    return foreign(
        "relationship", number, **(made | {"source_ref": source["id"], "target_ref": target["id"]} | members)
    )


CHAIN = (
    join(11, "attributed-to", CAMPAIGN, SET),
    join(12, "attributed-to", SET, ACTOR),
    join(13, "attributed-to", ACTOR, ORGAN),
    join(14, "attributed-to", ACTOR, STATE),
    join(15, "originates-from", SET, PLACE),
)
ALL = (SAYS, STATE, ORGAN, CAMPAIGN, SET, ACTOR, PLACE, *CHAIN)


def test_a_chain_is_one_operation_and_a_claim_for_each_relationship() -> None:
    read = import_stix(bundle(*ALL), on=ON)
    ferry = bodies(read, "operation")
    assert [(body.title, body.category, body.names, body.occurred) for body in ferry] == [
        ("Night ferry", "sabotage", ["Quiet crossing"], Period(begin="2026-01-03"))
    ]
    assert ferry[0].external == [
        ExternalId(scheme="stix", id=CAMPAIGN["id"]),
        ExternalId(scheme="lantern_list", id="L-7"),
    ]
    said = [(about.level, about.name, about.participant) for body in bodies(read, "claim") for about in body.about]
    assert said == [
        ("unit", "Grey Heron", None),
        ("unit", "Unit Nine", None),
        ("organ", "Harbour Signals Office", None),
        ("state", "France", "FRA"),
        ("place", "France", "FRA"),
    ]
    assert {body.operation for body in bodies(read, "claim")} == {read.records[0].id}
    assert read.notes == ()


def test_what_one_maker_says_in_a_chain_is_one_named_voice() -> None:
    (ferry,) = fold(import_stix(bundle(*ALL), on=ON).records).operations
    assert [(each.claims, each.voices, each.unnamed) for each in ferry.voices] == [(len(CHAIN), 1, 0)]


def test_a_claim_keeps_what_its_maker_stated_and_says_what_it_lacks() -> None:
    stated = join(
        16,
        "attributed-to",
        CAMPAIGN,
        SET,
        confidence=50,
        lang="fr",
        description="probably the same hands",
        start_time="2026-01-03T00:00:00Z",
        external_references=[
            {
                "source_name": "Lantern blog",
                "description": "Night of the ferry",
                "url": "https://lantern.example/1",
                "hashes": {"SHA-256": "a" * 64},
            }
        ],
    )
    body: Claim = bodies(import_stix(bundle(SAYS, CAMPAIGN, SET, stated), on=ON), "claim")[0]
    assert encode_body(body) | {"operation": ""} == {
        "operation": "",
        "claimant": {"name": "Lantern Labs", "kind": "unknown"},
        "polarity": "asserts",
        "about": [{"level": "unit", "name": "Grey Heron"}],
        "said": "2026-02-01",
        "about_when": {"begin": "2026-01-03"},
        "wording": "probably the same hands",
        "confidence": {"scale": STIX_SCALE, "value": "50"},
        "language": "fr",
        "sources": [
            {
                "title": "Night of the ferry",
                "url": "https://lantern.example/1",
                "publisher": "Lantern blog",
                "digest": "a" * 64,
            }
        ],
        "lacks": ["on what it rests"],
    }


def test_two_makers_of_one_link_are_two_claims() -> None:
    second = foreign("identity", 20, name="Quay Watch", identity_class="organization")
    other = join(21, "attributed-to", CAMPAIGN, SET, created_by_ref=second["id"])
    read = import_stix(bundle(SAYS, second, CAMPAIGN, SET, CHAIN[0], other), on=ON)
    assert [body.claimant.name for body in bodies(read, "claim")] == ["Lantern Labs", "Quay Watch"]


def test_a_category_is_never_assumed() -> None:
    unlabelled = CAMPAIGN | {"labels": ["maritime"]}
    with pytest.raises(MalformedError, match="say which with category"):
        import_stix(bundle(SAYS, unlabelled, SET, CHAIN[0]), on=ON)
    read = import_stix(bundle(SAYS, unlabelled, SET, CHAIN[0]), on=ON, category="espionage")
    assert [body.category for body in bodies(read, "operation")] == ["espionage"]


def test_without_one_campaign_the_activity_of_the_source_is_the_operation() -> None:
    read = import_stix(bundle(SAYS, SET, ACTOR, CHAIN[1]), on=ON, category="other")
    assert [body.title for body in bodies(read, "operation")] == ["Grey Heron"]
    assert "belongs to no one campaign" in read.notes[0]


def test_what_several_campaigns_lead_to_belongs_to_none_of_them() -> None:
    other = foreign("campaign", 8, name="Day train", labels=["sabotage"])
    links = (join(16, "attributed-to", CAMPAIGN, SET), join(17, "attributed-to", other, SET), CHAIN[1])
    read = import_stix(bundle(SAYS, CAMPAIGN, other, SET, ACTOR, *links), on=ON, category="other")
    titles = {record.id: record.body.title for record in read.records if isinstance(record.body, Operation)}
    assert [titles[body.operation] for body in bodies(read, "claim")] == ["Night ferry", "Day train", "Grey Heron"]


def test_only_the_accused_denies() -> None:
    target = CHAIN[3]
    opinions = [
        foreign("opinion", 31, opinion="strongly-disagree", object_refs=[target["id"]], created_by_ref=STATE["id"]),
        foreign("opinion", 32, opinion="disagree", object_refs=[target["id"]], created_by_ref=ORGAN["id"]),
        foreign(
            "opinion", 33, opinion="agree", object_refs=[target["id"]], created_by_ref=STATE["id"], explanation="Yes."
        ),
        foreign("opinion", 36, opinion="strongly-agree", object_refs=[target["id"]], created_by_ref=ORGAN["id"]),
        foreign("note", 34, content="See our answer.", object_refs=[CAMPAIGN["id"]], authors=["A clerk"]),
    ]
    read = import_stix(bundle(*ALL, *opinions), on=ON)
    said = [(body.by.name, body.kind, body.text, len(body.to_claims)) for body in bodies(read, "reply")]
    assert said == [
        ("France", "denial", "strongly-disagree", 1),
        ("Harbour Signals Office", "other", "disagree", 1),
        ("France", "acceptance", "agree\nYes.", 1),
        ("Harbour Signals Office", "other", "strongly-agree", 1),
        ("A clerk", "other", "See our answer.", 0),
    ]


def test_a_foreign_opinion_answers_a_claim_of_ours() -> None:
    ferry = operation()
    said = claim(ferry, "XBB", "XAA")
    ours = json.loads(to_bundle([ferry, said]))["objects"]
    target = claims_in(ours)[0]
    theirs = foreign("opinion", 35, opinion="disagree", object_refs=[target["id"]], created_by_ref=target["target_ref"])
    read = import_stix(bundle(*ours, theirs), on=ON)
    answer: Reply = bodies(read, "reply")[0]
    assert (answer.operation, answer.to_claims, answer.by, answer.kind) == (ferry.id, [said.id], state("XAA"), "denial")


def test_what_is_revoked_comes_with_its_retraction() -> None:
    gone = CHAIN[0] | {"revoked": True, "modified": "2026-03-01T00:00:00.000Z"}
    read = import_stix(bundle(SAYS, CAMPAIGN, SET, gone), on=ON)
    made: Correction = bodies(read, "correction")[0]
    assert (made.kind, made.by.name, made.said) == ("retraction", "Lantern Labs", "2026-03-01")
    assert made.corrects == next(record.id for record in read.records if record.kind == "claim")


def test_a_revoked_campaign_and_a_revoked_denial_come_with_their_retractions() -> None:
    gone = {"revoked": True, "modified": "2026-03-01T00:00:00.000Z"}
    denial = foreign(
        "opinion", 31, opinion="strongly-disagree", object_refs=[CHAIN[3]["id"]], created_by_ref=STATE["id"], **gone
    )
    read = import_stix(bundle(*ALL[:3], CAMPAIGN | gone | {"created_by_ref": SAYS["id"]}, *ALL[4:], denial), on=ON)
    (ferry,) = fold(read.records).operations
    (reply_,) = ferry.replies
    assert (reply_.retracted, reply_.stands) == (True, False)
    assert [
        (view.body.by.name, view.in_effect) for view in sorted(ferry.corrections, key=lambda each: each.body.by.name)
    ] == [
        ("France", True),
        ("Lantern Labs", False),
    ]
    # An operation is nobody's words, so that its maker's withdrawal is shown and leaves the claims about it standing.
    assert (ferry.retracted, ferry.disputed, len(ferry.standing)) == (False, True, len(CHAIN))


def test_whom_something_is_aimed_at_stands_with_the_operation() -> None:
    read = import_stix(bundle(*ALL, join(41, "targets", SET, STATE), join(42, "targets", CAMPAIGN, ORGAN)), on=ON)
    hit = [(target.name, target.kind, target.participant) for target in bodies(read, "operation")[0].hit]
    assert hit == [("France", "state", "FRA"), ("Harbour Signals Office", "organisation", None)]
    assert len(bodies(read, "claim")) == len(CHAIN)


@pytest.mark.parametrize("marking", CLOSED_MARKINGS)
def test_what_a_marking_keeps_from_the_public_is_refused_without_its_definition_too(marking: str) -> None:
    marked = join(61, "attributed-to", CAMPAIGN, ACTOR, object_marking_refs=[marking])
    read = import_stix(bundle(SAYS, CAMPAIGN, ACTOR, marked), on=ON)
    assert bodies(read, "claim") == []
    assert read.notes == (
        f"left out: bundle.json, {marked['id']}: the marking {CLOSED_MARKINGS[marking]} keeps it from the public",
    )
    for_all = marked | {"object_marking_refs": ["marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"]}
    assert len(bodies(import_stix(bundle(SAYS, CAMPAIGN, ACTOR, for_all), on=ON), "claim")) == 1
    closed_set = SET | {"object_marking_refs": [marking]}
    with pytest.raises(MalformedError, match=f"{SET['id']}: the marking"):
        import_stix(bundle(SAYS, closed_set, ACTOR, join(62, "attributed-to", closed_set, ACTOR)), on=ON)


def test_a_part_of_the_world_that_something_is_aimed_at_is_no_state() -> None:
    region = foreign("location", 43, region="northern-europe")
    read = import_stix(bundle(*ALL, region, join(44, "targets", CAMPAIGN, region)), on=ON)
    (target,) = bodies(read, "operation")[0].hit
    assert (target.name, target.kind, target.participant) == ("northern-europe", "region", None)


def test_nothing_is_dropped_silently() -> None:
    tool = foreign("tool", 51, name="Winch")
    person = foreign("identity", 52, name="Somebody", identity_class="individual")
    marking = {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed",
        "created": "2017-01-20T00:00:00.000Z",
        "definition_type": "tlp",
        "name": "TLP:RED",
        "definition": {"tlp": "red"},
    }
    rest = [
        tool,
        person,
        marking,
        foreign("report", 53, name="R", published="2026-01-01T00:00:00Z", object_refs=[tool["id"]]),
        join(54, "uses", SET, tool),
        join(55, "attributed-to", SET, person),
        join(56, "attributed-to", SET, foreign("identity", 99, name="Absent")),
        foreign("note", 57, content="On the tool.", object_refs=[tool["id"]]),
    ]
    notes = "\n".join(import_stix(bundle(*ALL, *rest), on=ON).notes)
    for said in (
        f"not imported: 1 objects of type tool: {tool['id']}",
        "not imported: 1 objects of type report",
        "not imported: 1 relationships uses from intrusion-set to tool",
        "not imported: 1 relationships to persons, who are not named here",
        "not imported: 1 objects of type note about neither a claim nor an operation",
        "target_ref identity--00000000-0000-4000-8000-000000000099 is not in the bundle",
    ):
        assert said in notes
    assert "Somebody" not in notes


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"confidence": "high"}, "confidence 'high' is no whole number"),
        ({"confidence": True}, "confidence 'True' is no whole number"),
        ({"lang": "EN"}, "lang 'EN' is no language tag"),
        ({"source_ref": 7}, "source_ref 7 is not in the bundle"),
    ],
)
def test_a_wrong_value_is_named_with_its_object(wrong: dict[str, Any], reason: str) -> None:
    bad = join(61, "attributed-to", CAMPAIGN, SET) | wrong
    read = import_stix(bundle(*ALL, bad), on=ON)
    assert [note for note in read.notes if bad["id"] in note and reason in note]
    assert len(bodies(read, "claim")) == len(CHAIN)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "a STIX bundle is a JSON object"),
        (b'{"type":"campaign"}', "a STIX bundle is a JSON object"),
        (b'{"type":"bundle","spec_version":"2.0","objects":[]}', "STIX 2.0 is not read"),
        (b'{"type":"bundle","objects":{}}', "the objects of a bundle are a list"),
        (b'{"type":"bundle","objects":[7]}', "an object has a type and an id"),
        (b'{"type":"bundle","objects":[{"type":"tool"}]}', "an object has a type and an id"),
        (b'{"type":"bundle"}', "no record can be made"),
    ],
)
def test_what_is_no_bundle_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(MalformedError, match=reason):
        import_stix(data, on=ON)


def test_the_last_version_of_an_object_counts() -> None:
    newer = SET | {"name": "Grey Crane", "modified": "2026-02-02T00:00:00.000Z"}
    for order in ([SET, newer], [newer, SET]):
        read = import_stix(bundle(SAYS, CAMPAIGN, *order, CHAIN[0]), on=ON)
        assert [body.about[0].name for body in bodies(read, "claim")] == ["Grey Crane"]
        assert read.counts["earlier versions"] == 1
        assert read.notes == ()


def test_two_versions_of_one_time_are_told() -> None:
    other = SET | {"name": "Grey Crane"}
    read = import_stix(bundle(SAYS, CAMPAIGN, SET, other, CHAIN[0]), on=ON)
    assert [body.about[0].name for body in bodies(read, "claim")] == ["Grey Crane"]
    assert read.notes == (f"bundle.json, {SET['id']}: two versions bear one time; the later in the file is read",)
    assert import_stix(bundle(SAYS, CAMPAIGN, SET, SET, CHAIN[0]), on=ON).notes == ()


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just(SET["id"]) | st.just("France"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=5,
)
_MEMBERS = sorted(
    {member for item in (*ALL, foreign("note", 1, content="", abstract="", authors=[])) for member in item}
    | {"extensions", "object_refs", "opinion", "revoked", "confidence", "lang", "hashes", "country", "region"}
)


@settings(deadline=None, max_examples=150)
@given(st.integers(0, len(ALL) - 1), st.sampled_from(_MEMBERS), _JSON)
def test_a_mangled_object_never_raises_anything_but_our_error(place: int, member: str, value: Any) -> None:
    items = [dict(item) for item in ALL]
    items[place][member] = value
    try:
        read = import_stix(bundle(*items), on=ON)
    except MalformedError:
        return
    assert read.records


@settings(deadline=None, max_examples=100)
@given(
    st.integers(0, 40),
    st.sampled_from(["record_id", "record_kind", "record_body", "provenances", "state", "extension_type"]),
    _JSON,
)
def test_a_mangled_extension_never_gives_another_record(place: int, member: str, value: Any) -> None:
    case = list(small_case().values())
    items = objects(case)
    extended = [item for item in items if RECORD_EXTENSION in item.get("extensions", {})]
    extended[place % len(extended)]["extensions"][RECORD_EXTENSION][member] = value
    read = import_stix(bundle(*items), on=ON, keep_provenance=True)
    assert {record.id for record in read.records} <= {record.id for record in case}


def test_our_own_plain_stix_says_the_same_to_a_stranger() -> None:
    """Without our extension, the claims, whom they name and who denies still come through."""
    ferry = operation()
    said = [
        claim(ferry, "XBB", "XAA"),
        claim(ferry, "XAA", "XAA", polarity="denies"),
        claim(ferry, "XBB", subject("XAA", "organ")),
    ]
    found = objects([ferry, *said, reply(ferry, [said[0]], "XAA", text="Not us.")])
    for item in found:
        item.pop("extensions", None)
    read = import_stix(bundle(*found), on=ON)
    claims = [(body.claimant, body.polarity, body.about) for body in bodies(read, "claim")]
    assert claims == [
        (speaker("XBB"), "asserts", [subject("XAA")]),
        (speaker("XAA"), "denies", [subject("XAA")]),
        (speaker("XBB"), "asserts", [subject("XAA", "organ")]),
    ]
    assert ("denial", "disagree\nNot us.") in [(body.kind, body.text) for body in bodies(read, "reply")]
    ferries: list[Operation] = bodies(read, "operation")
    assert [(body.title, body.category) for body in ferries] == [("Night ferry", "sabotage")]


def test_sources_keep_their_address_where_stix_takes_it() -> None:
    sources = [
        Source(title="A", url="https://a.example/Атака", digest="b" * 64, published="2026"),
        Source(title="B", url="https://ä.example/"),
        Source(title="cve"),
    ]
    ferry = operation(sources=sources, external=[ExternalId(scheme="cve", id="CVE-2026-0001")])
    listed = of_type(objects([ferry]), "campaign")[0]["external_references"]
    assert listed == [
        {
            "source_name": "A",
            "url": "https://a.example/%D0%90%D1%82%D0%B0%D0%BA%D0%B0",
            "description": "A; 2026",
            "hashes": {"SHA-256": "b" * 64},
        },
        {"source_name": "B", "description": "B; https://ä.example/"},
        {"source_name": "(cve)", "description": "cve"},
        {"source_name": "cve", "external_id": "CVE-2026-0001"},
    ]
    assert DAY < ON

"""Lists of groups in the galaxy's form: places claimed by publishers, sponsors apart, and what every claim lacks."""

import importlib.util
from collections import Counter
from datetime import date
from typing import Any

import msgspec
import pytest

from comity.conduct.importing.imported import Imported, SourceFile
from comity.conduct.importing.misp_galaxy import (
    INSTALLED,
    LABELS_360,
    import_galaxy,
    import_installed,
    installed_file,
    read_organs,
    read_techniques,
)
from comity.conduct.independence import clusters
from comity.conduct.statements import Claim, Operation, Subject
from comity.errors import MalformedError, NotFoundError, UnavailableError
from support.paths import ROOT

FIXTURE = ROOT / "tests" / "fixtures" / "conduct" / "galaxy_threat_actor.json"
ON = date(2026, 1, 2)
LANTERN = 0


def _claims(found: Imported) -> list[Claim]:
    return [record.body for record in found.records if isinstance(record.body, Claim)]


def _operations(found: Imported) -> list[Operation]:
    return [record.body for record in found.records if isinstance(record.body, Operation)]


def _changed(kind: str | None = None, **meta: Any) -> bytes:
    """Return the fixture with its first entry alone, of another kind of list or with other fields."""
    cluster = msgspec.json.decode(FIXTURE.read_bytes())
    cluster["values"] = cluster["values"][:1]
    if kind is not None:
        cluster["type"] = kind
        cluster["values"][0]["meta"] = {}
    cluster["values"][0]["meta"].update(meta)
    return msgspec.json.encode(cluster)


@pytest.fixture
def _installed() -> None:
    if importlib.util.find_spec("pymispgalaxies") is None:
        pytest.skip("pymispgalaxies is not installed; it comes with comity[observatory]")


def test_a_country_is_a_claim_of_the_publisher_about_the_place() -> None:
    claim = _claims(import_galaxy(FIXTURE, on=ON))[0]
    assert claim.claimant.name == "MISP galaxy, threat-actor cluster"
    assert claim.about == [Subject(level="place", name="Fictitious participant XAA", participant="XAA")]
    assert (claim.basis_tier, claim.said, claim.legal_ground) == (None, None, [])


def test_a_suspected_sponsor_is_a_claim_of_another_about_the_state() -> None:
    claim = _claims(import_galaxy(FIXTURE, on=ON))[1]
    assert claim.claimant.name == "Council on Foreign Relations, as restated by MISP"
    assert [(subject.level, subject.participant) for subject in claim.about] == [("state", "XAA")]
    assert claim.confidence is None


def test_a_group_is_no_operation_and_its_activity_bears_its_name() -> None:
    operation = _operations(import_galaxy(FIXTURE, on=ON))[0]
    assert operation.title == "activity of the group GROUP LANTERN"
    assert operation.occurred is None
    assert operation.names == ["GROUP LANTERN", "LANTERN", "Фонарь", "灯笼"]
    assert [(other.scheme, other.id[-2:]) for other in operation.external] == [
        ("misp_galaxy_uuid", "01"),
        ("misp_galaxy_similar", "09"),
    ]


def test_a_country_that_agrees_with_the_sponsor_was_filled_from_it_and_is_one_voice_with_it() -> None:
    found = import_galaxy(FIXTURE, on=ON)
    lantern, buoy = found.records[1:3], found.records[4:6]
    for claims, voices in ((lantern, 1), (buoy, 2)):
        assert len(set(clusters(claims).by_claim.values())) == voices
    assert [claim.lineage for claim in _claims(found)] == [["cfr"], ["cfr"], [], ["cfr"], []]


def test_a_sponsor_that_is_unknown_is_no_claim() -> None:
    found = import_galaxy(FIXTURE, on=ON)
    assert found.counts["sponsor is said to be unknown"] == 1
    assert [claim.about[0].participant for claim in _claims(found)] == ["XAA", "XAA", "XAA", "XCD", "XCD"]


def test_a_claim_says_what_it_lacks_and_that_nearly_all_confidences_are_one() -> None:
    lantern, _, buoy, _, reed = _claims(import_galaxy(FIXTURE, on=ON))
    usual = "a confidence of its own: 2 of the 3 that the list gives are 50"
    assert lantern.lacks == ["on what it rests", "when it was said", usual]
    assert buoy.lacks == ["on what it rests", "when it was said", "references", usual]
    assert reed.lacks == ["on what it rests", "when it was said", "references"]
    assert reed.confidence is not None
    assert (reed.confidence.scale, reed.confidence.value) == ("MISP attribution-confidence", "75")
    bare = import_galaxy(_changed("groups", country="XAA"), on=ON)
    assert _claims(bare)[0].lacks[-1] == "how sure the publisher is"


def test_types_of_two_sorts_are_of_neither_and_stay_in_words() -> None:
    lantern, buoy, reed = _operations(import_galaxy(FIXTURE, on=ON))
    assert (lantern.category, buoy.category, reed.category) == ("espionage", "other", "other")
    assert buoy.effects == "type as the list gives it: Espionage; Sabotage"
    assert reed.effects is None


def test_victims_are_states_regions_or_what_the_list_calls_them() -> None:
    hit = _operations(import_galaxy(FIXTURE, on=ON))[0].hit
    assert [(target.name, target.kind) for target in hit] == [
        ("XBB", "state"),
        ("Middle East", "region"),
        ("Lighthouse Board", "unknown"),
        ("Government", "sector"),
    ]


def test_unknown_values_leave_one_entry_out_and_are_told_with_their_place() -> None:
    found = import_galaxy(FIXTURE, on=ON)
    told = [note for note in found.notes if note.startswith("left out")]
    assert told == [
        (
            "left out: galaxy_threat_actor.json, values[4] (GROUP SAND), cfr-type-of-incident: "
            "the value 'Wardriving' is not known"
        ),
        "left out: galaxy_threat_actor.json, values[5] (GROUP SILT), country: 'ZZ' is no two-letter code of ISO 3166-1",
    ]
    assert found.counts["rows refused"] == 2


def test_a_blank_country_a_field_that_nobody_knows_and_a_revoked_entry_are_told() -> None:
    found = import_galaxy(FIXTURE, on=ON)
    assert "galaxy_threat_actor.json, values[6] (GROUP PIER), country: is blank" in found.notes
    assert "galaxy_threat_actor.json: the field 'depth-in-fathoms' of 1 entries is not read" in found.notes
    assert found.counts["revoked by the publisher"] == 1
    assert not any("KELP" in operation.title for operation in _operations(found))


def test_a_reference_that_is_no_web_address_is_told_and_not_cited() -> None:
    found = import_galaxy(FIXTURE, on=ON)
    assert "galaxy_threat_actor.json, values[1] (GROUP BUOY), refs: 1 are no web address" in found.notes


def test_a_military_unit_is_a_level_of_its_own() -> None:
    claim = _claims(import_galaxy(_changed(GRU="Unit 7"), on=ON))[0]
    assert [(subject.level, subject.name, subject.participant) for subject in claim.about] == [
        ("place", "Fictitious participant XAA", "XAA"),
        ("unit", "Unit 7", None),
        ("organ", "GRU", "XAA"),
    ]


def test_the_list_of_360_speaks_chinese_and_its_labels_are_not_stretched() -> None:
    data = _changed(
        "360net-threat-actor", country="southeast", **{"suspected-victims": ["中国", "东南亚", "印度等国家"]}
    )
    found = import_galaxy(data, on=ON)
    (claim,) = _claims(found)
    assert (claim.claimant.name, claim.claimant.kind, claim.language) == ("360.net", "company", "zh")
    assert claim.about == [Subject(level="place", name="Southeast")]
    assert [(target.kind, target.participant) for target in _operations(found)[0].hit] == [
        ("state", "CHN"),
        ("region", None),
        ("unknown", None),
    ]
    assert [LABELS_360[label].participant for label in ("korea", "southKorea", "namerica")] == [None, "KOR", None]
    with pytest.raises(MalformedError, match="country: the label 'atlantis' is not known"):
        import_galaxy(_changed("360net-threat-actor", country="atlantis"), on=ON)


def test_a_group_that_tidal_took_over_keeps_the_lineage() -> None:
    for source, lineage in (("MITRE", ["mitre-attack"]), ("Tidal Cyber", [])):
        data = _changed("groups", country="XAA", source=source, group_attack_id="G0001", observed_countries=["XBB"])
        found = import_galaxy(data, on=ON)
        assert _claims(found)[0].lineage == lineage
        assert _operations(found)[0].external[1].id == "G0001"
        assert _operations(found)[0].hit[0].participant == "XBB"
    with pytest.raises(MalformedError, match="source: the value 'Somebody' is not known"):
        import_galaxy(_changed("groups", country="XAA", source="Somebody"), on=ON)


def test_a_list_that_is_not_known_speaks_for_the_galaxy() -> None:
    claim = _claims(import_galaxy(_changed("seafarers", country="XAA"), on=ON))[0]
    assert claim.claimant.name == "MISP galaxy, seafarers cluster"
    assert claim.about[0].level == "place"


@pytest.mark.parametrize("kind", ["intelligence-agency", "disarm-techniques", "country"])
def test_a_reference_list_accuses_nobody(kind: str) -> None:
    with pytest.raises(MalformedError, match=f"the list '{kind}' is a reference and claims nothing"):
        import_galaxy(_changed(kind, country="XAA"), on=ON)


def test_a_file_that_is_no_cluster_is_refused() -> None:
    for data in (b"{}", b"[1]", b'{"values": 3}', b"[" * 100_000):
        with pytest.raises(MalformedError, match=r"galaxy\.json: no cluster of a MISP galaxy"):
            import_galaxy(data, on=ON)


def test_a_package_that_is_missing_is_said_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(UnavailableError, match=r"install comity\[observatory\]"):
        import_installed(on=ON)


@pytest.mark.usefixtures("_installed")
def test_the_installed_lists_have_the_counts_that_were_measured() -> None:
    actors, chinese, tidal, microsoft = import_installed(on=ON)
    assert (actors.version, actors.counts["rows"], actors.counts["with a country"]) == ("336", 864, 402)
    assert (chinese.counts["rows"], chinese.counts["with a country"]) == (42, 42)
    assert (tidal.counts["rows"], tidal.counts["with a country"]) == (281, 112)
    assert (microsoft.counts["rows"], microsoft.counts["with a country"]) == (79, 45)
    assert all("rows refused" not in found.counts for found in (actors, chinese, tidal, microsoft))
    assert INSTALLED == ("threat-actor", "360net", "tidal-groups", "microsoft-activity-group")


@pytest.mark.usefixtures("_installed")
def test_the_installed_list_of_actors_claims_what_it_was_measured_to_claim() -> None:
    (found,) = import_installed(on=ON, clusters=("threat-actor",))
    claims = _claims(found)
    places = Counter(claim.about[0].participant for claim in claims if claim.about[0].level == "place")
    assert [places[code] for code in ("CHN", "IRN", "PRK", "RUS", "TUR")] == [176, 53, 22, 64, 7]
    assert places[None] == 2  # Taiwan
    sponsors = [claim for claim in claims if claim.about[0].level == "state"]
    assert (len(sponsors), found.counts["sponsor is said to be unknown"]) == (91, 8)
    assert sum(claim.lineage == ["cfr"] for claim in claims) == 2 * len(sponsors)
    usual = "a confidence of its own: 154 of the 163 that the list gives are 50"
    assert 0 < sum(usual in claim.lacks for claim in claims) <= 154
    assert {text for claim in claims for text in claim.lacks if text.startswith("a confidence of")} == {usual}
    assert sum("organ" in {subject.level for subject in claim.about} for claim in claims) == 3


@pytest.mark.usefixtures("_installed")
def test_no_installed_claim_has_a_day_a_tier_or_a_legal_ground() -> None:
    for found in import_installed(on=ON):
        for claim in _claims(found):
            assert (claim.said, claim.basis_tier, claim.legal_ground) == (None, None, [])
            assert {"on what it rests", "when it was said"} <= set(claim.lacks)


@pytest.mark.usefixtures("_installed")
def test_services_are_looked_up_by_whole_names_and_abbreviations() -> None:
    organs = read_organs(installed_file("intelligence-agencies"))
    assert len(organs.all) == 436
    assert [organ.participant for organ in organs.named("GRU")] == ["RUS"]
    assert organs.named("intelligence") == ()
    assert len({organ.participant for organ in organs.named("National Security Agency")}) >= 1
    with pytest.raises(MalformedError, match="wanted the list of intelligence services"):
        read_organs(FIXTURE)


@pytest.mark.usefixtures("_installed")
def test_the_vocabulary_of_disinformation_is_looked_up_by_code() -> None:
    techniques = read_techniques(installed_file("disarm-techniques"))
    assert len(techniques) == 298
    assert techniques["T0002"].tactics == ("Plan Objectives",)
    assert list(techniques) == sorted(techniques)
    with pytest.raises(MalformedError, match="wanted a list of the DISARM vocabulary"):
        read_techniques(FIXTURE)


@pytest.mark.usefixtures("_installed")
def test_a_list_that_the_package_does_not_hold_is_said_so() -> None:
    with pytest.raises(NotFoundError, match="has no list 'atlantis'"):
        installed_file("atlantis")


def test_a_code_of_the_vocabulary_that_stands_twice_is_refused() -> None:
    entry = {"value": "A", "meta": {"external_id": "T1"}}
    cluster = {"type": "disarm-techniques", "name": "x", "version": 1, "values": [entry, entry]}
    file = SourceFile(name="d.json", data=msgspec.json.encode(cluster))
    with pytest.raises(MalformedError, match=r"d\.json, values\[1\], external_id: T1 stands twice"):
        read_techniques(file)

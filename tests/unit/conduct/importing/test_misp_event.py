"""MISP events: what the event's organisation says about a group, and nothing that a list adds."""

from datetime import date
from typing import Any

import msgspec
import pytest

from comity.conduct.importing.imported import Imported
from comity.conduct.importing.misp_event import import_misp_events
from comity.conduct.statements import Claim, Operation, StatedConfidence
from comity.errors import MalformedError
from support.paths import ROOT

FIXTURE = ROOT / "tests" / "fixtures" / "conduct" / "misp_events.json"
ON = date(2026, 1, 2)


def _claims(found: Imported) -> list[Claim]:
    return [record.body for record in found.records if isinstance(record.body, Claim)]


def _operations(found: Imported) -> list[Operation]:
    return [record.body for record in found.records if isinstance(record.body, Operation)]


def _event(**members: Any) -> dict[str, Any]:
    event = {"uuid": "u", "info": "An event", "date": "2023-05-06", "Orgc": {"name": "CERT of XBB"}, "published": True}
    return {"Event": {**event, **members}}


def _read(*events: dict[str, Any]) -> Imported:
    return import_misp_events(msgspec.json.encode(list(events)), on=ON)


def test_a_group_on_an_event_is_one_claim_of_its_organisation_about_the_unit() -> None:
    claim = _claims(import_misp_events(FIXTURE, on=ON))[0]
    assert (claim.claimant.name, claim.said, claim.basis_tier) == ("CERT of XBB", "2023-05-06", None)
    assert [(subject.level, subject.name, subject.participant) for subject in claim.about] == [
        ("unit", "GROUP LANTERN", None)
    ]


def test_the_country_that_a_list_gives_for_a_group_is_no_claim_of_the_organisation() -> None:
    cluster = {"type": "threat-actor", "value": "GROUP LANTERN", "meta": {"country": ["XAA"]}}
    found = _read(_event(Galaxy=[{"GalaxyCluster": [cluster]}]))
    assert [subject.participant for claim in _claims(found) for subject in claim.about] == [None]


def test_a_country_is_claimed_hit_or_neither_as_its_relationship_says() -> None:
    found = import_misp_events(FIXTURE, on=ON)
    assert [(s.level, s.participant) for claim in _claims(found)[1:2] for s in claim.about] == [("place", "XAA")]
    assert [target.participant for target in _operations(found)[0].hit if target.kind == "state"] == ["XBB"]
    assert any("'XDD' hangs on the event and nothing says why" in note for note in found.notes)


def test_a_group_is_named_by_an_attribute_of_an_object_and_not_by_a_deleted_one() -> None:
    names = [subject.name for claim in _claims(import_misp_events(FIXTURE, on=ON)) for subject in claim.about]
    assert "Reed Agency" in names
    assert "GROUP FOG" not in names


def test_a_tag_and_a_cluster_of_one_group_are_one_claim() -> None:
    tag = {"name": 'misp-galaxy:threat-actor="GROUP LANTERN"'}
    cluster = {"type": "threat-actor", "value": "GROUP LANTERN"}
    assert len(_claims(_read(_event(Tag=[tag, tag], Galaxy=[{"GalaxyCluster": [cluster]}])))) == 1


def test_a_country_that_is_hit_or_named_by_a_cluster_is_not_asked_about_again_for_its_tag() -> None:
    for relationship, claims, hit in (("targets", 0, ["XAA"]), ("attributed-to", 1, [])):
        cluster = {"type": "country", "value": "XAA", "relationship_type": relationship}
        found = _read(_event(Tag=[{"name": 'misp-galaxy:country="XAA"'}], Galaxy=[{"GalaxyCluster": [cluster]}]))
        assert len(_claims(found)) == claims
        assert [target.participant for target in _operations(found)[0].hit] == hit
        assert not any("nothing says why" in note for note in found.notes)


def test_a_deleted_object_names_nobody() -> None:
    group = [{"type": "threat-actor", "value": "GROUP FOG"}]
    assert len(_claims(_read(_event(Object=[{"Attribute": group}])))) == 1
    assert _claims(_read(_event(Object=[{"Attribute": group, "deleted": True}]))) == []


def test_how_sure_the_organisation_is_stays_in_its_words_and_letters() -> None:
    sure, _, graded = _claims(import_misp_events(FIXTURE, on=ON))
    assert sure.confidence is not None
    assert graded.confidence is not None
    assert (sure.confidence.scale, sure.confidence.value) == (
        "estimative language",
        "likelihood probability very-likely",
    )
    assert graded.confidence.value == "source reliability B; information credibility 6"


def test_likelihood_and_sureness_are_not_joined_and_a_second_letter_replaces_no_first() -> None:
    group = {"name": 'misp-galaxy:threat-actor="GROUP LANTERN"'}
    estimates = (
        'estimative-language:likelihood-probability="likely"',
        'estimative-language:confidence-in-analytic-judgment="low"',
    )
    letters = tuple(f'admiralty-scale:source-reliability="{letter}"' for letter in "bc")
    for tags, scale, value in (
        (estimates, "estimative language", "likelihood probability likely; confidence in analytic judgment low"),
        (letters, "Admiralty scale", "source reliability B and C"),
    ):
        (claim,) = _claims(_read(_event(Tag=[group, *({"name": tag} for tag in tags)])))
        assert claim.confidence == StatedConfidence(scale=scale, value=value)
    both = _read(_event(Tag=[group, *({"name": tag} for tag in (*estimates, *letters))]))
    assert any("source reliability B and C, is not kept beside an estimate" in note for note in both.notes)


def test_a_technique_of_disinformation_gives_the_category_and_nothing_else_does() -> None:
    found = import_misp_events(FIXTURE, on=ON)
    assert [operation.category for operation in _operations(found)] == ["other", "disinformation", "other"]
    assert found.counts["without a type"] == 2


@pytest.mark.parametrize("marking", ["tlp:green", "tlp:amber", "tlp:red", "TLP:AMBER+STRICT", "tlp:ex:chr"])
def test_an_event_that_is_kept_from_the_public_is_refused(marking: str) -> None:
    with pytest.raises(MalformedError, match="keeps the event from the public"):
        _read(_event(Tag=[{"name": marking}]))
    assert _read(_event(Tag=[{"name": "TLP:CLEAR"}])).records


def test_an_unpublished_event_is_told() -> None:
    assert "its organisation has not published the event" in _read(_event(published=False)).notes[0]


def test_references_are_cited_and_indicators_are_not_read() -> None:
    found = import_misp_events(FIXTURE, on=ON)
    assert [source.url for source in _claims(found)[0].sources] == ["https://example.org/analysis"]
    assert "192.0.2.7" not in str([record.to_json() for record in found.records])


def test_one_event_a_list_and_an_answer_to_a_search_are_read_alike() -> None:
    one = _event()
    forms = (one, [one], {"response": [one]})
    ids = {import_misp_events(msgspec.json.encode(form), on=ON).records[0].id for form in forms}
    assert len(ids) == 1


def test_a_file_without_events_is_refused_with_what_is_wrong_in_the_form_that_was_meant() -> None:
    with pytest.raises(MalformedError, match=r"events\.json: no events of MISP: .*\$\.response\[0\]\.Event"):
        import_misp_events(b'{"response": [{"Event": {"uuid": 3}}]}', on=ON)


def test_a_day_that_is_none_leaves_the_event_out() -> None:
    tag = {"name": 'misp-galaxy:threat-actor="GROUP LANTERN"'}
    found = _read(_event(), _event(uuid="v", date="May 2023", Tag=[tag]))
    assert len(found.records) == 1
    assert "left out: events.json, event 2 (v): body of claim" in found.notes[0]

"""EuRepoC: one claim an attribution, levels kept apart, tiers by basis, and years that are no first of January."""

from datetime import date

import pytest

from comity.conduct.importing.eurepoc import BASES, FORMS, import_eurepoc, tier_of
from comity.conduct.importing.imported import Imported
from comity.conduct.statements import Claim, Operation
from comity.errors import MalformedError
from support.paths import ROOT

FIXTURES = ROOT / "tests" / "fixtures" / "conduct"
ON = date(2026, 1, 2)
INCIDENTS = (FIXTURES / "eurepoc_incidents.csv").read_bytes()
ATTRIBUTIONS = (FIXTURES / "eurepoc_attributions.csv").read_bytes()
RECEIVERS = (FIXTURES / "eurepoc_receivers.csv").read_bytes()


def _import(attributions: bytes = ATTRIBUTIONS, incidents: bytes = INCIDENTS) -> Imported:
    return import_eurepoc(incidents, attributions, RECEIVERS, on=ON, version="1.1")


def _claim(number: int, found: Imported | None = None) -> Claim:
    """Return the claim of an attribution by its number."""
    for record in (found or _import()).records:
        if isinstance(record.body, Claim) and record.body.sources[0].title.startswith(f"attribution {number} "):
            return record.body
    raise AssertionError(number)


def _levels(claim: Claim) -> list[tuple[str, str | None]]:
    return [(subject.level, subject.participant) for subject in claim.about]


def test_an_attribution_of_several_rows_is_one_claim_of_all_its_speakers() -> None:
    claim = _claim(31)
    assert claim.claimant.name == "Agency of XBB; Agency of XDD"
    assert (claim.claimant.kind, claim.claimant.participant, claim.basis_tier) == ("alliance", None, 4)
    assert _levels(claim) == [("unit", None), ("state", "XAA")]
    assert [record.provenance.place for record in _import().records if record.body == claim] == ["rows 7 to 10"]


def test_a_state_is_named_only_where_the_coders_say_state() -> None:
    assert _levels(_claim(12)) == [("state", "XAA")]
    assert _levels(_claim(11)) == [("unit", "XAA"), ("place", "XAA")]
    mixed = _claim(32)
    assert _levels(mixed) == [("place", "XAA")]
    assert any(text.startswith("which of those named is meant as a state") for text in mixed.lacks)


def _attributed(*rows: str) -> Claim:
    heading, incident = ATTRIBUTIONS.decode().splitlines()[0], "1,99.0,2022-04-01"
    return _claim(99, _import("\n".join([heading, *(f"{incident},{row}" for row in rows), ""]).encode()))


def test_a_group_close_to_two_states_belongs_to_neither() -> None:
    close = "Non-state actor, state-affiliation suggested"
    one, *more = (f'Technical report,Media-based attribution,,,,Reeds,{code},"{close}"' for code in ("XAA", "XDD"))
    assert _levels(_attributed(one)) == [("unit", "XAA"), ("place", "XAA")]
    assert _levels(_attributed(one, *more)) == [("unit", None), ("place", "XAA"), ("place", "XDD")]


def test_whoever_claims_it_for_itself_is_no_persona_where_a_state_is_coded() -> None:
    row = "Self-attribution in the course of the attack,Attacker confirms,,,,Reeds,XAA,{}"
    assert _attributed(row.format("Non-state-group")).claimant.kind == "persona"
    assert _attributed(row.format("State")).claimant.kind == "unknown"


def test_a_region_has_no_code() -> None:
    assert [(subject.level, subject.name, subject.participant) for subject in _claim(34).about] == [
        ("place", "Europe (region)", None)
    ]


@pytest.mark.parametrize(
    ("number", "tier"), [(11, 1), (12, 3), (13, None), (21, None), (22, 0), (31, 4), (32, 5), (34, 1)]
)
def test_the_tier_follows_basis_and_form(number: int, tier: int | None) -> None:
    assert _claim(number).basis_tier == tier


def test_every_basis_says_why_its_tier_is_what_it_is() -> None:
    for basis in BASES.values():
        assert len(basis.reason) > 10


def test_an_unnamed_source_and_a_medium_are_the_lowest_tier_whoever_spoke() -> None:
    for basis in BASES:
        for form in ("anonymous", "media"):
            wanted = None if basis == "Attacker confirms" else 0
            assert tier_of([basis], [form], 3) == wanted


def test_two_bases_on_two_tiers_give_none() -> None:
    government, vendor = "Attribution by receiver government / state entity", "Media-based attribution"
    assert tier_of([government, vendor], ["political"], 1) is None
    assert tier_of([government], ["legal"], 1) == 5
    assert tier_of([government], ["legal", "political"], 1) == 3, "of two forms, none decides"
    assert tier_of([], [], 0) is None


def test_a_self_claim_is_no_admission_by_a_state() -> None:
    claim = _claim(21)
    assert (claim.claimant.name, claim.claimant.kind, claim.basis_tier) == ("Gull Brigade", "persona", None)
    for form in set(FORMS.values()):
        assert tier_of(["Attacker confirms"], [form], 1) != 7


def test_a_contested_attribution_is_kept_and_said() -> None:
    claim = _claim(13)
    assert claim.polarity == "asserts"
    assert claim.basis == "Contested attribution; Direct statement in media report"
    assert "who contests what: the attribution is coded as contested" in claim.lacks
    assert _import().counts["attributions coded as contested"] == 1


def test_who_is_not_named_stays_unnamed() -> None:
    assert (_claim(13).claimant.name, _claim(13).claimant.kind) == ("not named", "unknown")
    assert _claim(22).claimant.name == "Fictitious participant XBB, by whom is not named"
    assert _claim(22).claimant.participant == "XBB"


def test_a_first_of_january_is_a_year() -> None:
    assert _claim(11).said == "2021"
    assert _claim(12).said == "2021-09-03"
    (operation,) = [record.body for record in _import().records if record.provenance.place == "row 2"][:1]
    assert isinstance(operation, Operation)
    assert operation.occurred is not None
    assert (operation.occurred.begin, operation.occurred.end) == ("2021", "2021-06-30")


def test_receivers_are_whom_an_incident_hit() -> None:
    operation = _import().records[0].body
    assert isinstance(operation, Operation)
    assert [(target.kind, target.name) for target in operation.hit] == [
        ("state", "Fictitious participant XBB"),
        ("sector", "state institutions and political system: Government / ministries"),
        ("organisation", "Lighthouse Board"),
        ("infrastructure", "critical infrastructure: Transportation"),
        ("sector", "companies"),
    ]


def test_incident_types_give_a_category_only_where_they_agree() -> None:
    operations = [record.body for record in _import().records if isinstance(record.body, Operation)]
    assert [(operation.title, operation.category) for operation in operations] == [
        ("The lighthouse register of XBB", "espionage"),
        ("Ferry booking outage", "other"),
        ("Two agencies, one statement", "other"),
        ("No attribution at all", "other"),
    ]
    assert operations[0].effects == "type as coded: Data theft; Hijacking with Misuse"


def test_what_is_left_out_is_told_with_file_row_and_column() -> None:
    told = [note for note in _import().notes if note.startswith("left out")]
    assert told == [
        "left out: EuRepoC receivers, row 6, column receiver_category: the value 'Unheard-of sector' is not known",
        "left out: EuRepoC incidents, row 5, column incident_type: the value 'Wardriving' is not known",
        "left out: EuRepoC incidents, row 6: occurred ends on 2021-05-01, before it begins on 2022-05-02",
        (
            "left out: EuRepoC attributions, row 13, column attribution_basis: "
            "the value 'Attribution by oracle' is not known"
        ),
        "left out: EuRepoC attributions, row 15, column incident_ID: incident 4 is not among those that were read",
    ]


def test_rows_are_counted_as_attributions_or_as_none() -> None:
    found = _import()
    assert found.version == "1.1"
    assert found.counts["rows about attributions"] == 16
    assert found.counts["attributions"] == 11
    assert found.counts["rows of incidents without an attribution"] == 1
    assert found.counts["attributions that name nobody"] == 1
    assert found.counts["records of kind claim"] == 8


def test_an_attribution_of_which_one_row_is_wrong_is_left_out_whole() -> None:
    data = ATTRIBUTIONS.replace(b"Agency of XDD,Not available,XDD", b"Agency of XDD,Not available,Atlantis")
    found = _import(data)
    assert any("row 10, column attributing_country: no participant has the name 'Atlantis'" in n for n in found.notes)
    with pytest.raises(AssertionError, match="31"):
        _claim(31, found)


def test_another_layout_stops_the_import() -> None:
    with pytest.raises(MalformedError, match="EuRepoC attributions, row 1: the columns attribution_basis are missing"):
        _import(ATTRIBUTIONS.replace(b"attribution_basis", b"basis"))


def test_an_incident_that_stands_twice_is_read_once() -> None:
    line = INCIDENTS.splitlines(keepends=True)[1]
    found = _import(incidents=INCIDENTS + line)
    assert any("column ID: incident 1 stands twice" in note for note in found.notes)
    assert found.counts["records of kind operation"] == 4

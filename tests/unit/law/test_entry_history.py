"""The rules on entry into force, checked against the past.

The first part computes from the project's own tables. The second reads the lists of third parties beside the
checkout and skips where they are not there.
"""

import csv
from collections import Counter
from collections.abc import Iterable
from datetime import date

import pytest

from comity.law.entry import (
    Deposit,
    Depositor,
    EntryIntoForce,
    entered_into_force,
    parse_delay,
    parse_threshold,
)
from comity.law.entry_history import EarlierDeposit, KnownEntry, load_earlier_deposits, load_known_entries
from comity.law.groups import groups_of
from comity.law.model import Confidence
from comity.law.rows import Action
from comity.law.tables import InstrumentTables
from comity.parties.participants import participant
from comity.parties.table import reference_folder
from support.paths import shared

KNOWN = {row.treaty: row for row in load_known_entries()}
OWN = {"18-12": "untoc", "18-14": "uncac", "21-6": "unclos", "21-2": "high_seas_1958", "budapest": "budapest"}
# Two organisations that the list of the UN Treaty Collection carries under the code of South Africa.
MISFILED = {"Common Market for Eastern and Southern Africa", "Southern African Development Community"}
# A protocol waits for its Convention.
PARENT = {f"18-12-{letter}": KNOWN["18-12"].expected for letter in "abc"}
# What the current lists alone would give, for want of deposits that they no longer show.
ALONE = {
    "21-6": "1995-01-12",
    "21-2": "1962-11-14",
    "21-3": "1966-05-11",
    "21-4": "1964-09-10",
    "4-3": "1976-08-19",
    "4-4": "1976-09-11",
    "4-8": "1981-09-04",
    "6-19": "1990-11-18",
    "23-1": "1980-02-02",
    "paris": "2016-12-08",
}
NOT_REPRODUCED = {"27-7-a"}
FROM_LISTS = sorted(KNOWN.keys() - {"budapest"} - NOT_REPRODUCED)


def own_acts(key: str) -> tuple[Action, ...]:
    return InstrumentTables(reference_folder("comity.law"), key).actions()


def own_deposits(acts: Iterable[Action]) -> list[Deposit]:
    return [
        Deposit.of(
            row.participant,
            row.on,
            organisation=not participant(row.participant).counts_towards_entry_into_force,
        )
        for row in acts
        if row.act.binds and row.on is not None and row.confidence is Confidence.CONFIRMED
    ]


def computed(known: KnownEntry, deposits: Iterable[Deposit]) -> EntryIntoForce | None:
    return entered_into_force(known.threshold, known.treaty_delay, deposits, not_before=PARENT.get(known.treaty))


def listed(treaty: str) -> list[Deposit]:
    """Return the deposits of a treaty as third parties list them today."""
    if treaty == "paris":
        return paris()
    deposits = []
    for row in rows_of("data/treaties/untc_actions_2015.csv"):
        if row["treaty"] != treaty or not row["consented"]:
            continue
        state = row["iso3"] != "" and row["participant"] not in MISFILED
        deposits.append(
            Deposit(
                participant=row["iso3"] if state else row["participant"],
                day=date.fromisoformat(row["consented"]),
                counts_as=Depositor.STATE if state else Depositor.ORGANISATION,
            )
        )
    return deposits


def paris() -> list[Deposit]:
    """Return the deposits of the Paris Agreement with their shares of emissions; the Union's own is none to add."""
    return [
        Deposit(
            participant=row["Code"],
            day=date.fromisoformat(row["Ratification"]),
            counts_as=Depositor.ORGANISATION if row["Code"] == "EUU" else Depositor.STATE,
            weight=float(row["Percentage"]) if row["Percentage"] else None,
        )
        for row in rows_of("data/treaties/paris_agreement_2023.csv")
        if row["Ratification"]
    ]


def earlier(treaty: str) -> list[Deposit]:
    """Return the deposits that the list lacks; a state that came back has its weight from the list."""
    weights = {row.participant: row.weight for row in paris()} if treaty == "paris" else {}
    return [
        Deposit(participant=row.participant, day=row.on, weight=weights.get(row.participant))
        for row in load_earlier_deposits()
        if row.treaty == treaty
    ]


def rows_of(name: str) -> list[dict[str, str]]:
    with shared(name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("treaty", OWN)
def test_the_projects_own_tables_give_the_known_day(treaty: str) -> None:
    known = KNOWN[treaty]
    entry = computed(known, own_deposits(own_acts(OWN[treaty])))
    assert entry is not None
    assert (entry.day, entry.deciding.day) == (known.expected, known.nth_day)
    assert entry.counted == known.threshold.count


@pytest.mark.parametrize(
    ("treaty", "code"),
    [("18-12", "ARM"), ("18-14", "ECU"), ("21-6", "GUY"), ("21-2", "BGR"), ("budapest", "LTU")],
)
def test_the_deciding_deposit_has_its_name(treaty: str, code: str) -> None:
    entry = computed(KNOWN[treaty], own_deposits(own_acts(OWN[treaty])))
    assert entry is not None
    assert entry.deciding.participant == code


@pytest.mark.parametrize(("treaty", "gone"), [("21-6", "YUG"), ("21-2", "CSK")])
def test_without_a_state_that_is_no_more_the_day_is_another(treaty: str, gone: str) -> None:
    acts = [row for row in own_acts(OWN[treaty]) if row.participant != gone]
    entry = computed(KNOWN[treaty], own_deposits(acts))
    assert entry is not None
    assert str(entry.day) == ALONE[treaty]


def test_the_council_of_europe_had_more_than_its_three_members_when_budapest_was_decided() -> None:
    deposits = own_deposits(own_acts("budapest"))
    first = [row for row in deposits if row.day <= KNOWN["budapest"].nth_day]
    assert {row.participant for row in first} == {"ALB", "HRV", "EST", "HUN", "LTU"}
    assert all("council_of_europe" in groups_of(row.participant, row.day) for row in first)
    stripped = [Deposit(participant=row.participant, day=row.day) for row in first]
    assert computed(KNOWN["budapest"], stripped) is None


@pytest.mark.parametrize("key", ["untoc", "uncac", "unclos", "high_seas_1958"])
def test_the_acts_of_the_own_tables_are_of_known_participants_and_stand_there_once(key: str) -> None:
    acts = own_acts(key)
    assert {participant(row.participant).code for row in acts} == {row.participant for row in acts}
    repeated = Counter((row.participant, row.act.sort) for row in acts)
    assert [pair for pair, times in repeated.items() if times > 1] == []
    assert all(row.on is not None for row in acts if row.confidence is Confidence.CONFIRMED)


def test_every_treaty_has_its_rule_and_evidence_and_says_what_its_list_lacks() -> None:
    assert len(KNOWN) == len(load_known_entries()) >= 18
    for row in KNOWN.values():
        assert row.source
        assert row.grade_detail
        assert row.nth_day < row.expected
        if row.treaty in ALONE:
            assert row.note is not None
            assert f"alone would give {ALONE[row.treaty]}" in row.note
        if row.treaty in NOT_REPRODUCED:
            assert row.note is not None
            assert row.note.startswith("not reproduced")


def test_every_missing_deposit_has_its_evidence_and_its_treaty() -> None:
    rows = load_earlier_deposits()
    assert len({(row.treaty, row.participant) for row in rows}) == len(rows)
    assert {row.treaty for row in rows} == ALONE.keys()
    assert all(row.source and row.grade_detail for row in rows)


@pytest.mark.parametrize("treaty", sorted({"21-6", "21-2"}))
def test_the_own_tables_and_the_table_of_missing_deposits_agree(treaty: str) -> None:
    def facts(rows: Iterable[Action | EarlierDeposit]) -> set[tuple[str, str, date | None]]:
        return {(row.participant, row.act, row.on) for row in rows}

    missing = facts(row for row in load_earlier_deposits() if row.treaty == treaty)
    assert missing <= facts(own_acts(OWN[treaty]))


@pytest.mark.parametrize("treaty", FROM_LISTS)
def test_the_lists_with_what_they_lack_give_the_known_day(treaty: str) -> None:
    known = KNOWN[treaty]
    entry = computed(known, [*listed(treaty), *earlier(treaty)])
    assert entry is not None
    assert (entry.day, entry.deciding.day) == (known.expected, known.nth_day)


@pytest.mark.parametrize("treaty", sorted(ALONE))
def test_the_lists_alone_give_another_day(treaty: str) -> None:
    entry = computed(KNOWN[treaty], listed(treaty))
    assert entry is not None
    assert str(entry.day) == ALONE[treaty]


def test_the_kyoto_protocol_is_not_reproduced_for_want_of_shares() -> None:
    known, deposits = KNOWN["27-7-a"], listed("27-7-a")
    assert computed(known, deposits) is None
    count = sorted(row.day for row in deposits if row.counts_as is Depositor.STATE)[known.threshold.count - 1]
    assert str(count) == "2002-05-23"
    assert known.note is not None
    assert str(count) in known.note
    assert parse_delay("90 days").after(known.nth_day) == known.expected


def test_the_rome_statute_had_ten_deposits_on_the_deciding_day() -> None:
    entry = computed(KNOWN["18-10"], listed("18-10"))
    assert entry is not None
    assert entry.same_day == ("BGR", "BIH", "COD", "IRL", "JOR", "KHM", "MNG", "NER", "ROU", "SVK")


def test_the_paris_agreement_had_its_number_before_its_share() -> None:
    deposits = [*listed("paris"), *earlier("paris")]
    number = entered_into_force(parse_threshold("55 states"), KNOWN["paris"].treaty_delay, deposits)
    both = computed(KNOWN["paris"], deposits)
    assert number is not None
    assert both is not None
    assert (str(number.deciding.day), str(both.deciding.day)) == ("2016-09-21", "2016-10-05")


def test_the_share_of_the_european_union_does_not_decide_the_day_of_the_paris_agreement() -> None:
    members_too = [Deposit(participant=row.participant, day=row.day, weight=row.weight) for row in listed("paris")]
    entry = computed(KNOWN["paris"], [*members_too, *earlier("paris")])
    assert entry is not None
    assert entry.day == KNOWN["paris"].expected


@pytest.mark.parametrize(("treaty", "key"), [(treaty, key) for treaty, key in OWN.items() if treaty != "budapest"])
def test_the_own_tables_hold_every_act_of_the_list(treaty: str, key: str) -> None:
    wanted = set()
    for row in rows_of("data/treaties/untc_actions_2015.csv"):
        if row["treaty"] != treaty:
            continue
        code = "EUE" if row["participant"] == "European Union" else row["iso3"]
        if row["signed"]:
            wanted.add((code, "signature", row["signed"]))
        if row["consented"]:
            wanted.add((code, row["consent_type"].replace(" ", "_"), row["consented"]))
    held = {
        (row.participant, row.act.value, str(row.on))
        for row in own_acts(key)
        if row.source.startswith("UN Treaty Collection")
    }
    assert held == wanted

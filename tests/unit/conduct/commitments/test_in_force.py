"""What a participant has committed itself to on a day, with treaties, voluntary texts and the unknown kept apart."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from comity.conduct.blocs import bloc
from comity.conduct.commitments.bonds import ROW_COLUMNS, Bond, CommitmentsOn
from comity.conduct.commitments.catalogue import MEMORY_NOTICE
from comity.conduct.commitments.in_force import commitments_on, weakest
from comity.conduct.commitments.since import parse_since
from comity.conduct.commitments.statements import KINDS, Act, Commitment
from comity.conduct.commitments.subscriptions import (
    UN_MEMBERS,
    common_positions_of,
    load_memberships,
    load_positions,
    load_subscriptions,
    members_of,
    position_summary,
    positions_of,
)
from comity.conduct.record import Record, record_of
from comity.conduct.verbs import breaches
from comity.errors import MalformedError, NotFoundError
from comity.law.model import Act as LawAct
from comity.law.model import Confidence, InstrumentKind
from comity.law.register import Register, load_register
from comity.law.rows import Action
from comity.law.standings import Standings
from comity.parties.participants import participant
from comity.parties.table import Grade
from support.conduct_records import provenance, source

DAY = date(2026, 3, 1)


def told(act: Act = "endorsed", on: str = "2025-06-01", code: str = "XAA", **members: Any) -> Record:
    filled: dict[str, Any] = {"catalogue": "gge_norms", "item": "f", "sources": [source("Letter of the ministry")]}
    return record_of(Commitment(participant=code, act=act, on=on, **(filled | members)), provenance(), KINDS)


def acted(code: str, instrument: str, act: LawAct, on: date, confidence: Confidence = Confidence.CONFIRMED) -> Action:
    return Action(
        instrument=instrument,
        participant=code,
        act=act,
        on=on,
        known_by=None,
        confidence=confidence,
        provision=None,
        about=None,
        note=None,
        source="a fictitious register",
        grade=Grade.SECONDARY,
        grade_detail="S",
    )


def register_with(*acts: Action) -> Register:
    register = load_register()
    return replace(register, actions=(*register.actions, *acts))


def keys(found: CommitmentsOn) -> list[str]:
    return [row.key for row in found.entries]


def test_every_member_of_the_united_nations_is_asked_to_be_guided_by_the_norms_from_the_day_of_the_resolution() -> None:
    assert len(members_of(UN_MEMBERS, date(2015, 12, 23))) == 193
    before = commitments_on("PRT", date(2015, 12, 22))
    after = commitments_on("PRT", date(2015, 12, 23))
    assert not [row for row in before.entries if row.catalogue == "gge_norms"]
    norms = [row for row in after.entries if row.catalogue == "gge_norms"]
    assert [row.item for row in norms] == list("abcdefghijk")
    assert {row.bond for row in norms} == {Bond.VOLUNTARY}
    assert {row.certain for row in norms} == {True}


def test_who_is_no_member_of_the_group_is_not_in_its_subscription() -> None:
    assert not [row for row in commitments_on("VAT", DAY).entries if row.catalogue == "gge_norms"]
    assert [row for row in commitments_on("VAT", DAY).entries if row.catalogue == "osce_cbms"]
    assert not [row for row in commitments_on("JPN", DAY).entries if row.catalogue == "osce_cbms"]


def test_57_states_take_part_in_the_osce_and_the_second_decision_added_five_measures() -> None:
    assert len(members_of("osce", date(2013, 12, 3))) == 57
    numbers = {
        on: [row.item for row in commitments_on("MNG", on).entries if row.catalogue == "osce_cbms"]
        for on in (date(2013, 12, 2), date(2013, 12, 3), date(2016, 3, 10))
    }
    assert [len(found) for found in numbers.values()] == [0, 11, 16]


def test_treaties_that_are_signed_only_are_kept_apart_from_those_that_bind() -> None:
    found = commitments_on("ZAF", DAY)
    signed = next(row for row in found.entries if row.catalogue == "budapest")
    assert signed.bond is Bond.SIGNED_ONLY
    assert any("not ratified" in note and "article 18" in note for note in signed.notices)
    bound = next(row for row in found.entries if row.catalogue == "uncac")
    assert bound.bond is Bond.BOUND
    assert bound.since is not None
    assert bound.since.exact


def test_a_ratification_that_is_only_reported_binds_nobody() -> None:
    acts = (
        acted("XAA", "budapest", LawAct.RATIFICATION, date(2020, 1, 1), Confidence.REPORTED),
        acted("XAB", "budapest", LawAct.RATIFICATION, date(2020, 1, 1)),
    )
    register = register_with(*acts)
    bonds = {
        code: [row.bond for row in commitments_on(code, DAY, register=register).entries] for code in ("XAA", "XAB")
    }
    assert bonds == {"XAA": [Bond.NOT_CONFIRMED], "XAB": [Bond.BOUND]}


def test_a_reservation_stands_with_the_treaty() -> None:
    reserved = replace(acted("XAA", "budapest", LawAct.RESERVATION, date(2020, 1, 1)), provision="29")
    register = register_with(acted("XAA", "budapest", LawAct.RATIFICATION, date(2020, 1, 1)), reserved)
    (entry,) = commitments_on("XAA", DAY, register=register).entries
    assert (entry.bond, entry.reservation) == (Bond.BOUND, "to article 29")
    assert "with a reservation: to article 29" in entry.terms


def test_an_arrangement_is_voluntary_and_a_territory_that_no_declaration_names_is_not_confirmed() -> None:
    register = register_with(acted("XAA", "budapest", LawAct.RATIFICATION, date(2020, 1, 1)))
    instruments = tuple(
        replace(row, kind=InstrumentKind.ARRANGEMENT) if row.key == "budapest" else row for row in register.instruments
    )
    (entry,) = commitments_on("XAA", DAY, register=replace(register, instruments=instruments)).entries
    assert entry.bond is Bond.VOLUNTARY
    territory = next(row for row in commitments_on("AIA", DAY).entries if row.catalogue == "budapest")
    assert (territory.bond, territory.through) == (Bond.NOT_CONFIRMED, "GBR")


def test_what_sources_dispute_is_not_confirmed() -> None:
    acts = (
        acted("XAA", "budapest", LawAct.RATIFICATION, date(2020, 1, 1)),
        replace(acted("XAA", "budapest", LawAct.RATIFICATION, date(2026, 1, 1)), source="another fictitious register"),
    )
    (entry,) = commitments_on("XAA", DAY, register=register_with(*acts)).entries
    assert entry.bond is Bond.NOT_CONFIRMED


def test_a_reported_act_without_a_day_is_dated_by_when_it_was_known() -> None:
    reported = acted("XAA", "budapest", LawAct.SIGNATURE, DAY, Confidence.REPORTED)
    known = replace(reported, on=None, known_by=date(2025, 5, 1))
    (entry,) = commitments_on("XAA", DAY, register=register_with(known)).entries
    assert (entry.bond, entry.since_text) == (Bond.SIGNED_ONLY, "by 2025-05-01")


def test_a_treaty_binds_from_its_entry_into_force_for_the_participant_and_not_from_the_deposit() -> None:
    register = register_with(acted("XAA", "budapest", LawAct.RATIFICATION, date(2025, 6, 10)))
    early = commitments_on("XAA", date(2025, 7, 1), register=register).entries
    assert [row.bond for row in early] == [Bond.CONSENTED]
    late = commitments_on("XAA", DAY, register=register).entries
    assert [(row.bond, row.since_text) for row in late] == [(Bond.BOUND, "2025-10-01")]


def test_whether_a_point_of_contact_is_in_the_directory_is_unknown_and_not_no() -> None:
    found = commitments_on("BRA", DAY)
    assert "poc_directory:1" not in keys(found)
    (directory,) = [row for row in found.unknown if row.catalogue == "poc_directory"]
    assert directory.bond is Bond.UNKNOWN
    assert not directory.certain
    assert any("120" in note for note in directory.notices)
    assert not [row for row in commitments_on("BRA", date(2024, 5, 8)).unknown if row.catalogue == "poc_directory"]


def test_a_record_that_names_a_point_of_contact_takes_the_place_of_the_unknown() -> None:
    joined = told("joined", "2024-06-01", "BRA", catalogue="poc_directory", item=None)
    found = commitments_on("BRA", DAY, records=[joined])
    assert "poc_directory:1" in keys(found)
    assert not [row for row in found.unknown if row.catalogue == "poc_directory"]


def test_nobody_is_ever_committed_to_the_manual_of_experts() -> None:
    for code in ("EST", "NLD", "USA"):
        assert not [row for row in commitments_on(code, DAY).entries if row.catalogue == "tallinn"]


def test_a_record_holds_from_its_day_with_reservation_and_sources() -> None:
    record = told(reservation="not towards ships", through="a fictitious summit")
    assert keys(commitments_on("XAA", date(2025, 5, 31), records=[record])) == []
    (entry,) = commitments_on("XAA", DAY, records=[record]).entries
    assert (entry.key, entry.record, entry.reservation) == ("gge_norms:f", record.id, "not towards ships")
    assert (entry.source, entry.through) == ("Letter of the ministry", "a fictitious summit")
    assert keys(commitments_on("XAB", DAY, records=[record])) == []


def test_a_record_about_a_whole_catalogue_means_the_items_that_it_had_then() -> None:
    joined = told(on="2014-01-01", catalogue="osce_cbms", item=None)
    assert len(commitments_on("XAA", DAY, records=[joined]).entries) == 11


def test_a_day_that_is_known_roughly_makes_a_commitment_uncertain_until_its_last_possible_day() -> None:
    record = told(on="2025")
    assert [row.certain for row in commitments_on("XAA", date(2025, 6, 1), records=[record]).entries] == [False]
    assert [row.certain for row in commitments_on("XAA", date(2025, 12, 31), records=[record]).entries] == [True]
    paris = [row for row in commitments_on("ALB", date(2019, 3, 1)).entries if row.catalogue == "paris_call"]
    assert len(paris) == 9
    assert not any(row.certain for row in paris)


def test_what_is_withdrawn_no_longer_stands_and_can_be_taken_up_again() -> None:
    records = [told(), told("withdrew", "2025-09-01"), told("endorsed", "2026-02-01")]
    standing = {
        on: keys(commitments_on("XAA", on, records=records))
        for on in (date(2025, 8, 31), date(2025, 9, 1), date(2026, 2, 1))
    }
    assert list(standing.values()) == [["gge_norms:f"], [], ["gge_norms:f"]]


def test_a_withdrawal_of_one_item_leaves_the_others_and_one_of_rough_day_is_marked() -> None:
    records = [told(item="f"), told(item="k"), told("withdrew", "2025-09", item="k")]
    (left,) = commitments_on("XAA", DAY, records=records).entries
    assert left.key == "gge_norms:f"
    marked = commitments_on("XAA", date(2025, 9, 10), records=records).of("gge_norms:k")
    assert [row.certain for row in marked] == [False]
    assert any("withdrawal" in note for note in marked[0].notices)


@pytest.mark.parametrize(
    ("members", "key", "why"),
    [
        ({"catalogue": "hanoi", "item": None}, "hanoi", "comes from the law room"),
        ({"catalogue": "gge_norm", "item": "f"}, "gge_norm:f", "catalogue 'gge_norm' is not in the tables"),
        ({"item": "z"}, "gge_norms:z", "no item 'z'"),
    ],
)
def test_a_record_of_what_the_tables_do_not_hold_is_told_as_unknown_and_hides_nothing_else(
    members: dict[str, Any], key: str, why: str
) -> None:
    found = commitments_on("XAA", DAY, records=[told(**members), told(item="k")])
    assert keys(found) == ["gge_norms:k"]
    (unknown,) = found.unknown
    assert (unknown.key, unknown.certain) == (key, False)
    assert why in unknown.notices[0]


def test_what_was_ratified_elsewhere_is_not_confirmed_and_the_law_room_is_told_apart() -> None:
    elsewhere = told("ratified_elsewhere", catalogue="river_treaty", item="4")
    (entry,) = commitments_on("XAA", DAY, records=[elsewhere]).entries
    assert (entry.key, entry.bond) == ("river_treaty:4", Bond.NOT_CONFIRMED)
    assert "the instrument is not among those of the law room" in entry.terms
    loaded = told("ratified_elsewhere", catalogue="budapest", item=None)
    assert "what the law room holds of it stands apart" in commitments_on("XAA", DAY, records=[loaded]).entries[0].terms


def test_a_withdrawal_of_what_is_not_on_record_does_not_go_unseen() -> None:
    records = [told(), told("withdrew", "2025-09-01", catalogue="gge_norm", item=None)]
    found = commitments_on("XAA", DAY, records=records)
    assert keys(found) == ["gge_norms:f"]
    assert [row.terms for row in found.unknown] == [
        "unknown; a withdrawal is recorded for 2025-09-01, of nothing that is on record here"
    ]


def test_what_was_withdrawn_stays_visible_as_withdrawn() -> None:
    withdrawal = told("withdrew", "2025-09-01")
    found = commitments_on("XAA", DAY, records=[told(), withdrawal])
    (gone,) = found.withdrawn
    assert (gone.key, gone.bond, gone.record) == ("gge_norms:f", Bond.WITHDRAWN, withdrawal.id)
    assert gone.terms == "no longer held, withdrew 2025-09-01; endorsed 2025-06-01"
    assert "withdrawn:" in found.lines()
    assert [row[2] for row in found.rows()] == ["gge_norms:f"]
    assert [row["commitment"] for row in found.to_json()["withdrawn"]] == ["gge_norms:f"]  # type: ignore[attr-defined]
    assert commitments_on("XAA", date(2025, 8, 31), records=[told(), withdrawal]).withdrawn == ()


def test_an_act_that_may_have_come_after_a_withdrawal_is_not_taken_for_withdrawn() -> None:
    records = [told(), told("withdrew", "2025-09-01"), told("endorsed", "2025", through="a second letter")]
    (entry,) = commitments_on("XAA", DAY, records=records).entries
    assert (entry.through, entry.certain) == ("a second letter", False)
    assert "a withdrawal is recorded for 2025-09-01, perhaps of an earlier act" in entry.terms


def test_a_treaty_that_was_left_stays_visible_as_such() -> None:
    left = acted("XAA", "budapest", LawAct.WITHDRAWAL, date(2025, 1, 10))
    register = register_with(acted("XAA", "budapest", LawAct.RATIFICATION, date(2020, 1, 1)), left)
    found = commitments_on("XAA", DAY, register=register)
    assert found.entries == ()
    (gone,) = found.withdrawn
    assert (gone.key, gone.bond) == ("budapest", Bond.WITHDRAWN)
    assert gone.since_text == "2025-05-01"


def test_a_state_that_endorses_the_manual_of_experts_voices_a_view_and_no_more() -> None:
    (entry,) = commitments_on("XAA", DAY, records=[told(catalogue="tallinn", item="4")]).entries
    assert entry.bond is Bond.VOICED


def test_items_and_treaties_that_rest_on_memory_say_so_whoever_committed_itself() -> None:
    (entry,) = commitments_on("XAA", DAY, records=[told(catalogue="un_global_cbms", item="1")]).entries
    assert entry.notices == (MEMORY_NOTICE,)
    treaties = [row for code in ("PRT", "USA", "NIC") for row in commitments_on(code, DAY).entries if row.item is None]
    on_memory = [row for row in treaties if row.grade is not None and row.grade.endswith("M")]
    assert on_memory
    assert all(MEMORY_NOTICE in row.notices for row in on_memory)


def test_leaving_a_group_is_told_and_not_taken_for_a_withdrawal() -> None:
    entries = [row for row in commitments_on("NIC", DAY).entries if row.catalogue == "oas_cbms"]
    assert len(entries) == 11
    assert all(any("left the group" in note for note in row.notices) for row in entries)


def test_who_had_left_a_group_is_in_no_later_act_of_it() -> None:
    for code, items in (("VEN", 2), ("NIC", 11), ("ARG", 11)):
        assert len([row for row in commitments_on(code, DAY).entries if row.catalogue == "oas_cbms"]) >= items
    later = [row.item for row in commitments_on("VEN", DAY).entries if row.catalogue == "oas_cbms"]
    assert not {"7", "8", "9", "10", "11"} & set(later)


def test_a_membership_holds_until_the_day_before_it_ended() -> None:
    assert "NIC" in members_of("oas", date(2023, 11, 18))
    assert "NIC" not in members_of("oas", date(2023, 11, 19))
    with pytest.raises(NotFoundError, match="group 'nowhere'"):
        members_of("nowhere", DAY)


def test_who_joins_a_group_later_is_committed_from_then_on() -> None:
    entries = [row for row in commitments_on("TLS", DAY).entries if row.catalogue == "asean"]
    assert {row.since_text for row in entries} == {"2025-10-26"}
    # The day of joining rests on memory, and with it the commitment.
    assert all(row.grade == "S+M" and MEMORY_NOTICE in row.notices for row in entries)
    assert not [row for row in commitments_on("TLS", date(2025, 10, 25)).entries if row.catalogue == "asean"]


def test_entries_stand_by_catalogue_and_item() -> None:
    found = commitments_on("USA", DAY)
    assert [row.catalogue for row in found.entries] == sorted(row.catalogue for row in found.entries)
    osce = [row.item for row in found.entries if row.catalogue == "osce_cbms"]
    assert osce == [str(number) for number in range(1, 17)]


def test_a_key_finds_the_item_and_a_provision_finds_its_treaty() -> None:
    found = commitments_on("PRT", DAY)
    assert [row.key for row in found.of("gge_norms:f")] == ["gge_norms:f"]
    assert [row.key for row in found.of("budapest:29")] == ["budapest"]
    assert found.of("arab_it_2010:1") == ()


def test_a_position_of_its_own_and_one_that_speaks_for_it_stand_side_by_side() -> None:
    voiced = [row for row in commitments_on("POL", DAY).entries if row.catalogue == "positions"]
    assert {row.through for row in voiced} == {None, "european_union"}
    assert {row.bond for row in voiced} == {Bond.VOICED}
    assert positions_of("PRT") == ()
    assert [position.who for position, _ in common_positions_of("PRT")] == ["EUE"]


def test_the_positions_held_agree_with_what_was_counted_in_public() -> None:
    may = position_summary(date(2025, 5, 31))
    assert (len(may.own), len(may.perhaps)) == (32, 1)
    assert may.perhaps == ("COL",)
    assert may.organisations == ("EUE", "african_union")
    assert len(position_summary(DAY).own) == 36
    names = [participant(code).name for code in may.own]
    assert names == sorted(names)
    assert any("33 states" in line for line in may.lines())
    assert "survey" in {row.form.value for row in load_positions() if row.who == "GTM"}
    assert "GTM" not in may.own


def test_grades_of_several_rows_count_as_their_weakest_part() -> None:
    assert weakest(["S", "T"]) == "T+S"
    assert weakest(["S+M", "P"]) == "S+P+M"
    norm = commitments_on("PRT", DAY).of("gge_norms:f")[0]
    assert norm.grade == "S+M"


def test_groups_have_as_many_members_as_their_sources_count_and_one_list_of_the_union_bears_out_the_other() -> None:
    on = date(2025, 5, 31)
    counted = {group: len(members_of(group, on)) for group in ("european_union", "asean", "oas", "african_union")}
    # One of the 55 members of the African Union is no participant here; Nicaragua and Venezuela left the OAS.
    assert counted == {"european_union": 27, "asean": 10, "oas": 32, "african_union": 54}
    union = {row.participant for row in bloc("eu").members if row.may_hold(parse_since("2025-05-31"))}
    assert union == set(members_of("european_union", on))


def test_every_row_of_every_table_names_its_source() -> None:
    for rows in (load_memberships(), load_subscriptions(), load_positions()):
        assert all(row.source and row.grade_detail for row in rows)


def test_supporters_of_the_paris_call_are_those_of_its_own_site() -> None:
    codes = {row.subscriber for row in load_subscriptions() if row.catalogue == "paris_call"}
    assert len(codes - {"EUE"}) == 76
    assert {"FRA", "USA", "EUE"} <= codes
    assert not [row for row in commitments_on("USA", date(2021, 11, 10)).entries if row.catalogue == "paris_call"]


def test_standings_of_another_day_are_refused_and_those_of_the_day_are_used() -> None:
    with pytest.raises(MalformedError, match="do not answer for"):
        commitments_on("PRT", DAY, standings=Standings(date(2020, 1, 1)))
    assert commitments_on("PRT", DAY, standings=Standings(DAY)) == commitments_on("PRT", DAY)
    with pytest.raises(NotFoundError):
        commitments_on("QQQ", DAY)


def test_the_list_is_json_rows_and_lines_that_accuse_nobody() -> None:
    found = commitments_on("NIC", DAY)
    told_json = found.to_json()
    assert told_json["name"] == "Nicaragua"
    assert {len(row) for row in found.rows()} == {len(ROW_COLUMNS)}
    assert len(found.rows()) == len(found.entries) + len(found.unknown)
    for code in ("NIC", "HKG", "ABW", "ZAF", "USA"):
        lines = [*commitments_on(code, DAY).lines(), *position_summary(DAY).lines()]
        assert [breaches(line) for line in lines if breaches(line)] == []


def test_a_consent_whose_day_nobody_saw_is_not_said_to_bind_only_later() -> None:
    found = commitments_on("FRA", date(2026, 6, 30))
    (paris,) = found.of("paris_1884")
    assert paris.bond is Bond.NOT_CONFIRMED
    assert "not yet binding" not in paris.terms

"""Who may act on a damaged cable, whose duty it is, and what the answer does not judge."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import pytest

from comity.errors import MalformedError, NotFoundError
from comity.law.model import Act, Confidence, Family
from comity.law.register import Register, exercise_actions, load_register
from comity.law.rows import Action
from comity.law.sea import damage
from comity.law.sea.answer import AppliedRule, CableAnswer, Hold, lines
from comity.law.sea.damage import cable_damage
from comity.law.sea.zones import Intent, Role, Who, Zone, load_zone_rules
from comity.parties.table import Grade

DAY = date(2024, 12, 25)
SEA = ("paris_1884", "high_seas_1958", "unclos")

# Days of deposit as the depositary lists them.
DEPOSITS = (
    ("unclos", "FIN", "1996-06-21"),
    ("unclos", "COK", "1995-02-15"),
    ("unclos", "GEO", "1996-03-21"),
    ("unclos", "IND", "1995-06-29"),
    ("unclos", "RUS", "1997-03-12"),
    ("unclos", "CHN", "1996-06-07"),
    ("unclos", "NLD", "1996-06-28"),
    ("high_seas_1958", "FIN", "1965-02-16"),
    ("high_seas_1958", "RUS", "1960-11-22"),
    ("high_seas_1958", "USA", "1961-04-12"),
    ("high_seas_1958", "NLD", "1966-02-18"),
)


def deposit(instrument: str, code: str, day: str) -> Action:
    return Action(
        instrument=instrument,
        participant=code,
        act=Act.RATIFICATION,
        on=date.fromisoformat(day),
        known_by=None,
        confidence=Confidence.CONFIRMED,
        provision=None,
        about=None,
        note=None,
        source="test",
        grade=Grade.SECONDARY,
        grade_detail="S",
    )


def with_deposits(rows: Iterable[tuple[str, str, str]] = DEPOSITS) -> Register:
    """Return the installed tables, with a deposit for each state that they do not hold yet."""
    tables = load_register()
    held = {(act.instrument, act.participant) for act in tables.actions if act.act.binds and act.on is not None}
    return tables.with_actions(deposit(*row) for row in rows if row[:2] not in held)


REGISTER = with_deposits()


def exercise(*instruments: str) -> Register:
    """Return the installed tables with XFA, XFB and XFC as parties since long ago."""
    tables = load_register()
    for instrument in instruments:
        acts = exercise_actions(("XFA", "XFB", "XFC"), instrument=instrument, on=date(1990, 1, 1))
        tables = tables.with_actions(acts)
    return tables


def found(rules: Iterable[AppliedRule]) -> set[tuple[str | None, str | None]]:
    return {(rule.reason.instrument, rule.reason.provision) for rule in rules}


def codes(rules: Iterable[AppliedRule]) -> set[str]:
    return {rule.reason.code for rule in rules}


def cut_by_cook_islands_ship(*, crew: tuple[str, ...] = (), intent: str = "unknown") -> CableAnswer:
    return cable_damage(
        "eez", coastal="FIN", flag="COK", asker="FIN", on=DAY, crew=crew, intent=intent, register=REGISTER
    )


def test_every_row_of_the_zones_points_to_a_provision_of_an_instrument_on_the_sea() -> None:
    tables = load_register()
    for rule in load_zone_rules():
        assert tables.instrument(rule.instrument).family is Family.SEA
        assert tables.provision(rule.instrument, rule.provision).paraphrase


def test_no_row_of_the_zones_is_graded_above_its_provision() -> None:
    tables = load_register()
    order = tuple(Grade)
    for rule in load_zone_rules():
        provision = tables.provision(rule.instrument, rule.provision)
        assert order.index(rule.grade) >= order.index(provision.grade), rule.code


def test_every_zone_has_powers_limits_and_gaps_under_the_convention_of_1982() -> None:
    for zone in Zone:
        roles = {rule.role for rule in load_zone_rules() if zone in rule.zones and rule.instrument == "unclos"}
        assert {Role.PRESCRIBE, Role.ENFORCE, Role.LIMIT, Role.GAP} <= roles, zone


def test_no_rule_stands_twice_for_a_zone_and_an_intent() -> None:
    keys = [
        (zone, intent, rule.role, rule.who, rule.code, rule.instrument)
        for rule in load_zone_rules()
        for zone in rule.zones
        for intent in rule.intents or tuple(Intent)
    ]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("instrument", SEA)
def test_cross_references_lead_to_provisions_that_are_there(instrument: str) -> None:
    tables = load_register()
    rows = [row for row in tables.provisions if row.instrument == instrument]
    assert rows
    for row in rows:
        tables.provision(instrument, row.provision.partition("(")[0])
        for target in row.see:
            tables.provision(instrument, target)
        for parent in row.parents:
            tables.provision(*parent.split(" "))


def test_a_cut_in_an_economic_zone_is_for_the_flag_and_its_duties_are_named() -> None:
    answer = cut_by_cook_islands_ship()
    assert answer.governing == "unclos"
    assert {("unclos", "94(6)"), ("unclos", "94(7)"), ("unclos", "113"), ("unclos", "58(3)")} <= found(
        answer.flag_duties
    )
    by_flag = answer.of(Role.ENFORCE, Who.FLAG)
    assert found(by_flag) == {("unclos", "92(1)"), ("unclos", "97(1)")}
    assert {rule.states for rule in by_flag} == {("COK",)}
    assert all(rule.sure for rule in answer.rules)


def test_the_coastal_state_of_an_economic_zone_is_told_its_powers_and_its_limits() -> None:
    answer = cut_by_cook_islands_ship()
    assert codes(answer.of(Role.ENFORCE, Who.COASTAL)) == {"hot_pursuit_zone"}
    assert "no_general_power" in codes(answer.of(Role.LIMIT, Who.COASTAL))
    assert {("unclos", "97(3)"), ("unclos", "110(1)")} <= found(answer.of(Role.LIMIT))
    assert ("unclos", "58(2)") in found(answer.of(Role.REACH))


def test_civil_duties_stand_apart_from_those_of_the_flag() -> None:
    answer = cut_by_cook_islands_ship()
    assert found(answer.civil_duties) == {("unclos", "114"), ("unclos", "115")}
    assert not found(answer.civil_duties) & found(answer.flag_duties)


def test_the_gaps_name_the_missing_deadline_and_the_missing_remedy() -> None:
    gaps = {rule.reason.code: rule.reason.provision for rule in cut_by_cook_islands_ship().gaps}
    assert gaps["no_deadline"] == "94(6)"
    assert gaps["no_remedy_for_silence"] == "286"
    assert "no_evidence_article" in gaps


def test_states_of_the_crew_may_try_their_nationals_and_hold_evidence() -> None:
    answer = cut_by_cook_islands_ship(crew=("GEO", "IND", "GEO"))
    assert [rule.states for rule in answer.of(Role.ENFORCE, Who.CREW_STATE)] == [("GEO", "IND")]
    assert [route.asked for route in answer.evidence] == ["COK", "GEO", "IND"]
    assert "GEO, IND" in answer.summary


def test_a_crew_state_outside_the_treaty_is_not_given_its_rules() -> None:
    answer = cut_by_cook_islands_ship(crew=("GEO", "TUR"))
    assert [rule.states for rule in answer.of(Role.ENFORCE, Who.CREW_STATE)] == [("GEO",)]
    assert any(note.code == "general_law" and "TUR" in note.text for note in answer.notes)


def test_evidence_about_the_cut_goes_by_assistance() -> None:
    (route,) = cut_by_cook_islands_ship().evidence
    assert route.command == "comity law basis FIN COK --conduct cable-damage --on 2024-12-25"


def test_between_parties_to_both_conventions_the_later_one_prevails() -> None:
    answer = cable_damage("high_seas", flag="RUS", asker="FIN", on=DAY, register=REGISTER)
    note = answer.note("later_prevails")
    assert note is not None
    assert (note.instrument, note.provision, note.grade) == ("unclos", "311(1)", Grade.TEXT)
    assert "high_seas_1958" not in {rule.reason.instrument for rule in answer.rules}


def test_before_the_later_convention_the_earlier_one_governs() -> None:
    answer = cable_damage("high_seas", flag="RUS", asker="FIN", on=date(1980, 1, 1), register=REGISTER)
    assert answer.governing == "high_seas_1958"
    assert "unclos" not in {rule.reason.instrument for rule in answer.rules}


def test_a_flag_outside_the_convention_of_1982_is_met_with_that_of_1958() -> None:
    answer = cable_damage("eez", coastal="FIN", flag="USA", asker="FIN", on=DAY, register=REGISTER)
    assert answer.governing == "high_seas_1958"
    assert "unclos" not in {rule.reason.instrument for rule in answer.rules}
    assert {("high_seas_1958", "27"), ("high_seas_1958", "5(1)")} <= found(answer.flag_duties)
    assert ("high_seas_1958", "1") in found(answer.of(Role.REACH))
    assert "no_investigation" in codes(answer.gaps)
    note = answer.note("not_party")
    assert note is not None
    assert note.text == "USA not on record as bound by UNCLOS on 2024-12-25; High Seas Convention binds both"
    assert answer.note("zone_by_custom") is not None


def test_a_flag_outside_both_is_left_to_general_law_without_a_verdict() -> None:
    answer = cable_damage("high-seas", flag="TUR", asker="FIN", on=DAY, register=REGISTER)
    assert answer.governing is None
    assert not [rule for rule in answer.rules if rule.reason.instrument in {"unclos", "high_seas_1958"}]
    note = answer.note("general_law")
    assert note is not None
    assert note.text.endswith("general law applies: custom may say the same; not judged here")
    assert "2014-01-27" in next(bond.reason.text for bond in answer.bonds if bond.instrument == "unclos")
    assert "no legal basis" not in "\n".join(lines(answer))


def test_a_date_before_both_conventions_finds_no_zone_and_no_rule_of_theirs() -> None:
    answer = cable_damage("eez", coastal="FIN", flag="RUS", asker="FIN", on=date(1960, 1, 1), register=REGISTER)
    assert answer.governing is None
    assert not {rule.reason.instrument for rule in answer.rules} & {"unclos", "high_seas_1958"}
    note = answer.note("zone_not_yet")
    assert note is not None
    assert "1960-01-01" in note.text
    assert "none of the general instruments" in answer.summary


def test_in_the_territorial_sea_the_coastal_state_acts_and_the_flag_part_does_not_reach() -> None:
    tables = exercise("unclos")
    answer = cable_damage("territorial_sea", coastal="XFA", flag="XFB", asker="XFA", on=DAY, register=tables)
    assert {("unclos", "25(1)"), ("unclos", "27(1)(a)")} <= found(answer.of(Role.ENFORCE, Who.COASTAL))
    assert ("unclos", "21(1)(c)") in found(answer.of(Role.PRESCRIBE, Who.COASTAL))
    assert ("unclos", "86") in found(answer.of(Role.REACH))
    assert ("unclos", "94(6)") not in found(answer.rules)
    assert answer.summary.startswith(
        "territorial sea of XFA: UNCLOS 2(2) gives XFA sovereignty, so that its law applies"
    )


def test_in_the_contiguous_zone_control_does_not_extend_to_cables() -> None:
    tables = exercise("unclos")
    answer = cable_damage("contiguous_zone", coastal="XFA", flag="XFB", asker="XFA", on=DAY, register=tables)
    assert "limited_control" in codes(answer.of(Role.ENFORCE, Who.COASTAL))
    assert "cables_not_named" in codes(answer.of(Role.LIMIT, Who.COASTAL))


@pytest.mark.parametrize(("intent", "shown"), [("wilful", True), ("unknown", True), ("negligent", False)])
def test_whether_a_cut_is_an_incident_of_navigation_is_open_unless_it_was_negligent(
    intent: str, *, shown: bool
) -> None:
    assert ("incident_undefined" in codes(cut_by_cook_islands_ship(intent=intent).gaps)) is shown


def test_only_an_unknown_intent_is_said_to_need_showing() -> None:
    assert "intent_unknown" in codes(cut_by_cook_islands_ship().gaps)
    assert "intent_unknown" not in codes(cut_by_cook_islands_ship(intent="wilful").gaps)


def test_between_parties_to_the_convention_of_1884_a_warship_may_ask_for_papers() -> None:
    tables = exercise("paris_1884")
    answer = cable_damage("high_seas", flag="XFB", asker="XFA", on=DAY, register=tables)
    visits = {rule.reason.provision: rule for rule in answer.of(Role.ENFORCE, Who.ALL)}
    assert set(visits) == {"10(2)", "10(3)"}
    assert all(rule.sure for rule in visits.values())
    assert "papers_and_record_only" in codes(answer.of(Role.LIMIT))


def test_parties_to_the_convention_of_1884_that_are_only_reported_make_its_rules_unsure() -> None:
    answer = cable_damage("high_seas", flag="NLD", asker="USA", on=DAY, register=REGISTER)
    (papers,) = [rule for rule in answer.rules if rule.reason.code == "ask_for_papers"]
    assert not papers.sure
    assert answer.governing == "high_seas_1958"
    assert any("not sure: " in line and "10(2)" in line for line in lines(answer))


def test_a_flag_of_a_territory_is_bound_by_presumption_and_the_answer_says_so() -> None:
    answer = cable_damage("eez", coastal="FIN", flag="HKG", asker="FIN", on=date(2012, 1, 1), register=REGISTER)
    assert answer.governing == "unclos"
    assert not any(rule.sure for rule in answer.flag_duties)
    assert answer.note("general_law") is None
    note = answer.note("party_not_sure")
    assert note is not None
    assert "HKG" in note.text
    assert "not sure to bind" in answer.summary


def test_the_convention_of_1884_stops_at_territorial_waters() -> None:
    tables = exercise("paris_1884")
    answer = cable_damage("territorial_sea", coastal="XFA", flag="XFB", asker="XFA", on=DAY, register=tables)
    assert codes(rule for rule in answer.rules if rule.reason.instrument == "paris_1884") == {"not_covered"}


def test_an_asker_outside_the_treaty_is_told_between_whom_it_binds() -> None:
    answer = cable_damage("eez", coastal="FIN", flag="COK", asker="USA", on=DAY, register=REGISTER)
    assert answer.governing is None
    assert {rule.between for rule in answer.flag_duties} == {(("FIN", "COK"),)}
    assert any(line.endswith("(between FIN and COK only)") for line in lines(answer))
    assert [route.asked for route in answer.evidence] == ["COK", "FIN"]


def test_the_askers_own_ship_needs_no_request_to_its_flag() -> None:
    answer = cable_damage("eez", coastal="FIN", flag="FIN", asker="FIN", on=DAY, register=REGISTER)
    assert answer.note("own_ship") is not None
    assert answer.evidence == ()


def test_the_askers_own_national_in_the_crew_is_pointed_out() -> None:
    answer = cut_by_cook_islands_ship(crew=("FIN",))
    assert answer.note("own_national") is not None
    assert [rule.states for rule in answer.of(Role.ENFORCE, Who.CREW_STATE)] == [("FIN",)]


def test_the_headline_cites_the_rules_and_leaves_open_what_they_leave_open() -> None:
    open_question = "whether a wilful cut is such an incident is not settled"
    for intent, unsettled in (("wilful", True), ("unknown", True), ("negligent", False)):
        summary = cut_by_cook_islands_ship(intent=intent).summary
        assert "UNCLOS 92(1) gives the flag COK exclusive jurisdiction over the ship" in summary
        assert "after an incident of navigation 97(1) also lets the State of their nationality try persons" in summary
        assert (open_question in summary) is unsettled
        assert "jurisdiction lies with" not in summary
    earlier = cable_damage("eez", coastal="FIN", flag="USA", asker="FIN", on=DAY, register=REGISTER).summary
    assert "High Seas Convention 6(1) gives the flag USA" in earlier
    assert "incident of navigation 11(1) also lets" in earlier


def test_a_duty_says_what_must_be_done_and_not_that_it_is_done() -> None:
    for rule in load_zone_rules():
        if rule.role is Role.DUTY:
            assert " must " in rule.paraphrase, rule.paraphrase


def test_consents_before_entry_into_force_bind_nobody_however_they_are_known() -> None:
    reported = [
        replace(deposit("unclos", code, "1990-01-01"), confidence=Confidence.REPORTED) for code in ("XFA", "XFB")
    ]
    tables = replace(load_register(), actions=(*load_register().actions, *reported))

    def hold(on: date) -> Hold:
        answer = cable_damage("high_seas", flag="XFB", asker="XFA", on=on, register=tables)
        return next(bond.hold for bond in answer.bonds if bond.instrument == "unclos")

    assert hold(date(1994, 11, 15)) is Hold.NOT_BOUND
    assert hold(date(1994, 11, 16)) is Hold.UNSURE


def test_a_confirmed_consent_that_takes_effect_later_does_not_bind_yet() -> None:
    acts = [deposit("unclos", code, "2024-12-20") for code in ("XFA", "XFB")]
    tables = load_register().with_actions(acts)
    answer = cable_damage("high_seas", flag="XFB", asker="XFA", on=DAY, register=tables)
    assert next(bond.hold for bond in answer.bonds if bond.instrument == "unclos") is Hold.NOT_BOUND


def test_a_rule_of_the_zone_that_rests_on_less_than_its_provision_is_shown_with_its_own_evidence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = tuple(
        replace(row, source="someone's memory", grade=Grade.MEMORY, grade_detail="M")
        if row.code == "investigate"
        else row
        for row in load_zone_rules()
    )
    monkeypatch.setattr(damage, "load_zone_rules", lambda: rows)
    (rule,) = [rule for rule in cut_by_cook_islands_ship().flag_duties if rule.reason.code == "investigate"]
    assert (rule.reason.source, rule.reason.grade, rule.sure) == ("someone's memory", Grade.MEMORY, False)


def test_a_remark_about_a_third_state_is_not_shown() -> None:
    base = with_deposits()
    about = [
        replace(deposit("unclos", "FIN", "2000-01-01"), act=Act.OBJECTION, about=code, note="objects")
        for code in ("TUR", "COK")
    ]
    tables = replace(base, actions=(*base.actions, *about))
    answer = cable_damage("eez", coastal="FIN", flag="COK", asker="FIN", on=DAY, register=tables)
    assert [note.text for note in answer.notes if note.code == "objection"] == [
        "FIN made an objection about COK on 2000-01-01 (confirmed): objects"
    ]


def test_source_and_grade_come_from_the_provisions_of_the_register() -> None:
    tables = replace(
        REGISTER,
        provisions=tuple(
            replace(row, source="someone's memory", grade=Grade.MEMORY, grade_detail="M")
            if (row.instrument, row.provision) == ("unclos", "94(6)")
            else row
            for row in REGISTER.provisions
        ),
    )
    answer = cable_damage("eez", coastal="FIN", flag="COK", asker="FIN", on=DAY, register=tables)
    (rule,) = [rule for rule in answer.flag_duties if rule.reason.provision == "94(6)"]
    assert (rule.reason.source, rule.reason.grade, rule.sure) == ("someone's memory", Grade.MEMORY, False)
    assert "check against the certified text" in rule.reason.line


def test_what_is_loaded_of_the_parties_is_said() -> None:
    notes = [note for note in cut_by_cook_islands_ship().notes if note.code == "acts_loaded_until"]
    assert {note.instrument for note in notes} >= {"paris_1884"}
    assert all("ask the depositary" in note.text for note in notes)


def test_the_answer_as_json_holds_every_reason_with_its_evidence() -> None:
    answer = cut_by_cook_islands_ship(crew=("GEO",))
    data = json.loads(json.dumps(answer.to_json()))
    assert len(data["rules"]) == len(answer.rules)
    for rule in data["rules"]:
        assert {"code", "text", "instrument", "provision", "source", "grade"} <= set(rule["reason"])
    assert data["evidence"][0]["command"].startswith("comity law basis FIN COK")
    assert {row["participant"] for row in data["standings"]} == {"FIN", "COK", "GEO"}


def test_the_lines_show_every_rule_once_with_article_and_grade() -> None:
    answer = cut_by_cook_islands_ship()
    page = lines(answer)
    assert "What is not said" in page
    assert sum("[T]" in line for line in page) >= len(answer.rules)
    assert "  UNCLOS binds FIN and COK since 1996-07-21" in page


@pytest.mark.parametrize(
    ("zone", "coastal", "flag", "asker", "error", "words"),
    [
        ("moon", "FIN", "COK", "FIN", NotFoundError, "zones are internal_waters"),
        ("eez", None, "COK", "FIN", MalformedError, "belongs to a coastal State"),
        ("high_seas", "FIN", "COK", "FIN", MalformedError, "belong to no coastal State"),
        ("eez", "FIN", "QQQ", "FIN", NotFoundError, "QQQ"),
        ("eez", "QQQ", "COK", "FIN", NotFoundError, "QQQ"),
        ("eez", "FIN", "COK", "QQQ", NotFoundError, "QQQ"),
        ("eez", "FIN", "EUE", "FIN", MalformedError, "is an organisation and can be no flag"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused_with_the_reason(  # noqa: PLR0917
    zone: str, coastal: str | None, flag: str, asker: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        cable_damage(zone, coastal=coastal, flag=flag, asker=asker, on=DAY, register=REGISTER)


def test_an_unknown_intent_is_refused() -> None:
    with pytest.raises(NotFoundError, match="wilful, negligent, unknown"):
        cut_by_cook_islands_ship(intent="maybe")


def test_tables_without_an_instrument_on_the_sea_are_said_to_lack_it() -> None:
    tables = load_register()
    bare = replace(tables, instruments=tuple(replace(row, family=Family.ASSISTANCE) for row in tables.instruments))
    with pytest.raises(NotFoundError, match="no instrument on the law of the sea is loaded"):
        cable_damage("high_seas", flag="COK", asker="FIN", on=DAY, register=bare)

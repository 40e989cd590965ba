"""The basis of a request is every loaded instrument with its reasons, and the first that can be used."""

import json
from dataclasses import replace
from datetime import date
from itertools import product

import pytest

from comity.errors import NotFoundError, PolicyError
from comity.law.basis import BasisOption, check_basis, legal_basis
from comity.law.measures import Measure
from comity.law.model import Channel, DualCriminality
from comity.law.register import load_register
from comity.law.status import Standing
from comity.parties.table import Grade

TODAY = date(2026, 11, 23)
REGISTER = load_register()


def codes(option: BasisOption) -> list[str]:
    return [reason.code for reason in option.reasons]


def text(option: BasisOption, code: str) -> str:
    return next(reason.text for reason in option.reasons if reason.code == code)


def test_portugal_asks_cabo_verde_under_budapest_29() -> None:
    basis = legal_basis("PRT", "CPV", Measure.PRESERVATION, TODAY)
    chosen = basis.chosen
    assert chosen is not None
    assert (chosen.instrument.key, chosen.provision, str(chosen.since)) == ("budapest", "29", "2018-10-01")
    assert basis.summary == "Budapest Convention article 29 binds PRT and CPV since 2018-10-01"
    assert chosen.channels[0] is Channel.CONTACT_POINT
    assert chosen.dual_criminality is DualCriminality.NOT_A_CONDITION_SAVE_RESERVATION
    assert [clock.length for clock in chosen.clocks] == [60, None]
    hanoi = basis.option("hanoi")
    assert (hanoi.asker.standing, hanoi.asked.standing) == (Standing.SIGNATORY, Standing.NONE)
    assert not hanoi.usable
    assert hanoi.provision == "42"


def test_before_cabo_verde_was_bound_nothing_loaded_bound_both() -> None:
    basis = legal_basis("PRT", "CPV", Measure.PRESERVATION, date(2018, 9, 30))
    assert basis.chosen is None
    assert "accession on 2018-06-19 (confirmed), bound from 2018-10-01" in text(
        basis.option("budapest"), "does_not_bind_both"
    )


def test_between_portugal_and_viet_nam_none_of_the_instruments_loaded_binds_both() -> None:
    basis = legal_basis("PRT", "VNM", Measure.PRESERVATION, TODAY)
    assert basis.chosen is None
    assert basis.summary == "none of the 2 instruments loaded binds both PRT and VNM"
    would = text(basis.option("hanoi"), "would")
    assert would.startswith("Hanoi Convention article 42 would carry it; not in force")
    assert "0 confirmed and 3 reported ratifications of 40 needed, 37 missing" in would
    assert text(basis.option("budapest"), "would").endswith("VNM is no party")
    with pytest.raises(PolicyError, match="Hanoi Convention article 42 cannot carry preservation from PRT to VNM"):
        check_basis(basis, "hanoi")


def test_no_answer_ever_claims_that_there_is_no_legal_basis() -> None:
    pairs = [("PRT", "CPV"), ("PRT", "VNM"), ("XAA", "XBB"), ("IRL", "ZAF"), ("EUE", "USA")]
    for (asker, asked), measure in product(pairs, Measure):
        answer = json.dumps(legal_basis(asker, asked, measure, TODAY).to_json()).lower()
        assert "no legal basis" not in answer
        assert "no basis" not in answer


def test_an_instrument_that_binds_both_but_does_not_carry_the_measure_is_not_chosen() -> None:
    basis = legal_basis("PRT", "CPV", Measure.FREEZING, TODAY)
    assert basis.chosen is None
    assert basis.summary == "none of the 2 instruments loaded binds both PRT and CPV and carries freezing"
    option = basis.option("budapest")
    assert option.binds_both
    assert (option.provision, option.grade, option.channels, option.dual_criminality) == (None, None, (), None)
    assert codes(option) == ["binds_both", "not_carried"]


def test_a_provision_that_rests_on_memory_is_shown_and_not_chosen() -> None:
    register = replace(
        REGISTER,
        carriers=tuple(
            replace(row, grade=Grade.MEMORY, grade_detail="M") if row.instrument == "budapest" else row
            for row in REGISTER.carriers
        ),
    )
    basis = legal_basis("PRT", "CPV", Measure.PRESERVATION, TODAY, register=register)
    assert basis.chosen is None
    assert "rests_on_memory" in codes(basis.option("budapest"))
    assert "rests on memory until the certified text is loaded" in basis.summary


def test_a_provision_read_in_a_parent_treaty_is_chosen_and_flagged() -> None:
    register = replace(
        REGISTER,
        carriers=tuple(
            replace(row, grade=Grade.PARENT, grade_detail="P") if row.instrument == "budapest" else row
            for row in REGISTER.carriers
        ),
    )
    chosen = legal_basis("PRT", "CPV", Measure.PRESERVATION, TODAY, register=register).chosen
    assert chosen is not None
    assert [warning.code for warning in chosen.warnings] == ["weak_text", "reservations_not_loaded"]


def test_weak_rules_are_flagged_once_for_each_article() -> None:
    warnings = legal_basis("PRT", "VNM", Measure.PRESERVATION, TODAY).option("hanoi").warnings
    weak = {warning.provision: warning.grade for warning in warnings if warning.code == "weak_rule"}
    assert weak == {"40(21)": Grade.MEMORY, "40(22)": Grade.MEMORY, "42": Grade.MEMORY}


def test_a_cut_cable_can_be_asked_about_and_a_reservation_may_reach_it() -> None:
    option = legal_basis("PRT", "CPV", Measure.PRESERVATION, TODAY, conduct="cable_damage").option("budapest")
    assert option.usable
    assert "no offence of this Convention" in text(option, "conduct_is_no_offence_here")
    assert "14(2)(c)" in text(option, "conduct_is_no_offence_here")
    assert "a reservation on dual criminality can reach it" in text(option, "reservation")


def test_a_reservation_cannot_reach_an_offence_of_the_convention() -> None:
    option = legal_basis("PRT", "CPV", Measure.PRESERVATION, TODAY, conduct="illegal_access").option("budapest")
    assert "conduct_is_offence" in codes(option)
    reason = next(reason for reason in option.reasons if reason.code == "reservation")
    assert reason.provision == "29(4)"
    assert "cannot reach illegal access" in reason.text


def test_every_reason_about_a_rule_carries_source_and_grade() -> None:
    for option in legal_basis("PRT", "CPV", Measure.STORED_DATA, TODAY, conduct="fraud").options:
        for reason in option.reasons:
            if reason.code not in {"binds_both", "does_not_bind_both"}:
                assert reason.source
                assert reason.grade is not None


def test_the_answer_is_the_same_data_as_json() -> None:
    found = legal_basis("PRT", "CPV", Measure.PRESERVATION, TODAY).to_json()
    assert found["chosen"] == "budapest"
    assert json.loads(json.dumps(found)) == found


def test_nobody_asks_themselves_and_everybody_must_be_known() -> None:
    with pytest.raises(PolicyError, match="PRT cannot ask itself"):
        legal_basis("PRT", "PRT", Measure.PRESERVATION, TODAY)
    with pytest.raises(NotFoundError, match="did you mean"):
        legal_basis("PRT", "CVP", Measure.PRESERVATION, TODAY)
    with pytest.raises(NotFoundError, match="espionage"):
        legal_basis("PRT", "CPV", Measure.PRESERVATION, TODAY, conduct="espionage")
    with pytest.raises(NotFoundError, match="malabo"):
        legal_basis("PRT", "CPV", Measure.PRESERVATION, TODAY).option("malabo")


def test_the_chosen_basis_passes_the_check() -> None:
    basis = legal_basis("PRT", "CPV", Measure.PRESERVATION, TODAY)
    assert check_basis(basis, "budapest") is basis.chosen


def test_every_measure_has_words() -> None:
    assert len({measure.label for measure in Measure}) == 10
    assert {channel.label for channel in Channel} == {"24/7 contact point", "central authority"}

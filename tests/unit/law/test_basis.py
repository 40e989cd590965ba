"""The basis of a request is every loaded instrument with its reasons, and the first that can be used."""

import json
from dataclasses import replace
from datetime import date
from itertools import product

import pytest

from comity.errors import NotFoundError, PolicyError
from comity.law.basis import check_basis, legal_basis
from comity.law.measures import Measure
from comity.law.membership import Standing
from comity.law.model import Channel, DualCriminality, Family, InstrumentKind
from comity.law.option import Answer, BasisOption
from comity.law.reach import Penalties, parse_penalty
from comity.law.register import Register, load_register
from comity.parties.table import Grade

TODAY = date(2026, 11, 23)
REGISTER = load_register()


# Reasons that follow from acts or from what is not loaded, and rest on no rule of a table.
WITHOUT_A_RULE = {
    *("binds_both", "does_not_bind_both", "would_need", "parties_not_loaded", "not_carried"),
    *("no_treaty", "reciprocity_not_told"),
}


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


def count(register: Register = REGISTER) -> int:
    """How many instruments that can carry requests are loaded, reciprocity left out."""
    return sum(
        row.family is Family.ASSISTANCE and row.kind is not InstrumentKind.RECIPROCITY for row in register.instruments
    )


def test_between_portugal_and_viet_nam_nothing_loaded_that_binds_both_carries_preservation() -> None:
    basis = legal_basis("PRT", "VNM", Measure.PRESERVATION, TODAY)
    assert basis.chosen is None
    assert basis.summary == (
        f"none of the {count()} instruments loaded binds both PRT and VNM and carries preservation; of those that "
        "carry it the parties of 2 are not loaded, of 2 only in part, of 1 until an earlier day"
    )
    assert text(basis.option("hanoi"), "would") == "Hanoi Convention article 42 would carry it"
    need = text(basis.option("hanoi"), "would_need")
    assert need.startswith("not in force: 0 confirmed and 3 reported ratifications of 40 needed, 37 missing")
    assert text(basis.option("budapest"), "would_need") == (
        "no consent of VNM is loaded (acts are loaded until 2026-04-25)"
    )
    assert codes(basis.option("untoc")) == ["binds_both", "not_carried"]
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
    assert basis.chosen is not None
    assert basis.chosen.instrument.key == "untoc"
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
    assert basis.option("budapest").answer is Answer.DOES_NOT
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
    assert "weak_text" in [warning.code for warning in chosen.warnings]


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
            if reason.code not in WITHOUT_A_RULE:
                assert reason.source
                assert reason.grade is not None


def test_the_answer_is_the_same_data_as_json() -> None:
    found = legal_basis("PRT", "CPV", Measure.PRESERVATION, TODAY).to_json()
    assert found["chosen"] == "budapest"
    assert json.loads(json.dumps(found)) == found


def test_nobody_asks_themselves_and_everybody_must_be_known() -> None:
    with pytest.raises(PolicyError, match="PRT cannot ask itself"):
        legal_basis("PRT", "PRT", Measure.PRESERVATION, TODAY)
    for pair in (("GBR", "JEY"), ("CUW", "NLD"), ("JEY", "GGY")):
        with pytest.raises(PolicyError, match=f"{pair[0]} and {pair[1]} belong to one state"):
            legal_basis(*pair, Measure.PRESERVATION, TODAY)
    assert legal_basis("CUW", "FRO", Measure.PRESERVATION, TODAY).question.asker == "CUW", "of two states"
    with pytest.raises(PolicyError, match="CHN and HKG belong to one state"):
        legal_basis("CHN", "HKG", Measure.PRESERVATION, TODAY)
    assert legal_basis("CHN", "HKG", Measure.STORED_DATA, date(1996, 1, 1)).chosen is None, "not yet one state"
    with pytest.raises(NotFoundError, match="did you mean"):
        legal_basis("PRT", "CVP", Measure.PRESERVATION, TODAY)
    with pytest.raises(NotFoundError, match="espionage"):
        legal_basis("PRT", "CPV", Measure.PRESERVATION, TODAY, conduct="espionage")
    with pytest.raises(NotFoundError, match="atlantis"):
        legal_basis("PRT", "CPV", Measure.PRESERVATION, TODAY).option("atlantis")


def test_the_chosen_basis_passes_the_check() -> None:
    basis = legal_basis("PRT", "CPV", Measure.PRESERVATION, TODAY)
    assert check_basis(basis, "budapest") is basis.chosen


def test_every_measure_has_words() -> None:
    assert len({measure.label for measure in Measure}) == 10
    assert len({channel.label for channel in Channel}) == len(Channel)
    assert Channel.CONTACT_POINT.label == "24/7 contact point"


def asked(
    conduct: str, asker: str = "unknown", asked: str = "unknown", *, organised: bool | None = None
) -> dict[str, Answer]:
    """What each instrument answers between Portugal and Viet Nam."""
    penalties = Penalties(asker=parse_penalty(asker), asked=parse_penalty(asked))
    basis = legal_basis(
        "PRT", "VNM", Measure.STORED_DATA, TODAY, conduct=conduct, penalties=penalties, organised=organised
    )
    return {option.instrument.key: option.answer for option in basis.options}


def test_a_serious_crime_is_reached_as_far_as_penalties_and_facts_are_stated() -> None:
    assert asked("fraud")["untoc"] is Answer.CONDITIONAL
    assert asked("fraud", "5", "5", organised=True)["untoc"] is Answer.CARRIES
    assert asked("fraud", "5", "3", organised=True)["untoc"] is Answer.CONDITIONAL, "the readings differ"
    assert asked("fraud", "3", "3", organised=True)["untoc"] is Answer.DOES_NOT
    assert asked("fraud", "5", "5", organised=False)["untoc"] is Answer.DOES_NOT
    assert asked("fraud")["uncac"] is Answer.DOES_NOT, "fraud is not among its offences"


def test_conditions_are_named_and_an_unconditional_option_is_chosen_first() -> None:
    basis = legal_basis("PRT", "VNM", Measure.STORED_DATA, TODAY, conduct="fraud")
    assert basis.chosen is not None
    assert basis.chosen.answer is Answer.CONDITIONAL
    assert basis.summary.endswith("on conditions")
    assert all(reason.text for reason in basis.chosen.conditions)
    other = legal_basis("PRT", "CPV", Measure.STORED_DATA, TODAY, conduct="fraud")
    assert other.chosen is not None
    assert (other.chosen.instrument.key, other.chosen.answer) == ("budapest", Answer.CARRIES)


def test_a_conduct_that_nothing_loaded_reaches_is_said_to_be_so() -> None:
    basis = legal_basis(
        "PRT",
        "VNM",
        Measure.STORED_DATA,
        TODAY,
        conduct="fraud",
        penalties=Penalties(asker=parse_penalty("1"), asked=parse_penalty("1")),
    )
    assert basis.chosen is None
    assert "reaches the conduct stated; of those that carry it the parties of" in basis.summary


def test_what_the_asked_reserved_is_named_where_it_can_bite() -> None:
    cable = legal_basis("PRT", "DEU", Measure.PRESERVATION, TODAY, conduct="cable_damage").option("budapest")
    assert "DEU reserved under article 29(4)" in text(cable, "reservation")
    access = legal_basis("PRT", "DEU", Measure.PRESERVATION, TODAY, conduct="illegal_access").option("budapest")
    assert "cannot reach illegal access" in text(access, "reservation")
    told = [reason.text for reason in access.warnings if reason.code == "declaration"]
    assert any("a breach of security is required" in line for line in told)


def test_data_that_may_be_reached_without_a_request_is_told_between_parties_only() -> None:
    both = legal_basis("PRT", "CPV", Measure.STORED_DATA, TODAY)
    assert [reason.code for reason in both.without_request] == ["public_data", "consent"]
    assert not legal_basis("PRT", "VNM", Measure.STORED_DATA, TODAY).without_request


def test_dual_criminality_is_told_with_a_conduct_and_never_called_fulfilled() -> None:
    basis = legal_basis("PRT", "CPV", Measure.STORED_DATA, TODAY, conduct="fraud")
    assert basis.dual is not None
    assert basis.dual.outcome.value in {"expected", "narrowed"}
    assert legal_basis("PRT", "CPV", Measure.STORED_DATA, TODAY).dual is None

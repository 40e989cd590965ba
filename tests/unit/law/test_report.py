"""A brief answer leaves out what does not carry, and nothing that may bind both or that its own headline names."""

from dataclasses import replace
from datetime import date

from comity.law.basis import Basis, legal_basis
from comity.law.measures import Measure
from comity.law.register import exercise_actions, load_register
from comity.law.report import basis_lines
from comity.parties.table import Grade

TODAY = date(2026, 11, 23)
REGISTER = load_register()


def brief(found: Basis) -> list[str]:
    return list(basis_lines(found, brief=True))


def test_a_brief_answer_shows_what_is_reported_to_bind_both() -> None:
    page = brief(legal_basis("IRL", "CHE", Measure.STORED_DATA, TODAY))
    assert "  European MLA Convention article 3(1)" in page
    assert any("is reported, not confirmed, to bind both" in line for line in page)
    assert "  Budapest Convention article 31" not in page

    found = legal_basis("PRT", "DEU", Measure.STORED_DATA, TODAY)
    assert found.option("budapest_p1").reported
    assert not any(line.startswith("  First Protocol") for line in brief(found)), "it carries nothing"


def test_a_brief_answer_shows_the_provision_from_memory_that_its_headline_names() -> None:
    register = replace(
        REGISTER,
        instruments=tuple(
            replace(row, in_force_since=date(2026, 1, 1), grade=Grade.TEXT, grade_detail="T")
            if row.key == "hanoi"
            else row
            for row in REGISTER.instruments
        ),
    ).with_actions(exercise_actions(["XAA", "XAB"], instrument="hanoi", on=date(2026, 2, 1)))
    page = brief(legal_basis("XAA", "XAB", Measure.PRESERVATION, TODAY, register=register))
    assert page[0].startswith("Hanoi Convention article 42 binds both XAA and XAB, but rests on memory")
    assert "  Hanoi Convention article 42" in page
    assert any("load the certified text first" in line for line in page)


def test_a_brief_answer_leaves_out_what_binds_both_and_does_not_reach_the_conduct() -> None:
    page = brief(legal_basis("PRT", "CPV", Measure.STORED_DATA, TODAY, conduct="fraud"))
    assert not any(line.strip().startswith("UN Convention against Corruption") for line in page)


def test_conditions_of_which_one_is_enough_are_told_as_such() -> None:
    page = brief(legal_basis("AFG", "AGO", Measure.STORED_DATA, TODAY))
    at = next(n for n, line in enumerate(page) if line.startswith("    if: an offence of the instrument"))
    assert page[at + 1].startswith("    or a crime with a maximum of 4 years or more")


def test_a_ground_is_told_with_its_limit() -> None:
    page = brief(legal_basis("PRT", "DEU", Measure.STORED_DATA, TODAY))
    (line,) = [line for line in page if "article 27(4)(a)" in line]
    assert line.startswith("      political offence (article 27(4)(a), may refuse; only if no other assistance treaty")
    assert "EU MLA Convention binds both" in line

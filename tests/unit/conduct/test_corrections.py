"""Corrections: whose takes effect, what is shown of those that do not, and what stands after several."""

from typing import Any

import pytest

from comity.conduct.corrections import CorrectedBy
from comity.conduct.record import Origin, Provenance, Record
from comity.conduct.statements import Speaker
from comity.conduct.view import ClaimView, fold
from support.conduct_records import (
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
    source,
    state,
)

FERRY = operation()
WRONG = claim(FERRY, "XBB", "XAC")
RIGHT = claim(FERRY, "XBB", "XAA")
THIRD = claim(FERRY, "XBB", "XAD")


def views(*records: Record) -> dict[str, ClaimView]:
    return {view.id: view for view in fold([FERRY, *records]).operations[0].claims}


def test_a_corrected_claim_stays_and_names_what_stands_in_its_place() -> None:
    found = views(WRONG, RIGHT, correction(WRONG, RIGHT))
    wrong, right = found[WRONG.id], found[RIGHT.id]
    assert (wrong.stands, wrong.replaced_by, wrong.current, wrong.retracted) == (False, RIGHT.id, RIGHT, False)
    assert (right.stands, right.replaces, right.current, right.disputed) == (True, (WRONG.id,), RIGHT, False)
    assert wrong.body == WRONG.body


def test_a_retracted_claim_stays_visible_as_retracted() -> None:
    view = views(WRONG, retraction(WRONG))[WRONG.id]
    assert (view.retracted, view.stands, view.disputed, view.current) == (True, False, False, WRONG)
    assert view.corrections[0].in_effect


def test_a_chain_of_corrections_leads_to_its_end() -> None:
    found = views(WRONG, RIGHT, THIRD, correction(WRONG, RIGHT), correction(RIGHT, THIRD, said="2026-05-01"))
    assert [found[each.id].current for each in (WRONG, RIGHT, THIRD)] == [THIRD] * 3
    assert [found[each.id].stands for each in (WRONG, RIGHT, THIRD)] == [False, False, True]


def test_two_different_corrections_are_kept_both_and_shown_as_disputed() -> None:
    one, other = correction(WRONG, RIGHT), correction(WRONG, THIRD, said="2026-04-20")
    found = views(WRONG, RIGHT, THIRD, other, one)
    wrong = found[WRONG.id]
    assert [each.record for each in wrong.corrections] == [one, other]
    assert (wrong.disputed, wrong.replaced_by, wrong.current, wrong.stands) == (True, None, WRONG, False)
    for each in (RIGHT, THIRD):
        assert found[each.id].disputed
        assert found[each.id].stands


def test_a_correction_and_a_retraction_of_one_claim_are_disputed() -> None:
    found = views(WRONG, RIGHT, correction(WRONG, RIGHT), retraction(WRONG))
    assert found[WRONG.id].disputed
    assert found[WRONG.id].retracted
    assert found[WRONG.id].replaced_by == RIGHT.id


def test_the_same_correction_entered_by_two_coders_is_no_dispute() -> None:
    one = correction(WRONG, RIGHT)
    other = correction(WRONG, RIGHT, reason="The annex names the other state.", said="2026-04-12")
    view = views(WRONG, RIGHT, one, other)[WRONG.id]
    assert len(view.corrections) == 2
    assert (view.disputed, view.replaced_by) == (False, RIGHT.id)


@pytest.mark.parametrize("by", ["XAA", "XCA", "Lantern Labs"])
def test_nobody_retracts_the_claim_of_another(by: str) -> None:
    view = views(RIGHT, retraction(RIGHT, by))[RIGHT.id]
    assert (view.stands, view.retracted, view.disputed, view.current) == (True, False, True, RIGHT)
    assert view.corrections[0].made_by is CorrectedBy.OTHER
    assert not view.corrections[0].in_effect


def test_what_another_pointed_out_is_no_dispute_once_the_claimant_corrects_it_so() -> None:
    pointed_out = correction(WRONG, RIGHT, "Lantern Labs")
    assert views(WRONG, RIGHT, pointed_out)[WRONG.id].disputed
    settled = views(WRONG, RIGHT, pointed_out, correction(WRONG, RIGHT, said="2026-04-20"))[WRONG.id]
    assert (settled.disputed, settled.replaced_by, len(settled.corrections)) == (False, RIGHT.id, 2)
    elsewhere = views(WRONG, RIGHT, THIRD, pointed_out, correction(WRONG, THIRD))[WRONG.id]
    assert (elsewhere.disputed, elsewhere.replaced_by) == (True, THIRD.id)


def test_nobody_replaces_the_claim_of_another() -> None:
    found = views(RIGHT, THIRD, correction(RIGHT, THIRD, "XAA"))
    assert (found[RIGHT.id].stands, found[RIGHT.id].current, found[THIRD.id].replaces) == (True, RIGHT, ())


def test_nobody_retracts_the_reply_of_another() -> None:
    denial = reply(FERRY, [RIGHT], sources=[source(publisher="State XBB")])
    view = fold([FERRY, RIGHT, denial, retraction(denial, "XBB")]).operations[0].replies[0]
    assert (view.stands, view.retracted, view.disputed) == (True, False, True)


@pytest.mark.parametrize(
    ("made", "by", "expected"),
    [
        ({}, state("XBB"), CorrectedBy.SPEAKER),
        ({}, Speaker(name="STATE  xbb", kind="state"), CorrectedBy.SPEAKER),
        ({}, Speaker(name="State XBB", kind="state", participant="XCA"), CorrectedBy.OTHER),
        ({}, Speaker(name="coder one", kind="individual"), CorrectedBy.ENTRY),
        ({}, Speaker(name="Coder Two", kind="individual"), CorrectedBy.OTHER),
        (
            {"entered": imported("row 7", source="Catalogue")},
            Speaker(name="Catalogue", kind="research"),
            CorrectedBy.ENTRY,
        ),
        ({"sources": [source(publisher="Catalogue")]}, Speaker(name="Catalogue", kind="research"), CorrectedBy.ENTRY),
        ({"sources": [source(publisher="State XCA")]}, state("XCA"), CorrectedBy.OTHER),
        ({"sources": [source(publisher="State XCA")]}, Speaker(name="State XCA", kind="state"), CorrectedBy.OTHER),
        (
            {"sources": [source(publisher="Centre")]},
            Speaker(name="Centre", kind="organisation", participant="XCA"),
            CorrectedBy.OTHER,
        ),
        ({"sources": [source(publisher="State XAA")]}, Speaker(name="State XAA", kind="media"), CorrectedBy.OTHER),
        ({"entered": provenance(source="State XAA")}, Speaker(name="State XAA", kind="media"), CorrectedBy.OTHER),
    ],
)
def test_who_may_correct_a_claim(made: dict[str, Any], by: Speaker, expected: CorrectedBy) -> None:
    said = claim(FERRY, "XBB", "XAA", **made)
    view = views(said, retraction(said, by))[said.id]
    assert view.corrections[0].made_by is expected
    assert view.retracted is (expected is not CorrectedBy.OTHER)


def logged(authority: str) -> Provenance:
    return provenance(origin=Origin.STATEMENT, source=authority, digest="ab" * 32, place="7")


@pytest.mark.parametrize(
    ("of", "by", "expected"),
    [
        # A state's own log, whoever entered the claim.
        (claim(FERRY, "XBB", "XAA"), state("XBB"), CorrectedBy.SPEAKER),
        (claim(FERRY, "XBB", "XAA", entered=logged("xaa.centre")), state("XBB"), CorrectedBy.SPEAKER),
        # Its log alone told it.
        (claim(FERRY, "XCC", "XAA", entered=logged("xbb.centre")), state("XCC"), CorrectedBy.SPEAKER),
        (claim(FERRY, "Lantern Labs", "XAA", entered=logged("xbb.centre")), state("XBB"), CorrectedBy.ENTRY),
        # Another name than its own, on what others said or entered.
        (claim(FERRY, "XCC", "XAA"), state("XCC"), CorrectedBy.OTHER),
        (claim(FERRY, "Lantern Labs", "XAA"), Speaker(name="Lantern Labs", kind="company"), CorrectedBy.OTHER),
        (
            claim(FERRY, "Lantern Labs", "XAA"),
            Speaker(name="Lantern Labs", kind="company", participant="XBB"),
            CorrectedBy.OTHER,
        ),
        (claim(FERRY, "XCC", "XAA"), Speaker(name="Coder One", kind="state", participant="XBB"), CorrectedBy.OTHER),
        (
            claim(FERRY, "XCC", "XAA", sources=[source(publisher="Catalogue")]),
            Speaker(name="Catalogue", kind="research"),
            CorrectedBy.OTHER,
        ),
    ],
)
def test_a_correction_from_a_log_is_the_word_of_its_authority_alone(
    of: Record, by: Speaker, expected: CorrectedBy
) -> None:
    view = views(of, retraction(of, by, entered=logged("xbb.centre")))[of.id]
    assert view.corrections[0].made_by is expected
    assert view.retracted is (expected is not CorrectedBy.OTHER)


def test_who_repeats_a_claim_in_its_own_log_cannot_retract_it_nor_hold_up_who_can() -> None:
    said = claim(FERRY, "XCC", "XAA", entered=logged("xcc.centre"))
    repeated = claim(FERRY, "XCC", "XAA", entered=logged("xbb.centre"))
    taken = retraction(said, "XCC", entered=logged("xbb.centre"))
    assert not views(said, repeated, taken)[said.id].retracted
    assert views(said, repeated, taken, retraction(said, "XCC", entered=logged("xcc.centre")))[said.id].retracted


def test_a_correction_withdrawn_by_whoever_made_it_has_no_effect() -> None:
    hasty = correction(WRONG, RIGHT)
    view = views(WRONG, RIGHT, hasty, retraction(hasty))[WRONG.id]
    assert (view.stands, view.replaced_by, view.disputed) == (True, None, False)
    assert view.corrections[0].withdrawn
    assert len(view.corrections[0].corrections) == 1


def test_a_correction_is_not_withdrawn_by_another() -> None:
    own = correction(WRONG, RIGHT)
    view = views(WRONG, RIGHT, own, retraction(own, "XCA"))[WRONG.id]
    assert view.replaced_by == RIGHT.id


def test_a_correction_may_itself_be_corrected() -> None:
    first, second = correction(WRONG, RIGHT), correction(WRONG, THIRD, said="2026-04-20")
    view = views(WRONG, RIGHT, THIRD, first, second, correction(first, second, said="2026-04-21"))[WRONG.id]
    assert (view.replaced_by, view.disputed) == (THIRD.id, False)


def test_withdrawals_of_withdrawals_are_followed_however_deep() -> None:
    chain = [retraction(WRONG)]
    for number in range(3_000):
        chain.append(retraction(chain[-1], reason=f"Step {number}."))
    for length, retracted in ((1, True), (2, False), (3, True), (3_000, False), (3_001, True)):
        assert views(WRONG, *chain[:length])[WRONG.id].retracted is retracted


def test_corrections_that_go_round_in_a_circle_replace_nothing_and_are_disputed() -> None:
    found = views(WRONG, RIGHT, THIRD, correction(WRONG, RIGHT), correction(RIGHT, WRONG), correction(THIRD, RIGHT))
    for each in (WRONG, RIGHT):
        assert (found[each.id].stands, found[each.id].disputed, found[each.id].current) == (True, True, each)
    assert (found[THIRD.id].stands, found[THIRD.id].current) == (False, RIGHT)


def test_a_remark_without_replacement_changes_nothing() -> None:
    view = views(RIGHT, correction(RIGHT, None))[RIGHT.id]
    assert (view.stands, view.disputed, len(view.corrections)) == (True, False, 1)


def test_a_remark_beside_a_correction_is_no_other_correction_and_takes_none_away() -> None:
    right = correction(WRONG, RIGHT)
    view = views(WRONG, RIGHT, right, correction(WRONG, None, said="2026-04-20"), correction(right, None))[WRONG.id]
    assert (view.replaced_by, view.disputed, view.stands) == (RIGHT.id, False, False)


@pytest.mark.parametrize("name", ["Coder One", "Coder Two"])
def test_a_coder_takes_back_a_match_and_a_grading_and_nobody_else_does(name: str) -> None:
    # Entered by somebody else, so that it is the coder who counts.
    made = [match(RIGHT, entered=imported("row 7")), grading(RIGHT, entered=imported("row 7"))]
    backs = [retraction(each, Speaker(name=name, kind="individual")) for each in made]
    view = views(RIGHT, *made, *backs)[RIGHT.id]
    own = name == "Coder One"
    assert [(each.retracted, each.disputed) for each in view.matches] == [(own, not own)]
    assert [(each.retracted, each.disputed) for each in view.gradings] == [(own, not own)]


def test_a_replacement_that_is_not_among_the_records_is_named() -> None:
    view = views(WRONG, correction(WRONG, RIGHT))[WRONG.id]
    assert (view.stands, view.replaced_by, view.current) == (False, RIGHT.id, WRONG)


def test_findings_gradings_and_replies_are_corrected_alike() -> None:
    found, again = finding(FERRY), finding(FERRY, conclusion="The panel withdraws its first conclusion.")
    graded, denial = grading(RIGHT), reply(FERRY, [RIGHT])
    (view,) = fold(
        [FERRY, RIGHT, found, again, correction(found, again), graded, retraction(graded), denial, retraction(denial)]
    ).operations
    assert {each.id: each.replaced_by for each in view.findings} == {found.id: again.id, again.id: None}
    assert view.claims[0].gradings[0].retracted
    assert view.replies[0].retracted
    assert len(view.corrections) == 3

"""The lens is off unless a reader switches it on; it shows belief, disbelief and doubt, and all that went in."""

import inspect
import random
import re
from fractions import Fraction
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.conduct.grading import ClaimGrade, grade_of, load_questions
from comity.conduct.lens import (
    BASE_RATE,
    LABEL,
    LENS_OFF,
    LensSettings,
    Opinion,
    Side,
    Voice,
    average,
    cap,
    cumulate,
    look,
    opinion_of,
    voices_about,
)
from comity.conduct.statements import Grading, YesNo
from comity.conduct.verbs import guarded
from comity.conduct.view import fold
from comity.errors import MalformedError, PolicyError
from support import conduct_records as make
from support.paths import ROOT

ON = LensSettings(on=True)
CODES = [question.code for question in load_questions()]


def grade(yes: int, claim: str = "0" * 64, coder: str = "Coder One") -> ClaimGrade:
    answers: dict[str, YesNo] = {code: "yes" if number < yes else "no" for number, code in enumerate(CODES)}
    return grade_of(claim, [Grading(claim=claim, coder=coder, said="2026-05-02", answers=answers)])


def voice(number: int, *, yes: int | None = 9, side: Side = "for", cluster: str | None = None) -> Voice:
    return Voice(
        id=f"{number:04}",
        name=f"Claimant {number}",
        side=side,
        cluster=cluster or f"cluster {number}",
        grade=None if yes is None else grade(yes),
    )


voices = st.lists(
    st.tuples(
        st.none() | st.integers(0, 18), st.sampled_from(["for", "against"]), st.sampled_from(["a", "b", "c", "d"])
    ),
    max_size=10,
).map(
    lambda rows: [
        voice(number, yes=yes, side=cast("Side", side), cluster=cluster)
        for number, (yes, side, cluster) in enumerate(rows)
    ]
)


def seen(held: list[Voice], settings: LensSettings = ON) -> Opinion:
    return look(held, proposition="XAA is behind it", settings=settings).opinion


def test_the_lens_is_off_by_default_everywhere() -> None:
    assert not LENS_OFF.on
    assert not LensSettings().on
    with pytest.raises(PolicyError, match="the lens is off"):
        look([voice(1)], proposition="XAA is behind it")
    assert inspect.signature(look).parameters["settings"].default is LENS_OFF
    # The command that is called for it, and by its name, is the one place that switches it on.
    sources = (ROOT / "src" / "comity").rglob("*.py")
    switched = [path.name for path in sources if re.search(r"LensSettings\(\s*on=True", path.read_text())]
    assert switched == ["conduct_grade.py"]


@given(voices)
def test_belief_disbelief_and_uncertainty_sum_to_exactly_one(held: list[Voice]) -> None:
    opinion = seen(held)
    assert opinion.belief + opinion.disbelief + opinion.uncertainty == 1
    assert min(opinion.belief, opinion.disbelief) >= 0
    assert opinion.uncertainty > 0


@given(voices, st.randoms(use_true_random=False))
def test_the_order_of_claims_changes_nothing(held: list[Voice], chance: random.Random) -> None:
    shuffled = held.copy()
    chance.shuffle(shuffled)
    one, other = (look(each, proposition="XAA is behind it", settings=ON) for each in (held, shuffled))
    assert one == other


@given(st.integers(0, 18), st.integers(1, 30))
def test_copies_of_a_claim_add_nothing(yes: int, copies: int) -> None:
    alone = [voice(0, yes=yes, cluster="one")]
    with_copies = [voice(number, yes=yes, cluster="one") for number in range(copies + 1)]
    assert seen(alone) == seen(with_copies)


@given(voices, st.integers(0, 18))
def test_a_cluster_never_believes_more_than_its_best_claim(held: list[Voice], yes: int) -> None:
    together = [voice(number, yes=yes - yes % (number + 1), cluster="one") for number in range(len(held) + 1)]
    assert seen(together).belief <= seen([voice(0, yes=yes)]).belief


def test_independent_claims_add_and_dependent_ones_do_not() -> None:
    dependent = seen([voice(1, cluster="one"), voice(2, cluster="one")])
    independent = seen([voice(1), voice(2)])
    assert dependent == seen([voice(1)])
    assert independent.belief > dependent.belief
    assert independent.uncertainty < dependent.uncertainty


@given(voices, st.integers(0, 18))
def test_a_denial_raises_disbelief_only_by_its_own_grade(held: list[Voice], yes: int) -> None:
    before = look(held, proposition="XAA is behind it", settings=ON)
    denial = voice(99, yes=None, side="against")
    ungraded = look([*held, denial], proposition="XAA is behind it", settings=ON)
    assert ungraded.opinion == before.opinion
    assert denial in ungraded.unweighed
    graded = seen([*held, voice(99, yes=yes, side="against")])
    assert graded.disbelief >= before.opinion.disbelief if not before.capped else True
    assert graded.belief <= before.opinion.belief
    if yes == 0:
        assert graded == before.opinion


def test_a_denial_in_the_cluster_of_what_it_denies_takes_nothing_from_the_evidence_for_it() -> None:
    held = [voice(1, cluster="one"), voice(2, cluster="one", side="against")]
    view = look(held, proposition="XAA is behind it", settings=ON)
    assert [(each.cluster, each.side) for each in view.clusters] == [("one", "against"), ("one", "for")]
    assert view.opinion.supporting == seen([voice(1)]).supporting
    assert view.opinion.supporting == view.opinion.opposing


@given(voices, st.fractions(Fraction(1, 10), Fraction(19, 20), max_denominator=50))
def test_belief_and_disbelief_together_stay_at_or_below_the_ceiling(held: list[Voice], ceiling: Fraction) -> None:
    settings = LensSettings(on=True, ceiling=ceiling)
    view = look(held, proposition="XAA is behind it", settings=settings)
    assert view.opinion.belief + view.opinion.disbelief <= ceiling
    uncapped = cumulate(each.opinion for each in view.clusters)
    assert view.capped == (uncapped.belief + uncapped.disbelief > ceiling)
    if view.capped:
        assert view.opinion.supporting * uncapped.opposing == view.opinion.opposing * uncapped.supporting


def test_no_evidence_and_balanced_evidence_look_different() -> None:
    nothing = seen([])
    balanced = look([voice(1), voice(2, side="against")], proposition="XAA is behind it", settings=ON)
    assert [nothing.belief, nothing.disbelief, nothing.uncertainty] == [Fraction(0), Fraction(0), Fraction(1)]
    assert balanced.opinion.belief == balanced.opinion.disbelief > 0
    assert balanced.opinion.conflict == balanced.opinion.belief
    assert balanced.disputed
    assert nothing.conflict == 0


def test_a_dispute_is_visible_where_the_denial_weighs_nothing() -> None:
    view = look([voice(1), voice(2, yes=None, side="against")], proposition="XAA is behind it", settings=ON)
    assert view.disputed
    assert "disputed" in view.text()


def test_the_base_rate_is_one_half_for_everybody_and_cannot_be_set() -> None:
    assert Fraction(1, 2) == BASE_RATE == Opinion().base_rate
    assert "base_rate" not in LensSettings.__slots__
    view = look([voice(1)], proposition="XAA is behind it", settings=ON)
    assert "base rate 1/2" in view.text()
    assert any("base rate is 1/2 for everybody" in text for text in view.assumptions)


def test_the_output_carries_its_label_and_every_input() -> None:
    held = [voice(1), voice(2, side="against"), voice(3, yes=None)]
    view = look(held, proposition="XAA is behind it", settings=ON)
    told = view.to_json()
    assert told["label"] == LABEL == "a lens, not a finding"
    assert view.text().startswith("a lens, not a finding: ")
    shown = {each.id for cluster in view.clusters for each in cluster.voices} | {each.id for each in view.unweighed}
    assert shown == {each.id for each in held}
    assert len(view.assumptions) == 7
    assert guarded(view.text(), quoted=["XAA is behind it"])


def test_nobody_who_claims_weighs_a_claim_of_the_operation() -> None:
    ferry = make.operation()
    stating, denying = make.claim(ferry, "Lantern Labs"), make.claim(ferry, "XAA", said="2026-03-07", polarity="denies")
    by_claimants = [make.grading(of, coder) for of in (stating, denying) for coder in ("lantern  labs", "State XAA")]
    (operation,) = fold([ferry, stating, denying, *by_claimants]).operations
    assert [each.weight for each in voices_about(operation, "XAA")] == [None, None]
    (operation,) = fold([ferry, stating, denying, *by_claimants, make.grading(denying, "Coder One")]).operations
    assert {each.id: each.weight for each in voices_about(operation, "XAA")} == {
        stating.id: None,
        denying.id: Fraction(1, 18),
    }


def test_the_lens_offers_no_single_number_of_guilt() -> None:
    for kind in (Opinion, type(look([], proposition="x", settings=ON))):
        names = [name for name, _ in inspect.getmembers(kind)]
        assert not any(word in name for name in names for word in ("project", "probab", "score", "expect", "verdict"))


def test_a_claim_weighs_by_answers_alone_as_a_mean_over_coders() -> None:
    both = ClaimGrade(claim="0" * 64, coders=(*grade(18).coders, *grade(0, coder="Coder Two").coders))
    one = Voice(id="1", name="x", side="for", cluster="c", grade=both)
    assert one.weight == Fraction(1, 2)
    opinion = opinion_of(one, Fraction(1, 2))
    assert opinion is not None
    assert opinion.belief == Fraction(1, 4)
    assert opinion_of(voice(1, yes=None), Fraction(1, 2)) is None


def test_the_operations_are_those_of_the_literature() -> None:
    """Averaging and cumulating two opinions, by the formulas on belief and uncertainty."""
    one, other = Opinion(supporting=Fraction(3)), Opinion(supporting=Fraction(1), opposing=Fraction(1))
    sum_of_doubt = one.uncertainty + other.uncertainty
    assert (
        average([one, other]).belief == (one.belief * other.uncertainty + other.belief * one.uncertainty) / sum_of_doubt
    )
    joint = sum_of_doubt - one.uncertainty * other.uncertainty
    assert cumulate([one, other]).belief == (one.belief * other.uncertainty + other.belief * one.uncertainty) / joint
    assert cumulate([one, other]).uncertainty == one.uncertainty * other.uncertainty / joint
    assert cap(one, Fraction(9, 10)) == one


def test_the_two_assumptions_are_printed_as_they_are() -> None:
    assert (LENS_OFF.single, LENS_OFF.ceiling) == (Fraction(1, 2), Fraction(9, 10))
    told = " ".join(look([], proposition="x", settings=ON).assumptions)
    assert "carry a belief of 1/2." in told
    assert "at or below 9/10." in told


def test_settings_and_evidence_out_of_range_are_refused() -> None:
    with pytest.raises(MalformedError, match="single"):
        LensSettings(single=Fraction(1))
    with pytest.raises(MalformedError, match="single"):
        LensSettings(single=Fraction(0))
    with pytest.raises(MalformedError, match="ceiling"):
        LensSettings(ceiling=Fraction(0))
    with pytest.raises(MalformedError, match="below zero"):
        Opinion(opposing=Fraction(-1))
    with pytest.raises(MalformedError, match="two different voices"):
        look([voice(1), voice(1, side="against")], proposition="x", settings=ON)
    assert look([voice(1), voice(1)], proposition="x", settings=ON).opinion == seen([voice(1)])


def test_voices_come_from_what_stands_in_the_view() -> None:
    ferry = make.operation()
    stating = make.claim(ferry, "XBB")
    place_only = make.claim(ferry, "Lantern Labs", make.subject("XAA", "place"), said="2026-03-04")
    withdrawn = make.claim(ferry, "XCA", said="2026-03-06")
    denying = make.claim(ferry, "XAA", said="2026-03-07", polarity="denies")
    denied, taken_back = make.reply(ferry, [stating]), make.reply(ferry, [stating], said="2026-03-06")
    by_another, counter = make.reply(ferry, [stating], "XCA"), make.reply(ferry, [stating], kind="counter_claim")
    regraded = make.grading(stating, "Coder Two", answers={"open_data": "yes", "repeatable": "yes"})
    records = [
        *(ferry, stating, place_only, withdrawn, denying, denied, make.retraction(withdrawn)),
        *(taken_back, make.retraction(taken_back), by_another, counter),
        *(make.grading(stating), make.grading(denying), regraded, make.retraction(regraded)),
    ]
    (operation,) = fold(records).operations
    found = {each.id: each for each in voices_about(operation, "XAA")}
    assert {identifier: each.side for identifier, each in found.items()} == {
        stating.id: "for",
        denying.id: "against",
        denied.id: "against",
    }
    assert found[denied.id].weight is None
    assert found[stating.id].weight == Fraction(1, 18)
    view = look(found.values(), proposition="XAA is behind it", settings=ON)
    assert view.opinion.belief == view.opinion.disbelief > 0
    assert [each.id for each in view.unweighed] == [denied.id]

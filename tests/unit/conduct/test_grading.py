"""Eighteen questions about a claim; coders stand side by side and only they are measured."""

import inspect
import random
from fractions import Fraction
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

import comity.conduct.agreement as agreement_module
import comity.conduct.grading as grading_module
from comity.conduct.agreement import (
    CoderModel,
    Rating,
    cohen_kappa,
    dawid_skene,
    fleiss_kappa,
    percent_agreement,
    ratings_of,
)
from comity.conduct.grading import Coder, QuestionGroup, check_coders, grade_of, load_questions
from comity.conduct.record import Record
from comity.conduct.statements import Grading, Speaker
from comity.errors import MalformedError, PolicyError
from comity.parties.table import parse_grade
from support import conduct_records as make

ONE, TWO, THREE = (Coder(name=f"Coder {number}") for number in ("One", "Two", "Three"))
CLAIM = make.claim(make.operation())
# Table 1 of Dawid and Skene (1979): what five anaesthetists answered about 45 patients, the first one three times.
ANAESTHETISTS = (
    "111 1 1 1 1;333 4 3 3 4;112 2 1 2 2;222 3 1 2 1;222 3 2 2 2;222 3 3 2 2;122 2 1 1 1;333 3 4 3 3;222 2 2 2 3;"
    "232 2 2 2 3;444 4 4 4 4;222 3 3 4 3;111 1 1 1 1;222 3 2 1 2;121 1 1 1 1;111 2 1 1 1;111 1 1 1 1;111 1 1 1 1;"
    "222 2 2 2 1;222 1 3 2 2;222 2 2 2 2;222 2 2 2 1;222 3 2 2 2;221 2 2 2 2;111 1 1 1 1;111 1 1 1 1;232 2 2 2 2;"
    "111 1 1 1 1;111 1 1 1 1;112 1 1 2 1;111 1 1 1 1;333 3 2 3 3;111 1 1 1 1;222 2 2 2 2;222 3 2 3 2;433 4 3 4 3;"
    "221 2 2 3 2;232 3 2 3 3;333 3 4 3 2;111 1 1 1 1;111 1 1 1 1;121 2 1 1 1;232 2 2 2 2;121 1 1 1 1;222 2 2 2 2"
)
# A worked example of Fleiss' kappa: ten items, fourteen ratings each, five answers.
FLEISS = (
    *((0, 0, 0, 0, 14), (0, 2, 6, 4, 2), (0, 0, 3, 5, 6), (0, 3, 9, 2, 0), (2, 2, 8, 1, 1)),
    *((7, 7, 0, 0, 0), (3, 2, 6, 3, 0), (2, 5, 3, 2, 2), (6, 5, 2, 1, 0), (0, 2, 2, 3, 7)),
)

tables = st.lists(st.lists(st.sampled_from(["yes", "no", "unclear"]), min_size=3, max_size=3), min_size=1, max_size=12)


def rated(rows: list[list[str]]) -> list[Rating]:
    return [
        Rating(item=number, coder=coder, answer=answer)
        for number, row in enumerate(rows)
        for coder, answer in zip((ONE, TWO, THREE), row, strict=True)
    ]


def graded(coder: str = "Coder One", **members: Any) -> Grading:
    return cast(Grading, make.grading(CLAIM, coder, **members).body)


def test_there_are_eighteen_questions_in_four_groups_each_with_source_and_anchor() -> None:
    questions = load_questions()
    sizes = {group: sum(question.group is group for question in questions) for group in QuestionGroup}
    assert list(sizes.values()) == [5, 3, 5, 5]
    assert len({question.code for question in questions}) == 18
    assert len({question.anchor for question in questions}) == 18
    for question in questions:
        assert question.text.endswith("?")
        assert parse_grade(question.grade_detail) is question.grade


def test_every_question_is_about_the_claim_or_its_claimant_and_none_about_the_accused() -> None:
    for question in load_questions():
        assert "claim" in question.text.lower() or question.code in {
            *("faithful_title", "fact_from_argument", "repeatable"),
        }
        assert "accused" not in question.text
        assert "guilt" not in question.text


def test_a_grade_shows_every_answer_and_counts_by_group_only() -> None:
    answers = {"open_data": "no", "method_explained": "yes", "neutral_wording": "unclear"}
    grade = grade_of(CLAIM.id, [graded(answers=answers)])
    (one,) = grade.coders
    counts = {group.group.value: group.to_json() for group in one.groups}
    assert [counts["transparency"][name] for name in ("yes", "no", "unclear", "unanswered")] == [1, 1, 0, 3]
    assert [counts["objectivity"][name] for name in ("yes", "no", "unclear", "unanswered")] == [0, 0, 1, 2]
    assert counts["transparency"]["answers"] == {
        "open_data": "no",
        "method_explained": "yes",
        "repeatable": None,
        "limits_admitted": None,
        "borne_out": None,
    }
    assert one.answer("open_data") == "no"
    assert one.answer("borne_out") is None


def test_nothing_in_the_module_adds_groups_up_to_one_number() -> None:
    for module in (grading_module, agreement_module):
        for name, member in inspect.getmembers(module):
            assert not any(word in name.lower() for word in ("score", "total", "rank", "overall")), name
            if inspect.isclass(member) and member.__module__ == module.__name__:
                names = [name for name, _ in inspect.getmembers(member)]
                assert not any(word in name for name in names for word in ("score", "total", "rank")), member


def test_coders_stand_side_by_side_by_name_with_what_they_answer_differently() -> None:
    grade = grade_of(
        CLAIM.id,
        [
            graded("Coder Two", answers={"open_data": "yes", "repeatable": "no"}),
            graded("Coder One", answers={"open_data": "no", "repeatable": "no", "borne_out": "yes"}),
        ],
    )
    assert [each.coder for each in grade.coders] == [ONE, TWO]
    assert [question.code for question in grade.differing()] == ["open_data"]


def test_a_coder_s_latest_grading_counts_and_says_how_many_it_replaces() -> None:
    first = graded(said="2026-05-02", answers={"open_data": "no"})
    later = graded(said="2026-05-09", answers={"open_data": "yes"})
    for order in ([first, later], [later, first]):
        (one,) = grade_of(CLAIM.id, order).coders
        assert (one.answer("open_data"), one.replaces) == ("yes", 1)


def test_two_gradings_by_one_coder_on_one_day_both_stand_and_cannot_be_measured() -> None:
    grade = grade_of(CLAIM.id, [graded(answers={"open_data": "no"}), graded(answers={"open_data": "yes"})])
    assert [each.answer("open_data") for each in grade.coders] == ["no", "yes"]
    with pytest.raises(PolicyError, match=r"Coder One graded claim .* twice on one day"):
        ratings_of([grade], [])


def test_each_of_two_gradings_on_one_day_replaces_what_came_before_that_day() -> None:
    earlier = graded(said="2026-05-01", answers={"open_data": "unclear"})
    grade = grade_of(CLAIM.id, [earlier, graded(answers={"open_data": "no"}), graded(answers={"open_data": "yes"})])
    assert [each.replaces for each in grade.coders] == [1, 1]


def test_an_answer_to_no_question_is_refused_by_name() -> None:
    with pytest.raises(MalformedError, match="truthful, which is no question"):
        grade_of(CLAIM.id, [graded(answers={"truthful": "yes"})])


def test_a_grading_of_another_claim_is_passed_over() -> None:
    assert not grade_of("0" * 64, [graded()]).graded


def test_whoever_makes_claims_is_no_coder() -> None:
    with pytest.raises(PolicyError, match="Speaker is no coder"):
        Rating(item=1, coder=cast(Coder, Speaker(name="Lantern Labs", kind="company")), answer="yes")
    with pytest.raises(PolicyError, match="str is no coder"):
        Rating(item=1, coder=cast(Coder, "XAA"), answer="yes")


def test_a_coder_who_also_makes_claims_is_refused() -> None:
    check_coders([ONE], ["Lantern Labs"])
    with pytest.raises(PolicyError, match="Lantern Labs makes claims and cannot grade them"):
        ratings_of([grade_of(CLAIM.id, [graded("Lantern Labs")])], ["lantern  labs "])


def test_one_coder_in_two_spellings_is_never_measured_against_itself() -> None:
    grade = grade_of(CLAIM.id, [graded("Coder One"), graded("coder  one")])
    with pytest.raises(PolicyError, match="Coder One and coder  one are one name in two spellings"):
        ratings_of([grade], [])


def test_ratings_are_the_answers_that_were_given() -> None:
    grades = [grade_of(CLAIM.id, [graded(), graded("Coder Two", answers={"open_data": "unclear"})])]
    found = {
        (cast(tuple[str, str], rating.item)[1], rating.coder.name, rating.answer) for rating in ratings_of(grades, [])
    }
    assert found == {
        ("open_data", "Coder One", "no"),
        ("method_explained", "Coder One", "yes"),
        ("open_data", "Coder Two", "unclear"),
    }


def test_percent_agreement_counts_pairs_on_items_that_two_or_more_rated() -> None:
    found = percent_agreement(
        [*rated([["yes", "yes", "no"], ["no", "no", "no"]]), Rating(item=9, coder=ONE, answer="yes")]
    )
    assert (found.agreeing, found.pairs, found.items) == (4, 6, 2)
    assert found.share == Fraction(2, 3)
    assert percent_agreement([Rating(item=9, coder=ONE, answer="yes")]).share is None


def test_cohen_s_kappa_is_that_of_the_worked_example() -> None:
    pairs = [("yes", "yes")] * 20 + [("yes", "no")] * 5 + [("no", "yes")] * 10 + [("no", "no")] * 15
    ratings = [
        Rating(item=number, coder=coder, answer=answer)
        for number, pair in enumerate(pairs)
        for coder, answer in zip((ONE, TWO), pair, strict=True)
    ]
    kappa = cohen_kappa(ratings, ONE, TWO)
    assert (kappa.observed, kappa.expected, kappa.value, kappa.items) == (
        Fraction(7, 10),
        Fraction(1, 2),
        Fraction(2, 5),
        50,
    )


def test_fleiss_kappa_is_that_of_the_worked_example() -> None:
    ratings = []
    for item, counts in enumerate(FLEISS):
        answers = [str(answer) for answer, number in enumerate(counts) for _ in range(number)]
        ratings += [
            Rating(item=item, coder=Coder(name=str(number)), answer=answer) for number, answer in enumerate(answers)
        ]
    kappa = fleiss_kappa(ratings)
    assert kappa.value is not None
    assert round(float(kappa.observed), 3) == 0.378
    assert round(float(kappa.expected), 3) == 0.213
    assert round(float(kappa.value), 3) == 0.210


def test_kappa_is_unknown_where_chance_alone_makes_everybody_agree() -> None:
    ratings = rated([["yes", "yes", "yes"]] * 4)
    assert fleiss_kappa(ratings).value is None
    assert cohen_kappa(ratings, ONE, TWO).value is None


def test_kappa_refuses_what_it_cannot_measure() -> None:
    uneven = rated([["yes", "no", "no"]])[:-1] + rated([["yes"] * 3, ["no"] * 3])[3:]
    with pytest.raises(MalformedError, match="got 2, 3"):
        fleiss_kappa(uneven)
    with pytest.raises(MalformedError, match="got no item"):
        fleiss_kappa([])
    with pytest.raises(MalformedError, match="named twice"):
        cohen_kappa([], ONE, ONE)
    with pytest.raises(MalformedError, match="no item in common"):
        cohen_kappa([Rating(item=1, coder=ONE, answer="yes"), Rating(item=2, coder=TWO, answer="yes")], ONE, TWO)
    with pytest.raises(PolicyError, match="rated 1 twice"):
        percent_agreement([Rating(item=1, coder=ONE, answer="yes")] * 2)
    with pytest.raises(MalformedError, match="no rating"):
        dawid_skene([])


@given(tables)
def test_kappa_depends_on_neither_the_order_of_items_nor_of_coders(rows: list[list[str]]) -> None:
    ratings = rated(rows)
    other = [Rating(item=-cast(int, rating.item), coder=rating.coder, answer=rating.answer) for rating in ratings[::-1]]
    assert fleiss_kappa(ratings) == fleiss_kappa(other)
    assert cohen_kappa(ratings, ONE, TWO) == cohen_kappa(other, TWO, ONE)


@given(tables)
def test_kappa_never_exceeds_one_and_is_one_only_where_all_agree(rows: list[list[str]]) -> None:
    for kappa in (fleiss_kappa(rated(rows)), cohen_kappa(rated(rows), ONE, TWO)):
        if kappa.value is not None:
            assert -1 <= kappa.value <= 1
            assert (kappa.value == 1) == (kappa.observed == 1)


def test_the_model_reproduces_the_estimates_published_in_1979() -> None:
    ratings = [
        Rating(item=patient, coder=Coder(name=str(observer)), answer=answer)
        for patient, row in enumerate(ANAESTHETISTS.split(";"))
        for observer, answers in enumerate(row.split(), 1)
        for answer in answers
    ]
    model = dawid_skene(ratings)
    assert model.settled
    assert {answer: round(share, 2) for answer, share in model.prior.items()} == {
        "1": 0.40,
        "2": 0.42,
        "3": 0.11,
        "4": 0.07,
    }
    first, second = (model.confusion[Coder(name=name)] for name in ("1", "2"))
    assert [round(value, 2) for value in first["1"].values()] == [0.89, 0.11, 0.0, 0.0]
    assert [round(value, 2) for value in second["2"].values()] == [0.05, 0.63, 0.31, 0.0]
    # An independent implementation with numpy gave -192.890881 for these data.
    assert model.log_likelihoods[-1] == pytest.approx(-192.890881, abs=1e-5)


@given(tables)
def test_the_model_s_probabilities_sum_to_one_and_its_likelihood_never_falls(rows: list[list[str]]) -> None:
    model = dawid_skene(rated(rows), max_rounds=60)
    assert sum(model.prior.values()) == pytest.approx(1)
    for weights in model.posterior.values():
        assert sum(weights.values()) == pytest.approx(1)
    for by_true in model.confusion.values():
        for row in by_true.values():
            assert sum(row.values()) == pytest.approx(1) or sum(row.values()) == 0
    steps = zip(model.log_likelihoods, model.log_likelihoods[1:], strict=False)
    assert all(after >= before - 1e-9 for before, after in steps)


@given(tables, st.randoms(use_true_random=False))
def test_the_model_does_not_depend_on_the_order_of_ratings(rows: list[list[str]], chance: random.Random) -> None:
    ratings = rated(rows)
    shuffled = ratings.copy()
    chance.shuffle(shuffled)
    one, other = (dawid_skene(each, max_rounds=40) for each in (ratings, shuffled))
    assert one.prior == other.prior
    assert one.confusion == other.confusion
    assert one.posterior == other.posterior


@given(tables)
def test_renaming_the_answers_renames_the_result(rows: list[list[str]]) -> None:
    names = {"yes": "c", "no": "a", "unclear": "b"}
    one = dawid_skene(rated(rows), max_rounds=20)
    other = dawid_skene(rated([[names[answer] for answer in row] for row in rows]), max_rounds=20)
    for answer, share in one.prior.items():
        assert other.prior[names[answer]] == pytest.approx(share, abs=1e-6)


def test_a_coder_who_often_errs_is_told_from_those_who_agree() -> None:
    rows = [["yes", "yes", "no"], ["no", "no", "yes"], ["yes", "yes", "yes"], ["no", "no", "no"], ["yes", "yes", "no"]]
    model = dawid_skene(rated(rows * 3))

    def right(coder: Coder, model: CoderModel = model) -> float:
        return sum(model.prior[true] * row[true] for true, row in model.confusion[coder].items())

    assert right(ONE) > 0.99
    assert right(THREE) < 0.6


def test_the_records_of_the_ledger_carry_gradings_that_can_be_read() -> None:
    case: dict[str, Record] = make.small_case()
    body = cast(Grading, case["grading"].body)
    assert grade_of(case["first"].id, [body]).graded

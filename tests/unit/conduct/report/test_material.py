"""What a page needs of a ledger: the same as from everything on record, and of too much the newest, which it says."""

import random
from datetime import date

import pytest

from comity.conduct.commitments.statements import Commitment
from comity.conduct.exporting.standing import Standings
from comity.conduct.figures import Redraw
from comity.conduct.kinds import KINDS
from comity.conduct.ledger import Ledger
from comity.conduct.pairs import Question, of_pair, of_state, pairs
from comity.conduct.record import Origin, Provenance, Record
from comity.conduct.report.assembled import state_report
from comity.conduct.report.material import Material, with_provenances
from comity.conduct.statements import Period
from comity.conduct.view import fold
from support.conduct_chance import random_records
from support.conduct_records import claim, imported, operation, provenance, retraction, source

AS_OF = date(2026, 12, 31)


def logged(on: str) -> Provenance:
    return provenance(on, origin=Origin.STATEMENT, source="xdd.centre", digest="ab" * 32)


def one_a_year(years: range) -> list[Record]:
    """Return operations that are said to have happened in different years, each with three claims."""
    deeds = [operation(f"Deed {year}", occurred=Period(begin=str(year))) for year in years]
    return [*deeds, *(claim(deed, by) for deed in deeds for by in ("XBB", "XCA", "Beacon"))]


@pytest.mark.parametrize("seed", range(12))
def test_pairs_are_those_that_a_view_of_everything_gives(seed: int) -> None:
    chance = random.Random(seed)
    questions = [
        of_state("XAA"),
        of_state("XAC", begin=date(2025, 2, 1), end=date(2025, 12, 31)),
        of_state("XAA", end=date(2026, 1, 7)),
        of_pair("XAA", "XBB"),
        of_pair("XHA", "XAC", begin=date(2025, 3, 4)),
    ]
    with Ledger.open(":memory:", create=True, exercise=True, kinds=KINDS) as ledger:
        ledger.add(random_records(chance))
        for as_of in (AS_OF, date(2026, 5, 1)):
            material = Material(ledger, as_of=as_of, most=None)
            everything = fold(ledger.records(), as_of=as_of)
            for question in questions:
                whole = pairs(question, everything, as_of=as_of, searched=material.searched())
                assert material.pairs(question).to_json() == whole.to_json()


def test_of_too_many_operations_those_are_shown_that_are_said_to_have_happened_last() -> None:
    with Ledger.open(":memory:", create=True, exercise=True, kinds=KINDS) as ledger:
        ledger.add([*one_a_year(range(2010, 2020)), *one_a_year(range(2005, 2010))])
        for most, years in ((7, [2018, 2019]), (6, [2018, 2019]), (1, [2019]), (45, list(range(2005, 2020)))):
            found = Material(ledger, as_of=AS_OF, most=most).concerned(of_state("XAA"))
            assert [view.body.title for view in found.view.operations] == [f"Deed {year}" for year in years]
            assert (found.of, found.text is None) == (15, most == 45)
        # What the period leaves out is not counted as left out.
        question = of_state("XAA", begin=date(2018, 1, 1))
        assert Material(ledger, as_of=AS_OF, most=6).concerned(question).text is None


def test_a_page_says_what_it_leaves_out_and_where_the_rest_is() -> None:
    with Ledger.open(":memory:", create=True, exercise=True, kinds=KINDS) as ledger:
        ledger.add(one_a_year(range(2010, 2020)))
        page = state_report(Material(ledger, as_of=AS_OF, most=9), "XAA").decode()
        told = (
            "10 operations are concerned; shown are the 3 that are said to have happened last; a higher --limit shows "
            "more, and comity conduct export csv --about has all of them"
        )
        assert told in page
        assert page.count('class="both"') == 9
        assert "Deed 2016" not in page
        assert "10 of 10 (100 %)" in page
        assert told == Material(ledger, as_of=AS_OF, most=9).pairs(of_state("XAA")).left_out
        whole = state_report(Material(ledger, as_of=AS_OF), "XAA").decode()
        assert whole.count('class="both"') == 30
        assert "What this page shows" not in whole


def test_the_line_with_clustering_is_right_also_where_the_page_is_without() -> None:
    deed = operation()
    first = claim(deed, "Beacon")
    second = claim(deed, "Lantern Labs", derives_from=[first.id])
    with Ledger.open(":memory:", create=True, exercise=True, kinds=KINDS) as ledger:
        ledger.add([deed, first, second])
        redraw = Redraw(leave_out_single_voices=True, clustering=False)
        found = Material(ledger, as_of=AS_OF, clustering=False).claims().sensitivity("XAA", redraw)
        shares = {line.change: line.share.text for line in (found.base, *found.lines) if not line.value}
        assert shares == {"none": "1 of 1 (100 %)", "single_voices": "1 of 1 (100 %)", "clustering": "nothing counted"}


def test_a_question_about_nobody_on_record_has_no_operations() -> None:
    with Ledger.open(":memory:", create=True, exercise=True, kinds=KINDS) as ledger:
        ledger.add(one_a_year(range(2010, 2012)))
        found = Material(ledger, as_of=AS_OF).concerned(Question(title="Nobody", about=("XGA",)))
        assert (found.view.operations, found.of, found.text) == ((), 0, None)


def test_where_else_a_record_came_from_counts_in_every_view_and_export_alike() -> None:
    deed = operation()
    # XDD repeats in its own log what XEE says; later it comes from elsewhere as well, and XDD takes it back.
    said = claim(deed, "XEE", entered=logged("2026-06-01"))
    taken = retraction(said, "XDD", entered=logged("2026-06-03"))
    with Ledger.open(":memory:", create=True, exercise=True, kinds=KINDS) as ledger:
        ledger.add([deed, said, taken])
        assert Material(ledger, as_of=AS_OF).operation(deed.id).claim(said.id).retracted
        ledger.add([said.came_also(imported("row 1", "2026-06-02"))])
        material = Material(ledger, as_of=AS_OF)
        for view in (material.operation(deed.id), material.of([deed.id]), fold(ledger.about("XAA"))):
            assert not view.claim(said.id).retracted
        assert material.claims().tally().counted == 1
        assert Standings(with_provenances(ledger, ledger.records())).of(said).state == "standing"
        # Before it came from elsewhere, and was taken back, nobody else had entered it.
        assert Material(ledger, as_of=date(2026, 6, 1)).claims().tally().counted == 1


def test_a_commitment_that_came_from_elsewhere_too_is_not_taken_back_by_who_repeats_it() -> None:
    body = Commitment(participant="XEE", catalogue="gge_norms", act="endorsed", on="2021-03-12", sources=[source()])
    pledge = Record(kind="commitment", body=body, provenance=logged("2026-06-01"))
    taken = retraction(pledge, "XDD", entered=logged("2026-06-03"))
    with Ledger.open(":memory:", create=True, exercise=True, kinds=KINDS) as ledger:
        ledger.add([pledge, pledge.came_also(imported("row 1", "2026-06-02")), taken])
        material = Material(ledger, as_of=AS_OF)
        assert [each.stands for each in material.stated() if each.id == pledge.id] == [True]
        assert material.pairs(of_state("XEE")).sides[0].set_aside == ()

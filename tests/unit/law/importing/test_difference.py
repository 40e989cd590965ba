"""What a list would change is shown before it is applied, and so is what it does not touch."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from comity.law.importing.difference import Difference, compare
from comity.law.importing.imported import ImportedAct, ImportedList
from comity.law.model import Act, ActSort, Confidence
from comity.law.rows import Action
from comity.parties.table import Grade

DAY = date(2025, 10, 25)
LATER = date(2026, 5, 1)


def known(code: str, act: Act, on: date | None = DAY, **more: object) -> Action:
    row = Action(
        instrument="hanoi",
        participant=code,
        act=act,
        on=on,
        known_by=None,
        confidence=Confidence.CONFIRMED,
        provision=None,
        about=None,
        note=None,
        source="an older list",
        grade=Grade.SECONDARY,
        grade_detail="S",
    )
    return replace(row, **more)  # type: ignore[arg-type]


def found(code: str, act: Act, on: date | None = DAY, **more: object) -> ImportedAct:
    row = ImportedAct(participant=code, act=act, on=on, where=f"row of {code}")
    return replace(row, **more)  # type: ignore[arg-type]


def listed(*acts: ImportedAct, covers: frozenset[ActSort] | None = None) -> ImportedList:
    complete = frozenset({ActSort.SIGNATURE, ActSort.CONSENT, ActSort.WITHDRAWAL})
    return ImportedList(
        name="a newer list",
        instrument_hint=None,
        title=None,
        as_of=LATER,
        digest="00",
        covers=complete if covers is None else covers,
        acts=acts,
        unread=("a note in prose",),
    )


def test_an_act_that_the_register_lacks_is_new() -> None:
    difference = compare([], listed(found("PRT", Act.RATIFICATION, LATER)))
    assert [act.participant for act in difference.new] == ["PRT"]
    assert difference.lines()[1] == "new: Portugal: ratification on 2026-05-01, row of PRT"


def test_an_act_of_another_day_or_kind_is_changed() -> None:
    difference = compare(
        [known("PRT", Act.RATIFICATION), known("FRA", Act.RATIFICATION)],
        listed(found("PRT", Act.RATIFICATION, LATER), found("FRA", Act.APPROVAL)),
    )
    assert [(row.before[0].participant, row.after[0].act) for row in difference.changed] == [
        ("FRA", Act.APPROVAL),
        ("PRT", Act.RATIFICATION),
    ]
    assert difference.lines()[2] == (
        "changed: Portugal: ratification on 2025-10-25 becomes Portugal: ratification on 2026-05-01, row of PRT"
    )


def test_a_reported_act_whose_day_the_list_has_is_changed() -> None:
    reported = known("PRT", Act.RATIFICATION, None, known_by=LATER, confidence=Confidence.REPORTED)
    assert len(compare([reported], listed(found("PRT", Act.RATIFICATION, date(2026, 4, 2)))).changed) == 1


def test_an_act_that_the_list_no_longer_shows_has_vanished_and_is_told_with_its_source() -> None:
    difference = compare([known("PRT", Act.SIGNATURE)], listed(found("FRA", Act.SIGNATURE)))
    assert [act.participant for act in difference.vanished] == ["PRT"]
    assert "vanished: Portugal: signature on 2025-10-25 (confirmed, an older list)" in difference.lines()


def test_what_both_say_is_the_same() -> None:
    difference = compare([known("PRT", Act.SIGNATURE)], listed(found("PRT", Act.SIGNATURE)))
    assert difference.empty
    assert difference.lines() == (
        "list: a newer list, file sha256 00, dated 2026-05-01",
        "the same: 1",
        "untouched, as the list does not speak of them: 0",
        "not read: a note in prose",
    )


def test_a_disputed_fact_of_which_the_list_bears_out_one_version_is_changed() -> None:
    versions = [known("PRT", Act.RATIFICATION, DAY), known("PRT", Act.RATIFICATION, LATER)]
    difference = compare(versions, listed(found("PRT", Act.RATIFICATION, DAY)))
    assert difference.changed[0].before == tuple(versions)


def test_signature_and_consent_of_one_participant_are_two_facts() -> None:
    difference = compare(
        [known("PRT", Act.SIGNATURE)], listed(found("PRT", Act.SIGNATURE), found("PRT", Act.RATIFICATION, LATER))
    )
    assert (len(difference.same), [act.act for act in difference.new]) == (1, [Act.RATIFICATION])


def test_a_withdrawal_known_by_its_day_agrees_with_a_list_that_only_shows_it() -> None:
    left = found("XAA", Act.WITHDRAWAL, None, known_by=LATER)
    assert len(compare([known("XAA", Act.WITHDRAWAL, DAY)], listed(left)).same) == 1
    assert len(compare([known("XAA", Act.WITHDRAWAL, date(2026, 6, 1))], listed(left)).changed) == 1


def test_an_act_that_is_only_shown_by_its_day_agrees_with_no_act_of_another_kind() -> None:
    seen = found("FRA", Act.ACCESSION, None, known_by=LATER, confidence=Confidence.REPORTED)
    assert len(compare([known("FRA", Act.ACCESSION)], listed(seen)).same) == 1
    difference = compare([known("FRA", Act.RATIFICATION)], listed(seen))
    assert [(change.before[0].act, change.after[0].act) for change in difference.changed] == [
        (Act.RATIFICATION, Act.ACCESSION)
    ]


def test_what_is_better_known_stays_beside_what_the_list_says() -> None:
    weaker = found("PRT", Act.RATIFICATION, LATER, confidence=Confidence.MEMORY, grade="M")
    difference = compare([known("PRT", Act.RATIFICATION)], listed(weaker))
    assert difference.replaced == ()
    assert difference.lines()[1] == (
        "beside: Portugal: ratification on 2025-10-25 stays, and with it goes "
        "Portugal: ratification on 2026-05-01 (memory), row of PRT"
    )
    memory = known("PRT", Act.RATIFICATION, date(2026, 1, 1), confidence=Confidence.MEMORY)
    stated = found("PRT", Act.RATIFICATION, LATER, confidence=Confidence.REPORTED)
    difference = compare([known("PRT", Act.RATIFICATION), memory], listed(stated))
    assert difference.replaced == (memory,)
    assert difference.lines()[1] == (
        "changed: Portugal: ratification on 2026-01-01 (memory) becomes Portugal: ratification on 2026-05-01 "
        "(reported), row of PRT; Portugal: ratification on 2025-10-25 stays beside it"
    )
    changed: Any = difference.to_json()["changed"]
    (shown,) = changed
    assert [(row["on"], row["confidence"]) for row in shown["replaced"]] == [("2026-01-01", "memory")]


def test_remarks_of_two_days_are_two_and_one_of_unknown_day_may_be_either() -> None:
    made = known("PRT", Act.DECLARATION, DAY, provision="42")
    reported = known("PRT", Act.DECLARATION, None, known_by=LATER, confidence=Confidence.REPORTED, provision="42")
    stated = found("PRT", Act.DECLARATION, date(2026, 3, 1), provision="42")
    assert [len(part) for part in split(compare([made], listed(stated)))] == [1, 0, 0]
    assert [len(part) for part in split(compare([reported], listed(stated)))] == [0, 1, 0]
    late = replace(reported, known_by=DAY)
    assert [len(part) for part in split(compare([late], listed(stated)))] == [1, 0, 0]
    by = found("PRT", Act.DECLARATION, None, known_by=LATER, confidence=Confidence.REPORTED, provision="42")
    assert [len(part) for part in split(compare([made], listed(by)))] == [0, 0, 1]
    assert [
        len(part)
        for part in split(compare([known("PRT", Act.DECLARATION, date(2026, 6, 1), provision="42")], listed(by)))
    ] == [1, 0, 0]
    assert [len(part) for part in split(compare([late], listed(by)))] == [0, 0, 1]
    noted = [replace(made, note="one"), replace(made, note="two", confidence=Confidence.REPORTED)]
    again = found("PRT", Act.DECLARATION, DAY, provision="42", note="two")
    assert compare(noted, listed(again)).replaced == (noted[1],)


def split(difference: Difference) -> tuple[tuple[object, ...], ...]:
    return difference.new, difference.changed, difference.same


def test_what_the_list_does_not_cover_is_untouched() -> None:
    kept = [
        known("PRT", Act.RESERVATION, provision="42"),
        known("GBR", Act.TERRITORIAL_APPLICATION, about="GIB"),
    ]
    difference = compare(kept, listed(found("FRA", Act.SIGNATURE)))
    assert (difference.untouched, difference.vanished) == (tuple(kept), ())


def test_acts_of_former_states_are_untouched_as_lists_move_them_into_notes() -> None:
    difference = compare([known("YUG", Act.RATIFICATION, date(1986, 5, 5))], listed(found("HRV", Act.SUCCESSION)))
    assert [act.participant for act in difference.untouched] == ["YUG"]


def test_a_partial_list_lets_nothing_vanish_and_still_shows_changes() -> None:
    partial = listed(found("PRT", Act.SIGNATURE, LATER), covers=frozenset())
    difference = compare([known("PRT", Act.SIGNATURE), known("FRA", Act.SIGNATURE)], partial)
    assert (len(difference.changed), len(difference.vanished), len(difference.untouched)) == (1, 0, 1)


@pytest.mark.parametrize(("about", "same"), [("ABW", 1), ("CUW", 0)])
def test_each_territory_is_a_fact_of_its_own(about: str, same: int) -> None:
    applied = found("NLD", Act.TERRITORIAL_APPLICATION, about="ABW")
    difference = compare(
        [known("NLD", Act.TERRITORIAL_APPLICATION, about=about)],
        listed(applied, covers=frozenset({ActSort.TERRITORY})),
    )
    assert (len(difference.same), len(difference.vanished)) == (same, 1 - same)


def test_the_difference_is_also_plain_values() -> None:
    difference = compare([known("FRA", Act.SIGNATURE)], listed(found("PRT", Act.SIGNATURE)))
    assert difference.to_json() == {
        "source": "a newer list, file sha256 00, dated 2026-05-01",
        "new": [
            {
                "participant": "PRT",
                "act": "signature",
                "on": "2025-10-25",
                "confidence": "confirmed",
                "where": "row of PRT",
            }
        ],
        "changed": [],
        "vanished": [
            {
                "participant": "FRA",
                "act": "signature",
                "on": "2025-10-25",
                "confidence": "confirmed",
                "source": "an older list",
            }
        ],
        "same": 0,
        "untouched": 0,
        "unread": ["a note in prose"],
    }

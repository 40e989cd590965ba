"""What is looked at in one record before a ledger takes it: names as they are compared, what it refers to, its days."""

from datetime import date

import pytest

from comity.conduct.admission import HELD, PAST, admit, check_entry, folded
from comity.conduct.kinds import KINDS
from comity.conduct.statements import RightOfReply, Subject
from comity.errors import MalformedError, PolicyError
from support.conduct_records import claim, finding, operation, reply

ON = date(2026, 6, 1)
FERRY = operation()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("State XAA", "STATE  xaa"),
        ("Straße", "STRASSE"),
        ("Ｓｔａｔｅ", "state"),
        ("Lan\u200btern", "lantern"),
        ("\u202eState\u202c", "state"),
        ("Ведомство\u00a0Ы", "ведомство ы"),
        ("Ångström", "A\u030angstro\u0308m"),
    ],
)
def test_two_spellings_of_a_name_are_one_in_any_script(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@pytest.mark.parametrize(("one", "other"), [("й", "и"), ("संस्था की", "संस्था के"), ("Åland", "Aland"), ("ab", "a b")])
def test_marks_that_tell_names_apart_stay(one: str, other: str) -> None:
    assert folded(one) != folded(other)


def test_what_a_finding_heard_is_held_and_a_reply() -> None:
    denial = reply(FERRY)
    heard = RightOfReply(given=True, asked="2026-04-01", replies=[denial.id])
    refers = admit(finding(FERRY, right_of_reply=heard), KINDS, exercise=True).refers
    assert ("right_of_reply.replies", denial.id, "reply") in refers


def test_nobody_was_asked_on_a_day_still_to_come_and_an_answer_may_be_due_later() -> None:
    due = finding(FERRY, right_of_reply=RightOfReply(given=True, asked="2026-05-01", until="2027-01-01"))
    assert check_entry("finding", due.body, KINDS, on=ON)
    asked = finding(FERRY, right_of_reply=RightOfReply(given=True, asked="2026-07-01"))
    with pytest.raises(PolicyError, match=r"^right_of_reply\.asked 2026-07-01 lies after 2026-06-01"):
        check_entry("finding", asked.body, KINDS, on=ON)


def test_a_body_is_of_either_world_where_nobody_says_for_which_ledger_it_is() -> None:
    real = claim(FERRY, about=Subject(level="state", name="Portugal", participant="PRT"))
    for record in (claim(FERRY), real):
        check_entry("claim", record.body, KINDS, on=ON)
    with pytest.raises(PolicyError, match="an exercise names fictitious"):
        check_entry("claim", real.body, KINDS, on=ON, exercise=True)
    with pytest.raises(PolicyError, match="fictitious participants act in exercises only"):
        check_entry("claim", claim(FERRY).body, KINDS, on=ON, exercise=False)
    nobody = claim(FERRY, about=Subject(level="state", name="Nowhere", participant="QQQ"))
    with pytest.raises(MalformedError, match=r"^about\.participant: no participant has the code 'QQQ'"):
        check_entry("claim", nobody.body, KINDS, on=ON)


def test_a_body_under_another_kind_is_refused() -> None:
    with pytest.raises(MalformedError, match="a claim has another body than Operation"):
        check_entry("claim", FERRY.body, KINDS, on=ON)


def test_every_member_that_is_looked_at_is_one_of_some_kind() -> None:
    members = {name for shape in KINDS.values() for name in shape.__struct_fields__}
    assert {path.partition(".")[0] for path in (*HELD, *PAST)} <= members

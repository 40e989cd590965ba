"""Records that somebody enters: labels stand for ids, in any order, and each refusal names the label."""

from datetime import date

import pytest

from comity.conduct.importing import by_hand
from comity.conduct.importing.by_hand import import_by_hand
from comity.conduct.kinds import KINDS
from comity.conduct.ledger import Ledger
from comity.conduct.record import Origin
from comity.conduct.statements import Claim, Reply
from comity.errors import MalformedError

ON = date(2026, 6, 1)
FERRY = """
[ferry]
is = "operation"
title = "Night ferry"
category = "sabotage"
"""
SAID = """
[said]
is = "claim"
operation = "@ferry"
polarity = "asserts"
claimant = { name = "State XBB", kind = "state", participant = "XBB" }
about = [{ level = "state", name = "State XAA", participant = "XAA" }]
said = 2026-03-02
"""
DENIED = """
[denied]
is = "reply"
operation = "@ferry"
to_claims = ["@said"]
by = { name = "State XAA", kind = "state", participant = "XAA" }
kind = "denial"
text = "@said is no label here"
"""
BY = 'by = "Coder One"\n'


def entered(text: str, by: str | None = None) -> list[str]:
    return [record.kind for record in import_by_hand(text.encode(), on=ON, by=by).records]


def test_labels_stand_for_ids_and_what_is_referred_to_comes_first() -> None:
    found = import_by_hand((BY + DENIED + SAID + FERRY).encode(), on=ON)
    assert [record.kind for record in found.records] == ["operation", "claim", "reply"]
    ferry, said, denied = found.records
    assert isinstance(said.body, Claim)
    assert isinstance(denied.body, Reply)
    assert said.body.operation == denied.body.operation == ferry.id
    assert denied.body.to_claims == [said.id]
    assert denied.body.text == "@said is no label here"
    assert said.body.said == "2026-03-02"
    with Ledger.open(":memory:", create=True, exercise=True, kinds=KINDS) as ledger:
        assert ledger.add(found.records).new == 3


def test_a_record_says_who_entered_it_when_and_under_which_label() -> None:
    found = import_by_hand((BY + FERRY).encode(), on=ON)
    came = found.records[0].provenance
    assert (came.origin, came.source, came.on, came.place) == (Origin.HAND, "Coder One", ON, "ferry")
    assert came.digest == found.digest
    assert import_by_hand((BY + FERRY).encode(), on=ON, by="Coder Two").records[0].provenance.source == "Coder Two"


def test_an_id_of_a_record_that_the_ledger_holds_is_taken_whole() -> None:
    ferry = import_by_hand((BY + FERRY).encode(), on=ON).records[0]
    said = import_by_hand((BY + SAID.replace("@ferry", ferry.id)).encode(), on=ON).records[0]
    assert isinstance(said.body, Claim)
    assert said.body.operation == ferry.id


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (FERRY, "say who enters these records"),
        (BY, "no record is in it"),
        (BY + "[ferry]\ntitle = 'x'", r"\[ferry\]: say of which kind it is"),
        (BY + FERRY.replace("operation", "oracle"), r"\[ferry\]: record kind 'oracle' is unknown"),
        (BY + SAID, r"\[said\]: operation '@ferry' is no label of this file"),
        (BY + FERRY.replace("sabotage", "mischief"), r"\[ferry\]: body of operation: Invalid enum value 'mischief'"),
        (BY + FERRY + "colour = 'red'", r"\[ferry\]: body of operation: .*colour"),
        (BY + FERRY + "occurred = { begin = 2026-01-01T09:00:00 }", r"occurred.begin is a time; write it as text"),
        (BY + FERRY.replace("[ferry]", '["Night Ferry"]'), "a record is a table with a label"),
        (BY + "ferry = 3", "a record is a table with a label"),
        ("by = ", "no TOML"),
        (BY + SAID.replace("@ferry", "@said"), "in a circle: said → said"),
    ],
)
def test_what_cannot_be_entered_is_refused_with_its_label(text: str, message: str) -> None:
    with pytest.raises(MalformedError, match=message):
        entered(text)


def test_labels_that_go_round_in_a_circle_are_told_in_order() -> None:
    one = DENIED.replace("@ferry", "@said")
    other = SAID.replace("@ferry", "@denied")
    with pytest.raises(MalformedError, match="in a circle: denied → said → denied"):
        entered(BY + one + other)


def test_a_chain_that_is_too_long_is_refused_and_not_a_crash() -> None:
    links = "".join(
        f'[r{number}]\nis = "correction"\ncorrects = "@r{number + 1}"\nkind = "retraction"\n'
        f'by = {{ name = "A", kind = "media" }}\nsaid = "2026"\nreason = "r"\n'
        for number in range(300)
    )
    with pytest.raises(MalformedError, match="more than 100 records refer to each other in a row"):
        entered(BY + links + FERRY.replace("[ferry]", "[r300]"))


def test_more_records_than_anybody_types_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_hand, "_MOST", 1)
    assert len(import_by_hand(FERRY.encode(), on=ON, by="Coder One").records) == 1
    with pytest.raises(MalformedError, match=r"at most 1 records are entered at a time, this file has 2"):
        import_by_hand((FERRY + SAID).encode(), on=ON, by="Coder One")

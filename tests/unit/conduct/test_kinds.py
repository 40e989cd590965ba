"""One table holds the kinds of every room, and two rooms cannot mean different things by one word."""

import pytest

from comity.conduct.commitments.statements import KINDS as COMMITMENTS
from comity.conduct.inquiry.statements import KINDS as INQUIRIES
from comity.conduct.inquiry.statements import Mandate
from comity.conduct.kinds import KINDS, joined
from comity.conduct.statements import KINDS as LEDGER
from comity.conduct.statements import Claim, Operation
from comity.errors import MalformedError


def test_every_kind_of_every_room_is_in_the_table() -> None:
    assert list(KINDS) == [*LEDGER, *COMMITMENTS, *INQUIRIES]
    assert len(KINDS) == len(LEDGER) + len(COMMITMENTS) + len(INQUIRIES)


def test_a_kind_of_two_rooms_is_refused_by_name() -> None:
    with pytest.raises(MalformedError, match="two rooms have a record kind 'claim'"):
        joined({"claim": Claim}, {"claim": Operation})


def test_one_body_of_two_kinds_is_refused() -> None:
    with pytest.raises(MalformedError, match="the body Claim of kind 'assertion' is that of another kind"):
        joined({"claim": Claim}, {"assertion": Claim})


def test_kinds_that_differ_are_joined_in_order() -> None:
    assert list(joined({"operation": Operation}, {"claim": Claim}, {"mandate": Mandate})) == [
        "operation",
        "claim",
        "mandate",
    ]

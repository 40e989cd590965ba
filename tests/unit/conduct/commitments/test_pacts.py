"""Pacts count the returns that are held, by period and party, and judge nobody by them."""

from datetime import date
from typing import Any

import pytest

from comity.conduct.commitments.catalogue import load_catalogues
from comity.conduct.commitments.pacts import (
    RETURN_COLUMNS,
    MeasureReturns,
    PactRegister,
    add_months,
    begin_pact,
    load_templates,
    pact_register,
    parse_templates,
    template,
    terms_of,
)
from comity.conduct.commitments.statements import KINDS, Pact, PactReturn
from comity.conduct.record import Record, record_of
from comity.conduct.verbs import breaches
from comity.errors import MalformedError, NotFoundError
from support.conduct_records import provenance

BEGINS = date(2025, 1, 1)


def pact(*parties: str, code: str = "contact_and_notification", **members: Any) -> Record:
    body = begin_pact(template(code), parties or ("XBB", "XAA"), signed=BEGINS, begins=BEGINS, **members)
    return record_of(body, provenance(), KINDS)


def returned(of: Record, measure: str, on: str, what: str = "report", by: str = "XAA", **members: Any) -> Record:
    filled: dict[str, Any] = {"text": "A list of four desks."} if what == "report" else {}
    body = PactReturn(pact=of.id, measure=measure, by=by, on=on, what=what, **(filled | members))  # type: ignore[arg-type]
    return record_of(body, provenance(), KINDS)


def row(register: PactRegister, measure: str, party: str = "XAA") -> MeasureReturns:
    return next(found for found in register.returns if (found.measure.code, found.party) == (measure, party))


def test_the_templates_name_items_that_are_in_the_catalogues_and_accuse_nobody() -> None:
    codes = [found.code for found in load_templates()]
    assert codes == ["contact_and_notification", "submarine_cables", "hospitals", "response_teams"]
    for found in load_templates():
        for measure in found.measures:
            assert [load_catalogues().item(key).key for key in measure.under] == list(measure.under)
        assert [breaches(line) for line in found.lines() if breaches(line)] == []
        assert found.to_json()["template"] == found.code


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('[a]\ntitle="t"\nversion="1"\npurpose="p"\n', "wanted measures"),
        ('[a]\ntitle="t"\nversion="1"\npurpose="p"\nscore=1\n', "unknown member 'score'"),
        (
            '[a]\ntitle="t"\nversion="1"\npurpose="p"\n[[a.measures]]\ncode="c"\nlabel="l"\nduty="win"\n',
            "measures 1: duty is 'win'",
        ),
        (
            '[a]\ntitle="t"\nversion="1"\npurpose="p"\n[[a.measures]]\ncode="c"\nduty="answer"\nunder=["gge_norms:z"]\n',
            "no item 'z'",
        ),
    ],
)
def test_a_template_that_breaks_its_form_is_refused_with_file_and_place(text: str, why: str) -> None:
    with pytest.raises(MalformedError, match=rf"mine\.toml.*{why}"):
        parse_templates(text.encode(), where="mine.toml")


def test_a_pact_begins_with_a_template_and_may_leave_measures_out() -> None:
    body = begin_pact(template("hospitals"), ["XBB", "XAA"], signed=BEGINS, begins=BEGINS, without=["steps"])
    assert body.parties == ["XAA", "XBB"]
    assert [measure.code for measure in body.measures] == ["spare", "list", "help", "look_into"]
    with pytest.raises(NotFoundError, match="has no measure 'nothing'"):
        begin_pact(template("hospitals"), ["XAA", "XBB"], signed=BEGINS, begins=BEGINS, without=["nothing"])
    with pytest.raises(NotFoundError, match="no pact template"):
        template("victory")
    with pytest.raises(MalformedError, match="parties"):
        begin_pact(template("hospitals"), ["XAA"], signed=BEGINS, begins=BEGINS)
    everything = [measure.code for measure in template("hospitals").measures]
    with pytest.raises(MalformedError, match="keeps none"):
        begin_pact(template("hospitals"), ["XAA", "XBB"], signed=BEGINS, begins=BEGINS, without=everything)


def test_returns_are_counted_by_ended_period_and_party() -> None:
    agreed = pact()
    records = [
        agreed,
        returned(agreed, "ping", "2025-03-01", "drill"),
        returned(agreed, "ping", "2025-04-01", "drill"),
        returned(agreed, "ping", "2025-12-31", "nil"),
    ]
    register = pact_register(records, date(2026, 1, 1))
    ours = row(register, "ping")
    assert (ours.periods, ours.with_return, ours.made) == (2, 2, 3)
    assert ours.open_since is None
    theirs = row(register, "ping", "XBB")
    assert (theirs.periods, theirs.with_return, theirs.made) == (2, 0, 0)
    assert theirs.open_since == BEGINS
    assert row(pact_register(records, date(2025, 12, 31)), "ping").periods == 1


def test_a_return_on_the_first_day_of_a_period_is_none_of_the_one_before() -> None:
    agreed = pact()
    made = returned(agreed, "ping", "2025-07-01", "drill")
    assert row(pact_register([agreed, made], date(2025, 7, 1)), "ping").with_return == 0
    told = row(pact_register([agreed, made], date(2026, 1, 1)), "ping")
    assert (told.periods, told.with_return, told.open_since) == (2, 1, BEGINS)


def test_nothing_to_tell_is_no_answer_to_a_request() -> None:
    agreed = pact()
    register = pact_register([agreed, returned(agreed, "help", "2025-05-01", "nil")], date(2026, 1, 1))
    assert row(register, "help").made == 0
    assert any("a duty to answer" in text for text in register.strays)


def test_the_same_return_entered_twice_counts_once_and_one_still_to_come_not_yet() -> None:
    agreed = pact()
    made = returned(agreed, "contacts", "2025-05-01")
    again = record_of(made.body, provenance("2026-02-01", source="Coder Two"), KINDS)
    later = returned(agreed, "contacts", "2026-05-01")
    register = pact_register([agreed, made, again, later], date(2026, 2, 1))
    assert row(register, "contacts").made == 1


def test_a_return_whose_day_is_known_roughly_counts_in_every_period_that_it_can_be_of() -> None:
    agreed = pact()
    register = pact_register([agreed, returned(agreed, "ping", "2025", "drill")], date(2026, 1, 1))
    assert row(register, "ping").with_return == 2


def test_what_one_abstains_from_has_no_returns() -> None:
    agreed = pact(code="submarine_cables")
    register = pact_register([agreed], date(2026, 1, 1))
    spared = row(register, "no_harm")
    assert "returns" not in spared.to_json()
    assert "stands in the ledger" in spared.line()
    assert spared.periods is None


def test_a_return_that_fits_nothing_is_set_aside_with_the_reason() -> None:
    agreed, stranger = pact(), pact("XDD", "XEE")
    records = [
        agreed,
        returned(stranger, "contacts", "2025-05-01"),
        returned(agreed, "contacts", "2025-05-01", by="XDD"),
        returned(agreed, "no_such", "2025-05-01"),
        returned(agreed, "contacts", "2025-05-01", "drill"),
        returned(agreed, "contacts", "2024-12-31"),
    ]
    register = pact_register(records, date(2026, 1, 1))
    assert all(found.made == 0 for found in register.returns)
    for why in (
        "which is not held",
        "no party of",
        "which 'Pact on points",
        "which is no return under",
        "before 'Pact on points",
    ):
        assert any(why in text for text in register.strays), why


def test_an_ended_pact_has_no_further_periods() -> None:
    agreed = pact(until=date(2025, 8, 1))
    assert row(pact_register([agreed], date(2027, 1, 1)), "ping").periods == 1


def test_the_last_day_of_a_pact_belongs_to_it() -> None:
    agreed = pact(until=date(2025, 12, 31))
    made = returned(agreed, "contacts", "2025-12-31")
    told = row(pact_register([agreed, made], date(2026, 1, 1)), "contacts")
    assert (told.periods, told.with_return) == (1, 1)
    shorter = pact(until=date(2025, 12, 30))
    assert row(pact_register([shorter], date(2026, 6, 1)), "contacts").periods == 0


def test_rows_stand_by_title_and_name_and_not_by_how_much_was_returned() -> None:
    one, two = pact("XBB", "XAA", code="submarine_cables"), pact("XDD", "XAA", code="hospitals")
    busy = [returned(one, "cables", f"2025-0{month}-01", by="XBB") for month in range(1, 9)]
    register = pact_register([one, two, *busy], date(2026, 1, 1))
    assert [found.title for found in register.returns] == sorted(found.title for found in register.returns)
    parties = list(dict.fromkeys(found.party for found in register.of(one.id)))
    assert parties == ["XAA", "XBB"]
    assert {len(found) for found in register.rows()} == {len(RETURN_COLUMNS)}
    assert [breaches(line) for line in register.lines() if breaches(line)] == []
    assert register == pact_register([*busy[::-1], two, one], date(2026, 1, 1))
    assert register.to_json()["as_of"] == "2026-01-01"


def test_months_are_added_to_the_last_day_of_shorter_ones() -> None:
    assert add_months(date(2024, 1, 31), 1) == date(2024, 2, 29)
    assert add_months(date(2024, 11, 30), 3) == date(2025, 2, 28)
    body = pact().body
    assert isinstance(body, Pact)
    assert [terms_of(measure) for measure in body.measures][:3] == [
        "every 12 months",
        "every 6 months",
        "within 24 hours",
    ]

"""A list is known by its bytes and taken only for the instrument that it is about."""

from dataclasses import replace
from datetime import date

import pytest

from comity.errors import MalformedError
from comity.law.importing.listing import read_list
from comity.law.register import load_register
from comity.law.rows import Instrument
from support.lists import fixture

DAY = date(2026, 6, 1)


def instrument(chart: str | None) -> Instrument:
    return replace(load_register().instrument("hanoi"), chart=chart)


@pytest.mark.parametrize(
    ("name", "chart", "acts"),
    [
        ("untc_status.xml", "untc:XVIII-99-b", 21),
        ("untc_status.html", "untc:XVIII-99", 13),
        ("coe_chart.html", "coe:299", 14),
        ("coe_chart.md", "coe:299", 8),
        ("coe_chart.txt", "coe:299", 5),
        ("actions.csv", "untc:XVIII-16", 3),
        ("list.csv", None, 4),
    ],
)
def test_every_form_is_known_by_its_bytes(name: str, chart: str | None, acts: int) -> None:
    listing = read_list(fixture(name), instrument(chart), as_of=DAY)
    assert [act.instrument for act in listing.actions()] == ["hanoi"] * acts


@pytest.mark.parametrize("name", ["untc_status.xml", "untc_status.html", "coe_chart.html", "coe_chart.md"])
def test_the_list_of_another_instrument_is_refused_by_both_names(name: str) -> None:
    with pytest.raises(MalformedError, match=r"the file is the list of .*99.*, and .* is untc:XVIII-16"):
        read_list(fixture(name), instrument("untc:XVIII-16"), as_of=DAY)


def test_the_difference_is_to_the_acts_of_the_same_instrument() -> None:
    found = read_list(b"participant,signature\nPRT,2025-10-25\n", load_register().instrument("hanoi"), complete=True)
    difference = found.difference(load_register())
    signed = {act.participant for act in load_register().actions_of("hanoi") if act.act.value == "signature"}
    assert {act.participant for act in (*difference.same, *difference.vanished)} == signed
    assert "PRT" in {act.participant for act in difference.same}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html><body><p>Nothing here</p></body></html>",
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><Document/>',
        b"%PDF-1.7",
        b"name,day\nPortugal,2025-10-25\n",
    ],
)
def test_what_is_in_no_known_form_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedError):
        read_list(data, instrument(None), as_of=DAY)

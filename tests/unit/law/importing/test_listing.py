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
    # The lists of the fixtures are of an invented convention, older than this one.
    return replace(load_register().instrument("hanoi"), chart=chart, adopted=None, opened=None)


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
    ("data", "words"),
    [
        (b"", "the file is empty; wanted the status page"),
        (b" \n", "the file is empty"),
        (b"<html><body><p>Nothing here</p></body></html>", "wait until its table shows, and save it complete"),
        (b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><Document/>', "the status list"),
        (b"%PDF-1.7 Signature Ratification", "in no known form; wanted the status page"),
        (b"PK\x03\x04 Signature Ratification", "in no known form"),
        (b"name,day\nPortugal,2025-10-25\n", "text with commas between its cells that begins with participant,"),
        (b"participant;signature\nPortugal;2025-10-25\n", "';' stands between the cells; save the list with commas"),
        (b"Participant;Ratification, Accession(a)\nPortugal;1 May 2026 a\n", "';' stands between the cells"),
        (b"Participant\tSignature\nPortugal\t2025-10-25\n", "'.t' stands between the cells"),
        (b"A page on the signature and ratification of nothing", "the chart: no row of a participant"),
    ],
)
def test_what_is_in_no_known_form_is_refused_with_what_is_wanted(data: bytes, words: str) -> None:
    with pytest.raises(MalformedError, match=words):
        read_list(data, instrument(None), as_of=DAY)


@pytest.mark.parametrize(
    ("act", "day", "words"),
    [
        ("signature", "2024-12-23", "2024-12-23 is before Hanoi Convention was there, on 2024-12-24"),
        ("signature", "1024-12-24", "1024-12-24 is before any treaty; correct the year"),
        ("signature", "2026-06-02", "2026-06-02 is after the day of the list, 2026-06-01"),
    ],
)
def test_an_act_before_its_instrument_or_after_its_list_is_refused(act: str, day: str, words: str) -> None:
    with pytest.raises(MalformedError, match=rf"line 2 \(Portugal\), column 2: {words}"):
        read_list(f"participant,{act}\nPRT,{day}\n".encode(), load_register().instrument("hanoi"), as_of=DAY)


def test_the_day_on_which_the_instrument_was_adopted_is_not_before_it() -> None:
    found = read_list(b"participant,signature\nPRT,2024-12-24\n", load_register().instrument("hanoi"), as_of=DAY)
    assert len(found.found.acts) == 1

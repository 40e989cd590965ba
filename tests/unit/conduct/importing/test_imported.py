"""What importers share: files with digests, rows kept or refused whole, and a stop where the layout is another."""

import hashlib
import os
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.conduct.importing import imported
from comity.conduct.importing.cfr import import_cfr
from comity.conduct.importing.dcid import import_dcid
from comity.conduct.importing.eurepoc import import_eurepoc
from comity.conduct.importing.fiat import import_fiat
from comity.conduct.importing.imported import MAX_BYTES, MAX_NOTES, Gathering, Imported, SourceFile, source_file
from comity.conduct.importing.misp_event import import_misp_events
from comity.conduct.importing.misp_galaxy import import_galaxy
from comity.conduct.ledger import Ledger
from comity.conduct.statements import Claim, Operation, Period, Source, Speaker, Subject
from comity.errors import MalformedError, StoreError, TooLargeError
from support.paths import ROOT

FIXTURES = ROOT / "tests" / "fixtures" / "conduct"
ON = date(2026, 1, 2)
EUREPOC = ("eurepoc_incidents.csv", "eurepoc_attributions.csv", "eurepoc_receivers.csv")


def _eurepoc(data: bytes) -> Imported:
    return import_eurepoc(FIXTURES / EUREPOC[0], data, FIXTURES / EUREPOC[2], on=ON)


IMPORTERS: dict[str, Callable[[bytes], Imported]] = {
    "cfr.csv": lambda data: import_cfr(data, on=ON),
    "dcid.csv": lambda data: import_dcid(data, on=ON),
    "eurepoc_attributions.csv": _eurepoc,
    "fiat.csv": lambda data: import_fiat(data, on=ON),
    "galaxy_threat_actor.json": lambda data: import_galaxy(data, on=ON),
    "misp_events.json": lambda data: import_misp_events(data, on=ON),
}


@pytest.mark.parametrize("name", IMPORTERS)
def test_the_same_bytes_give_the_same_ids(name: str) -> None:
    data = (FIXTURES / name).read_bytes()
    first, second = IMPORTERS[name](data), IMPORTERS[name](data)
    assert [record.id for record in first.records] == [record.id for record in second.records]
    assert (first.digest, first.notes, first.counts) == (second.digest, second.notes, second.counts)


@pytest.mark.parametrize("name", IMPORTERS)
def test_a_ledger_takes_what_an_importer_gives(name: str) -> None:
    found = IMPORTERS[name]((FIXTURES / name).read_bytes())
    with Ledger.open(":memory:", create=True, exercise=True) as ledger:
        assert ledger.add(found.records).new == len(found.records)
        assert ledger.add(found.records).new == 0


@pytest.mark.parametrize("name", IMPORTERS)
def test_every_record_leads_back_to_a_file_its_digest_and_a_place(name: str) -> None:
    found = IMPORTERS[name]((FIXTURES / name).read_bytes())
    digests = dict(found.files)
    assert found.records
    for record in found.records:
        assert record.provenance.digest == digests[record.provenance.source]
        assert record.provenance.place
        assert record.provenance.on == ON


@pytest.mark.parametrize("name", IMPORTERS)
@given(data=st.binary(max_size=200))
@settings(max_examples=30, deadline=None)
def test_arbitrary_bytes_are_refused_with_our_own_error(name: str, data: bytes) -> None:
    with pytest.raises(MalformedError):
        IMPORTERS[name](data)


@pytest.mark.parametrize("name", IMPORTERS)
@given(where=st.floats(0, 1), put=st.binary(max_size=3), drop=st.integers(0, 40))
@settings(max_examples=60, deadline=None)
def test_a_damaged_file_is_read_in_part_or_refused_with_our_own_error(
    name: str, where: float, put: bytes, drop: int
) -> None:
    data = (FIXTURES / name).read_bytes()
    at = int(where * len(data))
    try:
        found = IMPORTERS[name](data[:at] + put + data[at + drop :])
    except MalformedError:
        return
    assert found.records


def test_a_file_goes_by_its_own_name_and_bytes_by_the_name_that_is_given(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_bytes(b"x")
    assert source_file(path, name="other").name == "mine.csv"
    assert source_file(b"x", name="other") == SourceFile(name="other", data=b"x")
    assert source_file(b"x", name="other").digest == hashlib.sha256(b"x").hexdigest()


def test_a_file_that_cannot_be_read_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"the file missing\.csv cannot be read"):
        source_file(tmp_path / "missing.csv", name="x")


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    with path.open("wb") as out:
        out.truncate(MAX_BYTES + 1)
    with pytest.raises(TooLargeError, match=r"large\.csv: a collection has at most"):
        source_file(path, name="x")


def test_bytes_that_are_too_many_are_refused_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imported, "MAX_BYTES", 3)
    assert source_file(b"abc", name="x").data == b"abc"
    for large in (b"abcd", SourceFile(name="x", data=b"abcd")):
        with pytest.raises(TooLargeError, match="x: a collection has at most 3 bytes, this file has 4"):
            source_file(large, name="x")


def test_what_is_no_regular_file_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    for path in (tmp_path / "pipe.csv", Path("/dev/zero"), tmp_path):
        with pytest.raises(StoreError, match=r"is no regular file; write what it gives to one"):
            source_file(path, name="x")


def test_the_digest_of_several_files_is_that_of_the_lines_about_them() -> None:
    found = import_eurepoc(*(FIXTURES / name for name in EUREPOC), on=ON)
    lines = "".join(f"{hashlib.sha256((FIXTURES / name).read_bytes()).hexdigest()}  {name}\n" for name in EUREPOC)
    assert found.digest == hashlib.sha256(lines.encode()).hexdigest()


def _file() -> SourceFile:
    return SourceFile(name="f", data=b"")


def _operation(title: str = "Something") -> Operation:
    return Operation(title=title, category="other")


def test_one_record_of_two_rows_keeps_both_places_and_is_counted_once() -> None:
    gathering, file = Gathering([_file()], on=ON), _file()
    gathering.keep(gathering.record(_operation(), file=file, place=place) for place in ("row 2", "row 3"))
    found = gathering.finish(source="s", version=None, rows=2)
    assert [record.provenance.place for record in found.records] == ["row 2", "row 3"]
    assert found.counts["records of kind operation"] == 1
    assert found.counts["said twice"] == 1


def test_a_day_still_to_come_is_refused_and_the_date_of_tomorrow_is_not() -> None:
    gathering = Gathering([_file()], on=ON)
    said = Claim(
        operation="0" * 64,
        claimant=Speaker(name="A", kind="media"),
        polarity="asserts",
        about=[Subject(level="place", name="B")],
        said="2026-01-04",
    )
    with pytest.raises(MalformedError, match="f, row 7: said 2026-01-04 lies after 2026-01-02, the day of entry"):
        gathering.record(said, file=_file(), place="row 7")
    begun = Operation(title="x", category="other", occurred=Period(begin="2026-01-03", end="2031"))
    assert gathering.record(begun, file=_file(), place="row 8").body == begun


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"about_when": Period(begin="2026-01-02", end="2026-01-01")}, "about_when ends on 2026-01-01"),
        ({"about_when": Period(begin="2031")}, "about_when.begin 2031 lies after"),
        ({"said": "2025-02-30"}, "said 2025-02-30 is no day of the calendar"),
        ({"about": [Subject(level="state", name="B", participant="QQQ")]}, "no participant has the code 'QQQ'"),
        ({"sources": [Source(title="A report", published="2031-01-01")]}, "sources.published 2031-01-01 lies after"),
    ],
)
def test_what_no_ledger_takes_is_refused_row_by_row_and_holds_up_no_other(members: dict[str, Any], reason: str) -> None:
    filled: dict[str, Any] = {
        "operation": "0" * 64,
        "claimant": Speaker(name="A", kind="media"),
        "polarity": "asserts",
        "about": [Subject(level="place", name="B")],
    }
    with pytest.raises(MalformedError, match=f"^f, row 7: .*{re.escape(reason)}"):
        Gathering([_file()], on=ON).record(Claim(**(filled | members)), file=_file(), place="row 7")


def test_a_body_that_breaks_its_form_is_refused_with_the_place() -> None:
    with pytest.raises(MalformedError, match="f, row 9: body of operation"):
        Gathering([_file()], on=ON).record(_operation("two\nlines"), file=_file(), place="row 9")


def test_a_few_refused_rows_are_borne_and_many_stop_the_import() -> None:
    few, many = Gathering([_file()], on=ON), Gathering([_file()], on=ON)
    for gathering, refused in ((few, 11), (many, 26)):
        gathering.keep([gathering.record(_operation(), file=_file(), place="row 2")])
        for number in range(refused):
            gathering.refuse(MalformedError(f"row {number} is wrong"))
    assert few.finish(source="s", version=None, rows=100).counts["rows refused"] == 11
    with pytest.raises(MalformedError, match="26 of 100 rows are refused, so the layout is another; left out: row 0"):
        many.finish(source="s", version=None, rows=100)


def test_an_import_of_which_nothing_is_left_stops() -> None:
    gathering = Gathering([_file()], on=ON)
    gathering.refuse(MalformedError("row 2 is wrong"))
    with pytest.raises(MalformedError, match="no record can be made of its 1 rows; left out: row 2 is wrong"):
        gathering.finish(source="s", version=None, rows=1)


@pytest.mark.parametrize(
    ("name", "untyped"),
    [
        ("cfr.csv", 1),
        ("eurepoc_incidents.csv", 1),
        ("fiat.csv", 1),
        ("galaxy_threat_actor.json", 2),
        ("misp_events.json", 2),
    ],
)
def test_operations_of_which_a_file_gives_no_type_are_told_and_not_only_called_other(name: str, untyped: int) -> None:
    data = (FIXTURES / name).read_bytes()
    if name == "eurepoc_incidents.csv":
        data = data.replace(b",Disruption,", b",Not available,", 1)
        found = import_eurepoc(data, FIXTURES / EUREPOC[1], FIXTURES / EUREPOC[2], on=ON)
    else:
        found = IMPORTERS[name](data)
    assert found.counts["without a type"] == untyped
    assert f"{untyped} operations have no type in the file and stand under the category other" in found.notes


def test_notes_end_with_the_number_of_those_that_are_not_shown() -> None:
    gathering = Gathering([_file()], on=ON)
    gathering.keep([gathering.record(_operation(), file=_file(), place="row 2")])
    for number in range(MAX_NOTES + 3):
        gathering.note(str(number))
    notes = gathering.finish(source="s", version=None, rows=1).notes
    assert len(notes) == MAX_NOTES + 1
    assert notes[-1] == "3 further notes are not shown"

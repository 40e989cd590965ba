"""What is kept of operations: equal to a full rebuild whatever was added when, dropped by what grows, as of any day."""

import random
import shutil
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path

import pytest

from comity.conduct import kept
from comity.conduct.counting import facts_of
from comity.conduct.figures import ClaimFacts
from comity.conduct.kept import facts, keep, kept_operations
from comity.conduct.ledger import Ledger
from comity.conduct.record import Record
from comity.conduct.report.material import with_provenances
from comity.conduct.view import LedgerView, fold
from comity.store.database import Row
from comity.store.migration import migrate
from comity.store.sqlite import SqliteTransaction
from support.conduct_chance import random_records
from support.conduct_records import claim, correction, imported, operation, provenance, retraction

LATE = date(2026, 12, 31)


def whole(ledger: Ledger, as_of: date) -> LedgerView:
    return fold(with_provenances(ledger, ledger.records()), as_of=as_of)


def rebuilt(ledger: Ledger, as_of: date) -> dict[str, ClaimFacts]:
    """Return the facts from a fold over every record as it came from everywhere."""
    views = whole(ledger, as_of).operations
    return {
        fact.id: fact
        for fact in facts_of(views, lambda claim: [each for each in ledger.provenances(claim) if each.on <= as_of])
    }


def rows(ledger: Ledger) -> list[Row]:
    keep(ledger)
    with ledger.database.reading() as tx:
        return sorted(tx.all("kept_rows", {"day": "9999-12-31"}))


def missing(ledger: Ledger) -> int:
    with ledger.database.reading() as tx:
        return len(tx.all("kept_missing", {"mark": kept._mark(), "most": 9}))


@pytest.mark.parametrize("seed", range(25))
def test_what_is_kept_equals_a_full_rebuild_whatever_is_added_when(seed: int) -> None:
    chance = random.Random(seed)
    records = random_records(chance)
    days = [LATE, *(date(2026, month, 1) for month in (2, 4, 5, 7))]
    with Ledger.open(":memory:", create=True, exercise=True) as ledger:
        while records:
            number = chance.randint(1, len(records))
            ledger.add(records[:number])
            records = records[number:]
            for as_of in chance.sample(days, 2):
                found = kept_operations(ledger, as_of=as_of)
                view = whole(ledger, as_of)
                assert {fact.id: fact for fact in facts(found)} == rebuilt(ledger, as_of)
                assert [(each.id, each.head.claims) for each in found] == [
                    (each.id, len(each.claims)) for each in view.operations
                ]
                for each in found:
                    operation_view = view.operation(each.id)
                    assert set(each.head.versions) == {version.id for version in operation_view.versions}
        before = rows(ledger)
        with ledger.database.transaction() as tx:
            tx.apply("DELETE FROM kept")
        assert rows(ledger) == before


def test_what_is_added_drops_the_rows_of_its_operation_in_the_same_transaction() -> None:
    ferry, lamp = operation("Ferry"), operation("Lamp")
    said = claim(ferry)
    with Ledger.open(":memory:", create=True, exercise=True) as ledger:
        ledger.add([ferry, lamp, said])
        keep(ledger)
        for more in (
            claim(ferry, "Beacon"),
            retraction(said),
            Record(kind=said.kind, body=said.body, provenance=imported("row 1", "2026-08-01")),
        ):
            ledger.add([more])
            assert missing(ledger) == 1
            keep(ledger)
        ledger.add([said, ferry])
        assert missing(ledger) == 0


def test_rows_that_other_code_drew_are_drawn_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ledger.db"
    with Ledger.open(path, create=True, exercise=True) as ledger:
        ledger.add([ferry := operation(), claim(ferry)])
        right = rows(ledger)
        monkeypatch.setattr(kept, "_mark", lambda: "other code")
        monkeypatch.setattr(kept, "facts_of", lambda views, came: ())
        assert rows(ledger) != right
    monkeypatch.undo()
    with Ledger.open(path) as ledger:
        assert rows(ledger) == right


def test_a_ledger_of_an_older_version_keeps_its_records_and_gets_its_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = random_records(random.Random(7))
    with Ledger.open(tmp_path / "new.db", create=True, exercise=True) as ledger:
        ledger.add(records)
        wanted, held = rows(ledger), list(ledger.records())
    shutil.copy(Path(kept.__file__).parent / "migrations" / "0001_ledger.sql", tmp_path)
    with monkeypatch.context() as before:
        before.setattr("comity.conduct.ledger.migrate", lambda database, _: migrate(database, tmp_path))
        with Ledger.open(tmp_path / "old.db", create=True, exercise=True) as ledger:
            ledger.add(records)
    with Ledger.open(tmp_path / "old.db") as ledger:
        assert rows(ledger) == wanted
        assert list(ledger.records()) == held
        ledger.add([claim(records[0], "Somebody new")])
        assert missing(ledger) >= 1


@pytest.mark.parametrize("before", range(1, 5))
def test_what_others_add_meanwhile_is_in_a_view_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: int
) -> None:
    ferry, lamp = operation("Ferry"), operation("Lamp")
    wrong, right, late = claim(ferry), claim(lamp), claim(ferry, "Beacon", entered=provenance("2026-08-01"))
    with Ledger.open(tmp_path / "ledger.db", create=True, exercise=True) as ledger:
        ledger.add([ferry, wrong, late])
        keep(ledger)
        reading, begun = ledger.database.reading, []

        def meanwhile() -> AbstractContextManager[SqliteTransaction]:
            begun.append(1)
            if len(begun) == before:
                # Somebody joins a new operation to the one that is read from its records.
                with Ledger.open(tmp_path / "ledger.db") as other:
                    other.add([lamp, right, correction(wrong, right)])
            return reading()

        monkeypatch.setattr(ledger.database, "reading", meanwhile)
        found = kept_operations(ledger, as_of=date(2026, 7, 1))
        assert [each.head.title for each in found] in (["ferry"], ["ferry", "lamp"])
        assert [each.head.title for each in kept_operations(ledger, as_of=date(2026, 7, 1))] == ["ferry", "lamp"]

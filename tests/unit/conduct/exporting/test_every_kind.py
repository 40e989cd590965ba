"""A record of any kind that an observatory holds, of commitments and inquiries too, goes out and comes back."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from comity.conduct.exporting.stix import to_bundle
from comity.conduct.exporting.tables import from_json_lines, from_tables, to_json_lines, to_tables
from comity.conduct.importing.stix import import_stix
from comity.conduct.kinds import KINDS
from comity.conduct.record import Record, parse_record
from comity.conduct.statements import KINDS as OF_THE_LEDGER
from support.conduct_bodies import PROVENANCES, members

# Those of the ledger itself hang on each other, and are drawn as whole ledgers elsewhere.
OTHERS = sorted(KINDS.keys() - OF_THE_LEDGER.keys())


def as_json(records: Sequence[Record]) -> list[Any]:
    return [record.to_json() for record in records]


@pytest.mark.parametrize("kind", OTHERS)
def test_a_record_of_any_kind_comes_back_from_every_export(kind: str) -> None:
    @settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
    @given(members(KINDS[kind]), PROVENANCES)
    def comes_back(body: dict[str, Any], came: Any) -> None:
        records = [parse_record(kind, body, came, KINDS)]
        read = import_stix(to_bundle(records), on=date(2026, 6, 2), kinds=KINDS, keep_provenance=True)
        assert as_json(read.records) == as_json(records)
        assert as_json(from_tables(to_tables(records), kinds=KINDS)) == as_json(records)
        assert as_json(from_json_lines(to_json_lines(records), kinds=KINDS)) == as_json(records)

    comes_back()


def test_there_are_kinds_of_commitments_and_of_inquiries_among_them() -> None:
    assert {"commitment", "disclosure", "question-put"} <= set(OTHERS)

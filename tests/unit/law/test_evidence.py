"""No row of any table is graded above a provision that it points to: a rule cannot be surer than its article."""

from collections.abc import Iterable, Iterator

import pytest

from comity.errors import NotFoundError
from comity.law.circles import load_circles
from comity.law.elements import load_element_sets
from comity.law.grounds import load_complete_grounds
from comity.law.model import without_letter
from comity.law.open_grounds import load_ground_limits
from comity.law.reform.amendment_rules import load_amendment_rules
from comity.law.reform.gaps import Catalogue, load_gap_cells
from comity.law.register import load_register
from comity.law.rows import Provision
from comity.law.safeguards import load_safeguards
from comity.law.sea.zones import load_zone_rules
from comity.parties.table import Grade, Sourced

REGISTER = load_register()
ORDER = tuple(Grade)


IN_CARRIERS = (
    *("provision", "channel_provision", "dual_provision", "reservation_provision", "reach_provision"),
    "language_provision",
)
# Every table whose rows say something of provisions, and the columns that name these.
TABLES: dict[str, tuple[Iterable[Sourced], tuple[str, ...]]] = {
    "carriers": (REGISTER.carriers, IN_CARRIERS),
    "contents": (REGISTER.contents, ("provision",)),
    "grounds": (REGISTER.grounds, ("provision",)),
    "clocks": (REGISTER.clocks, ("provision",)),
    "obligations": (REGISTER.obligations, ("provision",)),
    "direct": (REGISTER.direct, ("provision",)),
    "conduct": (REGISTER.conduct, ("provision",)),
    "instruments": (REGISTER.instruments, ("entry_provision", "withdrawal_provision")),
    "safeguards": (load_safeguards(), ("provision",)),
    "elements": ([row for offence in load_element_sets().values() for row in offence.elements], ("provision",)),
    "zones": (load_zone_rules(), ("provision",)),
    "amendment_rules": (load_amendment_rules(), ("provision", "binds_provision")),
    "open_to": (load_circles(), ("provision",)),
    "ground_limits": (load_ground_limits(), ("provision", "grounds")),
    "complete_grounds": (load_complete_grounds(), ("provision", "open_by")),
    "gap_cells": ([cell for cell in load_gap_cells() if cell.column not in set(Catalogue)], ("provisions",)),
}


def pointers(table: str) -> Iterator[tuple[Sourced, str, str]]:
    """Yield each row of a table with its instrument and a provision that it points to."""
    rows, columns = TABLES[table]
    for row in rows:
        instrument = next(getattr(row, name) for name in ("instrument", "column", "key") if hasattr(row, name))
        for column in columns:
            value = getattr(row, column)
            for provision in value if isinstance(value, tuple) else (value,):
                if provision is not None:
                    yield row, instrument, provision


def described(instrument: str, provision: str) -> Provision:
    """Return the row of a provision; a letter is an item of the list in its paragraph."""
    try:
        return REGISTER.provision(instrument, provision)
    except NotFoundError:
        return REGISTER.provision(instrument, without_letter(provision))


@pytest.mark.parametrize("table", TABLES)
def test_no_row_rests_on_more_than_the_provisions_that_it_points_to(table: str) -> None:
    too_sure = [
        f"{instrument} {provision}: {row.grade_detail} on {described(instrument, provision).grade_detail}"
        for row, instrument, provision in pointers(table)
        if ORDER.index(row.grade) < ORDER.index(described(instrument, provision).grade)
    ]
    assert not too_sure


@pytest.mark.parametrize("table", TABLES)
def test_a_row_whose_only_source_is_memory_is_graded_so(table: str) -> None:
    for row, instrument, provision in pointers(table):
        if row.source.startswith("Memory of"):
            assert row.grade is Grade.MEMORY, (instrument, provision)

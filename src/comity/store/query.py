"""Named SQL: every query of the project lives in `store/sql/*.sql`, under a name, with what it is for.

A file holds queries one after the other. Each begins with `-- name: <name>`, then at least one comment line that
describes it, then one SQL statement. Names are unique over all files. No SQL is built from text at run time.
"""

import re
from functools import cache
from pathlib import Path
from typing import Final

from comity.errors import StoreError

SQL: Final = Path(__file__).parent / "sql"
_HEAD: Final = re.compile(r"^-- name: ([a-z][a-z0-9_]*)$", re.MULTILINE)


@cache
def load_queries(folder: Path = SQL) -> dict[str, str]:
    """Return every named query of a folder of `.sql` files.

    Raises:
        StoreError: a query lacks its description, a name stands twice, or text stands before the first name.
    """
    queries: dict[str, str] = {}
    for path in sorted(folder.glob("*.sql")):
        preamble, *parts = _HEAD.split(path.read_text(encoding="utf-8"))
        if any(line and not line.startswith("--") for line in preamble.splitlines()):
            raise StoreError(f"{path.name}: text before the first query name", fatal=True)
        for name, text in zip(parts[::2], parts[1::2], strict=True):
            lines = [line for line in text.splitlines() if line.strip()]
            if name in queries:
                raise StoreError(f"{path.name}: query {name} stands twice", fatal=True)
            if not lines or not lines[0].startswith("-- ") or lines[-1].startswith("--"):
                raise StoreError(f"{path.name}: query {name} needs a description and a statement", fatal=True)
            queries[name] = "\n".join(line for line in lines if not line.startswith("--"))
    return queries

"""How many rows PostgreSQL expects: what costs the same however many there are."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles


class _Explain(sa.Executable, sa.ClauseElement):
    inherit_cache = False

    def __init__(self, query: sa.Select[Any]) -> None:
        self.query = query


def estimated(query: sa.Select[Any]) -> sa.Executable:
    """A statement that asks how many rows a query may have: its row is for `expected_rows`."""
    return _Explain(query)


def expected_rows(plans: list[dict[str, Any]]) -> int:
    """The number of rows in what EXPLAIN says."""
    return int(plans[0]["Plan"]["Plan Rows"])


@compiles(_Explain)
def _compile(element: _Explain, compiler: Any, **options: Any) -> str:
    return f"EXPLAIN (FORMAT JSON) {compiler.process(element.query, **options)}"

"""Deletes what is no longer needed, a batch at a time.

One DELETE of everything holds its locks for as long as it takes, and stops working for good once it
takes longer than a statement may.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.dml import ReturningDelete

BATCH = 1000


def batch_of(
    table: sa.FromClause, condition: sa.ColumnElement[bool], *, limit: int = BATCH
) -> ReturningDelete[Any]:
    """The statement that deletes at most `limit` rows of a table, one answer row for each.

    Rows that others have locked are left for later. The condition is on an indexed column.
    """
    ctid: sa.ColumnClause[str] = sa.literal_column(f"{table.description}.ctid")
    some = sa.select(ctid).select_from(table).where(condition).limit(limit)
    locked = some.with_for_update(skip_locked=True).correlate(None).scalar_subquery()
    victims = sa.delete(sa.table(table.description)).where(ctid == sa.any_(sa.func.array(locked)))
    return victims.returning(sa.literal_column("1"))

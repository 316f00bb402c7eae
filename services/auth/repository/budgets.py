"""What subjects, such as addresses, have had of their budgets."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from services.kit.data.database import Database
from services.kit.data.statements import Write, nothing


class Spent(NamedTuple):
    """What a subject has had of a budget since `since`, this one included."""

    spent: int
    since: datetime
    now: datetime


_SPEND = Write(
    """
    INSERT INTO budgets AS kept (subject, name, spent, since) VALUES (:subject, :name, 1, now())
    ON CONFLICT (subject, name) DO UPDATE SET
        spent = CASE WHEN kept.since <= now() - CAST(:window AS interval) THEN 1
            ELSE kept.spent + 1 END,
        since = CASE WHEN kept.since <= now() - CAST(:window AS interval) THEN now()
            ELSE kept.since END
    RETURNING spent, since, now()
    """,
    Spent,
)


def spend(db: Database, subject: str, name: str, window: timedelta) -> Spent:
    """Count one more; the first after the window begins a new one."""
    return db.one(_SPEND, subject=subject, name=name, window=window)


_FORGET = Write("DELETE FROM budgets WHERE subject = :subject AND name = :name", nothing)


def forget(db: Database, subject: str, name: str) -> None:
    """Forget what was spent."""
    db.run(_FORGET, subject=subject, name=name)

"""What one address may cost, whoever asks for it and from wherever: mails sent to it, codes tried.

A code may be tried 5 times; without a count of the address's own, a new code would give 5 more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from services.auth.repository import budgets
from services.kit.data.database import Database
from services.kit.errors import RateLimited


@dataclass(frozen=True)
class Budget:
    """At most so much within the window that begins with the first of it."""

    name: str
    most: int
    window: timedelta


MAILS = Budget("mails", 10, timedelta(hours=1))
GUESSES = Budget("guesses", 10, timedelta(hours=1))


def spend(db: Database, budget: Budget, email: str) -> None:
    """Spend one of the address's budget; RateLimited where it is used up, and nothing is spent.

    Spenders of one address take turns until the end of the transaction, so that none is forgotten.
    """
    found = budgets.spend(db, email, budget.name, budget.window)
    if found.spent > budget.most:
        left = found.since + budget.window - found.now
        raise RateLimited(budget.name, left.total_seconds())

"""What one subject may cost: mails and SMS to it or for it, codes tried.

A code may be tried 5 times; without a count of the address's own, a new code would give 5 more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from services.auth.networks import network
from services.auth.repository import budgets
from services.auth.repository.budgets import Spent
from services.kit.data.database import Database
from services.kit.errors import RateLimited
from services.kit.rpc.limits import short_hash


@dataclass(frozen=True)
class Budget:
    """At most so much within the window that begins with the first of it.

    The setting STELLR_LIMIT_<NAME> changes how much.
    """

    name: str
    most: int
    window: timedelta = timedelta(hours=1)


GUESSES = Budget("guesses", 10)
# From wherever, known networks too, until a right one comes.
GUESSES_DAY = Budget("guesses_day", 100, timedelta(days=1))


class Budgets:
    """Counts in the database: exact, whichever process counts."""

    def __init__(self, database: Database, number: Callable[[str, int], int]) -> None:
        """`number` gives how much of a budget there is, by its name and its default."""
        self._database = database
        self._number = number

    def has(self, budget: Budget, subject: str) -> bool:
        """Spend one of the subject's budget; False where it is used up."""
        return self._spend(budget, subject).spent <= self._most(budget)

    def spend(self, budget: Budget, subject: str) -> None:
        """Spend one of the subject's budget; RateLimited where it is used up, and nothing is spent.

        Spenders of one subject take turns until the end of the transaction: none is forgotten.
        """
        found = self._spend(budget, subject)
        if found.spent > self._most(budget):
            left = found.since + budget.window - found.now
            raise RateLimited(budget.name, left.total_seconds())

    def spend_of_caller(self, address: Budget, person: Budget, who: UUID | None) -> None:
        """Spend what the caller has: by where they are, and by the person whom it is about.

        Before all that others have too: who is over it spends nobody else's.
        """
        self.spend(address, network())
        if who is not None:
            self.spend(person, str(who))

    def forget(self, budget: Budget, subject: str) -> None:
        """Begin a subject's budget anew, in a transaction of its own: a spender in another one may
        hold what the open one comes to want."""
        with self._database.transaction():
            budgets.forget(self._database, short_hash(subject), budget.name)

    def _spend(self, budget: Budget, subject: str) -> Spent:
        return budgets.spend(self._database, short_hash(subject), budget.name, budget.window)

    def _most(self, budget: Budget) -> int:
        return self._number(budget.name, budget.most)

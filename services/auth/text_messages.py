"""SMS with codes: what they may cost, and that they are sent."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from services.auth.budgets import Budget, Budgets
from services.auth.mails import Mails
from services.auth.networks import subject_here
from services.auth.phone_numbers import range_of
from services.kit.data.database import Database

ADDRESS = Budget("sms_address", 100)
PERSON = Budget("sms_person", 20)
NUMBER = Budget("sms_number", 10)
RANGE = Budget("sms_range", 300)
SITE = Budget("sms_site", 3000)
# Between two messages to a number.
MINUTE = Budget("sms_minute", 1, timedelta(minutes=1))


class TextMessages:
    """Sends codes by SMS, as many an hour as the budgets allow."""

    def __init__(self, database: Database, budgets: Budgets, mails: Mails) -> None:
        self._database = database
        self._budgets = budgets
        self._mails = mails

    def spend(self, number: str, person: UUID | None = None) -> None:
        """Count a message to a number, for a person whose account it is about; RateLimited.

        The address it is asked from first: who is over that budget spends nobody else's. Those that
        are asked for from the owner's networks are counted apart.
        """
        self._budgets.spend_of_caller(ADDRESS, PERSON, person)
        subject = subject_here(self._database, number)
        self._budgets.spend(MINUTE, subject)
        self._budgets.spend(NUMBER, subject)
        self._budgets.spend(RANGE, range_of(number))
        self._budgets.spend(SITE, "")

    def code(self, number: str, locale: str, code: str) -> None:
        """Send a code to a number."""
        self._mails.text_code(number, locale, code)

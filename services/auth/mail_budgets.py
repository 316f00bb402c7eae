"""What mails may cost that anybody can ask for."""

from __future__ import annotations

from uuid import UUID

from services.auth.addresses import mailbox_of
from services.auth.budgets import Budget, Budgets

ADDRESS = Budget("mails_address", 1000)
PERSON = Budget("mails_person", 20)
RECIPIENT = Budget("mails", 10)
SITE = Budget("mails_site", 20_000)


class MailBudgets:
    """As many mails an hour as the budgets allow."""

    def __init__(self, budgets: Budgets) -> None:
        self._budgets = budgets

    def spend(self, email: str, person: UUID | None = None) -> None:
        """Count a mail to a normalized address, for a person whose account it is about;
        RateLimited."""
        self._budgets.spend_of_caller(ADDRESS, PERSON, person)
        self._budgets.spend(RECIPIENT, mailbox_of(email))
        self._budgets.spend(SITE, "")

"""Signing in, or up, by phone: whoever brings the code of an SMS back has the number."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from services.auth.accounts import DEFAULT_LOCALE, DEFAULT_NAME, Accounts
from services.auth.errors import CodeInvalid
from services.auth.models import Purpose
from services.auth.phone_numbers import normalize_phone
from services.auth.repository import accounts
from services.auth.repository.accounts import AccountRow, NewAccount
from services.auth.repository.verifications import VerificationRow
from services.auth.text_messages import TextMessages
from services.auth.verifying import Pending, Verifying
from services.kit.data.database import Database

BY_PHONE = (Purpose.PHONE_LOGIN, Purpose.CHANGE_PHONE)
# Between two messages of one verification.
PAUSE = timedelta(seconds=60)


class PhoneLogin:
    """Sends codes to numbers, and takes them back."""

    def __init__(
        self,
        database: Database,
        *,
        verifying: Verifying,
        accounts: Accounts,
        messages: TextMessages,
        countries: Collection[str],
    ) -> None:
        self._database = database
        self._verifying = verifying
        self._accounts = accounts
        self._messages = messages
        self._countries = countries

    def start(self, phone: str, display_name: str, locale: str) -> Pending:
        """Begin: the same is done whether or not the number has an account.

        InvalidFields on `phone`; RateLimited by what messages may cost.
        """
        number = normalize_phone(phone, self._countries)
        waiting = {"display_name": display_name or DEFAULT_NAME, "locale": locale or DEFAULT_LOCALE}
        self._messages.spend(number)
        pending, secret = self._verifying.keep(Purpose.PHONE_LOGIN, number, payload=waiting)
        self._messages.code(number, waiting["locale"], secret.code)
        return pending

    def resend(self, verification_id: UUID) -> Pending:
        """Send a new code; for a verification that is unknown or past nothing is sent.

        RateLimited within a minute of the message before, and by what messages may cost.
        """
        pending, renewed = self._verifying.renew(verification_id, BY_PHONE, pause=PAUSE)
        if renewed is not None:
            number, payload = renewed.row.address, renewed.row.payload or {}
            self._messages.spend(number, renewed.row.account_id)
            locale = payload.get("locale") if payload else self._locale(renewed.row.account_id)
            if locale:
                self._messages.code(number, locale, renewed.secret.code)
        return pending

    def _locale(self, account_id: UUID | None) -> str:
        """Of the account whose number changes; empty where the code proves nothing."""
        account = account_id and accounts.find_account(self._database, account_id)
        return account.locale if account else ""

    def begin(self, found: VerificationRow) -> AccountRow:
        """The account of a number that was just proven: the one that has it, or a new one."""
        account = self._hold(found.address) or self._create(found) or self._hold(found.address)
        if account is None:
            raise CodeInvalid
        return account

    def _create(self, found: VerificationRow) -> AccountRow | None:
        waited = found.payload or {}
        new = NewAccount(None, found.address, waited["display_name"], waited["locale"])
        return self._accounts.create(new)

    def _hold(self, number: str) -> AccountRow | None:
        known = accounts.find_account_by_phone(self._database, number)
        return known and accounts.hold_account(self._database, known.account_id)

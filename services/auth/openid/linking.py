"""Whose account an identity of the provider belongs to."""

from __future__ import annotations

import re
import unicodedata

from services.auth.accounts import DEFAULT_LOCALE, DEFAULT_NAME, Accounts
from services.auth.addresses import normalize_email
from services.auth.audit import Audit
from services.auth.mails import Mails
from services.auth.models import CredentialKind
from services.auth.openid.errors import OpenIdAddressTaken, OpenIdRefused
from services.auth.openid.id_token import Identity
from services.auth.repository import accounts, openid
from services.auth.repository.accounts import AccountRow, NewAccount
from services.kit.data.database import Database
from services.kit.errors import InvalidArgument
from services.kit.rpc.normal_form import hyphens
from services.kit.text import BLANK, trim
from stellr.auth.v1.audit_pb2 import AuditEventType

LONGEST_NAME = 100
_LOCALE = re.compile(r"[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8}){0,3}")


class Linking:
    """Finds accounts by issuer and subject, which never change; by an address only once, and only
    where both sides proved it."""

    def __init__(self, database: Database, accounts: Accounts, mails: Mails, audit: Audit) -> None:
        self._database = database
        self._accounts = accounts
        self._mails = mails
        self._audit = audit

    def account_of(self, identity: Identity) -> AccountRow:
        """The account of an identity, which is linked or made where there is none."""
        # First sign-ins of the same person at once take turns.
        openid.lock_identity(self._database, identity.issuer, identity.subject)
        known = openid.hold_account_of(self._database, identity.issuer, identity.subject)
        return known or self._link(identity)

    def _link(self, identity: Identity) -> AccountRow:
        email = self._own_email(identity)
        held = self._hold(email)
        new = None if held else self._create(identity, email)
        account = held or new or self._hold(email)
        if account is None:
            raise OpenIdRefused
        openid.create_credential(
            self._database, account.account_id, identity.issuer, identity.subject, email or ""
        )
        if new is None:
            self._mails.credentials_changed(
                account, "added", CredentialKind.OPENID, identity.issuer
            )
        self._audit.record(
            account.account_id,
            AuditEventType.AUDIT_EVENT_TYPE_CREDENTIAL_ADDED,
            method="openid",
            detail=identity.issuer,
        )
        return account

    def _own_email(self, identity: Identity) -> str | None:
        """The address, where the provider speaks for it; OpenIdAddressTaken where it does not and
        there is an account that could be meant."""
        email = _mailable(identity.email)
        if email is None or identity.speaks_for_email:
            return email
        if accounts.find_account_by_email(self._database, email):
            raise OpenIdAddressTaken
        return None

    def _hold(self, email: str | None) -> AccountRow | None:
        known = accounts.find_account_by_email(self._database, email) if email else None
        return known and accounts.hold_account(self._database, known.account_id)

    def _create(self, identity: Identity, email: str | None) -> AccountRow | None:
        return self._accounts.create(
            NewAccount(email, None, _name(identity.name), _locale(identity.locale))
        )


def _mailable(email: str) -> str | None:
    try:
        return normalize_email(email) if email else None
    except InvalidArgument:
        return None  # of a kind that no account has


def _name(name: str) -> str:
    """The name, if it is one that people may have here (stellr.options.v1.person_name)."""
    trimmed = trim(trim(name)[:LONGEST_NAME])
    kinds = {char: unicodedata.category(char) for char in trimmed}
    has_controls = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} & {*kinds.values()}
    is_seen = any(kind[0] in "LNPS" for char, kind in kinds.items() if char not in BLANK)
    return trimmed if is_seen and not has_controls else DEFAULT_NAME


def _locale(locale: str) -> str:
    """The locale, if it is one that people may have here (stellr.options.v1.locale)."""
    return hyphens(locale) if _LOCALE.fullmatch(locale) else DEFAULT_LOCALE

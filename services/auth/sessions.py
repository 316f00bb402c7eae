"""Sessions: begun by a proof, kept alive by rotating refresh tokens, ended for good."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from typing import NamedTuple
from uuid import UUID

from services.auth import passwords, refresh_tokens
from services.auth.addresses import normalize_email
from services.auth.audit import Audit
from services.auth.errors import InvalidCredentials, RefreshTokenInvalid
from services.auth.hashing import Hashing
from services.auth.models import AccountState
from services.auth.refresh_tokens import RefreshToken, Use
from services.auth.repository import accounts, credentials, sessions
from services.auth.repository.accounts import AccountRow
from services.auth.repository.credentials import PasswordLogin
from services.auth.repository.sessions import SessionRow
from services.auth.signing_keys import SigningKeys
from services.kit import call
from services.kit.data.database import Database
from services.kit.errors import InvalidArgument
from services.kit.events.events import Events
from services.kit.identity.secrets import Signer
from stellr.auth.v1.audit_pb2 import AuditEventType
from stellr.auth.v1.events_pb2 import SessionEnded

LIFETIME = timedelta(days=30)


class SignedIn(NamedTuple):
    """Who is signed in, and the tokens to prove it."""

    account: AccountRow
    access_token: str
    refresh_token: str


class Sessions:
    """Begins, refreshes and ends sessions."""

    def __init__(
        self,
        database: Database,
        *,
        events: Events,
        keys: SigningKeys,
        refresh: Signer,
        hashing: Hashing,
        audit: Audit,
    ) -> None:
        self._database = database
        self._events = events
        self._keys = keys
        self._refresh = refresh
        self._hashing = hashing
        self._audit = audit

    def log_in(self, email: str, password: str) -> SignedIn:
        """A session for the right password; InvalidCredentials for any other, or SignInBusy."""
        # No transaction is open and no connection held while this waits for its turn.
        proven = self._hashing.run(partial(self._prove, email, password))
        held = self._hold(proven) if proven else None
        if held is None:
            raise InvalidCredentials
        return self.start(held, "password")

    def _prove(self, email: str, password: str) -> PasswordLogin | None:
        login, given = self._find(email), passwords.normalize_password(password)
        known = login.password_hash if login else None
        return login if passwords.verify_password(given, known) else None

    def _find(self, email: str) -> PasswordLogin | None:
        try:
            return credentials.find_password_login(self._database, normalize_email(email))
        except InvalidArgument:
            return None  # nobody has an address that no mail reaches

    def _hold(self, proven: PasswordLogin) -> AccountRow | None:
        """The account as it is now; None where its password changed since it was proven, or nobody
        may sign in."""
        account = accounts.hold_account(self._database, proven.account.account_id)
        password = account and credentials.find_password(self._database, account.account_id)
        unchanged = account and account.may_sign_in and password == proven.password_hash
        return account if unchanged else None

    def start(self, account: AccountRow, method: str) -> SignedIn:
        """A new session of the account, on the device that calls; InvalidCredentials where it is
        disabled. `method` says how the person proved themselves, for the audit trail."""
        if not account.may_sign_in:
            raise InvalidCredentials
        this = call.current()
        session = sessions.start_session(
            self._database,
            account,
            salt=secrets.token_urlsafe(16),
            device=this.user_agent if this else "",
            address=this.address if this else "",
            lifetime=LIFETIME,
        )
        self._audit.record(
            account.account_id,
            AuditEventType.AUDIT_EVENT_TYPE_SIGNED_IN,
            method=method,
            session_id=session.session_id,
        )
        return self._tokens(session, account)

    def refresh(self, token: str) -> SignedIn:
        """New tokens for a refresh token; within 10 s of its rotation the same ones again.

        RefreshTokenInvalid for any other; one that was rotated before that ends its session.
        """
        presented = refresh_tokens.parse(token)
        # A transaction of its own: the end of a session stays, though the call is refused.
        with self._database.transaction():
            session = self._use(presented) if presented else None
            account = session and accounts.hold_account(self._database, session.account_id)
        if session is None or account is None:
            raise RefreshTokenInvalid
        return self._tokens(session, account)

    def _use(self, presented: RefreshToken) -> SessionRow | None:
        """The session as it goes on, or None; a forged token must not end anybody's."""
        session = sessions.hold_session(self._database, presented.session_id)
        if session is None or not refresh_tokens.is_genuine(self._refresh, presented, session):
            return None
        use = refresh_tokens.judge(presented, session, sessions.time_now(self._database))
        if use is Use.ROTATE:
            return sessions.rotate_session(self._database, session, LIFETIME)
        if use is Use.REPLAY:
            self._tell_ended(sessions.end_session(self._database, session.session_id))
        return session if use is Use.REPEAT else None

    def end(self, everywhere: bool) -> None:
        """End the caller's session, or all of them."""
        with self._database.transaction():
            if everywhere:
                self.end_all(call.user_id())
            else:
                self._tell_ended(sessions.end_session(self._database, call.session_id()))

    def end_all(self, account_id: UUID, *, keep: UUID | None = None) -> None:
        """End all sessions of an account, or all but one; true everywhere at the answer."""
        self._tell_ended(sessions.end_sessions_of(self._database, account_id, keep=keep))

    def _tell_ended(self, session_ids: Iterable[UUID]) -> None:
        for session_id in session_ids:
            # Who got the answer finds the token refused everywhere.
            self._events.append(SessionEnded(session_id=str(session_id)), awaited=True)

    def _tokens(self, session: SessionRow, account: AccountRow) -> SignedIn:
        access = self._keys.signer().sign(
            account.account_id,
            session.session_id,
            account.roles,
            account.version,
            deleted=account.state == AccountState.DELETED,
        )
        return SignedIn(account, access, refresh_tokens.sign(self._refresh, session))

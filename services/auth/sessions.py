"""Sessions: begun by a proof, kept alive by rotating refresh tokens, ended for good."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session as Db

from services.auth import passwords, refresh_tokens, repository
from services.auth.access import AccessSigner
from services.auth.addresses import normalize_email
from services.auth.errors import InvalidCredentials, RefreshTokenInvalid
from services.auth.hashing import Hashing
from services.auth.models import Account, Session
from services.auth.refresh_tokens import RefreshToken, Use
from services.kit import call
from services.kit.data.database import Database
from services.kit.errors import InvalidArgument
from services.kit.events.events import Events
from services.kit.identity.secrets import Signer
from stellr.auth.v1.events_pb2 import SessionEnded

LIFETIME = timedelta(days=30)


class SignedIn(NamedTuple):
    """Who is signed in, and the tokens to prove it."""

    account: Account
    access_token: str
    refresh_token: str


class Sessions:
    """Begins, refreshes and ends sessions."""

    def __init__(
        self,
        database: Database,
        events: Events,
        access: AccessSigner,
        refresh: Signer,
        hashing: Hashing,
    ) -> None:
        self._database = database
        self._events = events
        self._access = access
        self._refresh = refresh
        self._hashing = hashing

    def log_in(self, email: str, password: str) -> SignedIn:
        """A session for the right password; InvalidCredentials for any other, or SignInBusy."""
        # No transaction is open and no connection held while this waits for its turn.
        proven = self._hashing.run(partial(self._prove, email, password))
        held = self._hold(proven) if proven else None
        if held is None:
            raise InvalidCredentials
        return self.start(held)

    def _prove(self, email: str, password: str) -> Account | None:
        account, given = self._find(email), passwords.normalize_password(password)
        known = account.password_hash if account else None
        return account if passwords.verify_password(given, known) else None

    def _find(self, email: str) -> Account | None:
        try:
            address = normalize_email(email)
        except InvalidArgument:
            return None  # nobody has an address that no mail reaches
        with self._database.transaction() as unit:
            return repository.find_account_by_email(unit.session, address)

    def _hold(self, proven: Account) -> Account | None:
        """The account as it is now; None where its password changed since it was proven."""
        account = repository.hold_account(self._database.session, proven.account_id)
        unchanged = account and account.password_hash == proven.password_hash
        return account if unchanged else None

    def start(self, account: Account) -> SignedIn:
        """A new session of the account, on the device that calls."""
        now, this = datetime.now(UTC), call.current()
        values = {
            "salt": secrets.token_urlsafe(16),
            "generation": 1,
            "device": this.user_agent if this else "",
            "address": this.address if this else "",
            "expires_at": now + LIFETIME,
        }
        session = repository.start_session(self._database.session, account, values, now)
        return self._tokens(session, account)

    def refresh(self, token: str) -> SignedIn:
        """New tokens for a refresh token; within 10 s of its rotation the same ones again.

        RefreshTokenInvalid for any other; one that was rotated before that ends its session.
        """
        presented = refresh_tokens.parse(token)
        if presented is None:
            raise RefreshTokenInvalid
        # A transaction of its own: the end of a session stays, though the call is refused.
        with self._database.transaction() as unit:
            session = self._genuine(unit.session, presented)
            account = self._use(unit.session, session, presented) if session else None
        if session is None or account is None:
            raise RefreshTokenInvalid
        return self._tokens(session, account)

    def _genuine(self, db: Db, presented: RefreshToken) -> Session | None:
        """The session of a genuine token, held; a forged one must not end anybody's session."""
        session = repository.hold_session(db, presented.session_id)
        genuine = session and refresh_tokens.is_genuine(self._refresh, presented, session)
        return session if genuine else None

    def _use(self, db: Db, session: Session, presented: RefreshToken) -> Account | None:
        use = refresh_tokens.judge(presented, session, repository.time_now(db))
        if use is Use.REPLAY:
            self._end(db, Session.session_id == session.session_id)
        elif use is Use.ROTATE:
            repository.rotate_session(db, session, LIFETIME)
        goes_on = use in (Use.ROTATE, Use.REPEAT)
        return repository.hold_account(db, session.account_id) if goes_on else None

    def end(self, everywhere: bool) -> None:
        """End the caller's session, or all of them."""
        caller = call.caller()
        condition = (
            Session.account_id == caller.user_id
            if everywhere
            else Session.session_id == caller.session_id
        )
        with self._database.transaction() as unit:
            self._end(unit.session, condition)

    def _end(self, db: Db, condition: sa.ColumnElement[bool]) -> None:
        for session_id in repository.end_sessions(db, condition):
            # Who got the answer finds the token refused everywhere.
            self._events.append(SessionEnded(session_id=str(session_id)), awaited=True)

    def _tokens(self, session: Session, account: Account) -> SignedIn:
        access = self._access.sign(
            account.account_id, session.session_id, account.roles, account.version
        )
        return SignedIn(account, access, refresh_tokens.sign(self._refresh, session))

"""Sessions: begun by a proof, kept alive by rotating refresh tokens, ended for good."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from services.auth import refresh_tokens
from services.auth.audit import Audit
from services.auth.devices import agent_key
from services.auth.errors import LoginFailed, RefreshTokenInvalid, SessionNotFound
from services.auth.failures import Failures
from services.auth.mails import Mails
from services.auth.models import AccountState
from services.auth.refresh_tokens import RefreshToken, Use
from services.auth.repository import accounts, devices, sessions, verifications
from services.auth.repository.accounts import AccountRow
from services.auth.repository.sessions import SessionRow, SessionView
from services.auth.signing_keys import SigningKeys
from services.kit import call
from services.kit.data.database import Database
from services.kit.data.tables import as_uuid
from services.kit.events.events import Events
from services.kit.identity.secrets import Signer
from services.kit.rpc.limits import address_key
from stellr.auth.v1.audit_pb2 import AuditEventType
from stellr.auth.v1.events_pb2 import SessionEnded

LIFETIME = timedelta(days=30)
# Live sessions of an account; then the one used longest ago ends.
MOST = 100


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
        audit: Audit,
        failures: Failures,
        mails: Mails,
    ) -> None:
        self._database = database
        self._events = events
        self._keys = keys
        self._refresh = refresh
        self._mails = mails
        self._audit = audit
        self._failures = failures

    def start(self, account: AccountRow, method: str) -> SignedIn:
        """A new session of the account, on the device that calls; InvalidCredentials where it is
        disabled. `method` says how the person proved themselves, for the audit trail."""
        if not account.may_sign_in:
            self._failures.note(account.account_id, str(account.account_id), method)
            raise LoginFailed
        this = call.current()
        session = sessions.start_session(
            self._database,
            account,
            salt=secrets.token_urlsafe(16),
            device=this.user_agent if this else "",
            address=this.address if this else "",
            lifetime=LIFETIME,
        )
        self._note_device(account)
        self._end_surplus(account.account_id)
        self._audit.record(
            account.account_id,
            AuditEventType.AUDIT_EVENT_TYPE_SIGNED_IN,
            method=method,
            session_id=session.session_id,
        )
        return self._tokens(session, account)

    def _end_surplus(self, account_id: UUID) -> None:
        """End what is beyond the most, as `end`. The account is held already."""
        ended = sessions.end_surplus(self._database, account_id, MOST)
        if ended:
            verifications.void_changes_of(self._database, account_id)
        self._tell_ended(ended)

    def _note_device(self, account: AccountRow) -> None:
        """Remember where the account is used, and tell its owner of a device that is new to it."""
        this = call.current()
        agent, address = (this.user_agent, this.address) if this else ("", "")
        seen = devices.see_device(
            self._database, account.account_id, agent_key(agent), address_key(address)
        )
        if seen.any_device and not seen.this_device:
            self._mails.new_device(account, agent, address)

    def refresh(self, token: str) -> SignedIn:
        """New tokens for a refresh token; within 10 s of its rotation the same ones again.

        RefreshTokenInvalid for any other; one that was rotated before that ends its session.
        """
        presented = refresh_tokens.parse(token)
        # A transaction of its own: the end of a session stays, though the call is refused.
        with self._database.transaction():
            account = self._hold_account_of(presented) if presented else None
            session = self._use(presented) if presented and account else None
        if session is None or account is None:
            raise RefreshTokenInvalid
        return self._tokens(session, account)

    def _hold_account_of(self, presented: RefreshToken) -> AccountRow | None:
        """The account of a genuine token, held before its session: as all hold them who end
        sessions. A forged token holds nobody's."""
        session = sessions.find_session(self._database, presented.session_id)
        if session is None or not refresh_tokens.is_genuine(self._refresh, presented, session):
            return None
        return accounts.hold_account(self._database, session.account_id)

    def _use(self, presented: RefreshToken) -> SessionRow | None:
        """The session as it goes on, or None."""
        session = sessions.hold_session(self._database, presented.session_id)
        if session is None:
            return None
        use = refresh_tokens.judge(presented, session, sessions.time_now(self._database))
        if use is Use.ROTATE:
            this = call.current()
            address = this.address if this else ""
            return sessions.rotate_session(self._database, session, LIFETIME, address)
        if use is Use.REPLAY:
            self._audit.record(
                session.account_id,
                AuditEventType.AUDIT_EVENT_TYPE_REFRESH_TOKEN_REUSED,
                session_id=session.session_id,
            )
            self._void_codes(session.account_id)
            self._tell_ended(sessions.end_session(self._database, session.session_id))
        return session if use is Use.REPEAT else None

    def end(self, everywhere: bool) -> None:
        """End the caller's session, or all of them: what was begun in it must not end well. A code
        for a new password or for signing in came without one, so it outlives the one session."""
        self._audit.record(
            call.user_id(),
            AuditEventType.AUDIT_EVENT_TYPE_SIGNED_OUT,
            session_id=call.session_id(),
            detail="everywhere" if everywhere else "",
        )
        if everywhere:
            self.end_all(call.user_id())
        else:
            accounts.hold_account(self._database, call.user_id())
            verifications.void_changes_of(self._database, call.user_id())
            self._tell_ended(sessions.end_session(self._database, call.session_id()))

    def list_sessions(self, account_id: UUID) -> list[SessionView]:
        """The sessions of an account that have not ended, the one used last first."""
        return sessions.list_sessions(self._database, account_id, MOST)

    def end_one(self, account_id: UUID, session: str) -> None:
        """End a session of an account, and void its codes; SessionNotFound where there is none of
        this id."""
        session_id = as_uuid(session)
        self._void_codes(account_id)
        ended = session_id and sessions.end_session_of(self._database, account_id, session_id)
        if not ended:
            raise SessionNotFound
        self._note_end(account_id, ended)

    def end_others(self, account_id: UUID, keep: UUID) -> None:
        """End all sessions of an account but one, and void its codes."""
        self._void_codes(account_id)
        self._note_end(account_id, sessions.end_sessions_of(self._database, account_id, keep=keep))

    def _note_end(self, account_id: UUID, ended: Iterable[UUID]) -> None:
        for session_id in ended:
            self._audit.record(
                account_id, AuditEventType.AUDIT_EVENT_TYPE_SIGNED_OUT, session_id=session_id
            )
        self._tell_ended(ended)

    def end_all(self, account_id: UUID, *, keep: UUID | None = None) -> None:
        """End all sessions of an account, or all but one, and void its codes: what was begun in
        those sessions must not end well. True everywhere at the answer."""
        self._void_codes(account_id)
        self._tell_ended(sessions.end_sessions_of(self._database, account_id, keep=keep))

    def _void_codes(self, account_id: UUID) -> None:
        """First of what ends sessions: with the account held, nothing else begins in them."""
        accounts.hold_account(self._database, account_id)
        verifications.void_codes_of(self._database, account_id)

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

"""Sessions: begun by a proof, kept alive by rotating refresh tokens, ended for good."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.auth import passwords, repository
from services.auth.access import LIFETIME_SECONDS, AccessSigner
from services.auth.addresses import normalize_email
from services.auth.errors import InvalidCredentials, RefreshTokenInvalid
from services.auth.models import Account, Session
from services.kit import call
from services.kit.data.tables import as_uuid
from services.kit.errors import InvalidFields
from services.kit.process.runtime import Runtime
from stellr.auth.v1 import session_pb2 as pb

LIFETIME = timedelta(days=30)
# The end of a session reaches every service through the feed within milliseconds. The answer to a
# logout is held until then, so that who got it finds the token refused.
SPREAD_SECONDS = 0.05


class Sessions:
    """Begins, refreshes and ends sessions."""

    def __init__(self, runtime: Runtime, signer: AccessSigner) -> None:
        self._database = runtime.database
        self._access = signer
        self._refresh = runtime.signer("refresh-token")

    def log_in(self, email: str, password: str) -> pb.Session:
        """A session for the right password; InvalidCredentials for any other."""
        account, given = self._find(email), passwords.normalize_password(password)
        if not passwords.verify_password(given, account.password_hash if account else None):
            account = None
        account = account and repository.hold_account(self._database.session, account.account_id)
        if account is None:
            raise InvalidCredentials
        return self.start(account)

    def _find(self, email: str) -> Account | None:
        try:
            address = normalize_email(email)
        except InvalidFields:
            return None  # nobody has an address that no mail reaches
        return repository.find_account_by_email(self._database.session, address)

    def start(self, account: Account) -> pb.Session:
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

    def refresh(self, token: str) -> pb.Session:
        """New tokens for a refresh token; one that comes again ends its session."""
        db = self._database.session
        session_id, generation = self._read(token)
        session = repository.rotate_session(
            db, session_id, generation, datetime.now(UTC) + LIFETIME
        )
        if session is None:
            repository.end_sessions(db, Session.session_id == session_id)
            raise RefreshTokenInvalid
        account = repository.hold_account(db, session.account_id)
        if account is None:
            raise RefreshTokenInvalid
        return self._tokens(session, account)

    def end(self, everywhere: bool) -> None:
        """End the caller's session, or all of them."""
        caller = call.caller()
        condition = (
            Session.account_id == caller.user_id
            if everywhere
            else Session.session_id == caller.session_id
        )
        with self._database.transaction() as unit:
            repository.end_sessions(unit.session, condition)
        time.sleep(SPREAD_SECONDS)

    def _read(self, token: str) -> tuple[UUID, int]:
        """What a genuine refresh token says; a forged one must not end anybody's session."""
        name, number, signature = [*token.split("."), "", "", ""][:3]
        session_id = as_uuid(name)
        session = session_id and repository.find_session(self._database.session, session_id)
        if not session or not self._refresh.matches(f"{name}.{number}.{session.salt}", signature):
            raise RefreshTokenInvalid
        return session.session_id, int(number)

    def _tokens(self, session: Session, account: Account) -> pb.Session:
        name = f"{session.session_id}.{session.generation}"
        return pb.Session(
            access_token=self._access.sign(account.account_id, session.session_id, account.roles),
            refresh_token=f"{name}.{self._refresh.sign(f'{name}.{session.salt}')}",
            token_type="Bearer",  # noqa: S106 - a name, no password
            expires_in=LIFETIME_SECONDS,
            user=user_message(account),
        )


def user_message(account: Account) -> pb.User:
    """The account as its owner sees it."""
    return pb.User(
        user_id=str(account.account_id),
        email=account.email,
        phone=account.phone or "",
        display_name=account.display_name,
        roles=account.roles,
        email_verified=True,
        phone_verified=account.phone is not None,
    )

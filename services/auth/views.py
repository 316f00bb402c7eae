"""What auth knows, as the public messages tell it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from services.auth.access import LIFETIME_SECONDS
from services.auth.accounts import STATE_PREFIX, state_of
from services.auth.audit import PREFIX
from services.auth.repository.accounts import AccountRow
from services.auth.repository.audit import AuditRow
from services.auth.repository.credentials import CredentialView
from services.auth.repository.sessions import SessionView
from services.auth.repository.users import Search
from services.auth.sessions import SignedIn
from services.auth.verifying import Pending
from services.kit.data.tables import timestamp
from services.kit.text import trim
from stellr.auth.v1 import account_pb2, account_service_pb2, audit_pb2
from stellr.auth.v1 import sign_in_pb2 as pb
from stellr.auth.v1.keys_pb2 import Jwk, Jwks

KIND_PREFIX = "CREDENTIAL_KIND_"


def signed_in_message(signed_in: SignedIn) -> pb.SignedIn:
    """Who is signed in, and the tokens that prove it."""
    return pb.SignedIn(
        access_token=signed_in.access_token,
        refresh_token=signed_in.refresh_token,
        token_type="Bearer",  # noqa: S106 - a name, no password
        expires_in=LIFETIME_SECONDS,
        user=user_message(signed_in.account),
    )


def verification_message(pending: Pending) -> pb.Verification:
    """A code that is on its way."""
    return pb.Verification(
        verification_id=str(pending.verification_id), expire_time=timestamp(pending.expires_at)
    )


def jwks_message(jwks: Iterable[Mapping[str, str]]) -> Jwks:
    """Public keys as a set."""
    return Jwks(keys=[Jwk(**jwk) for jwk in jwks])


def jwk_shape(jwk: Jwk) -> dict[str, str]:
    """A public key as it is kept."""
    return {field.name: getattr(jwk, field.name) for field in Jwk.DESCRIPTOR.fields}


def user_message(account: AccountRow) -> pb.User:
    """The account as its owner sees it."""
    return pb.User(
        user_id=str(account.account_id),
        email=account.email or "",
        phone=account.phone or "",
        display_name=account.display_name,
        roles=account.roles,
        email_verified=account.email is not None,
        phone_verified=account.phone is not None,
    )


def account_message(account: AccountRow) -> account_pb2.Account:
    """The account as those see it who run the academy."""
    return account_pb2.Account(
        user=user_message(account),
        locale=account.locale,
        create_time=timestamp(account.created_at),
        first_login_time=timestamp(account.first_login_at),
        state=state_of(account),
        delete_time=timestamp(account.deleted_at),
    )


def session_message(row: SessionView, current: UUID) -> account_service_pb2.Session:
    """A session as its owner sees it."""
    return account_service_pb2.Session(
        session_id=str(row.session_id),
        device=row.device,
        address=row.address,
        create_time=timestamp(row.created_at),
        last_used_time=timestamp(row.last_used_at),
        current=row.session_id == current,
    )


def credential_message(row: CredentialView) -> account_service_pb2.Credential:
    """A way to sign in as its owner sees it."""
    kind = account_service_pb2.CredentialKind.Value(f"{KIND_PREFIX}{row.kind.upper()}")
    return account_service_pb2.Credential(
        credential_id=row.credential_id,
        kind=kind,
        issuer=row.issuer,
        address=row.address,
        create_time=timestamp(row.created_at),
    )


def audit_message(row: AuditRow) -> audit_pb2.AuditEvent:
    """Something that happened to an account."""
    return audit_pb2.AuditEvent(
        event_id=str(row.event_id),
        type=audit_pb2.AuditEventType.Value(f"{PREFIX}{row.type.upper()}"),
        time=timestamp(row.occurred_at),
        address=row.address,
        device=row.device,
        method=row.method,
        session_id=row.session_id,
        actor=row.actor,
        detail=row.detail,
    )


def search_of(request: account_service_pb2.ListUsersRequest) -> Search:
    """What accounts an administrator looks for."""
    state = account_pb2.AccountState.Name(request.state).removeprefix(STATE_PREFIX).lower()
    return Search(
        q=trim(request.q),
        role=request.role,
        state=state if request.state else "",
        newest_first=request.order_by in ("", "createTime desc"),
    )

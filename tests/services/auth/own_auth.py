"""An auth of the test's own: its server, its chain, its database, and settings as a test needs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import grpc
import pytest
from google.rpc.error_details_pb2 import ErrorInfo
from grpc_status import rpc_status

from services.auth import passwords
from services.auth.repository.accounts import NewAccount, create_account
from services.auth.repository.credentials import set_password
from services.auth.service import SERVICE, Auth
from services.kit.data.database import Database
from services.kit.identity.roles import LEARNER
from services.kit.process.main import make_server
from services.kit.process.runtime import Runtime
from services.kit.process.service import Domain
from stellr.auth.v1 import auth_service_pb2 as pb
from stellr.auth.v1.auth_service_pb2_grpc import AuthServiceStub
from tests.services.in_process import runtime_of
from tests.support import Stack

PASSWORD = "a long enough password"
HASH = passwords.hash_password(PASSWORD)
SECONDS = 10.0
SOON_SECONDS = 5.0


@dataclass(frozen=True)
class OwnAuth:
    """A running auth; calls come from the address that they say."""

    stub: Any
    database: Database
    target: str

    def account(self, email: str) -> None:
        """An account with PASSWORD."""
        make_account(self.database, email)

    def log_in(self, email: str, password: str = PASSWORD, address: str = "192.0.2.1") -> Any:
        """A session."""
        request = pb.LoginRequest(email=email, password=password)
        return self.stub.Login(request, timeout=SECONDS, metadata=called_from(address))

    def refresh(self, session: Any, address: str = "192.0.2.1") -> Any:
        """The session refreshed."""
        request = pb.RefreshTokenRequest(refresh_token=session.refresh_token)
        return self.stub.RefreshToken(request, timeout=SECONDS, metadata=called_from(address))

    def log_out(self, session: Any) -> Any:
        """The end of the session."""
        proof = [("authorization", f"Bearer {session.access_token}")]
        return self.stub.Logout(pb.LogoutRequest(), timeout=SECONDS, metadata=proof)


def make_account(database: Database, email: str) -> UUID:
    """The id of a new account with PASSWORD."""
    with database.transaction():
        account = create_account(database, NewAccount(email, None, "Ann", "en"), [LEARNER])
        assert account is not None
        set_password(database, account.account_id, HASH)
    return account.account_id


def built(
    stack: Stack, database: Database, monkeypatch: pytest.MonkeyPatch, **settings: str
) -> tuple[Runtime, Domain]:
    """Auth put together, and what it was put together with."""
    for name, value in settings.items():
        monkeypatch.setenv(f"STELLR_{name.upper()}", value)
    runtime = runtime_of(SERVICE, stack, database, monkeypatch)
    return runtime, SERVICE.build(runtime)


@contextmanager
def parts(
    stack: Stack, database: Database, monkeypatch: pytest.MonkeyPatch, **settings: str
) -> Iterator[Auth]:
    """The parts of an auth that serves nothing."""
    for name, value in settings.items():
        monkeypatch.setenv(f"STELLR_{name.upper()}", value)
    runtime = runtime_of(SERVICE, stack, database, monkeypatch)
    yield Auth(runtime)
    runtime.close()


@contextmanager
def own_auth(
    stack: Stack, database: Database, monkeypatch: pytest.MonkeyPatch, **settings: str
) -> Iterator[OwnAuth]:
    """Serve on the database, with settings by their names: threads="1"."""
    runtime, domain = built(stack, database, monkeypatch, **settings)
    # As a process does before it serves.
    runtime.access_keys.load()
    server = make_server(runtime, domain)
    runtime.supervisor.start()
    try:
        port = server.start("127.0.0.1:0")
        server.open()
        target = f"127.0.0.1:{port}"
        with grpc.insecure_channel(target) as channel:
            yield OwnAuth(AuthServiceStub(channel), database, target)
    finally:
        server.stop(1)
        runtime.supervisor.stop(1)
        runtime.close()


def called_from(address: str) -> list[tuple[str, str]]:
    """What Envoy says of a call from this address."""
    return [("x-envoy-external-address", address)]


def within_a_minute() -> None:
    """Wait for the next one where this is nearly over: limits weigh what was in the one before."""
    left = 60 - time.time() % 60
    if left < SOON_SECONDS:
        time.sleep(left)


def refused(call: Callable[[], Any]) -> grpc.RpcError:
    """The refusal that a call ends in."""
    with pytest.raises(grpc.RpcError) as told:
        call()
    return told.value


def reason_of(error: grpc.RpcError) -> str:
    """Why a call was refused, in google.rpc.ErrorInfo."""
    info = ErrorInfo()
    details = rpc_status.from_call(error).details
    assert next(detail for detail in details if detail.Is(ErrorInfo.DESCRIPTOR)).Unpack(info)
    return str(info.reason)

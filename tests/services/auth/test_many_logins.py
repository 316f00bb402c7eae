"""Logins that wait for argon2 hold nothing that anybody else needs."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import grpc
import pytest
import sqlalchemy as sa

from services.auth import passwords, service
from services.auth.models import Credential
from services.kit.data.database import Database
from stellr.auth.v1 import auth_service_pb2 as pb
from tests.services.auth.own_auth import OwnAuth, own_auth, reason_of
from tests.support import Stack

EMAIL = "ann@learner.example"
ADMITTED = 8
verify_password = passwords.verify_password


class Gate:
    """Holds every password until it is opened."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.open.set()
        self.reached = threading.Semaphore(0)

    def verify(self, password: str, password_hash: str | None) -> bool:
        self.reached.release()
        assert self.open.wait(10)
        return verify_password(password, password_hash)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    opened = Gate()
    monkeypatch.setattr(passwords, "verify_password", opened.verify)
    yield opened
    opened.open.set()


@pytest.fixture
def auth(
    stack: Stack,
    database_of: Callable[[str], Database],
    gate: Gate,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[OwnAuth]:
    """With one thread and one connection, and an account."""
    monkeypatch.setattr(service, "ADMITTED", ADMITTED)
    scarce = {"threads": "1", "pool_size": "1", "limit_login_account": "1000"}
    with own_auth(stack, database_of("auth"), monkeypatch, **scarce) as running:
        running.account(EMAIL)
        yield running


def test_waiting_logins_hold_up_nothing_and_the_next_one_is_told_when_to_come_again(
    auth: OwnAuth, gate: Gate
) -> None:
    session = auth.log_in(EMAIL)
    gate.open.clear()
    with ThreadPoolExecutor(ADMITTED + 1) as pool:
        logins = {pool.submit(auth.log_in, EMAIL) for _ in range(ADMITTED + 1)}
        try:
            ended, waiting = wait(logins, 10, FIRST_COMPLETED)
            session = auth.refresh(session)
            assert auth.stub.GetJwks(pb.GetJwksRequest(), timeout=5).keys
            auth.log_out(session)
        finally:
            gate.open.set()
        assert all(login.result(10).access_token for login in waiting)
    (busy,) = (login.exception() for login in ended)
    assert isinstance(busy, grpc.RpcError)
    assert busy.code() is grpc.StatusCode.UNAVAILABLE
    assert reason_of(busy) == "SIGN_IN_BUSY"
    assert dict(busy.trailing_metadata())["retry-after"] == "1"
    assert auth.log_in(EMAIL).user.email == EMAIL


def test_a_password_that_changes_while_its_login_waits_is_no_longer_good(
    auth: OwnAuth, gate: Gate
) -> None:
    gate.open.clear()
    with ThreadPoolExecutor(1) as pool:
        login = pool.submit(auth.log_in, EMAIL)
        try:
            assert gate.reached.acquire(timeout=10)
            with auth.database.transaction() as unit:
                unit.session.execute(sa.update(Credential).values(secret="another"))
        finally:
            gate.open.set()
        error = login.exception(10)
    assert isinstance(error, grpc.RpcError)
    assert reason_of(error) == "INVALID_CREDENTIALS"

"""What strangers use up of a number is not the owner's, who comes from where they came before."""

from collections.abc import Callable, Iterator

import grpc
import pytest

from services.auth import codes
from services.auth.repository.accounts import NewAccount, create_account
from services.kit.data.database import Database
from stellr.auth.v1 import auth_service_pb2 as pb
from tests.services.auth.own_auth import OwnAuth, called_from, own_auth, reason_of
from tests.support import Stack

NUMBER = "+12025550143"
NOBODYS = "+12025550144"
HOME, ELSEWHERE = "192.0.2.1", "198.51.100.1"
CODE = "123456"
MANY = {"limit_sms_minute": "1000", "limit_guesses": "4", "limit_sms_number": "4"}


@pytest.fixture
def database(database_of: Callable[[str], Database]) -> Database:
    return database_of("auth")


@pytest.fixture
def auth(stack: Stack, database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnAuth]:
    """With an account of NUMBER that was used from HOME."""
    monkeypatch.setattr(codes, "new_code", lambda: CODE)
    with own_auth(stack, database, monkeypatch, **MANY) as running:
        assert verified(running, HOME) == ""
        yield running


def begun(auth: OwnAuth, source: str, number: str = NUMBER) -> str:
    request = pb.StartPhoneLoginRequest(phone=number)
    found = auth.stub.StartPhoneLogin(request, timeout=10, metadata=called_from(source))
    return str(found.verification_id)


def verified(auth: OwnAuth, source: str, code: str = CODE) -> str:
    """ "" where the code signs in, else why not."""
    try:
        request = pb.VerifyPhoneRequest(verification_id=begun(auth, source), code=code)
        auth.stub.VerifyPhone(request, timeout=10, metadata=called_from(source))
    except grpc.RpcError as error:
        return reason_of(error)
    return ""


def test_guesses_of_strangers_lock_nobody_out(auth: OwnAuth) -> None:
    verification = begun(auth, ELSEWHERE)
    told = []
    for _ in range(6):
        request = pb.VerifyPhoneRequest(verification_id=verification, code="654321")
        with pytest.raises(grpc.RpcError) as error:
            auth.stub.VerifyPhone(request, timeout=10, metadata=called_from(ELSEWHERE))
        told.append(reason_of(error.value))
    # The first sign-in came from nowhere known, and is one of the four.
    assert told == ["CODE_INVALID"] * 3 + ["RATE_LIMITED"] * 3
    assert verified(auth, HOME) == ""
    assert [verified(auth, HOME, "654321") for _ in range(4)][-1] == "RATE_LIMITED"


def test_messages_to_strangers_lock_nobody_out(auth: OwnAuth) -> None:
    told = [verified(auth, ELSEWHERE, "654321") for _ in range(5)]
    assert told[-1] == "RATE_LIMITED"
    assert verified(auth, HOME) == ""


def test_a_minute_lies_between_two_messages_to_a_number(
    stack: Stack, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.transaction():
        assert create_account(database, NewAccount(None, NUMBER, "Ann", "en"), [])
    with own_auth(stack, database, monkeypatch) as running:
        for number in (NUMBER, NOBODYS):
            assert begun(running, HOME, number)
            for source in (HOME, ELSEWHERE):
                with pytest.raises(grpc.RpcError) as error:
                    begun(running, source, number)
                assert reason_of(error.value) == "RATE_LIMITED"

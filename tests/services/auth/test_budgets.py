"""What text messages and mails may cost: by person, by where that is, by recipient, and in all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import grpc
import pytest

from services.auth.addresses import mailbox_of
from services.kit import call as calls
from services.kit.data.database import Database
from services.kit.errors import ResourceExhausted
from stellr.auth.v1 import auth_internal_service_pb2 as internal_pb
from stellr.auth.v1 import auth_service_pb2 as pb
from stellr.auth.v1.auth_internal_service_pb2_grpc import AuthInternalServiceStub
from tests.services.auth.own_auth import OwnAuth, called_from, own_auth, reason_of, refused
from tests.services.auth.steps import PASSWORD, address, phone_number
from tests.support import Stack

ANN, BOB = "ann@learner.example", "bob@learner.example"
ATTACKER, OTHER = "198.51.100.7", "192.0.2.1"


@pytest.fixture
def auth(
    stack: Stack, database_of: Callable[[str], Database], monkeypatch: pytest.MonkeyPatch
) -> Iterator[OwnAuth]:
    """Where three messages an hour are sent for an address, and two for a person."""
    few = {"limit_sms_address": "3", "limit_sms_person": "2", "limit_sms_minute": "1000"}
    with own_auth(stack, database_of("auth"), monkeypatch, **few) as running:
        for email in (ANN, BOB):
            running.account(email)
        yield running


@contextmanager
def on_behalf(stack: Stack, auth: OwnAuth, address: str) -> Iterator[AuthInternalServiceStub]:
    """What user asks auth for, while it answers somebody at an address."""
    token = calls.enter(calls.Call("test", address=address, user_agent="a browser"))
    try:
        with stack.mesh("user", "auth", auth.target) as channel:
            yield AuthInternalServiceStub(channel)
    finally:
        calls.leave(token)


def change_phone(stack: Stack, auth: OwnAuth, user_id: str, address: str) -> str:
    """The verification of a new number."""
    asked = internal_pb.StartAddressChangeRequest(user_id=user_id, phone=phone_number())
    with on_behalf(stack, auth, address) as stub:
        return str(stub.StartAddressChange(asked).verification_id)


def log_in_by_phone(auth: OwnAuth, address: str) -> None:
    request = pb.StartPhoneLoginRequest(phone=phone_number())
    auth.stub.StartPhoneLogin(request, timeout=10, metadata=called_from(address))


def test_messages_are_counted_by_where_the_person_is(stack: Stack, auth: OwnAuth) -> None:
    people = [auth.log_in(email).user.user_id for email in (ANN, BOB)]
    change_phone(stack, auth, people[0], ATTACKER)
    log_in_by_phone(auth, ATTACKER)
    change_phone(stack, auth, people[1], ATTACKER)
    with pytest.raises(ResourceExhausted):
        change_phone(stack, auth, people[1], ATTACKER)
    assert reason_of(refused(lambda: log_in_by_phone(auth, ATTACKER))) == "RATE_LIMITED"
    # Nobody else paid for it.
    change_phone(stack, auth, people[1], OTHER)


def test_messages_are_counted_by_the_person(stack: Stack, auth: OwnAuth) -> None:
    ann, bob = (auth.log_in(email).user.user_id for email in (ANN, BOB))
    for number in range(2):
        change_phone(stack, auth, ann, f"198.51.100.{number}")
    with pytest.raises(ResourceExhausted):
        change_phone(stack, auth, ann, "198.51.100.99")
    change_phone(stack, auth, bob, "198.51.100.99")


def test_a_message_that_is_sent_again_is_the_persons_too(
    stack: Stack, auth: OwnAuth, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.auth.phone_login.PAUSE", timedelta(0))
    ann = auth.log_in(ANN).user.user_id
    verification = change_phone(stack, auth, ann, "198.51.100.1")

    def resend(number: int) -> None:
        request = pb.ResendPhoneVerificationRequest(verification_id=verification)
        metadata = called_from(f"198.51.100.{number}")
        auth.stub.ResendPhoneVerification(request, timeout=10, metadata=metadata)

    resend(2)
    assert reason_of(refused(lambda: resend(3))) == "RATE_LIMITED"


# Mails

TOO_MANY = "too many requests"
FEW = {
    "limit_mails": "3",
    "limit_mails_address": "4",
    "limit_mails_person": "2",
    "limit_mails_site": "8",
}


@pytest.fixture
def mailing(
    stack: Stack, database_of: Callable[[str], Database], monkeypatch: pytest.MonkeyPatch
) -> Iterator[OwnAuth]:
    """Where few mails an hour are sent."""
    with own_auth(stack, database_of("auth"), monkeypatch, **FEW) as running:
        for email in (ANN, BOB):
            running.account(email)
        yield running


def forgot(auth: OwnAuth, email: str, address: str) -> str:
    """Why no mail is sent, or that one is."""
    request = pb.ForgotPasswordRequest(email=email)
    return _ended(lambda: auth.stub.ForgotPassword(request, metadata=called_from(address)))


def registered(auth: OwnAuth, email: str, address: str) -> str:
    request = pb.RegisterRequest(email=email, password=PASSWORD, display_name="Zoe")
    return _ended(lambda: auth.stub.Register(request, metadata=called_from(address)))


def changed_email(stack: Stack, auth: OwnAuth, user_id: str, address_there: str) -> str:
    asked = internal_pb.StartAddressChangeRequest(user_id=user_id, email=address())
    with on_behalf(stack, auth, address_there) as stub:
        try:
            stub.StartAddressChange(asked)
        except ResourceExhausted as error:
            return str(error)
    return "sent"


def _ended(call: Callable[[], object]) -> str:
    try:
        call()
    except grpc.RpcError as error:
        return str(error.details())
    return "sent"


def test_an_address_has_so_many_mails_sent(mailing: OwnAuth) -> None:
    for number in range(2):
        assert forgot(mailing, f"nobody{number}@learner.example", ATTACKER) == "sent"
        assert registered(mailing, address(), ATTACKER) == "sent"
    assert "mails_address" in forgot(mailing, ANN, ATTACKER)
    assert "mails_address" in registered(mailing, address(), ATTACKER)
    assert forgot(mailing, ANN, OTHER) == "sent"


def test_a_mailbox_gets_so_many_whatever_tags_it_is_given(mailing: OwnAuth) -> None:
    tagged = [ANN.replace("@", f"+{number}@") for number in range(3)]
    for number, email in enumerate(tagged):
        assert registered(mailing, email, f"198.51.100.{number}") == "sent"
    for email in (ANN, "ann+x+y@learner.example"):
        assert "(mails)" in forgot(mailing, email, "198.51.100.99")
    assert forgot(mailing, BOB, "198.51.100.99") == "sent"


def test_a_person_has_so_many_sent_from_wherever(stack: Stack, mailing: OwnAuth) -> None:
    ann, bob = (mailing.log_in(email).user.user_id for email in (ANN, BOB))
    for number in range(2):
        assert changed_email(stack, mailing, ann, f"198.51.100.{number}") == "sent"
    assert (
        changed_email(stack, mailing, ann, "198.51.100.99")
        == f"{TOO_MANY} (mails_person): try again later"
    )
    assert changed_email(stack, mailing, bob, "198.51.100.99") == "sent"


def test_the_whole_site_sends_so_many(mailing: OwnAuth) -> None:
    for number in range(8):
        assert registered(mailing, address(), f"198.51.100.{number}") == "sent"
    assert "mails_site" in registered(mailing, address(), "198.51.100.99")


@pytest.mark.parametrize(
    ("email", "mailbox"),
    [
        ("ann@a.example", "ann@a.example"),
        ("ann+1+2@a.example", "ann@a.example"),
        ("+ann@a.example", "+ann@a.example"),
    ],
)
def test_a_tag_is_no_mailbox(email: str, mailbox: str) -> None:
    assert mailbox_of(email) == mailbox

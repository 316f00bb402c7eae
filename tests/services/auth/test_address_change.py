from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage

import grpc
import pytest

from services.auth.errors import CodeInvalid
from services.auth.models import Purpose
from services.auth.networks import network, subject_here
from services.auth.repository.accounts import NewAccount, create_account
from services.auth.repository.devices import see_device
from services.auth.repository.verifications import count_guess
from services.kit.data.database import Database
from services.kit.errors import InvalidArgument, NotFound, ResourceExhausted
from stellr.auth.v1 import auth_internal_service_pb2 as pb
from stellr.auth.v1.auth_internal_service_pb2_grpc import AuthInternalServiceStub
from tests.services.auth.own_auth import make_account, parts
from tests.services.auth.steps import (
    Learners,
    Mesh,
    address,
    log_in,
    phone_number,
    sent_code,
    start_phone,
    texted_code,
    verify,
    verify_phone,
    with_token,
)
from tests.support import Stack, Visitor, body_of, eventually, reason

Start = Callable[..., dict[str, str]]


@pytest.fixture
def start(mesh: Mesh) -> Start:
    """Starts a change as user asks for it."""
    stub = AuthInternalServiceStub(mesh("user", "auth"))

    def ask(user_id: str, **new: str) -> dict[str, str]:
        answer = stub.StartAddressChange(pb.StartAddressChangeRequest(user_id=user_id, **new))
        return {"verificationId": answer.verification_id}

    return ask


def test_a_new_email_address_is_proven_and_the_old_one_told(
    stack: Stack, visitor: Visitor, learner: Learners, start: Start
) -> None:
    person, new = learner(), address()
    verification = start(person.user_id, email=f" {new.upper()}")
    before = len(stack.mails(person.email))
    session = verify(visitor, verification, sent_code(stack, new)).json()
    assert (session["user"]["userId"], session["user"]["email"]) == (person.user_id, new)

    def told() -> list[EmailMessage]:
        mails = stack.mails(person.email)[before:]
        return mails if any("contact details were changed" in m["Subject"] for m in mails) else []

    assert all(new not in body_of(mail) for mail in eventually(told, 10))
    assert log_in(visitor, new, person.password).status_code == 200
    assert log_in(visitor, person.email, person.password).status_code == 401
    own = with_token(stack, session["accessToken"])
    eventually(lambda: own.get("/me").json()["email"] == new)


def test_a_number_is_added_and_then_changed(
    stack: Stack, visitor: Visitor, learner: Learners, start: Start
) -> None:
    person, first, second = learner(), phone_number(), phone_number()
    added = verify_phone(visitor, start(person.user_id, phone=first), texted_code(stack, first))
    assert added.json()["user"]["phone"] == first
    eventually(lambda: any("changed" in mail["Subject"] for mail in stack.mails(person.email)), 10)
    changed = verify_phone(visitor, start(person.user_id, phone=second), texted_code(stack, second))
    assert changed.json()["user"]["phone"] == second
    told = eventually(lambda: stack.texts(first)[1:], 10)
    assert "changed" in told[0]["body"]
    login = start_phone(visitor, second)
    session = verify_phone(visitor, login, texted_code(stack, second, 2)).json()
    assert session["user"]["userId"] == person.user_id


def test_an_address_of_somebody_else_is_never_given_away(
    stack: Stack, visitor: Visitor, learner: Learners, start: Start
) -> None:
    person, owner = learner(), learner()
    before = len(stack.mails(owner.email))
    verification = start(person.user_id, email=owner.email)
    told = eventually(lambda: _exists(stack.mails(owner.email)[before:]), 10)
    assert len(told) == 1
    for guess in range(5):
        answer = verify(visitor, verification, f"{guess:06d}")
        assert reason(answer) == "CODE_INVALID"
    assert person.get("/me").json()["email"] == person.email


def _exists(mails: list[EmailMessage]) -> list[EmailMessage]:
    return [mail for mail in mails if "already have" in mail["Subject"]]


@pytest.mark.parametrize("is_email", [True, False])
def test_neither_guesses_nor_the_trail_tell_whether_an_address_has_an_account(
    stack: Stack,
    database_of: Callable[[str], Database],
    monkeypatch: pytest.MonkeyPatch,
    is_email: bool,
) -> None:
    taken, free = "owner@x.example", "free@x.example"
    if not is_email:
        taken, free = "+12025550143", "+12025550144"
    with parts(stack, database_of("auth"), monkeypatch) as auth, auth._database.transaction():
        db, purpose = auth._database, Purpose.CHANGE_EMAIL if is_email else Purpose.CHANGE_PHONE
        owner = NewAccount(*((taken, None) if is_email else (None, taken)), "Owner", "en")
        assert create_account(db, owner, []) is not None
        person = make_account(db, "ann@x.example")
        see_device(db, person, "agent", network())
        begin = auth._changes.start_email if is_email else auth._changes.start_phone
        begun = [begin(person, address).verification_id for address in (taken, free)]
        rows = [count_guess(db, one, [purpose], 5) for one in begun]
        assert [row and row.account_id for row in rows] == [person, person]
        assert [row and subject_here(db, row.address, row.account_id) for row in rows] == [
            f"{address} {network()}" for address in (taken, free)
        ]
        assert rows[0] is not None
        assert rows[1] is not None
        with pytest.raises(CodeInvalid):
            auth._changes.finish(rows[0])
        changed = auth._changes.finish(rows[1])
        assert free in (changed.email, changed.phone)


def test_of_two_who_prove_an_address_at_once_one_has_it(
    stack: Stack, visitor: Visitor, learner: Learners, start: Start
) -> None:
    people, new = [learner(), learner()], address()
    begun = [start(person.user_id, email=new) for person in people]
    codes = [sent_code(stack, new, count) for count in (1, 2)]

    def prove(verification: dict[str, str]) -> list[int]:
        return [verify(visitor, verification, code).status_code for code in codes]

    with ThreadPoolExecutor(2) as pool:
        told = [status for one in pool.map(prove, begun) for status in one]
    assert told.count(200) == 1
    # Wrong, or too late; and who is too late by a moment may try again.
    assert set(told) <= {200, 400, 409}
    assert log_in(visitor, new, people[0].password).status_code in (200, 401)


def test_the_code_of_a_change_is_no_proof_of_a_registration_nor_of_a_number(
    stack: Stack, visitor: Visitor, learner: Learners, start: Start
) -> None:
    new = address()
    verification = start(learner().user_id, email=new)
    code = sent_code(stack, new)
    assert reason(verify_phone(visitor, verification, code)) == "CODE_INVALID"
    assert verify(visitor, verification, code).status_code == 200


def test_a_new_code_goes_to_the_new_address(
    stack: Stack, visitor: Visitor, learner: Learners, start: Start
) -> None:
    new = address()
    verification = start(learner().user_id, email=new)
    first = sent_code(stack, new)
    assert visitor.post("/verify-email/resend", verification).status_code == 200
    second = sent_code(stack, new, 2)
    if first != second:
        assert verify(visitor, verification, first).status_code == 400
    assert verify(visitor, verification, second).json()["user"]["email"] == new


def test_what_a_session_began_does_not_outlive_it(
    stack: Stack, visitor: Visitor, learner: Learners
) -> None:
    person, email, phone = learner(), address(), phone_number()
    by_email = person.post("/me/email", {"email": email}).json()
    by_phone = person.post("/me/phone", {"phone": phone}).json()
    codes = sent_code(stack, email), texted_code(stack, phone)
    assert person.post("/logout", {}).status_code == 200
    assert reason(verify(visitor, by_email, codes[0])) == "CODE_INVALID"
    assert reason(verify_phone(visitor, by_phone, codes[1])) == "CODE_INVALID"


def test_what_starting_a_change_refuses(mesh: Mesh, learner: Learners) -> None:
    stub = AuthInternalServiceStub(mesh("user", "auth"))
    person, nobody = learner().user_id, "01a2040b-0000-7000-8000-000000000001"
    for wrong in ({}, {"email": "a@b"}, {"phone": "+442079460018"}, {"phone": "12"}):
        with pytest.raises(InvalidArgument):
            stub.StartAddressChange(pb.StartAddressChangeRequest(user_id=person, **wrong))
    with pytest.raises(NotFound):
        stub.StartAddressChange(pb.StartAddressChangeRequest(user_id=nobody, email=address()))
    with pytest.raises(grpc.RpcError):
        AuthInternalServiceStub(mesh("course", "auth")).StartAddressChange(
            pb.StartAddressChangeRequest(user_id=person, email=address())
        )
    new = address()
    often = pb.StartAddressChangeRequest(user_id=person, email=new)
    for _ in range(10):
        stub.StartAddressChange(often)
    with pytest.raises(ResourceExhausted):
        stub.StartAddressChange(often)

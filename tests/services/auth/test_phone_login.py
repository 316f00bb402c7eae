from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import grpc
import psycopg
import pytest
import sqlalchemy as sa

from services.auth.models import Verification
from services.auth.phone_login import PAUSE
from services.auth.repository.accounts import NewAccount, create_account
from services.kit.data.database import Database
from stellr.auth.v1 import auth_service_pb2 as pb
from tests.services.auth.own_auth import (
    OwnAuth,
    called_from,
    own_auth,
    parts,
    reason_of,
    refused,
)
from tests.services.auth.steps import (
    address,
    another,
    begin,
    phone_number,
    start_phone,
    texted_code,
    verify,
    verify_phone,
    with_token,
)
from tests.support import Stack, Visitor, reason


def test_a_number_signs_up_and_then_in(stack: Stack, visitor: Visitor) -> None:
    number = phone_number()
    sessions = []
    for count, name in enumerate(("Zoe", "Somebody else"), 1):
        verification = start_phone(visitor, number, displayName=name)
        answer = verify_phone(visitor, verification, texted_code(stack, number, count))
        assert answer.status_code == 200, answer.text
        sessions.append(answer.json())
    first, second = (session["user"] for session in sessions)
    assert first == second
    assert (first["phone"], first["phoneVerified"], first["email"]) == (number, True, "")
    assert (first["displayName"], first["emailVerified"], first["roles"]) == (
        "Zoe",
        False,
        ["learner"],
    )
    profile = with_token(stack, sessions[0]["accessToken"]).get("/me").json()
    assert (profile["phone"], profile["displayName"]) == (number, "Zoe")


def test_who_says_no_name_has_one(stack: Stack, visitor: Visitor) -> None:
    number = phone_number()
    verification = start_phone(visitor, number)
    session = verify_phone(visitor, verification, texted_code(stack, number)).json()
    assert session["user"]["displayName"] == "Learner"


def test_a_code_is_good_once_and_for_its_verification_only(stack: Stack, visitor: Visitor) -> None:
    number = phone_number()
    mine, others = start_phone(visitor, number), start_phone(visitor, phone_number())
    code = texted_code(stack, number)
    assert reason(verify_phone(visitor, others, code)) == "CODE_INVALID"
    assert reason(verify(visitor, mine, code)) == "CODE_INVALID"
    assert verify_phone(visitor, mine, code).status_code == 200
    assert reason(verify_phone(visitor, mine, code)) == "CODE_INVALID"


def test_the_code_of_a_mail_is_no_proof_of_a_number(stack: Stack, visitor: Visitor) -> None:
    email = address()
    verification = begin(visitor, email)
    assert reason(verify_phone(visitor, verification, "123456")) == "CODE_INVALID"


def test_five_guesses_are_all(stack: Stack, visitor: Visitor) -> None:
    number = phone_number()
    verification = start_phone(visitor, number)
    code = texted_code(stack, number)
    for step in range(1, 6):
        assert reason(verify_phone(visitor, verification, another(code, step))) == "CODE_INVALID"
    assert reason(verify_phone(visitor, verification, code)) == "CODE_INVALID"


def test_of_many_who_bring_the_code_at_once_one_comes_in(stack: Stack, visitor: Visitor) -> None:
    number = phone_number()
    verification = start_phone(visitor, number)
    code = texted_code(stack, number)
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: verify_phone(visitor, verification, code), range(20)))
    assert sorted(answer.status_code for answer in answers).count(200) == 1


def test_two_verifications_of_a_number_at_once_make_one_account(
    stack: Stack, visitor: Visitor
) -> None:
    number = phone_number()
    begun = [start_phone(visitor, number) for _ in range(4)]
    codes = [texted_code(stack, number, count) for count in range(1, 5)]
    with ThreadPoolExecutor(4) as pool:
        tried = [(one, code) for one in begun for code in codes]
        answers = list(pool.map(lambda pair: verify_phone(visitor, *pair), tried[:4]))
        for one in begun:
            answers += [verify_phone(visitor, one, code) for code in codes]
    users = {answer.json()["user"]["userId"] for answer in answers if answer.status_code == 200}
    assert len(users) == 1


def test_a_new_code_comes_a_minute_later_at_the_earliest(stack: Stack, visitor: Visitor) -> None:
    number = phone_number()
    verification = start_phone(visitor, number)
    first = texted_code(stack, number)
    body = {"verificationId": verification["verificationId"]}
    early = visitor.post("/verify-phone/resend", body)
    assert (early.status_code, reason(early)) == (429, "RATE_LIMITED")
    assert 0 < int(early.headers["retry-after"]) <= 60
    with psycopg.connect(stack.run["databases"]["auth"]) as connection:
        connection.execute(
            "UPDATE verifications SET sent_at = sent_at - interval '61 s'"
            " WHERE verification_id = %s",
            (verification["verificationId"],),
        )
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: visitor.post("/verify-phone/resend", body), range(10)))
    assert sum(answer.status_code == 200 for answer in answers) >= 1
    second = texted_code(stack, number, 2)
    assert len(stack.texts(number)) == 2
    if first != second:
        assert reason(verify_phone(visitor, verification, first)) == "CODE_INVALID"
    assert verify_phone(visitor, verification, second).status_code == 200


def test_a_new_code_for_a_new_number_comes_in_the_accounts_language(
    stack: Stack, database_of: Callable[[str], Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    database, sent = database_of("auth"), list[str]()
    with parts(stack, database, monkeypatch, limit_sms_minute="2") as auth:
        monkeypatch.setattr(auth._messages, "code", lambda *given: sent.append(given[1]))
        with database.transaction() as unit:
            account = create_account(
                database, NewAccount("ann@learner.example", None, "Ann", "de"), []
            )
            assert account is not None
            begun = auth._changes.start_phone(account.account_id, "+12025550143")
            unit.session.execute(
                sa.update(Verification).values(sent_at=Verification.sent_at - PAUSE)
            )
            auth._phone_login.resend(begun.verification_id)
    assert sent == ["de", "de"]


@contextmanager
def few(
    stack: Stack, database: Database, monkeypatch: pytest.MonkeyPatch, **limits: str
) -> Iterator[OwnAuth]:
    many = {"limit_sms_minute": "1000", **limits}
    with own_auth(stack, database, monkeypatch, **many) as running:
        yield running


def asked(auth: OwnAuth, number: str, source: str = "192.0.2.1") -> str:
    """ "" where a code was asked for, else why not."""
    request = pb.StartPhoneLoginRequest(phone=number)
    try:
        auth.stub.StartPhoneLogin(request, timeout=10, metadata=called_from(source))
    except grpc.RpcError as error:
        return reason_of(error)
    return ""


@pytest.mark.parametrize("budget", ["number", "address", "range", "site"])
def test_messages_are_counted_by_whom_they_go_to_and_who_asks(
    stack: Stack,
    database_of: Callable[[str], Database],
    monkeypatch: pytest.MonkeyPatch,
    budget: str,
) -> None:
    limits = {f"limit_sms_{budget}": "3"}
    with few(stack, database_of("auth"), monkeypatch, **limits) as auth:
        spent = {
            "number": ("+12025550100", "192.0.2.{}"),
            "address": ("+1202555{}100", "192.0.2.1"),
            "range": ("+1202555010{}", "192.0.2.{}"),
            "site": ("+1202555{}100", "192.0.2.{}"),
        }[budget]
        for turn in range(3):
            assert asked(auth, spent[0].format(turn), spent[1].format(turn)) == ""
        assert asked(auth, spent[0].format(7), spent[1].format(7)) == "RATE_LIMITED"
        another = asked(auth, "+13125550199", "198.51.100.1")
        assert another == ("RATE_LIMITED" if budget == "site" else "")


def test_who_is_over_the_limit_spends_nobody_elses(
    stack: Stack, database_of: Callable[[str], Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = {"limit_sms_address": "2", "limit_sms_number": "3"}
    with few(stack, database_of("auth"), monkeypatch, **limits) as auth:
        for _ in range(20):
            asked(auth, "+12025550100", "198.51.100.1")
        assert asked(auth, "+12025550100") == ""
        assert asked(auth, "+12025550100") == "RATE_LIMITED"


def test_a_country_is_served_by_setting(
    stack: Stack, database_of: Callable[[str], Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    with few(stack, database_of("auth"), monkeypatch, sms_countries="de, gb") as auth:
        assert asked(auth, "+4917012345678") == ""
        request = pb.StartPhoneLoginRequest(phone="+12025550143")
        assert reason_of(refused(lambda: auth.stub.StartPhoneLogin(request, timeout=10))) == (
            "INVALID_FIELDS"
        )

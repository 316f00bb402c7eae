"""What somebody began in a session of mine ends with it."""

import threading
from collections.abc import Callable

import httpx
import psycopg
import pytest

from tests.services.auth.steps import (
    Learners,
    address,
    log_in,
    sent_code,
    verify,
    with_token,
)
from tests.services.auth.test_password_reset import NEW, change, forgot, mailed, reset
from tests.services.auth.test_users import admin
from tests.support import Learner, Stack, Visitor, eventually, reason

__all__ = ["admin"]


def by_reset(person: Learner, stack: Stack, _: Learner) -> None:
    verification = forgot(person, person.email)
    answer = reset(Visitor(stack), verification, mailed(stack, person, 1))
    assert answer.status_code == 200, answer.text


def by_change(person: Learner, _: Stack, __: Learner) -> None:
    assert change(person, person.password, NEW).status_code == 200


def by_logout(person: Learner, _: Stack, __: Learner) -> None:
    assert person.post("/logout", {"everywhere": True}).status_code == 200


def by_ending_others(person: Learner, _: Stack, __: Learner) -> None:
    assert person.post("/sessions:endOthers").status_code == 200


def by_ending_it(person: Learner, _: Stack, __: Learner) -> None:
    (other,) = [one for one in person.get("/sessions").json()["sessions"] if not one["current"]]
    assert person.delete(f"/sessions/{other['sessionId']}").status_code == 200


def by_deleting(person: Learner, stack: Stack, _: Learner) -> None:
    assert person.delete("/me").status_code == 200
    session = log_in(Visitor(stack), person.email, person.password).json()
    assert with_token(stack, session["accessToken"]).post("/me:restore").status_code == 200


def by_disabling(person: Learner, _: Stack, admin: Learner) -> None:
    assert admin.post(f"/users/{person.user_id}:disable").status_code == 200
    assert admin.post(f"/users/{person.user_id}:enable").status_code == 200


def by_another_address(person: Learner, stack: Stack, _: Learner) -> None:
    new = address()
    begun = person.post("/me/email", {"email": new}).json()
    assert verify(Visitor(stack), begun, sent_code(stack, new)).status_code == 200


@pytest.mark.parametrize(
    "recover",
    [
        by_reset,
        by_change,
        by_logout,
        by_ending_others,
        by_ending_it,
        by_deleting,
        by_disabling,
        by_another_address,
    ],
)
def test_what_a_thief_began_does_not_survive(
    stack: Stack,
    visitor: Visitor,
    learner: Learners,
    admin: Learner,
    recover: Callable[[Learner, Stack, Learner], None],
) -> None:
    person, theirs = learner(), address()
    session = log_in(visitor, person.email, person.password).json()
    begun = with_token(stack, session["accessToken"]).post("/me/email", {"email": theirs})
    code = sent_code(stack, theirs)
    recover(person, stack, admin)
    answer = verify(visitor, begun.json(), code)
    assert (answer.status_code, reason(answer)) == (400, "CODE_INVALID")
    resent = visitor.post(
        "/verify-email/resend", {"verificationId": begun.json()["verificationId"]}
    )
    assert resent.status_code == 200
    assert len(stack.mails(theirs)) == 1
    with psycopg.connect(stack.run["databases"]["auth"]) as connection:
        rows = connection.execute(
            "SELECT used_at IS NULL, payload FROM verifications WHERE account_id = %s",
            (person.user_id,),
        ).fetchall()
    assert set(rows) == {(False, None)}


def test_nothing_begins_in_a_session_while_it_ends(stack: Stack, learner: Learners) -> None:
    person, theirs = learner(), address()
    answers: list[httpx.Response] = []

    def start() -> None:
        answers.append(person.post("/me/email", {"email": theirs}))

    thief = threading.Thread(target=start)
    with psycopg.connect(stack.run["databases"]["auth"]) as connection:
        connection.execute(
            "SELECT FROM accounts WHERE account_id = %s FOR NO KEY UPDATE", (person.user_id,)
        )
        thief.start()
        thief.join(0.5)
        connection.execute(
            "UPDATE sessions SET ended_at = now() WHERE account_id = %s", (person.user_id,)
        )
    thief.join(10)
    assert [(answer.status_code, reason(answer)) for answer in answers] == [(401, "SESSION_ENDED")]
    assert stack.mails(theirs) == []


def test_a_code_of_an_address_that_the_account_had_sets_no_password(
    stack: Stack, visitor: Visitor, learner: Learners
) -> None:
    person, new = learner(), address()
    verification = forgot(visitor, person.email)
    code = mailed(stack, person, 1)
    with psycopg.connect(stack.run["databases"]["auth"]) as connection:
        connection.execute(
            "UPDATE accounts SET email = %s WHERE account_id = %s", (new, person.user_id)
        )
    assert reason(reset(visitor, verification, code)) == "CODE_INVALID"
    assert log_in(visitor, new, person.password).status_code == 200


def test_an_expired_verification_is_not_sent_again(stack: Stack, visitor: Visitor) -> None:
    email = address()
    body = {"email": email, "password": "a long enough password", "displayName": "Zoe"}
    begun = visitor.post("/register", body).json()
    code = sent_code(stack, email)
    with psycopg.connect(stack.run["databases"]["auth"]) as connection:
        connection.execute(
            "UPDATE verifications SET expires_at = now() WHERE verification_id = %s",
            (begun["verificationId"],),
        )
    again = visitor.post("/verify-email/resend", {"verificationId": begun["verificationId"]})
    unknown = {"verificationId": "01a2040b-0000-4000-8000-000000000001"}
    assert set(again.json()) == set(visitor.post("/verify-email/resend", unknown).json())
    assert again.json()["verificationId"] == begun["verificationId"]
    assert reason(verify(visitor, begun, code)) == "CODE_INVALID"
    with psycopg.connect(stack.run["databases"]["auth"]) as connection:
        rows = connection.execute(
            "SELECT expires_at < now(), sends FROM verifications WHERE verification_id = %s",
            (begun["verificationId"],),
        ).fetchall()
    assert rows == [(True, 1)]


def test_addresses_do_not_bring_an_older_name_along(
    stack: Stack, visitor: Visitor, learner: Learners
) -> None:
    person, new = learner(name="Ann"), address()
    with psycopg.connect(stack.run["databases"]["auth"]) as connection:
        connection.execute(
            "UPDATE accounts SET display_name = 'An older name', locale = 'xx'"
            " WHERE account_id = %s",
            (person.user_id,),
        )
    begun = person.post("/me/email", {"email": new}).json()
    assert verify(visitor, begun, sent_code(stack, new)).status_code == 200

    def card() -> tuple[str, ...]:
        with psycopg.connect(stack.run["databases"]["notification"]) as connection:
            row = connection.execute(
                "SELECT email, name, locale FROM contacts WHERE user_id = %s", (person.user_id,)
            ).fetchone()
        return row or ()

    eventually(lambda: new in card(), 10)
    assert card() == (new, "Ann", "en")

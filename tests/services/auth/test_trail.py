"""What failed at an account is in its trail, by how it was tried."""

from collections.abc import Callable
from typing import Any

import psycopg

from services.auth.repository.accounts import NewAccount, create_account
from services.auth.repository.devices import MOST, list_devices, see_device
from services.kit.data.database import Database
from tests.services.auth.steps import (
    Learners,
    another,
    phone_number,
    start_phone,
    texted_code,
    verify_phone,
    with_token,
)
from tests.services.auth.test_links import link_to
from tests.services.auth.test_password_reset import NEW, change, forgot, mailed, reset
from tests.support import Stack, Visitor, reason


def trail(person: Visitor) -> list[tuple[str, str]]:
    found: list[dict[str, Any]] = person.get("/me/audit").json()["events"]
    return [(one["type"].removeprefix("AUDIT_EVENT_TYPE_"), one["method"]) for one in found]


def test_wrong_codes_for_a_new_password_are_told(
    stack: Stack, visitor: Visitor, learner: Learners
) -> None:
    person = learner()
    verification = forgot(visitor, person.email)
    code = mailed(stack, person, 1)
    assert reason(reset(visitor, verification, another(code))) == "CODE_INVALID"
    assert trail(person)[0] == ("SIGN_IN_FAILED", "code")
    session = reset(visitor, verification, code).json()
    own = with_token(stack, session["accessToken"])
    assert trail(own)[:2] == [("SIGNED_IN", "code"), ("PASSWORD_RESET", "code")]


def test_a_link_is_told_as_a_link(stack: Stack, visitor: Visitor, learner: Learners) -> None:
    person = learner()
    forgot(visitor, person.email)
    mailed(stack, person, 1)
    _, token = link_to(stack, person.email, len(stack.mails(person.email)))
    session = visitor.post("/password/reset", {"token": token, "newPassword": NEW}).json()
    own = with_token(stack, session["accessToken"])
    assert trail(own)[:2] == [("SIGNED_IN", "link"), ("PASSWORD_RESET", "link")]


def test_wrong_codes_of_messages_are_told(stack: Stack, visitor: Visitor) -> None:
    number = phone_number()
    session = verify_phone(visitor, start_phone(visitor, number), texted_code(stack, number))
    own = with_token(stack, session.json()["accessToken"])
    verification = start_phone(visitor, number)
    code = another(texted_code(stack, number, 2))
    assert reason(verify_phone(visitor, verification, code)) == "CODE_INVALID"
    assert trail(own)[0] == ("SIGN_IN_FAILED", "phone")


def test_a_wrong_password_at_its_change_is_told(learner: Learners) -> None:
    person = learner()
    assert reason(change(person, "not the password", NEW)) == "INVALID_CREDENTIALS"
    assert trail(person)[0] == ("PASSWORD_CHANGE_FAILED", "")


def test_signing_out_everywhere_is_told(stack: Stack, learner: Learners) -> None:
    person = learner()
    person.post("/logout", {"everywhere": True})
    with psycopg.connect(stack.run["databases"]["auth"]) as connection:
        rows = connection.execute(
            "SELECT detail FROM audit_events WHERE account_id = %s AND type = 'signed_out'",
            (person.user_id,),
        ).fetchall()
    assert rows == [("everywhere",)]


def test_networks_of_one_device_do_not_pile_up(database_of: Callable[[str], Database]) -> None:
    database = database_of("auth")
    with database.transaction():
        person = create_account(database, NewAccount("a@b.example", None, "A", "en"), [])
        assert person is not None
    for number in range(MOST + 5):
        with database.transaction():
            see_device(database, person.account_id, "agent", f"192.0.2.{number}")
    with database.transaction():
        kept = list_devices(database, person.account_id)
    assert [device.network for device in kept] == [f"192.0.2.{n}" for n in range(5, MOST + 5)]


def test_an_export_has_what_ended_and_what_is_on_its_way(
    visitor: Visitor, learner: Learners
) -> None:
    person, other = learner(), learner()
    verification = forgot(visitor, person.email)["verificationId"]
    forgot(visitor, other.email)
    ended = visitor.post("/login", {"email": person.email, "password": person.password}).json()
    with_token(visitor.stack, ended["accessToken"]).post("/logout")
    found = person.get("/me/export").json()
    auth = found.get("auth") or found["services"]["auth"]
    assert [one["ended_at"] is not None for one in auth["sessions"]] == [False, True]
    assert [one["verification_id"] for one in auth["verifications"]] == [verification]
    assert {one["network"] for one in auth["knownDevices"]} == {"127.0.0.1"}

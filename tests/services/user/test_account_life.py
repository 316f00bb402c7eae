"""Onboarding, new addresses, the public view, and the end of an account."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest

from services.kit.data.database import Database
from tests.faults.own_process import process_of
from tests.services.auth.steps import (
    address,
    log_in,
    phone_number,
    refresh,
    sent_code,
    texted_code,
    verify,
    verify_phone,
    with_token,
)
from tests.support import Learner, Stack, Visitor, eventually, free_port, reason, violations

Learners = Callable[..., Learner]


def test_onboarding_goes_step_by_step(visitor: Visitor, learner: Learners) -> None:
    person = learner()
    assert person.patch("/me/onboarding", {"step": 3}).json()["step"] == 3
    done = person.patch("/me/onboarding", {"tutorialCompleted": True}).json()
    assert (done["step"], done["tutorialCompleted"]) == (3, True)
    assert done["firstLoginTime"]
    assert person.get("/me").json()["onboarding"] == done
    for bad in ({"step": -1}, {"step": 1001}):
        assert set(violations(person.patch("/me/onboarding", bad))) == {"step"}
    assert person.patch("/me/onboarding?updateMask=*", {"step": 1}).status_code == 400
    assert visitor.patch("/me/onboarding", {"step": 1}).status_code == 401


def test_a_new_address_is_proven_and_then_the_profiles(
    stack: Stack, visitor: Visitor, learner: Learners
) -> None:
    person, new, number = learner(), address(), phone_number()
    begun = person.post("/me/email", {"email": new})
    assert begun.status_code == 200, begun.text
    assert person.get("/me").json()["email"] == person.email
    assert verify(visitor, begun.json(), sent_code(stack, new)).status_code == 200
    eventually(lambda: person.get("/me").json()["email"] == new, 2)
    begun = person.post("/me/phone", {"phone": number})
    assert verify_phone(visitor, begun.json(), texted_code(stack, number)).status_code == 200
    eventually(lambda: person.get("/me").json()["phone"] == number, 2)
    assert set(violations(person.post("/me/email", {"email": "x"}))) == {"email"}
    assert set(violations(person.post("/me/email", {"email": "a..b@c.example"}))) == {"email"}
    assert set(violations(person.post("/me/phone", {"phone": "+442079460018"}))) == {"phone"}
    assert visitor.post("/me/email", {"email": new}).status_code == 401
    assert visitor.post("/me/phone", {"phone": number}).status_code == 401


def test_a_new_name_is_the_sessions_too(visitor: Visitor, learner: Learners) -> None:
    person = learner(name="Ann")
    person.patch("/me", {"displayName": "Ann Example"})

    def renamed() -> bool:
        person.use(refresh(visitor, person.refresh_token).json())
        return bool(person.session["user"]["displayName"] == "Ann Example")

    eventually(renamed)


def test_others_see_the_name_and_no_address(visitor: Visitor, learner: Learners) -> None:
    person, other = learner(name="Ann"), learner()
    person.patch("/me", {"bio": "Hello", "avatarUrl": "https://a.example/b.png"})
    seen = other.get(f"/users/{person.user_id}/profile")
    assert seen.json() == {
        "userId": person.user_id,
        "displayName": "Ann",
        "avatarUrl": "https://a.example/b.png",
        "bio": "Hello",
    }
    untouched = learner(name="Zoe")
    assert other.get(f"/users/{untouched.user_id}/profile").json()["displayName"] == "Zoe"
    assert visitor.get(f"/users/{person.user_id}/profile").status_code == 401


@pytest.mark.parametrize("user_id", ["x", "01a2040b-0000-7000-8000-000000000001"])
def test_nobody_is_not_found(learner: Learners, user_id: str) -> None:
    answer = learner().get(f"/users/{user_id}/profile")
    assert (answer.status_code, reason(answer)) == (404, "USER_NOT_FOUND")


def test_a_deleted_account_may_little_and_can_be_restored(
    stack: Stack, visitor: Visitor, learner: Learners
) -> None:
    person, other = learner(name="Ann"), learner()
    assert other.get(f"/users/{person.user_id}/profile").status_code == 200
    assert person.delete("/me").json() == {}
    eventually(lambda: reason(person.get("/me")) == "SESSION_ENDED", 2)
    assert refresh(visitor, person.refresh_token).status_code == 401
    eventually(lambda: other.get(f"/users/{person.user_id}/profile").status_code == 404, 2)
    session = log_in(visitor, person.email, person.password).json()
    own = with_token(stack, session["accessToken"])
    assert own.get("/me").json()["displayName"] == "Ann"
    assert own.get("/me/export").status_code == 200
    for answer in (
        own.patch("/me", {"bio": "x"}),
        own.get("/sessions"),
        own.get("/progress/me"),
        own.post("/courses/the-night-sky/enroll"),
        own.delete("/me"),
    ):
        assert (answer.status_code, reason(answer)) == (403, "ACCOUNT_DELETED")
    again = refresh(visitor, session["refreshToken"]).json()
    own = with_token(stack, again["accessToken"])
    assert reason(own.patch("/me", {"bio": "x"})) == "ACCOUNT_DELETED"
    assert own.post("/me:restore").json()["displayName"] == "Ann"
    eventually(lambda: reason(own.get("/me")) == "TOKEN_STALE", 2)
    whole = with_token(stack, refresh(visitor, again["refreshToken"]).json()["accessToken"])
    assert whole.patch("/me", {"bio": "back"}).status_code == 200
    assert reason(whole.post("/me:restore")) == "ACCOUNT_NOT_DELETED"
    eventually(lambda: other.get(f"/users/{person.user_id}/profile").status_code == 200, 2)
    subjects = [mail["Subject"] for mail in stack.mails(person.email)]
    assert any("was deleted" in subject for subject in subjects)


def test_deleting_at_once_and_restoring_at_once_is_done_once(
    stack: Stack, visitor: Visitor, learner: Learners
) -> None:
    person = learner()
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _: person.delete("/me").status_code, range(5)))
    assert 200 in answers
    assert set(answers) <= {200, 401}
    session = log_in(visitor, person.email, person.password).json()
    own = with_token(stack, session["accessToken"])
    with ThreadPoolExecutor(5) as pool:
        told = list(pool.map(lambda _: own.post("/me:restore").status_code, range(5)))
    assert told.count(200) == 1


def test_a_person_is_forgotten_everywhere_when_the_time_is_over(
    stack: Stack, visitor: Visitor, learner: Learners, tmp_path: Path
) -> None:
    person = learner()
    person.patch("/me", {"bio": "soon forgotten"})
    person.post("/courses/the-night-sky/enroll")
    person.get("/preferences")
    person.delete("/me")
    with psycopg.connect(stack.run["databases"]["auth"]) as connection:
        connection.execute(
            "UPDATE accounts SET deleted_at = now() - interval '31 days' WHERE account_id = %s",
            (person.user_id,),
        )
        connection.execute("UPDATE periodic_runs SET due_at = now() WHERE name = 'erase_accounts'")
    kept: dict[str, str] = {
        "auth": "accounts WHERE account_id = %s",
        "user": "profiles WHERE user_id = %s",
        "course": "enrollments WHERE user_id = %s",
        "notification": "contacts WHERE user_id = %s",
    }
    # A process that starts looks at once for what is due.
    database = Database(stack.run["databases"]["auth"], 1)
    place = f"127.0.0.1:{free_port()}"
    target = stack.target("notification")
    with process_of("auth", stack, database, place, tmp_path, target_notification=target):
        for service, rows in kept.items():
            eventually(lambda s=service, r=rows: _count(stack, s, r, person.user_id) == 0, 75)
    database.close()
    assert log_in(visitor, person.email, person.password).status_code == 401


def _count(stack: Stack, service: str, rows: str, user_id: str) -> Any:
    with psycopg.connect(stack.run["databases"][service]) as connection:
        found = connection.execute(f"SELECT count(*) FROM {rows}".encode(), (user_id,)).fetchone()
    assert found is not None
    return found[0]

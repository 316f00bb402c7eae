"""What administrators do with accounts."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from tests.services.auth.steps import Learners, log_in, refresh, with_token
from tests.support import Learner, Stack, Visitor, eventually, reason, register


@pytest.fixture(scope="module")
def admin(stack: Stack) -> Learner:
    person = register(stack)
    assert stack.command("admin", "grant", person.email, "admin").returncode == 0
    session = log_in(Visitor(stack), person.email, person.password).json()
    return Learner(stack, session, person.password)


def found(admin: Learner, **query: Any) -> list[str]:
    answer = admin.get("/users", **query)
    assert answer.status_code == 200, answer.text
    return [one["user"]["userId"] for one in answer.json()["users"]]


def test_accounts_are_found_by_what_they_are_called(admin: Learner, learner: Learners) -> None:
    word = f"Zz{secrets.token_hex(4)}"
    person, other = learner(name=f"Ann {word}"), learner(name=f"{word}x Example")
    assert found(admin, q=word.lower()) == [other.user_id, person.user_id]
    assert found(admin, q=f"ann {word}") == [person.user_id]
    assert found(admin, q=person.email[:12].upper()) == [person.user_id]
    assert found(admin, q=person.user_id) == [person.user_id]
    assert found(admin, q="%") == found(admin, q="nobody has this") == []
    assert found(admin, q=word, orderBy="createTime") == [person.user_id, other.user_id]
    assert found(admin, q=word, role="admin") == []
    assert found(admin, q=word, state="ACCOUNT_STATE_DISABLED") == []
    assert admin.get("/users", role="king").status_code == 400


def test_pages_neither_skip_nor_repeat(admin: Learner, learner: Learners) -> None:
    word = f"Zz{secrets.token_hex(4)}"
    people = [learner(name=f"{word} {number}").user_id for number in range(5)]
    page = admin.get("/users", q=word, pageSize=2).json()
    learner(name=f"{word} late")
    seen = [one["user"]["userId"] for one in page["users"]]
    while page["nextPageToken"]:
        page = admin.get("/users", q=word, pageSize=2, pageToken=page["nextPageToken"]).json()
        seen += [one["user"]["userId"] for one in page["users"]]
    assert seen == people[::-1]
    first = admin.get("/users", q=word, pageSize=2).json()["nextPageToken"]
    assert admin.get("/users", pageSize=2, pageToken=first).status_code == 400


def test_roles_are_set_and_old_tokens_stale(
    stack: Stack, visitor: Visitor, admin: Learner, learner: Learners
) -> None:
    person = learner()
    path = f"/users/{person.user_id}/roles"
    assert admin.put(path, {"roles": ["author"]}).json()["user"]["roles"] == ["author", "learner"]
    eventually(lambda: reason(person.get("/me")) == "TOKEN_STALE", 2)
    session = refresh(visitor, person.refresh_token).json()
    assert session["user"]["roles"] == ["author", "learner"]
    again = with_token(stack, session["accessToken"])
    assert admin.put(path, {"roles": ["learner", "author"]}).status_code == 200
    assert again.get("/me").status_code == 200
    assert admin.put(path, {"roles": ["king"]}).status_code == 400
    assert admin.put(path, {"roles": []}).json()["user"]["roles"] == ["learner"]
    trail = admin.get(f"/users/{person.user_id}/audit").json()["events"]
    changes = [one for one in trail if one["type"] == "AUDIT_EVENT_TYPE_ROLES_CHANGED"]
    assert [one["detail"] for one in changes] == ["learner", "author, learner"]
    assert {one["actor"] for one in changes} == {admin.user_id}


def test_where_an_administrator_was_is_for_administrators(
    stack: Stack, visitor: Visitor, admin: Learner, learner: Learners
) -> None:
    person = learner()
    admin.put(f"/users/{person.user_id}/roles", {"roles": ["author"]})
    (whole, *_) = admin.get(f"/users/{person.user_id}/audit").json()["events"]
    assert (whole["address"], whole["actor"]) == ("127.0.0.1", admin.user_id)
    session = log_in(visitor, person.email, person.password).json()
    own = with_token(stack, session["accessToken"])
    exported = own.get("/me/export").json()["auth"]["auditEvents"]
    for trail in (own.get("/me/audit").json()["events"], exported):
        assert [(one["address"], one["device"] != "") for one in trail[:2]] == [
            ("127.0.0.1", True),
            ("", False),
        ]
        assert trail[1]["actor"] == admin.user_id


def test_administrators_do_not_shut_themselves_out(admin: Learner) -> None:
    for answer in (
        admin.put(f"/users/{admin.user_id}/roles", {"roles": ["author"]}),
        admin.post(f"/users/{admin.user_id}:disable"),
    ):
        assert (answer.status_code, reason(answer)) == (400, "OWN_ACCOUNT")


def test_nobody_else_may(visitor: Visitor, learner: Learners) -> None:
    person, other = learner(), learner()
    for who, status in ((visitor, 401), (person, 403)):
        assert who.get("/users").status_code == status
        assert who.get(f"/users/{other.user_id}/audit").status_code == status
        assert who.put(f"/users/{other.user_id}/roles", {"roles": ["admin"]}).status_code == status
        assert who.post(f"/users/{other.user_id}:disable").status_code == status
        assert who.post(f"/users/{other.user_id}:enable").status_code == status


@pytest.mark.parametrize("user_id", ["x", "01a2040b-0000-7000-8000-000000000001"])
def test_what_is_not_there_is_not_found(admin: Learner, user_id: str) -> None:
    for answer in (
        admin.get(f"/users/{user_id}/audit"),
        admin.put(f"/users/{user_id}/roles", {"roles": ["author"]}),
        admin.post(f"/users/{user_id}:disable"),
        admin.post(f"/users/{user_id}:enable"),
    ):
        assert (answer.status_code, reason(answer)) == (404, "ACCOUNT_NOT_FOUND")


def test_a_disabled_account_is_shut_everywhere(
    visitor: Visitor, admin: Learner, learner: Learners
) -> None:
    person = learner()
    path = f"/users/{person.user_id}"
    for _ in range(2):
        answer = admin.post(f"{path}:disable").json()
        assert answer["state"] == "ACCOUNT_STATE_DISABLED"
    for where in ("/me", "/progress/me", "/sessions"):
        eventually(lambda p=where: person.get(p).status_code == 401, 2)
    told = log_in(visitor, person.email, person.password)
    assert (told.status_code, reason(told)) == (401, "INVALID_CREDENTIALS")
    assert refresh(visitor, person.refresh_token).status_code == 401
    assert admin.post(f"{path}:enable").json()["state"] == "ACCOUNT_STATE_ACTIVE"
    assert log_in(visitor, person.email, person.password).status_code == 200


def test_no_login_under_way_survives_a_disabling(
    stack: Stack, visitor: Visitor, admin: Learner, learner: Learners
) -> None:
    person = learner()
    with ThreadPoolExecutor(7) as pool:
        logins = [pool.submit(log_in, visitor, person.email, person.password) for _ in range(6)]
        pool.submit(admin.post, f"/users/{person.user_id}:disable").result()
        answers = [login.result() for login in logins]
    for answer in answers:
        if answer.status_code == 200:
            own = with_token(stack, answer.json()["accessToken"])
            eventually(lambda one=own: one.get("/me").status_code == 401, 2)


def test_no_field_of_a_request_raises_a_role(visitor: Visitor, learner: Learners) -> None:
    person = learner()
    for answer in (
        person.patch("/me", {"bio": "x", "roles": ["admin"]}),
        visitor.post(
            "/login", {"email": person.email, "password": person.password, "roles": ["admin"]}
        ),
    ):
        assert answer.status_code in (200, 400)
    session = log_in(visitor, person.email, person.password).json()
    assert session["user"]["roles"] == ["learner"]


def test_the_owner_reads_the_trail_page_by_page(visitor: Visitor, learner: Learners) -> None:
    person = learner()
    assert log_in(visitor, person.email, "wrong password").status_code == 401
    page = person.get("/me/audit", pageSize=2).json()
    assert [one["type"] for one in page["events"]] == [
        "AUDIT_EVENT_TYPE_SIGN_IN_FAILED",
        "AUDIT_EVENT_TYPE_SIGNED_IN",
    ]
    assert page["events"][0]["address"] == "127.0.0.1"
    rest = person.get("/me/audit", pageToken=page["nextPageToken"]).json()
    assert [one["type"] for one in rest["events"]] == ["AUDIT_EVENT_TYPE_REGISTERED"]
    assert visitor.get("/me/audit").status_code == 401


def test_operators_revoke_and_erase(
    stack: Stack, visitor: Visitor, admin: Learner, learner: Learners
) -> None:
    person = learner()
    for command in (("grant", person.email, "author"), ("revoke", person.email, "author")):
        assert stack.command("admin", *command).returncode == 0
    assert log_in(visitor, person.email, person.password).json()["user"]["roles"] == ["learner"]
    done = stack.command("admin", "erase", person.email, "--yes")
    assert done.returncode == 0, done.stderr
    eventually(lambda: person.get("/me").status_code == 401, 2)
    assert log_in(visitor, person.email, person.password).status_code == 401
    with psycopg.connect(stack.run["databases"]["auth"]) as connection:
        for table in ("accounts", "sessions", "credentials", "audit_events", "known_devices"):
            query = f"SELECT count(*) FROM {table} WHERE account_id = %s"
            assert connection.execute(query.encode(), (person.user_id,)).fetchone() == (0,)
    assert stack.command("admin", "erase", person.email, "--yes").returncode == 1
    assert stack.command("admin", "revoke", "nobody@learner.example", "author").returncode == 1

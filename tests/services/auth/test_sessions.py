from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import grpc
import psycopg
import pytest

from services.auth import sessions as module
from services.auth.devices import agent_key
from services.auth.models import Purpose
from services.auth.repository.verifications import Hashes, create_verification, list_pending
from services.kit.data.database import Database
from tests.services.auth.own_auth import (
    OwnAuth,
    make_account,
    own_auth,
    reason_of,
    refused,
    within_a_minute,
)
from tests.services.auth.steps import Learners, log_in, refresh, with_token
from tests.support import Learner, Stack, Visitor, body_of, eventually, reason

Databases = Callable[[str], Database]
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def session_of(visitor: Visitor, person: Learner, agent: str = "") -> dict[str, str]:
    headers = {"user-agent": agent} if agent else {}
    body = {"email": person.email, "password": person.password}
    answer = visitor.http.post("/login", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, str] = answer.json()
    return found


def test_a_person_sees_their_sessions_and_no_others(
    stack: Stack, visitor: Visitor, learner: Learners
) -> None:
    person = learner()
    learner()
    session_of(visitor, person, FIREFOX)
    found = person.get("/sessions").json()["sessions"]
    assert [one["current"] for one in found] == [False, True]
    assert found[0]["device"] == FIREFOX
    assert found[0]["address"] == "127.0.0.1"
    assert found[0]["createTime"] <= found[0]["lastUsedTime"]
    assert visitor.get("/sessions").status_code == 401


def test_one_session_is_ended_everywhere(stack: Stack, visitor: Visitor, learner: Learners) -> None:
    person = learner()
    other = session_of(visitor, person)
    (ended,) = [s for s in person.get("/sessions").json()["sessions"] if not s["current"]]
    assert person.delete(f"/sessions/{ended['sessionId']}").status_code == 200
    gone = with_token(stack, other["accessToken"])
    for path in ("/me", "/progress/me", "/enrollments", "/sessions"):
        eventually(lambda p=path: gone.get(p).status_code in (401, 404), 2)
    assert refresh(visitor, other["refreshToken"]).status_code == 401
    again = person.delete(f"/sessions/{ended['sessionId']}")
    assert (again.status_code, reason(again)) == (404, "SESSION_NOT_FOUND")
    assert person.get("/me").status_code == 200


def test_nobody_ends_anothers_session(learner: Learners) -> None:
    one, other = learner(), learner()
    (own,) = one.get("/sessions").json()["sessions"]
    for session in (own["sessionId"], "x", "01a2040b-0000-7000-8000-000000000001"):
        answer = other.delete(f"/sessions/{session}")
        assert (answer.status_code, reason(answer)) == (404, "SESSION_NOT_FOUND")
    assert one.get("/me").status_code == 200


def test_all_others_are_ended(stack: Stack, visitor: Visitor, learner: Learners) -> None:
    person = learner()
    others = [with_token(stack, session_of(visitor, person)["accessToken"]) for _ in range(3)]
    assert person.post("/sessions:endOthers").status_code == 200
    for other in others:
        eventually(lambda one=other: one.get("/me").status_code == 401, 2)
    assert len(person.get("/sessions").json()["sessions"]) == 1


def test_a_new_device_is_told_once(stack: Stack, visitor: Visitor, learner: Learners) -> None:
    person = learner()
    session_of(visitor, person)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: session_of(visitor, person, FIREFOX), range(4)))
    session_of(visitor, person, FIREFOX.replace("140", "141"))
    told = eventually(lambda: _new_devices(stack, person), 10)
    session_of(visitor, person, "curl/8.5.0")
    eventually(lambda: len(_new_devices(stack, person)) > 1, 10)
    assert len(_new_devices(stack, person)) == 2
    assert FIREFOX in body_of(told[0])
    assert "127.0.0.1" in body_of(told[0])


def _new_devices(stack: Stack, person: Learner) -> list[object]:
    return [mail for mail in stack.mails(person.email) if "New sign-in" in mail["Subject"]]


def test_a_device_is_known_again_in_a_newer_version() -> None:
    assert agent_key(FIREFOX) == agent_key(FIREFOX.replace("140.0", "141.0.2"))
    assert agent_key(FIREFOX) != agent_key("curl/8.5.0")


def test_sessions_do_not_pile_up(
    stack: Stack,
    learner: Learners,
    visitor: Visitor,
    monkeypatch: pytest.MonkeyPatch,
    database_of: Databases,
) -> None:
    monkeypatch.setattr(module, "MOST", 3)
    with own_auth(stack, database_of("auth"), monkeypatch, limit_login_account="1000") as auth:
        person = make_account(auth.database, "ann@learner.example")
        begun = [auth.log_in("ann@learner.example") for _ in range(3)]
        assert _pending_after_a_change(auth.database, person) == 1
        begun += [auth.log_in("ann@learner.example") for _ in range(2)]
        assert _pending(auth.database, person) == 0
        told = [_refreshes(auth, session) for session in begun]
        assert told == [False, False, True, True, True]


def _pending_after_a_change(database: Database, person: UUID) -> int:
    hashes = Hashes("code", "link", datetime.now(UTC) + timedelta(minutes=10))
    with database.transaction():
        create_verification(
            database,
            uuid4(),
            Purpose.CHANGE_EMAIL,
            "eve@learner.example",
            hashes,
            account_id=person,
            payload=None,
        )
    return _pending(database, person)


def _pending(database: Database, person: UUID) -> int:
    with database.transaction():
        return len(list_pending(database, person, []))


def _refreshes(auth: OwnAuth, session: object) -> bool:
    try:
        return bool(auth.refresh(session).access_token)
    except grpc.RpcError:
        return False


# Throttling


def test_an_attacker_cannot_lock_the_owner_out(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, database_of: Databases
) -> None:
    few = {"limit_login_account": "5", "limit_login_address": "1000"}
    with own_auth(stack, database_of("auth"), monkeypatch, **few) as auth:
        auth.account("ann@learner.example")
        within_a_minute()
        auth.log_in("ann@learner.example", address="192.0.2.1")
        told = [_attempt(auth, f"198.51.100.{number}") for number in range(8)]
        # The owner's first sign-in came from nowhere known, and is one of the five.
        assert told == ["INVALID_CREDENTIALS"] * 4 + ["RATE_LIMITED"] * 4
        assert auth.log_in("ann@learner.example", address="192.0.2.1").access_token
        # At home, too, one may not guess for ever.
        told = [_attempt(auth, "192.0.2.1") for _ in range(5)]
        assert told[-1] == "RATE_LIMITED"


def test_ten_a_minute_are_not_fourteen_thousand_a_day(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, database_of: Databases
) -> None:
    few = {"limit_login_account": "1000", "limit_login_attempts": "5"}
    with own_auth(stack, database_of("auth"), monkeypatch, **few) as auth:
        for email in ("ann@learner.example", "nobody@learner.example"):
            if email.startswith("ann"):
                auth.account(email)
            told = [_attempt(auth, f"198.51.100.{number}", email) for number in range(6)]
            assert told == ["INVALID_CREDENTIALS"] * 5 + ["RATE_LIMITED"]


def _attempt(auth: OwnAuth, address: str, email: str = "ann@learner.example") -> str:
    return reason_of(refused(lambda: auth.log_in(email, "wrong password", address)))


def test_signing_in_and_failing_is_in_the_trail(
    stack: Stack, visitor: Visitor, learner: Learners
) -> None:
    person = learner()
    for _ in range(2):
        assert log_in(visitor, person.email, "wrong password").status_code == 401
    person.post("/logout")
    with psycopg.connect(stack.run["databases"]["auth"]) as connection:
        rows = connection.execute(
            "SELECT type, method FROM audit_events WHERE account_id = %s ORDER BY event_id",
            (person.user_id,),
        ).fetchall()
    assert rows == [
        ("registered", ""),
        ("signed_in", "code"),
        ("sign_in_failed", "password"),
        ("sign_in_failed", "password"),
        ("signed_out", ""),
    ]

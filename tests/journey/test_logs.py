"""What all processes log while a learner goes the whole way: names of nobody, and no secrets."""

from __future__ import annotations

import json
import re
import secrets
from pathlib import Path
from typing import Any

import pytest

from edge.journey import outbox
from edge.journey.browser import Browser
from edge.journey.signing_up import Learner as Walker
from edge.journey.steps import Steps
from edge.journey.walk import Journey
from tests.support import DEMO, Stack, Visitor, eventually, reason, register


def logged(stack: Stack) -> dict[str, str]:
    """The logs of all parts, Envoy's and PostgreSQL's among them."""
    # With those that were moved aside.
    logs = (stack.state / "logs").iterdir()
    return {log.name: log.read_text(errors="replace") for log in logs}


def settle(stack: Stack) -> None:
    """Wait until all that was asked before is logged: Envoy writes its log once a second."""
    last = Visitor(stack).get("/courses").headers["x-request-id"]
    eventually(lambda: {"envoy", "course"} <= {line["service"] for line in lines_of(stack, last)})


def lines_of(stack: Stack, request_id: str) -> list[dict[str, Any]]:
    """What was logged of a request, wherever."""
    # Whole lines: the last may be half written.
    texts = (text[: text.rfind("\n") + 1] for text in logged(stack).values())
    lines = "".join(texts).splitlines()
    return [json.loads(line) for line in lines if line.startswith("{") and request_id in line]


def texted(stack: Stack, walker: Walker) -> set[str]:
    """The codes that somebody was sent."""
    mails = outbox.mails_to(stack.state / "outbox", walker.email)
    codes = {outbox.code_of(mail) for mail in mails}
    return (codes | {outbox.texted_code(stack.state / "outbox", walker.phone)}) - {""}


@pytest.mark.parametrize("login", ["email", "phone", "google"])
def test_a_whole_journey_leaves_no_secret_in_any_log(
    stack: Stack, tmp_path: Path, login: str
) -> None:
    browser = Browser(stack.url)
    journey = Journey(
        browser, stack.state, DEMO, tmp_path / "it.pdf", Steps(lambda *_: None), login
    )
    journey.walk()
    browser.close()
    settle(stack)
    walker, session = journey.learner, journey.session
    canaries = {walker.email, walker.password, walker.phone, walker.phone[1:], walker.name}
    canaries |= {session["accessToken"], session["refreshToken"]}
    canaries |= {token.rpartition(".")[2] for token in (session["accessToken"],)}
    codes = texted(stack, walker)
    assert bool(codes) is (login != "google")
    found = [
        (name, canary)
        for name, text in logged(stack).items()
        for canary in canaries
        if canary in text
    ]
    # Six digits alone: fractions of seconds have as many. And no number, such as that of bytes sent
    # or of a process of PostgreSQL: a code is a text.
    found += [
        (name, code)
        for name, text in logged(stack).items()
        for code in codes
        if re.search(rf"(?<![\w.-])(?<!\":)(?<!\": )(?<!UTC \[){code}(?![\w-])", text)
    ]
    assert found == []


def test_what_is_refused_leaves_none_either(stack: Stack) -> None:
    person = register(stack)
    visitor = Visitor(stack)
    canary = f"Canary-{secrets.token_hex(8)}"
    address = f"{canary.lower()}@learner.example"
    answers = [
        visitor.post("/login", {"email": person.email, "password": canary}),
        visitor.post("/login", {"email": address, "password": canary}),
        visitor.post("/register", {"email": person.email, "password": canary * 2}),
        visitor.post("/forgot-password", {"email": address}),
        visitor.post("/token/refresh", {"refreshToken": canary}),
        visitor.post("/login/google", {"code": canary, "state": canary, "redirectUri": canary}),
        visitor.get("/verify-email", verificationId=canary, code=canary),
        visitor.get("/media/content/x", signature=canary, learner=canary),
        Visitor(stack, canary).get("/me", token=canary),
        person.patch("/me", {"displayName": f"{canary}\x00"}),
        person.patch("/me", {"bio": canary * 1000}),
        person.post("/courses/x/enroll", {}, Idempotency_Key=canary),
    ]
    assert {answer.status_code for answer in answers} >= {400, 401}
    settle(stack)
    found = [
        name for name, text in logged(stack).items() if re.search(re.escape(canary), text, re.I)
    ]
    assert found == []


def test_a_request_is_followed_from_the_door_to_the_mail(stack: Stack) -> None:
    trace = secrets.token_hex(16)
    visitor = Visitor(stack)
    visitor.http.headers["traceparent"] = f"00-{trace}-{secrets.token_hex(8)}-01"
    body = {
        "email": f"{secrets.token_hex(8)}@learner.example",
        "password": secrets.token_urlsafe(12),
        "displayName": "Ann",
    }
    request_id = visitor.post("/register", body).headers["x-request-id"]

    def told() -> set[tuple[str, str]]:
        return {
            (line["service"], line.get("rpc") or line.get("job") or line["event"])
            for line in lines_of(stack, request_id)
        }

    send = "stellr.notification.v1.NotificationInternalService/SendNotification"
    expected = {
        ("envoy", "http"),
        ("auth", "stellr.auth.v1.AuthService/Register"),
        ("auth", f"/{send}"),
        ("notification", send),
        ("notification", "deliver_mail"),
    }
    eventually(lambda: told() >= expected, 10)
    for line in lines_of(stack, request_id):
        assert line["trace_id"] == trace, line
        if (line["service"], line["event"]) == ("envoy", "http"):
            assert (line["path"], line["method"], line["code"]) == ("/register", "POST", 200)
            assert line["route"] == "stellr.auth.v1.AuthService/Register"
            assert {"duration_ms", "bytes_sent", "bytes_received", "flags"} <= line.keys()


def test_a_persons_read_is_a_line_with_the_person(stack: Stack) -> None:
    person = register(stack)
    answer = person.get(f"/courses/{secrets.token_hex(8)}")
    assert reason(answer) == "COURSE_NOT_FOUND"
    request_id = answer.headers["x-request-id"]
    asked = person.get("/me").headers["x-request-id"]

    def line(of: str) -> dict[str, Any] | None:
        return next((x for x in lines_of(stack, of) if x["event"] == "rpc"), None)

    read = eventually(lambda: line(asked))
    assert (read["code"], read["reason"], read["user_id"]) == ("OK", "", person.user_id)
    refused = eventually(lambda: line(request_id))
    assert (refused["code"], refused["reason"]) == ("NOT_FOUND", "COURSE_NOT_FOUND")


def test_a_log_that_grows_too_long_is_moved_aside_while_its_part_runs(stack: Stack) -> None:
    log = stack.state / "logs" / "openid.log"
    with log.open("a") as file:
        file.write("\n" * 11_000_000)
    eventually(lambda: log.stat().st_size < 1_000_000, 10)
    assert log.with_name("openid.log.1").stat().st_size > 10_000_000

"""What people do at auth, step by step."""

import re
import secrets
from collections.abc import Callable
from typing import Any

import httpx

from services.kit.rpc.clients import MeshChannel
from tests.support import Learner, Stack, Visitor, code_in, eventually

Learners = Callable[..., Learner]
Mesh = Callable[[str, str], MeshChannel]
PASSWORD = "a long enough password"


def address() -> str:
    return f"{secrets.token_hex(8)}@learner.example"


def begin(visitor: Visitor, email: str, **more: str) -> dict[str, Any]:
    body = {"email": email, "password": PASSWORD, "displayName": "Zoe", **more}
    answer = visitor.post("/register", body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def sent_code(stack: Stack, email: str, number: int = 1) -> str:
    return code_in(eventually(lambda: stack.mails(email)[number - 1 :], 10)[0])


def verify(visitor: Visitor, verification: dict[str, Any], code: str) -> httpx.Response:
    body = {"verificationId": verification["verificationId"], "code": code}
    return visitor.post("/verify-email", body)


def another(code: str, step: int = 1) -> str:
    return f"{(int(code) + step) % 1_000_000:06d}"


def log_in(visitor: Visitor, email: str, password: str) -> httpx.Response:
    return visitor.post("/login", {"email": email, "password": password})


def refresh(visitor: Visitor, token: str) -> httpx.Response:
    return visitor.post("/token/refresh", {"refreshToken": token})


def with_token(stack: Stack, token: str) -> Visitor:
    return Visitor(stack, token)


def phone_number() -> str:
    """A number that nobody else has in this run."""
    area, rest = secrets.choice((202, 312, 415, 503, 617)), secrets.randbelow(8 * 10**6)
    return f"+1{area}{rest + 2 * 10**6}"


def start_phone(visitor: Visitor, number: str, **more: str) -> dict[str, Any]:
    answer = visitor.post("/login/phone", {"phone": number, **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def texted_code(stack: Stack, number: str, count: int = 1) -> str:
    """The code of the text message to a number that came as number `count`."""
    body = eventually(lambda: stack.texts(number)[count - 1 :], 10)[0]["body"]
    (code,) = re.findall(r"(?<![\w-])(\d{6})(?![\w-])", body)
    return str(code)


def verify_phone(visitor: Visitor, verification: dict[str, Any], code: str) -> httpx.Response:
    body = {"verificationId": verification["verificationId"], "code": code}
    return visitor.post("/verify-phone", body)

"""How a learner signs in at the terminal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from edge.assistants.door import Door
from edge.assistants.errors import AcademyError


def by_password(door: Door, email: str, password: str) -> dict[str, Any]:
    """A session, as the academy answers with it. AcademyError where it refuses."""
    return _ask(door, "/login", {"email": email, "password": password})


def by_phone(door: Door, phone: str, ask_code: Callable[[], str]) -> dict[str, Any]:
    """A session, by the code that is sent to a number in E.164. AcademyError where that fails."""
    verification = _ask(door, "/login/phone", {"phone": phone}).get("verificationId", "")
    return _ask(door, "/verify-phone", {"verificationId": verification, "code": ask_code()})


def _ask(door: Door, path: str, body: dict[str, str]) -> dict[str, Any]:
    answer = door.send("POST", path, body=body)
    if not answer.ok:
        raise AcademyError(answer.refusal)
    return answer.json

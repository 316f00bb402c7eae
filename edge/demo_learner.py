"""A learner to look around with, made at the first start of a stack whose mails go nowhere."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from edge.local.state import State, write_private

EMAIL = "learner@stellr.example"
NAME = "Demo Learner"
SWITCH = "STELLR_DEMO_LEARNER"
# As pydantic reads it.
NO = frozenset({"off", "false", "f", "no", "n", "0"})
MAIL_SECONDS = 10.0


@dataclass(frozen=True)
class DemoLogin:
    """What the demo learner signs in with."""

    email: str
    password: str


def is_wanted(environ: Mapping[str, str]) -> bool:
    """Whether there may be a demo learner: mails go to files, and nobody switched it off."""
    return has_outbox(environ) and environ.get(SWITCH, "on").lower() not in NO


def has_outbox(environ: Mapping[str, str]) -> bool:
    """Whether mails go to files."""
    return not environ.get("STELLR_SMTP_URL")


def known(state: State) -> DemoLogin | None:
    """The demo learner of a state; None where none was made, or who can no longer be told."""
    try:
        return DemoLogin(**json.loads(state.demo_login.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def make(root: Path, url: str) -> None:
    """Register a demo learner at the public door, with a password that only this state knows.

    Raises JourneyError and httpx.HTTPError where that cannot be.
    """
    from edge.journey.browser import Browser, wait  # noqa: PLC0415  heavy, and once in a life

    state = State(root)
    login = DemoLogin(EMAIL, secrets.token_urlsafe(12))
    browser = Browser(url)
    try:
        applicant = {**asdict(login), "displayName": NAME}
        verification = browser.post("/register", applicant)["verificationId"]
        code = wait(MAIL_SECONDS, "the code", lambda: _code(root))
        browser.post("/verify-email", {"verificationId": verification, "code": code})
    finally:
        browser.close()
    write_private(state.demo_login, json.dumps(asdict(login)).encode())


def _code(root: Path) -> str:
    from edge.journey import outbox  # noqa: PLC0415  as above

    newest = next(iter(outbox.mails_to(root / "outbox", EMAIL)), None)
    return outbox.code_of(newest) if newest else ""

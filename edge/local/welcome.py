"""What stands on the terminal once everything runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edge.demo_learner import DemoLogin
from edge.local.terminal import say


@dataclass(frozen=True)
class Welcome:
    """What there is to be told of a stack. `is_alone`: nobody but this machine reaches it."""

    url: str
    operations_url: str
    logs: Path
    has_outbox: bool
    is_alone: bool
    login: DemoLogin | None


def welcome(told: Welcome) -> None:
    """Say where everything is, what to try, and how to stop."""
    say(f"Stellr is ready at {told.url}")
    for name, text in lines(told):
        say(f"  {name:<16} {text}")


def lines(told: Welcome) -> list[tuple[str, str]]:
    """Each thing with where it is."""
    found = [
        ("learner page", told.url),
        ("API", f"{told.url}/docs"),
        ("mailbox", _mailbox(told)),
        ("metrics", f"{told.operations_url}/metrics"),
        ("logs", f"stellr logs -f, from {told.logs}"),
    ]
    if told.has_outbox and told.login:
        found.append(("demo login", f"{told.login.email}, password {told.login.password}"))
    return [
        *found,
        ("to try", "stellr journey, stellr status, stellr --help"),
        ("to stop", "Ctrl-C here, or stellr stop elsewhere"),
    ]


def _mailbox(told: Welcome) -> str:
    if not told.has_outbox:
        return "none: mails leave by the mail server"
    if told.is_alone:
        return f"{told.operations_url}/mailbox"
    return "stellr mails; no page, since others reach the academy"

"""What stands on the terminal once everything runs."""

from __future__ import annotations

import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from edge.demo_learner import DemoLogin
from edge.local.state import DEFAULT_STATE, State
from edge.local.terminal import say


@dataclass(frozen=True)
class Welcome:
    """What there is to be told of a stack. `is_alone`: nobody but this machine reaches it."""

    url: str
    operations_url: str
    state: State
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
        ("logs", f"{_command(told, 'logs')} -f, from {told.state.logs}"),
    ]
    if told.has_outbox and told.login:
        found.append(("demo login", f"{told.login.email}, password {told.login.password}"))
    return [
        *found,
        ("to try", _to_try(told)),
        ("to stop", f"Ctrl-C here, or {_command(told, 'stop')}"),
    ]


def _to_try(told: Welcome) -> str:
    # The journey reads its learner's mails, which only an outbox keeps.
    journey = f"{_command(told, 'journey')}, and " if told.has_outbox else ""
    return f"{journey}{program()} --help"


def _mailbox(told: Welcome) -> str:
    if not told.has_outbox:
        return "none: mails leave by the mail server"
    if told.is_alone:
        return f"{told.operations_url}/mailbox"
    return f"{_command(told, 'mails')}; no page, since others reach the academy"


def _command(told: Welcome, name: str) -> str:
    """A command as it can be typed here."""
    own = told.state.root
    state = "" if own == Path(DEFAULT_STATE).absolute() else f" --state {shlex.quote(str(own))}"
    return f"{program()} {name}{state}"


def program() -> str:
    """How this program is called: by its name where the shell finds it, or else as it was."""
    called = sys.argv[0]
    found = shutil.which(Path(called).name)
    is_found = found is not None and Path(found).absolute() == Path(called).absolute()
    return Path(called).name if is_found else called

"""A part of the stack: one child process that is kept alive."""

import os
import signal
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from edge.local import signals
from edge.local.errors import StopRequested

FIRST_DELAY = 0.2
LONGEST_DELAY = 5.0
STEADY_SECONDS = 30.0


@dataclass
class Part:
    """`spawn` forks the process and returns its pid; `pid` is None while it is down."""

    name: str
    service: str
    address: str
    log: Path
    spawn: Callable[[], int]
    stop_signal: signal.Signals = signal.SIGTERM
    pid: int | None = None
    started: float = 0.0
    failures: int = 0
    retry_at: float = 0.0
    ending: str = ""

    def start(self) -> None:
        """Start the process."""
        self.started = time.monotonic()
        self.pid = self.spawn()

    def ended(self) -> bool:
        """Whether the process ended since it was last seen; `ending` then says how."""
        status = reap(self.pid) if self.pid else None
        if status is None:
            return False
        self.pid = None
        self.ending = describe(status)
        return True

    def schedule_restart(self) -> float:
        """Decide when to start again; return the delay in seconds, doubling from 0.2 to 5."""
        now = time.monotonic()
        if now - self.started >= STEADY_SECONDS:
            self.failures = 0
        delay = min(LONGEST_DELAY, FIRST_DELAY * 2.0**self.failures)
        self.failures += 1
        self.retry_at = now + delay
        return delay


def reap(pid: int) -> int | None:
    """The exit code of an ended child (negative: the signal), or None while it runs."""
    try:
        ended, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return 0
    return os.waitstatus_to_exitcode(status) if ended else None


def describe(code: int) -> str:
    """How a process ended, in words."""
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"


def pause(seconds: float) -> None:
    """Wait; raises StopRequested if somebody asks to stop meanwhile."""
    if signals.wait(seconds):
        raise StopRequested


def finish(pid: int) -> int:
    """Wait for a child that ends by itself; return its exit code.

    Raises StopRequested, after having killed it, if somebody asks to stop meanwhile.
    """
    try:
        while (code := reap(pid)) is None:
            pause(0.1)
    except StopRequested:
        kill_and_reap(pid)
        raise
    if code:
        # A Ctrl-C may reach a child before it has a session of its own: that is no failure.
        pause(0.0)
    return code


def kill_and_reap(pid: int) -> None:
    """End a child and whatever it started in its session."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def stop(parts: Iterable[Part], grace: float) -> bool:
    """Stop parts together: their signal, up to `grace` seconds, then SIGKILL.

    Returns True if a second stop signal cut the grace short.
    """
    running = [part for part in parts if part.pid and not part.ended()]
    for part in running:
        _send(part, part.stop_signal)
    deadline = time.monotonic() + grace
    hurried = False
    while running and not hurried and time.monotonic() < deadline:
        hurried = signals.wait(min(0.1, signals.until(deadline)))
        running = [part for part in running if not part.ended()]
    for part in running:
        _send(part, signal.SIGKILL)
        _bury(part)
    return hurried


def _send(part: Part, number: signal.Signals) -> None:
    if part.pid:
        os.kill(part.pid, number)


def _bury(part: Part) -> None:
    if part.pid:
        os.waitpid(part.pid, 0)
        part.pid = None

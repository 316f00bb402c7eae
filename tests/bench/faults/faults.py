"""What is done to the academy. Each returns when its cause was gone: from then on it heals."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from edge import registry
from tests.bench.faults.academy import Hurt, Run
from tests.support import eventually, standing_still

BULK = 300
DISK_SECONDS = 20.0


@dataclass(frozen=True)
class Fault:
    """A fault by its name, for `--only`, and what happens."""

    name: str
    happens: Callable[[Hurt, Run], float]
    # After as many the client ends by itself, and none of them may fail; 0: with the fault.
    requests: int = 0
    # For so long the client asks thrice as often as the academy can bear.
    overload_seconds: float = 0.0
    needs_volume: bool = False


def faults(scale: float, requests: int) -> list[Fault]:
    """All of them, each time multiplied by `scale`."""

    def lasting(name: str, seconds: float, happens: Callable[..., float]) -> Fault:
        taken = seconds * scale
        return Fault(f"{name}-{taken:.0f}s", partial(happens, seconds=taken))

    return [
        *(Fault(f"kill-{name}", partial(kill, service=name)) for name in registry.SERVICES),
        Fault("kill-envoy", partial(kill, service="envoy")),
        Fault("kill-postgres", partial(kill, service="postgres")),
        Fault("restart-postgres", restart_database),
        lasting("stop-postgres", 60, stop_database),
        *(
            lasting(f"still-{name}", 30, partial(pause, service=name))
            for name in ("course", "progress", "notification")
        ),
        Fault("kill-sender", kill_sender),
        lasting("no-mail-server", 300, no_mail_server),
        Fault("full-disk", full_disk, needs_volume=True),
        Fault("rolling-restart", restart, requests=requests),
        Fault(f"overload-{60 * scale:.0f}s", overload, overload_seconds=60 * scale),
    ]


def kill(hurt: Hurt, _run: Run, service: str) -> float:
    """All processes of a service are killed at once."""
    _signal(hurt.pids(service), signal.SIGKILL)
    return time.monotonic()


def restart_database(hurt: Hurt, _run: Run) -> float:
    """PostgreSQL is told to stop; the launcher starts it again."""
    _signal(hurt.pids("postgres"), signal.SIGINT)
    return time.monotonic()


def stop_database(hurt: Hurt, _run: Run, seconds: float) -> float:
    """PostgreSQL is away for a time, in which the launcher, who would start it, stands still."""
    assert hurt.stack.process is not None
    with standing_still([hurt.stack.process.pid]):
        _signal(hurt.pids("postgres"), signal.SIGINT)
        time.sleep(seconds)
    return time.monotonic()


def pause(hurt: Hurt, _run: Run, service: str, seconds: float) -> float:
    """All processes of a service stand still."""
    with standing_still(hurt.pids(service)):
        time.sleep(seconds)
    return time.monotonic()


def kill_sender(hurt: Hurt, run: Run) -> float:
    """Who sends mails is killed while many are on their way."""
    before = hurt.mails()[1]
    hurt.send_many(BULK)
    eventually(lambda: hurt.mails()[1] >= before + BULK // 10, 60)
    return kill(hurt, run, "notification")


def no_mail_server(hurt: Hurt, _run: Run, seconds: float) -> float:
    """The mail server takes no connections."""
    hurt.mails("down")
    time.sleep(seconds)
    hurt.mails("up")
    return time.monotonic()


def restart(hurt: Hurt, run: Run) -> float:
    """All services are restarted one after another, until the client has asked for all it was
    to."""
    while not run.ended():
        for name in registry.SERVICES:
            done = hurt.stack.command("restart", name)
            assert done.returncode == 0, done.stderr
    return time.monotonic()


def full_disk(hurt: Hurt, _run: Run) -> float:
    """The disk is full, and then has room again."""
    assert hurt.volume is not None
    hurt.volume.fill()
    time.sleep(DISK_SECONDS)
    hurt.volume.make_room()
    return time.monotonic()


def overload(_hurt: Hurt, run: Run) -> float:
    """The client asks too much, by itself."""
    time.sleep(max(0.0, run.begun + run.overload_seconds - time.monotonic()))
    return run.begun + run.overload_seconds


def _signal(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        os.kill(pid, number)

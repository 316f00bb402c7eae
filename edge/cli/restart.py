"""`stellr restart`: replace the processes of services, one after another."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import click

from edge import registry
from edge.cli.ending import tell_to_end
from edge.cli.options import state_option
from edge.cli.status import DEGRADED, SERVING, look
from edge.envoy import admin
from edge.local.running import NotRunning, RunningPart, RunningStack, find_running

POLL_SECONDS = 0.1
# Until then services have found the new process: they try again every 2 s, give or take a fifth
# (services/kit/rpc/clients.py).
FOUND_SECONDS = 2.5
EPILOG = """\b
Examples:
  stellr restart
  stellr restart course quiz

\b
Exit status: 0 if all of them serve again; 1 where one does not, and then no other was touched.
"""


@click.command(epilog=EPILOG)
@click.argument("services", nargs=-1, type=click.Choice(list(registry.SERVICES)))
@click.option(
    "--timeout",
    type=click.FloatRange(1, 3600),
    default=60.0,
    show_default=True,
    help="Seconds that a process may take until it serves again.",
)
@state_option
def restart(services: tuple[str, ...], timeout: float, state: Path) -> None:
    """Replace the processes of SERVICES, of all by default, one after another.

    Each says that it leaves, finishes what it has begun, and comes back before the next one goes:
    with --workers 2 or more no call is lost. A service of one process is away for some seconds, in
    which its calls are refused (503, Retry-After). They are of the version that the stack began
    with; another one needs `stellr stop` and `stellr up`.
    """
    stack = _find(state)
    chosen = services or tuple(registry.SERVICES)
    for part in [part for part in stack.parts if part.service in chosen]:
        _replace(state, part, timeout)
    click.echo("All of them serve.")


def _find(state: Path) -> RunningStack:
    try:
        return find_running(state)
    except NotRunning as error:
        raise click.ClickException(str(error)) from error


def _replace(state: Path, part: RunningPart, timeout: float) -> None:
    began = time.monotonic()
    # As it is now: it may have died since, and another may have its number.
    if pid := _pid(_find(state), part):
        tell_to_end(pid)
    deadline = began + timeout
    while not _is_back(state, part, pid):
        if time.monotonic() > deadline:
            raise click.ClickException(
                f"{part.name} does not serve again after {timeout:.0f} s: see stellr logs"
                f" {part.service}. No other process was touched after it."
            )
        time.sleep(POLL_SECONDS)
    time.sleep(FOUND_SECONDS)
    click.echo(f"{part.name:<16} {time.monotonic() - began:5.1f} s")


def _pid(stack: RunningStack, part: RunningPart) -> int:
    return next((each.pid for each in stack.parts if each.name == part.name), 0)


def _is_back(state: Path, part: RunningPart, old: int) -> bool:
    stack = _find(state)
    checks: tuple[Callable[[], bool], ...] = (
        lambda: _pid(stack, part) not in (0, old),
        lambda: look(part).state in (SERVING, DEGRADED),
        lambda: admin.sends_to(stack.admin_port, part.address),
    )
    return all(check() for check in checks)

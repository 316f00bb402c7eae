"""`stellr stop`: end the stack of a state."""

from __future__ import annotations

import time
from pathlib import Path

import click

from edge.cli.ending import tell_to_end
from edge.cli.options import state_option
from edge.local.errors import StartError
from edge.local.state import UP, State, busy, holder, is_locked

POLL_SECONDS = 0.1
EPILOG = """\b
Examples:
  stellr stop
  stellr stop --state /tmp/two --timeout 120

\b
Exit status: 0 where nothing runs any more, also where nothing ran; 1 where it still runs.
"""


@click.command(epilog=EPILOG)
@state_option
@click.option(
    "--timeout",
    type=click.FloatRange(0, 3600),
    default=60.0,
    show_default=True,
    help="Seconds to wait for the end.",
)
def stop(state: Path, timeout: float) -> None:
    """Stop the running stack in good order, and wait until it is gone."""
    found = State(state.absolute())
    if not _is_held(found):
        click.echo(f"Stellr is not running on {state}.")
        return
    if holder(found).work != UP:
        click.echo(f"Stellr is not running on {state}. {busy(found)}.")
        return
    _tell(found)
    deadline = time.monotonic() + timeout
    while _is_held(found):
        if time.monotonic() >= deadline:
            raise click.ClickException(
                f"Stellr on {state} (pid {holder(found).pid}) still runs after {timeout:.0f} s."
            )
        time.sleep(POLL_SECONDS)
    click.echo(f"Stellr on {state} has stopped.")


def _is_held(state: State) -> bool:
    try:
        return is_locked(state)
    except StartError as error:
        raise click.ClickException(str(error)) from error


def _tell(state: State) -> None:
    pid = holder(state).pid
    if not pid:
        raise click.ClickException(f"{state.lock} does not tell who runs on {state.root}.")
    tell_to_end(pid)

"""Options that every `stellr` command shares."""

from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

import click

from edge.local.running import NotRunning, RunningStack, find_running

DEFAULT_PORT = 8080

P = ParamSpec("P")
R = TypeVar("R")


def stack_options(command: Callable[P, R]) -> Callable[P, R]:
    """Add `--state` and `--port`: which stack a command is about."""
    state = click.option(
        "--state",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path(".stellr"),
        envvar="STELLR_STATE",
        show_default=True,
        show_envvar=True,
        help="The directory that keeps everything of one stack.",
    )
    port = click.option(
        "--port",
        type=click.IntRange(1, 65534),
        envvar="STELLR_PORT",
        show_envvar=True,
        help=f"The public port, {DEFAULT_PORT} at first; the operations port is the next one.",
    )
    return state(port(command))


def find_stack(state: Path, port: int | None) -> RunningStack:
    """The running stack of the options. Raises click.ClickException with one sentence if none."""
    try:
        return find_running(state, port)
    except NotRunning as error:
        raise click.ClickException(str(error)) from error

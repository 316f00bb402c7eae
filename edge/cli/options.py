"""Options that every `stellr` command shares."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import click

from edge import registry
from edge.cli.remote import remote_stack
from edge.local.ports import DEFAULT_PORT, read_host
from edge.local.running import NotRunning, RunningStack, find_running
from edge.local.state import DEFAULT_STATE

P = ParamSpec("P")
R = TypeVar("R")

service_option = click.option(
    "--service", type=click.Choice(list(registry.SERVICES)), help="Only what this service has."
)


class StateDirectory(click.Path):
    """A directory that is named: an unset shell variable must not fill the working directory."""

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Any:
        """The path. Raises click.BadParameter where it is empty, a file, or not UTF-8."""
        if not os.fspath(value):
            self.fail("The name of a directory is missing.", param, ctx)
        try:
            os.path.abspath(value).encode()
        except UnicodeEncodeError:
            self.fail(f"{str(value)!a}: its whole path must be UTF-8.", param, ctx)
        return super().convert(value, param, ctx)


class HostType(click.ParamType[str]):
    """An IPv4 address of this machine, or all of them."""

    name = "address"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The address. Raises click.BadParameter where it is none."""
        try:
            return read_host(value)
        except ValueError as error:
            self.fail(f"{error}.", param, ctx)


def state_option(command: Callable[P, R]) -> Callable[P, R]:
    """Add `--state`: the directory of the stack that a command is about."""
    option = click.option(
        "--state",
        type=StateDirectory(path_type=Path, file_okay=False),
        default=Path(DEFAULT_STATE),
        envvar="STELLR_STATE",
        show_default=True,
        show_envvar=True,
        help="The directory that keeps everything of one stack.",
    )
    return option(command)


def stack_options(command: Callable[P, R]) -> Callable[P, R]:
    """Add `--state` and `--port`: which stack a command is about."""
    port = click.option(
        "--port",
        type=click.IntRange(1, 65534),
        envvar="STELLR_PORT",
        show_envvar=True,
        help=f"The public port, {DEFAULT_PORT} at first; the operations port is the next one.",
    )
    return state_option(port(command))


def find_stack(state: Path, port: int | None) -> RunningStack:
    """The academy that the settings name, or else the running stack of the options.

    Raises click.ClickException with one sentence if there is none.
    """
    try:
        return remote_stack(os.environ) or find_running(state, port)
    except NotRunning as error:
        raise click.ClickException(str(error)) from error


def services_of(stack: RunningStack, service: str | None) -> list[str]:
    """The services with a database, which have jobs and events; or the one that was asked for."""
    return [name for name in sorted(stack.databases) if service in (None, name)]

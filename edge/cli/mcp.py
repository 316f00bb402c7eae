"""`stellr mcp`: the academy for assistants, by the Model Context Protocol."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from edge.cli.options import find_stack, stack_options

if TYPE_CHECKING:
    from edge.assistants.door import Door
    from edge.assistants.sessions import KeptSession, Session


def url_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--url`, `--state` and `--port`: which academy a command is about."""
    option = click.option(
        "--url",
        metavar="URL",
        envvar="STELLR_URL",
        show_envvar=True,
        help="The academy's address, instead of that of the running stack.",
    )
    return option(stack_options(command))


@click.group(invoke_without_command=True)
@url_option
@click.pass_context
def mcp(context: click.Context, url: str | None, state: Path, port: int | None) -> None:
    """Show how an assistant (Claude, Cursor, VS Code and others) is connected to the academy."""
    if context.invoked_subcommand is not None:
        _refuse_options(context)
        return
    from edge.assistants.connecting import how_to_connect  # noqa: PLC0415  heavy, as the rest

    with _academy(url, state, port) as door:
        kept = _kept(door).read()
        program = str(Path(sys.argv[0]).absolute())
        click.echo(how_to_connect(door.url, program, kept.name if kept else ""), nl=False)


def _refuse_options(context: click.Context) -> None:
    """Options before a command would be overlooked, and another academy be asked."""
    for option in context.command.params:
        source = context.get_parameter_source(str(option.name))
        if source is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"{option.opts[0]} comes after {context.invoked_subcommand}.")


@mcp.command()
@url_option
def serve(url: str | None, state: Path, port: int | None) -> None:
    """Serve one assistant on standard input and output: assistants run this themselves."""
    from edge.assistants.academy import Academy  # noqa: PLC0415
    from edge.assistants.server import build  # noqa: PLC0415

    with _academy(url, state, port) as door:
        server = build(Academy(door, _session(door)))
        if sys.stdin.isatty():
            click.echo("This speaks the Model Context Protocol. Ctrl-C ends it.", err=True)
        # Else it would wait for the end of the line that it reads.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        server.run("stdio")


@mcp.command()
@url_option
@click.option("--phone", metavar="NUMBER", help="Sign in by a code that is sent to this number.")
def login(url: str | None, state: Path, port: int | None, phone: str | None) -> None:
    """Sign in for the assistants on this machine, by e-mail and password or by phone."""
    from edge.assistants.errors import AcademyError  # noqa: PLC0415
    from edge.assistants.signing_in import by_password, by_phone  # noqa: PLC0415

    with _academy(url, state, port) as door:
        if phone:
            session = by_phone(door, phone, lambda: click.prompt("The code that was sent"))
        else:
            email = click.prompt("E-mail")
            session = by_password(door, email, click.prompt("Password", hide_input=True))
        kept = _kept(door)
        # Who signed in before does so no more.
        with suppress(AcademyError):
            kept.end()
        tokens = kept.keep(session)
        click.echo(f"Assistants on this machine now reach {door.url} as {tokens.name}.")


@mcp.command()
@url_option
def logout(url: str | None, state: Path, port: int | None) -> None:
    """Sign out, for all assistants on this machine."""
    with _academy(url, state, port) as door:
        ended = _kept(door).end()
        click.echo(f"Signed out of {door.url}." if ended else "Nobody is signed in.")


@contextmanager
def _academy(url: str | None, state: Path, port: int | None) -> Iterator[Door]:
    """The academy's door. What is wrong with it is told in a sentence or two."""
    from edge.assistants.door import Door  # noqa: PLC0415
    from edge.assistants.errors import AcademyError  # noqa: PLC0415

    try:
        door = Door(url or find_stack(state, port).url)
        try:
            yield door
        finally:
            door.close()
    except AcademyError as error:
        raise click.ClickException(str(error)) from error


def _kept(door: Door) -> KeptSession:
    from edge.assistants.sessions import KeptSession, folder  # noqa: PLC0415

    return KeptSession(door, folder())


def _session(door: Door) -> Session:
    from edge.assistants.sessions import given_token  # noqa: PLC0415

    return given_token() or _kept(door)

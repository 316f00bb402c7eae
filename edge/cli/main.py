"""The `stellr` command. Each further command lives in a module of its own, added at the end."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from edge import registry
from edge.cli.admin import admin
from edge.cli.auth import auth
from edge.cli.backup import backup, restore
from edge.cli.certificate import certificate
from edge.cli.config import config
from edge.cli.demo import demo
from edge.cli.doctor import doctor
from edge.cli.events import events
from edge.cli.examples import add_examples
from edge.cli.export_course import export_course
from edge.cli.import_course import import_course
from edge.cli.jobs import jobs
from edge.cli.journey import journey
from edge.cli.logs import logs
from edge.cli.mails import mails
from edge.cli.mcp import mcp
from edge.cli.migrate import migrate
from edge.cli.options import HostType, stack_options
from edge.cli.restart import restart
from edge.cli.secrets import secrets
from edge.cli.status import status
from edge.cli.stop import stop
from edge.cli.version import PACKAGE, version
from edge.config.env_file import FILE, MalformedLine, take_file
from edge.local import binaries, signals
from edge.local.errors import StartError
from edge.local.ports import DEFAULT_PORT, HOST
from edge.local.terminal import doing, have_standard_streams, say


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(message=version(), package_name=PACKAGE)
@click.pass_context
def main(context: click.Context) -> None:
    """Stellr Academy: start it, look at it, feed it."""
    have_standard_streams()
    try:
        context.obj = take_file(Path(FILE))
    except (OSError, UnicodeDecodeError) as error:
        raise click.ClickException(f"The file {FILE} cannot be read: {error}.") from error
    except MalformedLine as error:
        raise click.ClickException(f"{FILE}: {error}.") from error


@main.command()
@stack_options
@click.option(
    "--workers",
    type=click.IntRange(1, 32),
    default=1,
    envvar="STELLR_WORKERS",
    show_default=True,
    show_envvar=True,
    help="Processes of each service.",
)
@click.option(
    "--host",
    type=HostType(),
    default=HOST,
    envvar="STELLR_HOST",
    show_default=True,
    show_envvar=True,
    help="What the public port is bound to; 0.0.0.0: phones in the same network reach it.",
)
@click.option(
    "--until-input-ends",
    is_flag=True,
    help="Stop when standard input ends: for programs that hold it open for as long as they live.",
)
def up(state: Path, port: int | None, workers: int, host: str, until_input_ends: bool) -> None:
    """Start the whole stack and keep it running until Ctrl-C."""
    say(f"Stellr starts on {state}, port {port or DEFAULT_PORT}")
    doing("settings")
    _check_settings()
    with signals.blocked():
        from edge.local import lifeline, stack  # noqa: PLC0415  only `up` forks

        if until_input_ends:
            lifeline.stop_at_the_end_of(sys.stdin.fileno())
        try:
            stack.up(state, port or DEFAULT_PORT, workers, host)
        except StartError as error:
            raise click.ClickException(str(error)) from error
        except OSError as error:
            # A full disk, a directory that went away: said as every other refusal.
            raise click.ClickException(f"Stellr cannot run on {state}: {error}.") from error


def _check_settings() -> None:
    from edge.config import checking  # noqa: PLC0415  heavy

    wrong = checking.problems()
    if wrong:
        raise click.ClickException("\n".join([*wrong, *checking.unknown(os.environ)]))


@main.command()
@click.argument("name", type=click.Choice(list(registry.SERVICES)))
@click.option("--listen", metavar="HOST:PORT", help="Where to listen, instead of STELLR_LISTEN.")
def serve(name: str, listen: str | None) -> None:
    """Run one service, configured by its environment (as in a container)."""
    from edge.config.checking import unknown_to_service  # noqa: PLC0415  heavy
    from services.kit.process.main import run  # noqa: PLC0415

    for line in unknown_to_service(os.environ):
        click.echo(line, err=True)
    environ = dict(os.environ)
    if listen:
        environ["STELLR_LISTEN"] = listen
    sys.exit(run(registry.load(name), environ))


@main.command()
@click.option("--validate", is_flag=True, help="Have Envoy check envoy.yaml with the contracts.")
@click.option(
    "--render",
    "folder",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Write the files that Envoy needs in a container into this directory.",
)
def envoy(validate: bool, folder: Path | None) -> None:
    """Check envoy.yaml, or prepare it for a container."""
    from edge.envoy import render  # noqa: PLC0415  heavy
    from edge.envoy.settings import door_settings  # noqa: PLC0415  heavy

    try:
        door_settings()
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    if folder:
        render.write_container(folder)
    if validate:
        with tempfile.TemporaryDirectory() as scratch:
            render.write_container(Path(scratch))
            _validate(scratch)


def _validate(folder: str) -> None:
    try:
        program = str(binaries.envoy())
    except StartError as error:
        raise click.ClickException(str(error)) from error
    argv = [program, "--mode", "validate", "-c", "envoy.yaml", "--log-level", "error"]
    code = subprocess.run(argv, cwd=folder, check=False, stdout=subprocess.PIPE).returncode
    if code:
        sys.exit(code)
    click.echo("envoy.yaml is valid")


main.add_command(status)
main.add_command(import_course)
main.add_command(export_course)
main.add_command(journey)
main.add_command(admin)
main.add_command(auth)
main.add_command(certificate)
main.add_command(jobs)
main.add_command(events)
main.add_command(mails)
main.add_command(config)
main.add_command(restart)
main.add_command(stop)
main.add_command(migrate)
main.add_command(doctor)
main.add_command(logs)
main.add_command(backup)
main.add_command(restore)
main.add_command(mcp)
main.add_command(secrets)
main.add_command(demo)
add_examples(main)

"""The `stellr` command. Each further command lives in a module of its own, added at the end."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import click
from dotenv import load_dotenv

from edge import registry
from edge.cli.admin import admin
from edge.cli.auth import auth
from edge.cli.certificate import certificate
from edge.cli.events import events
from edge.cli.export_course import export_course
from edge.cli.import_course import import_course
from edge.cli.jobs import jobs
from edge.cli.journey import journey
from edge.cli.mails import mails
from edge.cli.migrate import migrate
from edge.cli.options import DEFAULT_PORT, stack_options
from edge.cli.secrets import secrets
from edge.cli.status import status
from edge.local import binaries, signals
from edge.local.errors import StartError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Stellr Academy: start it, look at it, feed it."""
    load_dotenv(Path(".env"), override=False)


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
    "--until-input-ends",
    is_flag=True,
    help="Stop when standard input ends: for programs that hold it open for as long as they live.",
)
def up(state: Path, port: int | None, workers: int, until_input_ends: bool) -> None:
    """Start the whole stack and keep it running until Ctrl-C."""
    with signals.blocked():
        from edge.local import lifeline, stack  # noqa: PLC0415  only `up` forks

        if until_input_ends:
            lifeline.stop_at_the_end_of(sys.stdin.fileno())
        try:
            stack.up(state, port or DEFAULT_PORT, workers)
        except StartError as error:
            raise click.ClickException(str(error)) from error
        except OSError as error:
            # A full disk, a directory that went away: said as every other refusal.
            raise click.ClickException(f"Stellr cannot run on {state}: {error}.") from error


@main.command()
@click.argument("name", type=click.Choice(list(registry.SERVICES)))
@click.option("--listen", metavar="HOST:PORT", help="Where to listen, instead of STELLR_LISTEN.")
def serve(name: str, listen: str | None) -> None:
    """Run one service, configured by its environment (as in a container)."""
    from services.kit.process.main import run  # noqa: PLC0415  heavy

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
main.add_command(migrate)
main.add_command(secrets)

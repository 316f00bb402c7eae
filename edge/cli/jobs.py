"""`stellr jobs`: background work that was given up, and sending it again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import click

from edge import registry
from edge.cli.given_up import KINDS, GivenUp, Id, IdType
from edge.cli.options import find_stack, stack_options
from edge.local.running import RunningStack

service_option = click.option(
    "--service", type=click.Choice(list(registry.SERVICES)), help="Only the jobs of this service."
)


@click.group(invoke_without_command=True)
@service_option
@stack_options
@click.pass_context
def jobs(context: click.Context, service: str | None, state: Path, port: int | None) -> None:
    """Show the jobs that were given up, and the events that were set aside, with the reason."""
    if context.invoked_subcommand is not None:
        return
    stack = find_stack(state, port)
    found = False
    for name in services_of(stack, service):
        for kind in KINDS.values():
            for work in kind.list(stack, name):
                found = True
                click.echo(line(work))
    if not found:
        click.echo("No job was given up.")


@jobs.command()
@click.argument("ids", nargs=-1, type=IdType())
@click.option("--all", "everything", is_flag=True, help="Every job that was given up.")
@service_option
@stack_options
def retry(
    ids: Sequence[Id],
    everything: bool,
    service: str | None,
    state: Path,
    port: int | None,
) -> None:
    """Send jobs and events again, by their ids or all of them."""
    if everything == bool(ids) or (ids and service):
        raise click.UsageError("Say which jobs: their ids, or --all, of all services or of one.")
    stack = find_stack(state, port)
    chosen: dict[tuple[str, str], list[int]] = defaultdict(list)
    for one in ids:
        chosen[one.service, one.prefix].append(one.number)
    if everything:
        chosen = {(name, kind): [] for name in services_of(stack, service) for kind in KINDS}
    revived = set()
    for (name, prefix), numbers in chosen.items():
        for number in KINDS[prefix].retry(stack, name, numbers):
            revived.add(Id(name, prefix, number))
            click.echo(f"{Id(name, prefix, number)} is tried again.")
    missing = ", ".join(str(one) for one in ids if one not in revived)
    if missing:
        raise click.ClickException(f"Not among the jobs that were given up: {missing}.")


def services_of(stack: RunningStack, service: str | None) -> list[str]:
    """The services that have jobs: those with a database, or the one that was asked for."""
    return [name for name in sorted(stack.databases) if service in (None, name)]


def line(work: GivenUp) -> str:
    """What was given up in one line, for people, and the reason in another."""
    given_up = work.at.ToDatetime().isoformat(" ", "seconds")
    what = f"{work.id}  {work.what}  {given_up}Z  {work.attempts} attempts"
    return f"{what}  request {work.request_id}\n    {work.reason}"

"""`stellr jobs`: background work that was given up, sending it again, or removing it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.cli import dead_letters
from edge.cli.dead_letters import Id, IdType
from edge.cli.options import find_stack, service_option, services_of, stack_options
from edge.local.running import RunningStack

if TYPE_CHECKING:
    from stellr.deadletters.v1.dead_letter_service_pb2 import DeadLetter

Act = Callable[[RunningStack, str, Sequence[str]], list[str]]


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
        for letter in dead_letters.find(stack, name):
            found = True
            click.echo(line(name, letter))
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
    chosen = {name: [] for name in services_of(stack, service)} if everything else by_service(ids)
    told = act(stack, dead_letters.retry, chosen, "is tried again")
    refuse_missing(ids, told)


@jobs.command()
@click.argument("ids", nargs=-1, required=True, type=IdType())
@stack_options
def discard(ids: Sequence[Id], state: Path, port: int | None) -> None:
    """Remove jobs and events for good that can never succeed, by their ids."""
    told = act(find_stack(state, port), dead_letters.discard, by_service(ids), "is discarded")
    refuse_missing(ids, told)


def by_service(ids: Sequence[Id]) -> Mapping[str, list[str]]:
    """The ids within their services."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for one in ids:
        found[one.service].append(one.letter)
    return found


def act(stack: RunningStack, does: Act, chosen: Mapping[str, Sequence[str]], told: str) -> set[Id]:
    """Do it to what was chosen in each service, and tell of each; those that were found."""
    done = set()
    for name, letters in chosen.items():
        for letter in does(stack, name, letters):
            done.add(Id(name, letter))
            click.echo(f"{name}/{letter} {told}.")
    return done


def refuse_missing(ids: Sequence[Id], done: set[Id]) -> None:
    """Raises click.ClickException that names what was not found."""
    missing = ", ".join(str(one) for one in ids if one not in done)
    if missing:
        raise click.ClickException(f"Not among the jobs that were given up: {missing}.")


def line(service: str, letter: DeadLetter) -> str:
    """What was given up in one line, for people, and the reason in another."""
    given_up = letter.give_up_time.ToDatetime().isoformat(" ", "seconds")
    what = f"{Id(service, letter.dead_letter_id)}  {letter.work}  {given_up}Z"
    tried = f"{letter.attempts} attempts  request {letter.request_id}"
    return f"{what}  {tried}\n    {letter.reason}"

"""`stellr events`: who reads the events of each service, and forgetting who does no more."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edge.cli.options import find_stack, service_option, services_of, stack_options
from edge.local.running import RunningStack

if TYPE_CHECKING:
    from stellr.events.v1.event_service_pb2 import Reader


@click.group(invoke_without_command=True)
@service_option
@stack_options
@click.pass_context
def events(context: click.Context, service: str | None, state: Path, port: int | None) -> None:
    """Show who reads the events of each service, how far behind, and when it was heard of last.

    What a reader has not read is kept for as long as it counts as one.
    """
    if context.invoked_subcommand is not None:
        return
    from stellr.events.v1.event_service_pb2 import ListReadersRequest  # noqa: PLC0415  heavy

    stack = find_stack(state, port)
    for name in services_of(stack, service):
        for reader in _ask(stack, name, "ListReaders", ListReadersRequest()).readers:
            click.echo(line(name, reader))


@events.command()
@click.argument("name")
@click.option("--force", is_flag=True, help="Also what it has read within the last minutes.")
@service_option
@stack_options
def forget_reader(
    name: str, force: bool, service: str | None, state: Path, port: int | None
) -> None:
    """Forget the service NAME as a reader of events: it is retired, or reads them no more.

    Then what it alone has not read can be purged. What it has read within the last five minutes it
    still reads: that is kept.
    """
    from stellr.events.v1.event_service_pb2 import ForgetReaderRequest  # noqa: PLC0415  heavy

    stack = find_stack(state, port)
    request = ForgetReaderRequest(reader=name, force=force)
    found, active = False, []
    for source in services_of(stack, service):
        answer = _ask(stack, source, "ForgetReader", request)
        found |= bool(answer.forgotten_kinds or answer.active_kinds)
        active += answer.active_kinds
        for kind in answer.forgotten_kinds:
            click.echo(f"{source}: {name} counts no more as a reader of {kind}.")
    if active:
        kinds = ", ".join(active)
        raise click.ClickException(f"{name} still reads {kinds}. Use --force to forget it there.")
    if not found:
        raise click.ClickException(f"{name} is no reader of any events.")


def line(service: str, reader: Reader) -> str:
    """A reader in one line, for people."""
    heard = reader.acknowledge_time.ToDatetime().isoformat(" ", "seconds")
    behind = f"{reader.behind.seconds} s behind"
    return f"{service}: {reader.reader}  {reader.kind}  {behind}  heard of {heard}Z"


def _ask(stack: RunningStack, service: str, method: str, request: Any) -> Any:
    from edge.cli.operator import ask  # noqa: PLC0415  heavy
    from stellr.events.v1.event_service_pb2_grpc import EventServiceStub  # noqa: PLC0415

    return ask(stack, service, EventServiceStub, method, request)

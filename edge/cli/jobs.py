"""`stellr jobs`: background work that was given up, and sending it again."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edge import registry
from edge.cli.options import find_stack, stack_options
from edge.local.running import RunningStack

if TYPE_CHECKING:
    from stellr.jobs.v1.job_service_pb2 import DeadJob, RetryDeadJobsRequest

service_option = click.option(
    "--service", type=click.Choice(list(registry.SERVICES)), help="Only the jobs of this service."
)


class JobId(click.ParamType[tuple[str, int]]):
    """The id of a job as it is listed: SERVICE/NUMBER."""

    name = "id"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        """The service and the number. Raises click.BadParameter for anything else."""
        found = re.fullmatch(r"([a-z]+)/([0-9]{1,18})", str(value))
        if found is None or found[1] not in registry.SERVICES:
            self.fail(f"{value} is no id of a job, such as notification/17.", param, ctx)
        return found[1], int(found[2])


@click.group(invoke_without_command=True)
@service_option
@stack_options
@click.pass_context
def jobs(context: click.Context, service: str | None, state: Path, port: int | None) -> None:
    """Show the jobs that were given up, with the reason."""
    if context.invoked_subcommand is not None:
        return
    stack = find_stack(state, port)
    found = False
    for name in services_of(stack, service):
        for job in list_dead(stack, name):
            found = True
            click.echo(line(name, job))
    if not found:
        click.echo("No job was given up.")


@jobs.command()
@click.argument("ids", nargs=-1, type=JobId())
@click.option("--all", "everything", is_flag=True, help="Every job that was given up.")
@service_option
@stack_options
def retry(
    ids: Sequence[tuple[str, int]],
    everything: bool,
    service: str | None,
    state: Path,
    port: int | None,
) -> None:
    """Send jobs again, by their ids or all of them."""
    if everything == bool(ids) or (ids and service):
        raise click.UsageError("Say which jobs: their ids, or --all, of all services or of one.")
    stack = find_stack(state, port)
    chosen: dict[str, list[int]] = defaultdict(list)
    for name, number in ids:
        chosen[name].append(number)
    revived = set()
    for name in services_of(stack, service) if everything else chosen:
        for number in retry_dead(stack, name, chosen[name]):
            revived.add((name, number))
            click.echo(f"{name}/{number} is tried again.")
    missing = ", ".join(f"{name}/{number}" for name, number in ids if (name, number) not in revived)
    if missing:
        raise click.ClickException(f"Not among the jobs that were given up: {missing}.")


def services_of(stack: RunningStack, service: str | None) -> list[str]:
    """The services that have jobs: those with a database, or the one that was asked for."""
    return [name for name in sorted(stack.databases) if service in (None, name)]


def line(service: str, job: DeadJob) -> str:
    """A dead job in one line, for people."""
    given_up = job.give_up_time.ToDatetime().isoformat(" ", "seconds")
    what = f"{service}/{job.job_id}  {job.task}  {given_up}Z  {job.attempts} attempts"
    return f"{what}  request {job.request_id}\n    {job.reason}"


def list_dead(stack: RunningStack, service: str) -> Iterator[DeadJob]:
    """The dead jobs of a service. Raises click.ClickException where it does not answer."""
    from stellr.jobs.v1.job_service_pb2 import ListDeadJobsRequest  # noqa: PLC0415  heavy

    request = ListDeadJobsRequest(page_size=100)
    while True:
        page = ask(stack, service, "ListDeadJobs", request)
        yield from page.jobs
        if not page.next_page_token:
            return
        request.page_token = page.next_page_token


def retry_dead(stack: RunningStack, service: str, numbers: Sequence[int]) -> Sequence[int]:
    """Send dead jobs of a service again, all where no number is given; those that were found."""
    from stellr.jobs.v1 import job_service_pb2 as pb  # noqa: PLC0415  heavy

    request: RetryDeadJobsRequest
    if numbers:
        request = pb.RetryDeadJobsRequest(ids=pb.JobIds(ids=numbers))
    else:
        request = pb.RetryDeadJobsRequest(all=True)
    revived: Sequence[int] = ask(stack, service, "RetryDeadJobs", request).job_ids
    return revived


def ask(stack: RunningStack, service: str, method: str, request: Any) -> Any:
    """Call the job service of a service. Raises click.ClickException where it refuses."""
    import grpc  # noqa: PLC0415  heavy, as the rest

    from edge.cli.operator import connect, sentence  # noqa: PLC0415
    from services.kit.errors import DomainError  # noqa: PLC0415
    from stellr.jobs.v1.job_service_pb2_grpc import JobServiceStub  # noqa: PLC0415

    try:
        with connect(stack, service) as channel:
            call: Callable[[Any], Any] = getattr(JobServiceStub(channel), method)
            return call(request)
    except (DomainError, grpc.RpcError) as error:
        raise click.ClickException(sentence(service, error)) from error

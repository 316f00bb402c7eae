"""What services gave up in the background, and wait for an operator with: jobs, and events."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import click

from edge import registry

if TYPE_CHECKING:
    from google.protobuf.timestamp_pb2 import Timestamp

    from edge.local.running import RunningStack

PAGE_SIZE = 100


class Id(NamedTuple):
    """The id of something given up: notification/17 is a job, certificate/event-3 an event."""

    service: str
    prefix: str
    number: int

    def __str__(self) -> str:
        return f"{self.service}/{self.prefix}{self.number}"


class GivenUp(NamedTuple):
    """Something that was given up, and why."""

    id: Id
    what: str
    at: Timestamp
    attempts: int
    request_id: str
    reason: str


class Kind(Protocol):
    """What there is to ask about one kind of work; click.ClickException where it is refused."""

    prefix: str

    def list(self, stack: RunningStack, service: str) -> Iterator[GivenUp]:
        """What a service gave up of it."""

    def retry(self, stack: RunningStack, service: str, numbers: Sequence[int]) -> Sequence[int]:
        """Send it again, all where no number is given; the numbers of those that were found."""


class Jobs:
    """Jobs of a service."""

    prefix = ""

    def list(self, stack: RunningStack, service: str) -> Iterator[GivenUp]:
        """The dead jobs."""
        from stellr.jobs.v1.job_service_pb2 import ListDeadJobsRequest  # noqa: PLC0415  heavy

        request = ListDeadJobsRequest(page_size=PAGE_SIZE)
        for page in _pages(stack, service, _jobs(), "ListDeadJobs", request):
            for job in page.jobs:
                number = Id(service, self.prefix, job.job_id)
                rest = (job.give_up_time, job.attempts, job.request_id, job.reason)
                yield GivenUp(number, job.task, *rest)

    def retry(self, stack: RunningStack, service: str, numbers: Sequence[int]) -> Sequence[int]:
        """Have dead jobs tried again."""
        from stellr.jobs.v1 import job_service_pb2 as pb  # noqa: PLC0415  heavy

        ids = pb.JobIds(ids=numbers)
        everything = pb.RetryDeadJobsRequest(all=True)
        request = pb.RetryDeadJobsRequest(ids=ids) if numbers else everything
        revived: Sequence[int] = ask(stack, service, _jobs(), "RetryDeadJobs", request).job_ids
        return revived


class Events:
    """Events, mostly of other services, that a service could not deal with."""

    prefix = "event-"

    def list(self, stack: RunningStack, service: str) -> Iterator[GivenUp]:
        """The events that were set aside."""
        from stellr.events.v1.event_service_pb2 import ListSetAsideEventsRequest  # noqa: PLC0415

        request = ListSetAsideEventsRequest(page_size=PAGE_SIZE)
        for page in _pages(stack, service, _events(), "ListSetAsideEvents", request):
            for event in page.events:
                number = Id(service, self.prefix, event.event_id)
                rest = (event.set_aside_time, event.attempts, event.request_id, event.reason)
                yield GivenUp(number, event.kind, *rest)

    def retry(self, stack: RunningStack, service: str, numbers: Sequence[int]) -> Sequence[int]:
        """Have events that were set aside tried again."""
        from stellr.events.v1 import event_service_pb2 as pb  # noqa: PLC0415  heavy

        ids = pb.SetAsideEventIds(ids=numbers)
        everything = pb.RetrySetAsideEventsRequest(all=True)
        request = pb.RetrySetAsideEventsRequest(ids=ids) if numbers else everything
        answer = ask(stack, service, _events(), "RetrySetAsideEvents", request)
        revived: Sequence[int] = answer.event_ids
        return revived


KINDS: dict[str, Kind] = {kind.prefix: kind for kind in (Jobs(), Events())}


class IdType(click.ParamType[Id]):
    """An id as it is listed."""

    name = "id"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Id:
        """The id. Raises click.BadParameter for anything else."""
        found = re.fullmatch(r"([a-z]+)/(event-)?([0-9]{1,18})", str(value))
        if found is None or found[1] not in registry.SERVICES:
            self.fail(f"{value} is no id of a job, such as notification/17.", param, ctx)
        return Id(found[1], found[2] or "", int(found[3]))


def ask(stack: RunningStack, service: str, stub: Any, method: str, request: Any) -> Any:
    """Call a method of a service. Raises click.ClickException where it refuses."""
    import grpc  # noqa: PLC0415  heavy, as the rest

    from edge.cli.operator import connect, sentence  # noqa: PLC0415
    from services.kit.errors import DomainError  # noqa: PLC0415

    try:
        with connect(stack, service) as channel:
            return getattr(stub(channel), method)(request)
    except (DomainError, grpc.RpcError) as error:
        raise click.ClickException(sentence(service, error)) from error


def _pages(
    stack: RunningStack, service: str, stub: Any, method: str, request: Any
) -> Iterator[Any]:
    while True:
        page = ask(stack, service, stub, method, request)
        yield page
        if not page.next_page_token:
            return
        request.page_token = page.next_page_token


def _jobs() -> Any:
    from stellr.jobs.v1.job_service_pb2_grpc import JobServiceStub  # noqa: PLC0415  heavy

    return JobServiceStub


def _events() -> Any:
    from stellr.events.v1.event_service_pb2_grpc import EventServiceStub  # noqa: PLC0415  heavy

    return EventServiceStub

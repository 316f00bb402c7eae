"""What services gave up in the background, jobs and events, as an operator asks about it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from edge import registry

if TYPE_CHECKING:
    from edge.local.running import RunningStack
    from stellr.deadletters.v1.dead_letter_service_pb2 import DeadLetter

PAGE_SIZE = 100


class Id(NamedTuple):
    """The id of a dead letter: notification/17 is a job, certificate/event-3 an event."""

    service: str
    letter: str

    def __str__(self) -> str:
        return f"{self.service}/{self.letter}"


class IdType(click.ParamType[Id]):
    """An id as it is listed."""

    name = "id"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Id:
        """The id. Raises click.BadParameter for anything else."""
        found = re.fullmatch(r"([a-z]+)/(event-)?([0-9]{1,18})", str(value))
        if found is None or found[1] not in registry.SERVICES:
            self.fail(f"{value} is no id of a job, such as notification/17.", param, ctx)
        return Id(found[1], f"{found[2] or ''}{int(found[3])}")


def find(stack: RunningStack, service: str) -> Iterator[DeadLetter]:
    """What a service gave up. Raises click.ClickException where it refuses, as all of these do."""
    from stellr.deadletters.v1.dead_letter_service_pb2 import (  # noqa: PLC0415  heavy
        ListDeadLettersRequest,
    )

    request = ListDeadLettersRequest(page_size=PAGE_SIZE)
    while True:
        page = _ask(stack, service, "ListDeadLetters", request)
        yield from page.dead_letters
        if not page.next_page_token:
            return
        request.page_token = page.next_page_token


def retry(stack: RunningStack, service: str, letters: Sequence[str]) -> list[str]:
    """Have them tried again, all where none is named; those that were found."""
    from stellr.deadletters.v1 import dead_letter_service_pb2 as pb  # noqa: PLC0415  heavy

    these = pb.RetryDeadLettersRequest(ids=pb.DeadLetterIds(ids=letters))
    request = these if letters else pb.RetryDeadLettersRequest(all=True)
    return list(_ask(stack, service, "RetryDeadLetters", request).dead_letter_ids)


def discard(stack: RunningStack, service: str, letters: Sequence[str]) -> list[str]:
    """Remove them for good; those that were found."""
    from stellr.deadletters.v1 import dead_letter_service_pb2 as pb  # noqa: PLC0415  heavy

    request = pb.DiscardDeadLettersRequest(ids=pb.DeadLetterIds(ids=letters))
    return list(_ask(stack, service, "DiscardDeadLetters", request).dead_letter_ids)


def _ask(stack: RunningStack, service: str, method: str, request: Any) -> Any:
    from edge.cli.operator import ask  # noqa: PLC0415  heavy
    from stellr.deadletters.v1.dead_letter_service_pb2_grpc import (  # noqa: PLC0415
        DeadLetterServiceStub,
    )

    return ask(stack, service, DeadLetterServiceStub, method, request)

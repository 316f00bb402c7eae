"""Watches for tests: what they were told so far."""

from __future__ import annotations

from collections.abc import AsyncIterator
from concurrent.futures import Future
from typing import Any

from google.protobuf.duration_pb2 import Duration

from services.kit.work.supervisor import Supervisor
from stellr.auth.v1 import events_pb2
from stellr.events.v1 import event_service_pb2 as pb
from tests.services.kit.events.writing import KIND


def after(position: str = "", *kinds: str) -> pb.WatchRequest:
    """A watch that begins after a position."""
    return pb.WatchRequest(kinds=kinds or [KIND], position=position)


def looking_back(seconds: float, *kinds: str) -> pb.WatchRequest:
    """A watch that begins some seconds ago."""
    look_back = Duration()
    look_back.FromMicroseconds(int(seconds * 1e6))
    return pb.WatchRequest(kinds=kinds or [KIND], look_back=look_back)


class Watch:
    """A watch that is open, on the loop."""

    def __init__(self, supervisor: Supervisor, answers: AsyncIterator[pb.WatchResponse]) -> None:
        self.answers: list[pb.WatchResponse] = []
        self.ended: Future[Any] = supervisor.submit(self._read(answers))

    async def _read(self, answers: AsyncIterator[pb.WatchResponse]) -> None:
        async for answer in answers:
            self.answers.append(answer)

    @property
    def said(self) -> list[str]:
        """The users of the events, and the names of the other messages."""
        return [summary(answer) for answer in tuple(self.answers)]

    @property
    def position(self) -> str:
        """Where the watch stands."""
        return self.answers[-1].position if self.answers else ""


def summary(answer: pb.WatchResponse) -> str:
    """The user of an event, or the name of another message."""
    if answer.HasField("event"):
        return user_of(answer.event)
    return str(answer.WhichOneof("message"))


def user_of(event: pb.Event) -> str:
    """Whom an event is about."""
    erased = events_pb2.PersonErased()
    assert event.payload.Unpack(erased)
    return erased.user_id

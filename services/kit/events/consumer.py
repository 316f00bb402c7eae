"""What a service does about events: declared in one line for each kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from google.protobuf.message import Message

from services.kit import call as calls
from services.kit.events.kinds import kind_of
from services.kit.tracing import processing

Happening = TypeVar("Happening", bound=Message)


@dataclass(frozen=True)
class Consumer:
    """What a service does about a kind of event.

    `handle` is called in a thread, in a transaction, once for each event that ever happened; again
    for what came after a backup that the other service was restored from.
    """

    type: type[Message]
    handle: Callable[[Any], None]

    @property
    def kind(self) -> str:
        """The full name of the event's message."""
        return kind_of(self.type)

    def deal_with(self, payload: bytes) -> None:
        """Do it for one event."""
        with processing(calls.current(), self.kind):
            self.handle(self.type.FromString(payload))

    @contextmanager
    def called(self, request_id: str, traceparent: str = "") -> Iterator[None]:
        """As a call of its own, under the id of the request that caused the event."""
        call = calls.Call(
            f"event:{self.kind}", request_id or calls.new_request_id(), traceparent=traceparent
        )
        token = calls.enter(call)
        try:
            yield
        finally:
            calls.leave(token)


def on(kind: type[Happening], handle: Callable[[Happening], None]) -> Consumer:
    """Have every event of a kind dealt with: `consumers=[on(PersonErased, forget)]`."""
    return Consumer(kind, handle)

"""What a service may ask to be done later: its own tasks, and calls of other services."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.message import Message

from services.kit import call as calls
from services.kit.data.tables import as_uuid
from services.kit.rpc.clients import Calling
from services.kit.work.queue_table import QueueTable
from services.kit.work.queues import Queue

DELIVERY_TIMEOUT_SECONDS = 10.0
Request = TypeVar("Request", bound=Message)


class Task:
    """A function of this service that jobs run."""

    def __init__(self, name: str, queue: Queue, table: QueueTable) -> None:
        self.name = name
        self._queue = queue
        self._table = table

    def defer(
        self, *, at: datetime | None = None, queue: Queue | None = None, **values: Any
    ) -> None:
        """Have the function called with these JSON values, now or at a time, at least once.

        The job is part of the open transaction: rolled back, it was never asked for. RuntimeError
        where none is open, ValueError for a time without a zone.
        """
        if at is not None and at.tzinfo is None:
            raise ValueError("a job's time needs a time zone")
        self._table.enqueue(self.name, {"values": values, **_asked()}, queue or self._queue, at)

    def defer_many(self, many: Sequence[Mapping[str, Any]], *, queue: Queue | None = None) -> None:
        """Have the function called with each of these JSON values: one job each, as `defer`."""
        asked = _asked()
        args = [{"values": values, **asked} for values in many]
        self._table.enqueue_many(self.name, args, queue or self._queue)

    def hurry(self, *, most: int | None = None) -> None:
        """Have those tried now that failed and wait for their next try: all, or at most so many,
        beginning with those that are due first."""
        self._table.hurry(self.name, most)


class Delivery(Generic[Request]):
    """A call of another service that jobs make: each request arrives there at least once."""

    def __init__(self, method: Calling, queue: Queue, table: QueueTable) -> None:
        self.task = Task(method.path, queue, table)
        self._method = method
        self._request = _request_of(method.path)

    def __call__(
        self, request: Request, *, at: datetime | None = None, queue: Queue | None = None
    ) -> None:
        """Have the call made; as `Task.defer`."""
        payload = base64.b64encode(request.SerializeToString()).decode()
        self.task.defer(at=at, queue=queue, payload=payload)

    def deliver(self, *, payload: str) -> None:
        """Make the call: the function of the job."""
        request = self._request.FromString(base64.b64decode(payload))
        self._method(request, timeout=DELIVERY_TIMEOUT_SECONDS)


def _request_of(path: str) -> type[Message]:
    """What a method takes, by its path ("/package.Service/Method")."""
    pool: Any = descriptor_pool.Default()
    method = pool.FindMethodByName(path.removeprefix("/").replace("/", "."))
    return message_factory.GetMessageClass(method.input_type)


def _asked() -> dict[str, str]:
    """Who asks for the job, in which request, and where in its trace."""
    call = calls.current()
    if call is None:
        return {"request_id": calls.new_request_id()}
    who = {"user_id": str(call.caller.user_id or ""), "service": call.caller.service}
    asked = {**who, "traceparent": call.traceparent}
    return {
        "request_id": call.request_id,
        **{name: value for name, value in asked.items() if value},
    }


def call_of(task: str, args: Mapping[str, Any]) -> calls.Call:
    """The call under which a job runs: that of the request it came from, without its rights."""
    caller = calls.Caller(as_uuid(args.get("user_id", "")), service=args.get("service", ""))
    request_id = args.get("request_id") or calls.new_request_id()
    traceparent = args.get("traceparent", "")
    return calls.Call(f"job:{task}", request_id, caller=caller, traceparent=traceparent)

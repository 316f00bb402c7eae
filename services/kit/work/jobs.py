"""Background jobs: asked for in the request's transaction, done at least once, by any process.

The queue lies in the service's own database (`queue_table`). A job that fails is tried again or,
where that is of no use, lies among the dead until an operator sends it again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc

from services.kit.data.database import Database
from services.kit.metrics import Metrics
from services.kit.rpc.clients import Calling
from services.kit.work.queue_table import QueueTable
from services.kit.work.queues import Queue
from services.kit.work.runner import Runner
from services.kit.work.tasks import Delivery, Request, Task
from services.kit.work.worker import Worker


class Jobs:
    """The background work of a service: what can be asked for, and the worker that does it."""

    def __init__(self, database: Database, metrics: Metrics) -> None:
        self.table = QueueTable(database)
        self._functions: dict[str, Callable[..., None]] = {}
        runner = Runner(database, self.table, metrics, self._functions)
        self._worker = Worker(database.listen_url, self.table, runner.run, metrics)

    def task(
        self, name: str, function: Callable[..., None], *, queue: Queue = Queue.NORMAL
    ) -> Task:
        """A task of this service: `function(**values)` is run in a transaction of its own.

        It may run twice. ValueError where the name is taken.
        """
        self._add(name, function)
        return Task(name, queue, self.table)

    def delivery(
        self,
        method: grpc.UnaryUnaryMultiCallable[Request, Any],
        *,
        queue: Queue = Queue.NORMAL,
    ) -> Delivery[Request]:
        """Calls of another service's method (`stub.Method`), made by jobs.

        ValueError where there is such a delivery already, TypeError for what calls no service.
        """
        if not isinstance(method, Calling):
            raise TypeError(f"{method!r} is no method of a stub on a channel of the mesh")
        delivery: Delivery[Request] = Delivery(method, queue, self.table)
        self._add(delivery.task.name, delivery.deliver)
        return delivery

    async def work(self) -> None:
        """Do what is asked for, until cancelled."""
        await self._worker.work()

    def _add(self, name: str, function: Callable[..., None]) -> None:
        if name in self._functions:
            raise ValueError(f"there are two tasks of the name {name}")
        self._functions[name] = function

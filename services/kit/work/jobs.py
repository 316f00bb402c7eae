"""Background jobs: enqueued in the request's transaction, done at least once.

procrastinate keeps them in the service's own database. A job whose process dies stays "doing" until
its worker's heartbeat is missed; then it is handed to another worker.
"""

from __future__ import annotations

import asyncio
import base64
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import procrastinate
import structlog
from google.protobuf.message import Message
from procrastinate import retry
from procrastinate.jobs import Job

from services.kit import call as calls
from services.kit.errors import DeadlineExceeded, DomainError, Unavailable

if TYPE_CHECKING:
    from services.kit.process.runtime import Runtime

log = structlog.get_logger("stellr.jobs")

CONCURRENCY = 4
POLL_SECONDS = 1.0
HEARTBEAT_SECONDS = 2.0
STALLED_SECONDS = 6.0
STOP_SECONDS = 5.0
LONGEST_WAIT_SECONDS = 60
DELIVERY_TIMEOUT_SECONDS = 10.0

TaskFunction = Callable[..., None]


class Backoff(retry.BaseRetryStrategy):
    """Try again after 0.25 s, doubling to a minute, for ever; never what was refused for good."""

    def get_retry_decision(
        self, *, exception: BaseException, job: Job
    ) -> retry.RetryDecision | None:
        """When to try again; None for a refusal that no retry can change."""
        if isinstance(exception, DomainError) and not isinstance(
            exception, Unavailable | DeadlineExceeded
        ):
            return None
        wait = min(0.25 * 2 ** min(job.attempts, 10), LONGEST_WAIT_SECONDS)
        return retry.RetryDecision(retry_in={"milliseconds": int(wait * 1000)})


class Tasks:
    """The background work of a domain: functions that take the runtime and named JSON values."""

    def __init__(self) -> None:
        self.functions: dict[str, TaskFunction] = {}

    def task(self, function: TaskFunction) -> TaskFunction:
        """Register a function under its name. It runs in a transaction and may run twice."""
        self.functions[function.__name__] = function
        return function


class Jobs:
    """The job queue of a service process."""

    def __init__(self, runtime: Runtime, tasks: Tasks | None) -> None:
        self._runtime = runtime
        self._app = procrastinate.App(connector=self._connector())
        # Requests hand their own connection in; the worker has a pool and an event loop.
        self._door = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())
        functions = {"deliver": deliver, **(tasks.functions if tasks else {})}
        for name, work in functions.items():
            self._register(name, work)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)
        self._stopping = threading.Event()
        self._work: asyncio.Task[Any] | None = None

    def defer(self, task: TaskFunction, **values: Any) -> None:
        """Enqueue work in the transaction of the request: rolled back, it was never asked for."""
        connection = self._runtime.database.connection
        self._door.configure_task(task.__name__, connection=connection).defer(**values)

    def deliver(self, method: str, request: Message) -> None:
        """Enqueue a call of another service ("/package.Service/Method"), made at least once."""
        payload = base64.b64encode(request.SerializeToString()).decode()
        self.defer(deliver, method=method, payload=payload)

    def start(self) -> None:
        """Start the worker."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the worker: jobs under way are finished, or handed back after 5 s."""
        self._stopping.set()
        if self._loop is not None and self._work is not None:
            self._loop.call_soon_threadsafe(self._work.cancel)
        self._thread.join(STOP_SECONDS + 2)

    def _connector(self) -> procrastinate.PsycopgConnector:
        return procrastinate.PsycopgConnector(
            conninfo=self._runtime.settings.database_url, min_size=1, max_size=3
        )

    def _register(self, name: str, work: TaskFunction) -> None:
        def run(**values: Any) -> None:
            self._perform(name, work, values)

        self._app.task(name=name, retry=Backoff())(run)

    def _perform(self, name: str, work: TaskFunction, values: dict[str, Any]) -> None:
        call = calls.Call(method=f"job:{name}", request_id=calls.new_request_id())
        token = calls.enter(call)
        try:
            with self._runtime.database.transaction():
                work(self._runtime, **values)
            self._runtime.metrics.job(name, "ok")
        except Exception as error:
            self._runtime.metrics.job(name, "failed")
            log.warning("job failed", job=name, request_id=call.request_id, error=repr(error))
            raise
        finally:
            calls.leave(token)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                asyncio.run(self._serve())
            except asyncio.CancelledError:
                return
            except Exception as error:
                log.warning("job worker lost its database", error=str(error))
                self._stopping.wait(1)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        async with self._app.open_async():
            self._work = asyncio.ensure_future(self._work_and_rescue())
            if self._stopping.is_set():
                return
            await self._work

    async def _work_and_rescue(self) -> None:
        rescue = asyncio.ensure_future(self._rescue_stalled())
        try:
            await self._app.run_worker_async(
                concurrency=CONCURRENCY,
                fetch_job_polling_interval=POLL_SECONDS,
                shutdown_graceful_timeout=STOP_SECONDS,
                update_heartbeat_interval=HEARTBEAT_SECONDS,
                stalled_worker_timeout=STALLED_SECONDS,
                delete_jobs="successful",
                install_signal_handlers=False,
            )
        finally:
            rescue.cancel()

    async def _rescue_stalled(self) -> None:
        while True:
            await asyncio.sleep(STALLED_SECONDS / 2)
            try:
                await self._rescue()
            except procrastinate.exceptions.ProcrastinateException as error:
                # Another process rescued the same job, or the database is away for a moment.
                log.debug("rescue failed", error=str(error))

    async def _rescue(self) -> None:
        manager = self._app.job_manager
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
            log.warning("job rescued from a dead worker", job=job.task_name, id=job.id)
            await manager.retry_job(job)


def deliver(runtime: Runtime, *, method: str, payload: str) -> None:
    """Make the call that `Jobs.deliver` was asked for."""
    service = method.split(".")[1]
    rpc = runtime.channel(service).unary_unary(method)
    rpc(base64.b64decode(payload), timeout=DELIVERY_TIMEOUT_SECONDS)

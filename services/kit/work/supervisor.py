"""The event loop of a process, and what runs on it for as long as the process lives."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import structlog

from services.kit.metrics import Metrics
from services.kit.work.failures import describe
from services.kit.work.pauses import growing_pause

log = structlog.get_logger("stellr.work")
Result = TypeVar("Result")
Work = Callable[[], Awaitable[None]]

FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 10.0
# Work that lasted this long was in order; its next failure is a first one again.
STEADY_SECONDS = 30.0
BLOCKING_STEPS = 8


class Supervisor:
    """Runs long-lived work on one event loop in a thread of its own.

    Work that raises or returns is logged, counted and started again after a growing pause. Steps
    that block go through `asyncio.to_thread`, at most `blocking_steps` of them at once.
    """

    def __init__(self, metrics: Metrics, *, blocking_steps: int = BLOCKING_STEPS) -> None:
        self._metrics = metrics
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._executor = concurrent.futures.ThreadPoolExecutor(blocking_steps, "blocking")
        self._loop = asyncio.new_event_loop()
        self._loop.set_default_executor(self._executor)
        self._loop.set_exception_handler(_log_stray_error)
        self._thread = threading.Thread(target=self._loop.run_forever, name="loop", daemon=True)

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The event loop; it runs from `start` to `stop`."""
        return self._loop

    def start(self) -> None:
        """Start the thread and its loop."""
        self._thread.start()

    def add(self, name: str, work: Work) -> None:
        """Run `work` until `stop` cancels it; from any thread, before or after `start`."""
        # An empty context: the work belongs to no request, whoever asked for it.
        empty = contextvars.Context()
        self._loop.call_soon_threadsafe(self._begin, name, work, context=empty)

    def submit(self, coroutine: Coroutine[Any, Any, Result]) -> concurrent.futures.Future[Result]:
        """Run a coroutine once on the loop, from any other thread; its result comes later."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def stop(self, grace: float) -> None:
        """Cancel all work, wait for its end at most `grace` seconds, and end the thread."""
        self._stopping = True
        if self._thread.is_alive():
            self.submit(self._end(grace)).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._executor.shutdown(wait=False, cancel_futures=True)
        self._loop.close()

    def _begin(self, name: str, work: Work) -> None:
        if not self._stopping:
            task = self._loop.create_task(self._keep(name, work), name=name)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _keep(self, name: str, work: Work) -> None:
        failures = 0
        while True:
            began = self._loop.time()
            error = await self._run(work)
            steady = self._loop.time() - began >= STEADY_SECONDS
            failures = 1 if steady else failures + 1
            self._metrics.worker_restarted(name)
            log.warning("worker ended, is started again", worker=name, error=error)
            await asyncio.sleep(growing_pause(failures, FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS))

    async def _run(self, work: Work) -> str:
        """Run the work to its end; what ended it, for the log."""
        try:
            await work()
        except BaseException as error:
            # A cancelled part of the work, or an exit asked for in it, must not end it unnoticed.
            if self._stopping:
                raise
            return describe(error)
        return "returned"

    async def _end(self, grace: float) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        if others:
            _, late = await asyncio.wait(others, timeout=grace)
            for task in late:
                log.warning("worker did not end in time", worker=task.get_name())
        await self._loop.shutdown_asyncgens()


def _log_stray_error(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    error = context.get("exception")
    told = describe(error) if error else ""
    log.warning("error on the loop", message=context["message"], error=told)

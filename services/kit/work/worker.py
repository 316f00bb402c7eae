"""The worker of a process: takes jobs from the queue and has them run, each in a thread.

One connection of its own tells it of new jobs and carries its heartbeat. A worker that misses its
heartbeat counts as dead, and the others take over what it had, or bury what kills every worker. An
error of the database ends the worker; its supervisor starts it again.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import psycopg
import structlog

from services.kit.data.database import KEEPALIVES
from services.kit.data.signals import wait_for_signal
from services.kit.metrics import Metrics
from services.kit.work.queue_table import BEAT, CHANNEL, TAKE_OVER, ClaimedJob, QueueTable
from services.kit.work.queues import open_queues

log = structlog.get_logger("stellr.jobs")

BEAT_SECONDS = 2.0
DEAD_SECONDS = 6.0
# Should a notification be lost, the queue is looked at all the same.
IDLE_SECONDS = 30.0
# What is due and could not be claimed is locked, as by another worker that claims it just then.
LOCKED_SECONDS = 0.02
# Jobs under way at the end are finished or, after this time, handed back: before this worker, whose
# heart beats no more, counts as dead.
STOP_SECONDS = 4.0

# A job at which so many workers in a row died is taken to be what kills them, as by taking all
# memory. What else they were at is tried again apart from it: each at a time of its own.
MOST_DEATHS = 5
DEATH_PAUSE_SECONDS = 10.0
DIED = "worker died while running it"

Run = Callable[[int, ClaimedJob], None]


class CountedAsDead(Exception):
    """The worker stood still for so long that the others forgot it; it begins anew."""


class AtWork(NamedTuple):
    """A job with the number it was claimed under: it may be taken over by its own worker."""

    worker: int
    job_id: int
    queue: str


class Worker:
    """Claims jobs while there are slots for them; `run(worker, job)` does one and never raises."""

    def __init__(self, url: str, table: QueueTable, run: Run, metrics: Metrics) -> None:
        self._url = url
        self._table = table
        self._run = run
        self._metrics = metrics
        self._number: int | None = None
        self._at_work: set[AtWork] = set()
        # Held while a job is claimed and begun, so that none is claimed at the end and not begun.
        self._lock = threading.Lock()
        self._closed = False
        self._wake = asyncio.Event()
        self._signal = asyncio.Event()

    async def work(self) -> None:
        """Work until cancelled; psycopg.Error where the database is away."""
        try:
            async with await self._connect() as connection:
                await self._register()
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._watch(connection))
                    group.create_task(self._feed())
        except asyncio.CancelledError:
            await self._finish()
            raise

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        return await psycopg.AsyncConnection.connect(
            self._url, autocommit=True, application_name="jobs", **KEEPALIVES
        )

    async def _register(self) -> None:
        """Take a number, or keep the one that the jobs at work were claimed under."""
        self._loop = asyncio.get_running_loop()
        if self._number is None:
            self._number = await asyncio.to_thread(self._table.register)

    async def _watch(self, connection: psycopg.AsyncConnection[Any]) -> None:
        """Hear of new jobs, show that this worker lives, and take over from those that do not."""
        await connection.execute(f"LISTEN {CHANNEL}")
        self._wake.set()
        begun = self._loop.time()
        while True:
            await self._beat(connection)
            # When the database was away, the others need a moment to show that they live.
            if self._loop.time() - begun >= DEAD_SECONDS:
                await self._take_over(connection)
            await self._hear(connection, self._loop.time() + BEAT_SECONDS)

    async def _hear(self, connection: psycopg.AsyncConnection[Any], until: float) -> None:
        """Wake up whoever feeds at each new job, until a time of the loop."""
        while True:
            async for _ in connection.notifies(timeout=0):
                self._wake.set()
            left = until - self._loop.time()
            if left <= 0:
                return
            await wait_for_signal(connection, self._signal, left)

    async def _beat(self, connection: psycopg.AsyncConnection[Any]) -> None:
        cursor = await connection.execute(BEAT, {"worker": self._number})
        if cursor.rowcount == 0:
            self._number = None
            raise CountedAsDead

    async def _take_over(self, connection: psycopg.AsyncConnection[Any]) -> None:
        rules = {
            "seconds": DEAD_SECONDS,
            "most": MOST_DEATHS,
            "pause": DEATH_PAUSE_SECONDS,
            "reason": DIED,
        }
        cursor = await connection.execute(TAKE_OVER, rules)
        for job, task, is_dead, _ in await cursor.fetchall():
            self._metrics.job(task, "dead" if is_dead else "retried")
            log.warning("job taken over from a dead worker", job_id=job, job=task, dead=is_dead)

    async def _feed(self) -> None:
        """Begin whatever waits and has a slot, then wait for more."""
        while True:
            self._wake.clear()
            while await asyncio.to_thread(self._begin):
                pass
            pause = await self._pause()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), pause)

    async def _pause(self) -> float:
        due_in = await asyncio.to_thread(self._table.due_in, self._open_queues())
        return IDLE_SECONDS if due_in is None else min(max(due_in, LOCKED_SECONDS), IDLE_SECONDS)

    def _open_queues(self) -> list[str]:
        # A copy: jobs end while it is read.
        return open_queues([job.queue for job in list(self._at_work)])

    def _begin(self) -> bool:
        """Claim a job and begin it; False where there is none, or no slot for it."""
        with self._lock:
            number, queues = self._number, self._open_queues()
            if self._closed or number is None or not queues:
                return False
            try:
                return self._claim(number, queues)
            except BaseException:
                # A job may have been claimed all the same, and nobody works at it. Under a number
                # whose heart beats no more it is taken over.
                self._number = None
                raise

    def _claim(self, number: int, queues: Sequence[str]) -> bool:
        job = self._table.claim(number, queues)
        if job is None:
            return False
        begun = AtWork(number, job.job_id, job.queue)
        self._at_work.add(begun)
        try:
            # A daemon: a job that hangs must not keep the process alive.
            threading.Thread(target=self._do, args=(begun, job), daemon=True).start()
        except RuntimeError:  # the system has no thread left
            self._at_work.discard(begun)
            raise
        return True

    def _do(self, begun: AtWork, job: ClaimedJob) -> None:
        try:
            self._run(begun.worker, job)
        finally:
            self._at_work.discard(begun)
            with suppress(RuntimeError):  # the loop was closed meanwhile
                self._loop.call_soon_threadsafe(self._wake.set)

    async def _finish(self) -> None:
        """Let the jobs at work come to their end, and hand back what does not in time."""
        await asyncio.to_thread(self._close)
        end = self._loop.time() + STOP_SECONDS
        while self._at_work and self._loop.time() < end:
            self._wake.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), end - self._loop.time())
        if self._number is not None:
            await asyncio.to_thread(self._table.unregister, self._number)

    def _close(self) -> None:
        with self._lock:
            self._closed = True

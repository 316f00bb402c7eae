"""Whether background work gets on, for metrics and health checks: looked at every few seconds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog

from services.kit.metrics import Metrics, Values
from services.kit.work.queue_table import QueueState, QueueTable
from services.kit.work.queues import Queue

log = structlog.get_logger("stellr.jobs")

LOOK_SECONDS = 10.0
# What waits longer than this stands still. What comes by the thousand may take its time.
LATE_SECONDS: Mapping[Queue, float] = {
    Queue.URGENT: 60.0,
    Queue.NORMAL: 300.0,
    Queue.APART: 300.0,
    Queue.BULK: 3600.0,
    Queue.CROWD: 3600.0,
    Queue.AGAIN: 3600.0,
}
# What failed all that time: a provider, or a service that is asked, is away.
FAILING_SECONDS = 300.0


def is_stuck(state: QueueState) -> bool:
    """Whether somebody waits in vain for what is in a queue."""
    late = state.oldest_seconds > LATE_SECONDS[Queue(state.queue)]
    return late or state.failing_seconds > FAILING_SECONDS


class Backlog:
    """The jobs of a service as a process saw them last."""

    def __init__(self, table: QueueTable, metrics: Metrics, tell: Callable[[bool], None]) -> None:
        """`tell` hears after each look whether jobs get on."""
        self._table = table
        self._tell = tell
        self._states: Sequence[QueueState] = ()
        self._dead: int | None = None
        self._was_stuck = False
        self._measure(metrics)

    def look(self) -> None:
        """Look at the jobs; for all processes of a service, each for itself. Where the database
        does not answer nothing is told of them any more."""
        try:
            self._states, self._dead = self._table.look(), self._table.count_dead()
        except Exception:
            self._states, self._dead = (), None
            raise
        stuck = [state.queue for state in self._states if is_stuck(state)]
        if bool(stuck) != self._was_stuck:
            self._was_stuck = bool(stuck)
            log.warning("jobs stand still" if stuck else "jobs get on again", queues=stuck)
        self._tell(not stuck)

    def _measure(self, metrics: Metrics) -> None:
        gauges = {
            "waiting": "Jobs that are due and not begun",
            "running": "Jobs at work",
            "failing": "Jobs that failed and wait for another try",
            "oldest_seconds": "Age of the oldest job that is due and not begun",
            "failing_seconds": "Time since the first failure of the job that fails longest",
        }
        for name, text in gauges.items():
            told = f"{text}, as all processes of the service see them."
            metrics.gauge(f"stellr_jobs_{name}", told, self._reader(name), "queue")
        metrics.gauge("stellr_jobs_given_up", "Jobs that wait for an operator.", self._given_up)

    def _reader(self, name: str) -> Callable[[], Values]:
        def read() -> dict[tuple[str, ...], Any]:
            return {(state.queue,): getattr(state, name) for state in self._states}

        return read

    def _given_up(self) -> Values:
        return {} if self._dead is None else {(): self._dead}

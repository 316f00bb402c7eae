"""Runs one job: what it does and that it is done are kept together, or neither is."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import structlog

from services.kit import call as calls
from services.kit.data.database import Database
from services.kit.metrics import Metrics
from services.kit.tracing import processing
from services.kit.work.failures import describe
from services.kit.work.insisting import insist
from services.kit.work.queue_table import ClaimedJob, QueueTable
from services.kit.work.retries import UnknownTask, pause_before_retry
from services.kit.work.tasks import call_of

log = structlog.get_logger("stellr.jobs")

# Without it a job would stay with its worker for ever.
END = "the end of a job"


class JobTaken(Exception):
    """Another worker has the job: this one counted as dead."""


class Runner:
    """Runs jobs by the functions of their tasks."""

    def __init__(
        self,
        database: Database,
        table: QueueTable,
        metrics: Metrics,
        functions: Mapping[str, Callable[..., None]],
    ) -> None:
        self._database = database
        self._table = table
        self._metrics = metrics
        self._functions = functions

    def run(self, worker: int, job: ClaimedJob) -> None:
        """Run a job in a transaction of its own, and write down how it ended. Raises nothing."""
        call = call_of(job.task, job.args)
        token = calls.enter(call)
        begun = time.perf_counter()
        try:
            with processing(call, job.task):
                self._do(worker, job)
            outcome, told = "ok", ""
        except JobTaken:
            outcome, told = "taken", ""
        except BaseException as error:
            outcome, told = self._end(worker, job, error), describe(error)
        finally:
            calls.leave(token)
        self._tell(job, call, outcome, told, time.perf_counter() - begun)

    def _do(self, worker: int, job: ClaimedJob) -> None:
        function = self._functions.get(job.task)
        if function is None:
            raise UnknownTask
        with self._database.transaction():
            function(**job.args["values"])
            if not self._table.finish(worker, job.job_id):
                raise JobTaken

    def _end(self, worker: int, job: ClaimedJob, error: BaseException) -> str:
        """Have a job that failed tried again, or give it up."""
        pause = pause_before_retry(error, job.attempts)
        if pause is None:
            insist(END, lambda: self._table.bury(worker, job.job_id, describe(error)))
            return "dead"
        insist(END, lambda: self._table.retry(worker, job.job_id, pause))
        return "retried"

    def _tell(
        self, job: ClaimedJob, call: calls.Call, outcome: str, error: str, seconds: float
    ) -> None:
        self._metrics.job(job.task, outcome)
        write = log.info if outcome == "ok" else log.warning
        write(
            "job",
            job=job.task,
            job_id=job.job_id,
            request_id=call.request_id,
            trace_id=call.trace_id,
            user_id=str(call.caller.user_id or ""),
            peer=call.caller.service,
            outcome=outcome,
            attempts=job.attempts,
            error=error,
            duration_ms=round(seconds * 1000, 1),
        )

"""Work that is done again and again, by one process of the cluster at a time.

Each name has a row that says when it is due. Who locks the row first does the work in that same
transaction: a process that dies in the midst of it leaves the work due, and another goes on.
procrastinate has periodic jobs as well, but it counts in cron's minutes, drops what is ten minutes
overdue, and would let the work wait behind other jobs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import structlog

from services.kit import call as calls
from services.kit.data.database import Database
from services.kit.data.statements import Statement, WholeWrite, Write, nothing, scalar
from services.kit.metrics import Metrics
from services.kit.work.failures import describe
from services.kit.work.pauses import growing_pause
from services.kit.work.supervisor import Supervisor

log = structlog.get_logger("stellr.periodic")

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
# How soon a process looks again after work that is due and that another process is at.
TAKEN_SECONDS = 5.0


@dataclass(frozen=True)
class Periodic:
    """Work for every so many seconds: `function()` runs in a thread, in a transaction of its own.

    It returns True where more is left: then it is run again at once, in another transaction. One
    process does it for all; with `everywhere` each process does it for itself.
    """

    name: str
    every_seconds: float
    function: Callable[[], bool | None]
    everywhere: bool = False


_BEGIN = WholeWrite(
    "INSERT INTO periodic_runs (name) VALUES (:name) ON CONFLICT DO NOTHING", nothing
)
_DUE_IN = Statement(
    "SELECT extract(epoch FROM due_at - clock_timestamp())::float FROM periodic_runs"
    " WHERE name = :name",
    scalar,
)
_TAKE = Write(
    "SELECT failures FROM periodic_runs WHERE name = :name AND due_at <= clock_timestamp()"
    " FOR UPDATE SKIP LOCKED",
    scalar,
)
_SET_DUE = WholeWrite(
    "UPDATE periodic_runs SET failures = :failures,"
    " due_at = clock_timestamp() + make_interval(secs => :seconds) WHERE name = :name",
    nothing,
)


def start_periodic(
    supervisor: Supervisor, database: Database | None, metrics: Metrics, work: Sequence[Periodic]
) -> None:
    """Have all this work done on the supervisor's loop; ValueError where a database is missing."""
    for periodic in work:
        if periodic.everywhere:
            turns: Turns = OwnTurns(periodic, database, metrics)
        elif database is not None:
            turns = SharedTurns(periodic, database, metrics)
        else:
            raise ValueError(f"{periodic.name}: only a database tells whose turn it is")
        supervisor.add(f"periodic:{periodic.name}", turns.keep)


class Turns:
    """Takes turns at one piece of work for as long as the process lives."""

    def __init__(self, periodic: Periodic, metrics: Metrics) -> None:
        self._periodic = periodic
        self._metrics = metrics
        self._failures = 0

    async def keep(self) -> None:
        """Take a turn, wait, take the next; until cancelled."""
        while True:
            await asyncio.sleep(await asyncio.to_thread(self._turn))

    def _turn(self) -> float:
        """Do the work where it is due; the seconds to wait for the next turn."""
        call = calls.Call(f"periodic:{self._periodic.name}", calls.new_request_id())
        token = calls.enter(call)
        try:
            return self._work()
        except Exception as error:
            self._tell(call, error)
            self._failures += 1
            return self._put_off(
                growing_pause(self._failures, FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)
            )
        finally:
            calls.leave(token)

    def _work(self) -> float:
        """Do the work where it is due; the seconds to wait for the next turn."""
        raise NotImplementedError

    def _put_off(self, seconds: float) -> float:
        """Have the work wait after a failure; the seconds to wait."""
        return seconds

    def _run(self) -> float:
        """Do the work; the seconds after which it is due again."""
        return 0.0 if self._periodic.function() else self._periodic.every_seconds

    def _succeeded(self) -> None:
        self._failures = 0
        self._metrics.periodic(self._periodic.name, "ok")

    def _tell(self, call: calls.Call, error: Exception) -> None:
        self._metrics.periodic(self._periodic.name, "failed")
        log.warning(
            "periodic work failed",
            work=self._periodic.name,
            request_id=call.request_id,
            error=describe(error),
        )


class OwnTurns(Turns):
    """The turns of work that each process does for itself."""

    def __init__(self, periodic: Periodic, database: Database | None, metrics: Metrics) -> None:
        super().__init__(periodic, metrics)
        self._database = database

    def _work(self) -> float:
        with self._database.transaction() if self._database else nullcontext():
            wait = self._run()
        self._succeeded()
        return wait


class SharedTurns(Turns):
    """This process's part in the turns of work that one process does for all."""

    def __init__(self, periodic: Periodic, database: Database, metrics: Metrics) -> None:
        super().__init__(periodic, metrics)
        self._database = database

    def _work(self) -> float:
        wait = self._due_in()
        if wait > 0:
            return wait
        with self._database.transaction():
            failures = self._database.first(_TAKE, name=self._periodic.name)
            if failures is None:
                return TAKEN_SECONDS
            self._failures = failures
            wait = self._run()
            self._set_due(wait, failures=0)
        self._succeeded()
        return wait

    def _put_off(self, seconds: float) -> float:
        self._set_due(seconds, self._failures)
        return seconds

    def _due_in(self) -> float:
        wait: float | None = self._database.first(_DUE_IN, name=self._periodic.name)
        if wait is None:
            self._database.run(_BEGIN, name=self._periodic.name)
        return wait or 0.0

    def _set_due(self, seconds: float, failures: int) -> None:
        name = self._periodic.name
        self._database.run(_SET_DUE, name=name, seconds=seconds, failures=failures)

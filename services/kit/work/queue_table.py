"""The queue of jobs in the service's own database: procrastinate's tables, and every statement.

procrastinate's worker is not used: it keeps a job whose end it could not write, as on a full disk,
"doing" for as long as it lives, gives up what it does not know, and holds no place free for what is
urgent. The statements are prepared ones; enqueuing costs half of what procrastinate's client costs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from services.kit.data.database import Database
from services.kit.data.statements import Statement, WholeWrite, Write, nothing, scalar
from services.kit.work.dead_letters import DeadLetter
from services.kit.work.queues import SHARES, Queue

# procrastinate's trigger tells it of each job that is inserted; what comes back is told here.
CHANNEL = "procrastinate_any_queue_v1"
_TELL = f"pg_notify('{CHANNEL}', '{{}}')"


class ClaimedJob(NamedTuple):
    """A job that a worker has taken, with how often it failed before."""

    job_id: int
    task: str
    queue: str
    args: Mapping[str, Any]
    attempts: int


class QueueState(NamedTuple):
    """How a queue stands: jobs that are due, at work, and waiting for another try; how long the
    oldest of them has been due, and the oldest of those has been failing, in seconds."""

    queue: str
    waiting: int
    running: int
    failing: int
    oldest_seconds: float
    failing_seconds: float


_ENQUEUE = Write(
    "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(CAST(:queue AS varchar), CAST(:task AS varchar),"
    " CAST(:priority AS integer), NULL, NULL, CAST(:args AS jsonb), CAST(:at AS timestamptz))"
    "::procrastinate_job_to_defer_v1])",
    nothing,
)
_ENQUEUE_MANY = Write(
    "SELECT procrastinate_defer_jobs_v1(array_agg(ROW(CAST(:queue AS varchar),"
    " CAST(:task AS varchar), CAST(:priority AS integer), NULL, NULL, CAST(args AS jsonb), NULL)"
    "::procrastinate_job_to_defer_v1 ORDER BY place))"
    " FROM unnest(CAST(:args AS text[])) WITH ORDINALITY AS asked (args, place)",
    nothing,
)
# procrastinate's own function sorts all that wait for each job that is claimed. Here the queues are
# looked at in their order, each by its indexes, until there is a job, and none but that is locked.
_CLAIM = WholeWrite(
    "WITH candidate AS MATERIALIZED ("
    " SELECT job.id FROM unnest(CAST(:queues AS text[])) AS asked (queue) CROSS JOIN LATERAL ("
    " SELECT id FROM (SELECT id FROM procrastinate_jobs WHERE status = 'todo'"
    " AND queue_name = asked.queue AND scheduled_at <= now()"
    " ORDER BY scheduled_at LIMIT 1 FOR UPDATE SKIP LOCKED) AS due"
    " UNION ALL SELECT id FROM (SELECT id FROM procrastinate_jobs WHERE status = 'todo'"
    " AND queue_name = asked.queue AND scheduled_at IS NULL"
    " ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) AS ready"
    " ) AS job LIMIT 1)"
    " UPDATE procrastinate_jobs AS job SET status = 'doing', worker_id = :worker"
    " FROM candidate WHERE job.id = candidate.id"
    " RETURNING job.id, task_name, queue_name, args, attempts",
    ClaimedJob,
)
# Also what is due already: it came due since the worker looked. What full queues hold is not asked
# for: whoever ends a job there looks again.
_DUE_IN = Statement(
    "SELECT extract(epoch FROM min(due.at) - clock_timestamp())::float"
    " FROM unnest(CAST(:queues AS text[])) AS asked (queue) CROSS JOIN LATERAL ("
    " SELECT scheduled_at FROM procrastinate_jobs WHERE status = 'todo'"
    " AND queue_name = asked.queue AND scheduled_at IS NOT NULL"
    " ORDER BY scheduled_at LIMIT 1) AS due (at)",
    scalar,
)
# The worker's number is a fence: who lost a job to another worker changes nothing any more.
_MINE = "id = :job AND worker_id = :worker AND status = 'doing'"
# In the job's transaction; by itself where the job wrote nothing.
_FINISH = WholeWrite(f"DELETE FROM procrastinate_jobs WHERE {_MINE}", nothing)
# A worker that lives to tell of a failure did not die of the job: only deaths in a row count.
_RETRY = WholeWrite(
    "UPDATE procrastinate_jobs SET status = 'todo', worker_id = NULL, attempts = attempts + 1,"
    " failing_since = coalesce(failing_since, now()),"
    " args = args - 'deaths', scheduled_at = now() + make_interval(secs => :seconds)"
    f" WHERE {_MINE} RETURNING {_TELL}",
    nothing,
)
_HURRY = WholeWrite(
    "UPDATE procrastinate_jobs SET scheduled_at = now() WHERE id IN (SELECT id"
    " FROM procrastinate_jobs WHERE task_name = :task AND status = 'todo' AND attempts > 0"
    " AND scheduled_at > now() ORDER BY scheduled_at LIMIT :most FOR UPDATE SKIP LOCKED)"
    f" RETURNING {_TELL}",
    nothing,
)
_BURY = WholeWrite(
    "WITH dead AS (UPDATE procrastinate_jobs SET status = 'failed', worker_id = NULL,"
    f" attempts = attempts + 1 WHERE {_MINE} RETURNING id)"
    " INSERT INTO dead_jobs (job_id, reason) SELECT id, :reason FROM dead",
    nothing,
)
_LIST_DEAD = Statement(
    "SELECT job_id, task_name, attempts, reason, died_at, coalesce(args->>'request_id', '')"
    " FROM dead_jobs JOIN procrastinate_jobs ON id = job_id"
    " WHERE job_id > :after ORDER BY job_id LIMIT :limit",
    DeadLetter,
)
_REVIVE = WholeWrite(
    "WITH chosen AS (DELETE FROM dead_jobs WHERE :everything OR job_id = ANY(:jobs)"
    " RETURNING job_id), revived AS (UPDATE procrastinate_jobs SET status = 'todo', attempts = 0,"
    " created_at = now(), failing_since = NULL, args = args - 'deaths', scheduled_at = NULL"
    " FROM chosen"
    " WHERE id = job_id AND status = 'failed' RETURNING id)"
    f" SELECT id, {_TELL} FROM revived ORDER BY id",
    lambda job_id, _: job_id,
)
# The rows are locked in the order in which they are when jobs are sent again.
_DISCARD = WholeWrite(
    "WITH chosen AS (DELETE FROM dead_jobs WHERE job_id = ANY(:jobs)"
    " RETURNING job_id, reason, died_at)"
    " DELETE FROM procrastinate_jobs USING chosen WHERE id = job_id AND status = 'failed'"
    " RETURNING id, task_name, attempts, reason, died_at, coalesce(args->>'request_id', '')",
    DeadLetter,
)
# A count goes so far and no further: it must stay cheap, and more says nothing new.
_MOST_COUNTED = 100_000


def _count(found: str) -> str:
    return f"(SELECT count(*) FROM (SELECT {found} LIMIT {_MOST_COUNTED}) AS counted)"


_QUEUED = "FROM procrastinate_jobs WHERE queue_name = asked.queue AND status ="
_READY = f"{_QUEUED} 'todo' AND scheduled_at IS NULL"
_DUE = f"{_QUEUED} 'todo' AND scheduled_at <= now()"
_FAILING = f"{_QUEUED} 'todo' AND failing_since IS NOT NULL"
_LOOK = Statement(
    f"""
    SELECT asked.queue,
        {_count(_READY)} + {_count(_DUE)},
        (SELECT count(*) {_QUEUED} 'doing'),
        {_count(_FAILING)},
        coalesce(extract(epoch FROM now() - least(
            (SELECT created_at {_READY} ORDER BY id LIMIT 1),
            (SELECT scheduled_at {_DUE} ORDER BY scheduled_at LIMIT 1)
        )), 0)::float,
        coalesce(extract(epoch FROM now() -
            (SELECT failing_since {_FAILING} ORDER BY failing_since LIMIT 1)), 0)::float
    FROM unnest(CAST(:queues AS text[])) AS asked (queue)
    """,
    QueueState,
)
_COUNT_DEAD = Statement(f"SELECT {_count('FROM dead_jobs')}", int)
_REGISTER = WholeWrite("SELECT procrastinate_register_worker_v1()", scalar)
_UNREGISTER = WholeWrite("SELECT procrastinate_unregister_worker_v1(:worker)", nothing)
_FORGET_WORKERS = WholeWrite("SELECT procrastinate_prune_stalled_workers_v1(3600)", nothing)
# These two run on the worker's own connection, also while all others are busy.
BEAT = "UPDATE procrastinate_workers SET last_heartbeat = now() WHERE id = %(worker)s"
# A worker that left in good order handed its jobs back: they belong to none, and that is no death.
TAKE_OVER = f"""
WITH lost AS (
    SELECT id, worker_id IS NOT NULL AS died,
        coalesce((args->>'deaths')::int, 0) + (worker_id IS NOT NULL)::int AS deaths
    FROM procrastinate_jobs AS job
    WHERE status = 'doing' AND NOT EXISTS (
        SELECT 1 FROM procrastinate_workers AS worker WHERE worker.id = job.worker_id
        AND last_heartbeat > now() - make_interval(secs => %(seconds)s)
    )
    FOR UPDATE SKIP LOCKED
), dead AS (
    UPDATE procrastinate_jobs AS job
    SET status = 'failed', worker_id = NULL, attempts = attempts + 1
    FROM lost WHERE job.id = lost.id AND died AND deaths >= %(most)s
    RETURNING job.id, task_name
), buried AS (
    INSERT INTO dead_jobs (job_id, reason) SELECT id, %(reason)s FROM dead
), again AS (
    UPDATE procrastinate_jobs AS job SET status = 'todo', worker_id = NULL,
        attempts = attempts + 1, args = args || jsonb_build_object('deaths', deaths),
        failing_since = coalesce(failing_since, now()),
        scheduled_at = now() + make_interval(secs =>
            CASE WHEN deaths > 1 THEN %(pause)s * (deaths - 1) * (0.5 + random()) ELSE 0 END)
    FROM lost WHERE job.id = lost.id AND NOT (died AND deaths >= %(most)s)
    RETURNING job.id, task_name
)
SELECT id, task_name, false AS dead, {_TELL}::text FROM again
UNION ALL SELECT id, task_name, true, '' FROM dead
"""


class QueueTable:
    """The queue, as those who enqueue, those who work and those who operate see it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def enqueue(
        self, task: str, args: Mapping[str, Any], queue: Queue, at: datetime | None
    ) -> None:
        """Add a job in the open transaction; RuntimeError where there is none."""
        self._database.run(
            _ENQUEUE,
            task=task,
            args=json.dumps(args),
            queue=queue.value,
            priority=SHARES[queue].priority,
            at=at,
        )

    def enqueue_many(self, task: str, args: Sequence[Mapping[str, Any]], queue: Queue) -> None:
        """Add jobs in the open transaction, in one statement; RuntimeError where there is none."""
        if args:
            self._database.run(
                _ENQUEUE_MANY,
                task=task,
                args=[json.dumps(each) for each in args],
                queue=queue.value,
                priority=SHARES[queue].priority,
            )

    def hurry(self, task: str, most: int | None) -> None:
        """Have jobs of a task tried now that failed and wait, those that are due first."""
        self._database.run(_HURRY, task=task, most=most)

    # For workers

    def register(self) -> int:
        """The number of a new worker."""
        self._database.run(_FORGET_WORKERS)
        worker: int = self._database.one(_REGISTER)
        return worker

    def unregister(self, worker: int) -> None:
        """Hand back what a worker has not finished: another takes it over at once."""
        self._database.run(_UNREGISTER, worker=worker)

    def claim(self, worker: int, queues: Sequence[str]) -> ClaimedJob | None:
        """Take the most urgent job that is due in one of the queues."""
        by_urgency = sorted(queues, key=lambda name: -SHARES[Queue(name)].priority)
        return self._database.first(_CLAIM, worker=worker, queues=by_urgency)

    def due_in(self, queues: Sequence[str]) -> float | None:
        """The seconds until the next job is due of those of the queues that wait for their time;
        below 0 where one is due already."""
        seconds: float | None = self._database.first(_DUE_IN, queues=list(queues))
        return seconds

    def finish(self, worker: int, job: int) -> bool:
        """Forget a job that is done, in the open transaction; False where another has taken it."""
        return self._database.run(_FINISH, worker=worker, job=job) == 1

    def retry(self, worker: int, job: int, seconds: float) -> None:
        """Have a job tried again after so many seconds."""
        self._database.run(_RETRY, worker=worker, job=job, seconds=seconds)

    def bury(self, worker: int, job: int, reason: str) -> None:
        """Give a job up, and keep it with the reason."""
        self._database.run(_BURY, worker=worker, job=job, reason=reason)

    # For operators

    def look(self) -> list[QueueState]:
        """How all queues stand; of each at most 100,000 jobs are counted."""
        return self._database.all(_LOOK, queues=[queue.value for queue in Queue])

    def count_dead(self) -> int:
        """How many jobs were given up, counted to 100,000."""
        return self._database.one(_COUNT_DEAD)

    def list_dead(self, after: int, limit: int) -> list[DeadLetter]:
        """The jobs that were given up, from the oldest on, after the one of this id."""
        return self._database.all(_LIST_DEAD, after=after, limit=limit)

    def revive(self, numbers: Sequence[int], *, everything: bool) -> list[int]:
        """Have dead jobs tried again as if they were new: these, or all; the ids of those found."""
        return self._database.all(_REVIVE, jobs=list(numbers), everything=everything)

    def discard(self, numbers: Sequence[int]) -> list[DeadLetter]:
        """Remove dead jobs for good; those found."""
        return self._database.all(_DISCARD, jobs=list(numbers))

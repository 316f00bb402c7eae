"""Certificates come by themselves: progress tells what was completed, a job issues each.

A job of its own for each, so that one that cannot be issued now is tried again and again while the
others go on; none is lost, as the cursor moves on in the transaction that enqueues the jobs.
"""

from __future__ import annotations

from uuid import UUID

import structlog

from services.certificate import repository
from services.certificate.issuing import Issuing
from services.kit.errors import NotFound, reason_name
from services.kit.process.runtime import Runtime
from services.kit.work.queues import Queue
from services.kit.work.tasks import Task
from stellr.progress.v1.progress_internal_service_pb2 import (
    ListCompletionsRequest,
    ListCompletionsResponse,
)
from stellr.progress.v1.progress_internal_service_pb2_grpc import ProgressInternalServiceStub

log = structlog.get_logger("stellr.certificate")

ISSUE = "issue_certificate"
COMPLETIONS = "progress.completions"


def issue_certificate(issuing: Issuing, *, user_id: str, course_id: str) -> None:
    """Issue the certificate of a completed course, unless it is there."""
    try:
        issuing.issue(UUID(user_id), UUID(course_id))
    except NotFound as error:
        # The person was erased, or the course is gone: there is nothing to put on it, ever.
        log.info("no certificate", course_id=course_id, reason=reason_name(error.reason))


def follow_completions(runtime: Runtime) -> None:
    """Enqueue the certificates of all that was completed since the last time.

    Any process may ask; only the first to move the cursor on enqueues what it was told.
    """
    progress = ProgressInternalServiceStub(runtime.channel("progress"))
    moved = True
    while moved and not runtime.stopping.is_set():
        with runtime.database.transaction() as unit:
            cursor = repository.find_position(unit.session, COMPLETIONS)
        batch = progress.ListCompletions(ListCompletionsRequest(cursor=cursor))
        moved = bool(batch.completions) and _enqueue(runtime, cursor, batch)


def _enqueue(runtime: Runtime, cursor: str, batch: ListCompletionsResponse) -> bool:
    with runtime.database.transaction() as unit:
        if not repository.move_position(unit.session, COMPLETIONS, cursor, batch.next_cursor):
            return False
        issue = Task(ISSUE, Queue.NORMAL, runtime.jobs.table)
        for completion in batch.completions:
            issue.defer(user_id=completion.user_id, course_id=completion.course_id)
    return True

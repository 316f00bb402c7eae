"""What operators ask about background work: unpack, one call, repack."""

from __future__ import annotations

import grpc

from services.kit.data.pages import page_size
from services.kit.data.tables import timestamp
from services.kit.work.queue_table import DeadJob, QueueTable
from stellr.jobs.v1 import job_service_pb2 as pb
from stellr.jobs.v1.job_service_pb2_grpc import JobServiceServicer as Base


class JobServicer(Base):
    """Answers operators about the jobs that were given up."""

    def __init__(self, table: QueueTable) -> None:
        self._table = table

    def ListDeadJobs(
        self, request: pb.ListDeadJobsRequest, context: grpc.ServicerContext
    ) -> pb.ListDeadJobsResponse:
        """A page of the jobs that were given up; the token is the id of the last one seen."""
        size = page_size(request.page_size)
        found = self._table.list_dead(after=int(request.page_token or 0), limit=size + 1)
        more = len(found) > size
        return pb.ListDeadJobsResponse(
            jobs=[_message(job) for job in found[:size]],
            next_page_token=str(found[size - 1].job_id) if more else "",
        )

    def RetryDeadJobs(
        self, request: pb.RetryDeadJobsRequest, context: grpc.ServicerContext
    ) -> pb.RetryDeadJobsResponse:
        """Have dead jobs tried again."""
        revived = self._table.revive(request.ids.ids, everything=request.all)
        return pb.RetryDeadJobsResponse(job_ids=revived)


def _message(job: DeadJob) -> pb.DeadJob:
    return pb.DeadJob(
        job_id=job.job_id,
        task=job.task,
        queue=job.queue,
        attempts=job.attempts,
        reason=job.reason,
        give_up_time=timestamp(job.died_at),
        request_id=job.request_id,
    )

"""Certificates come by themselves: progress tells what was completed, a job issues each.

A job of its own for each, so that one that cannot be issued now is tried again and again while the
others go on.
"""

from __future__ import annotations

from uuid import UUID

import structlog

from services.certificate.errors import CertificateNotPrintable
from services.certificate.issuing import Issuing
from services.kit.errors import NotFound, reason_name
from services.kit.work.jobs import Jobs
from stellr.progress.v1.events_pb2 import CourseCompleted

log = structlog.get_logger("stellr.certificate")


class AutomaticIssuing:
    """Issues what is due, whoever asks for it or not."""

    def __init__(self, issuing: Issuing, jobs: Jobs) -> None:
        self._issuing = issuing
        self._issue = jobs.task("issue_certificate", self.issue_certificate)

    def course_completed(self, event: CourseCompleted) -> None:
        """Have the certificate of a completed course issued soon."""
        self._issue.defer(user_id=event.user_id, course_id=event.course_id)

    def issue_certificate(self, *, user_id: str, course_id: str) -> None:
        """Issue the certificate of a completed course, unless it is there or cannot be printed."""
        try:
            self._issuing.issue(UUID(user_id), UUID(course_id))
        except NotFound as error:
            # The person was erased, or the course is gone: there is nothing to put on it, ever.
            log.info("no certificate", course_id=course_id, reason=reason_name(error.reason))
        except CertificateNotPrintable as error:
            # Told to the learner who asks for it, and issued then once name or title have changed.
            log.info("no certificate yet", course_id=course_id, reason=reason_name(error.reason))

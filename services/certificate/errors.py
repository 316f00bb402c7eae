"""What certificate refuses, by name."""

from __future__ import annotations

from services.kit.errors import FailedPrecondition, NotFound
from stellr.errors.v1.reason_pb2 import Reason


class NotEligible(FailedPrecondition):
    """The course is not completed."""

    reason = Reason.REASON_NOT_ELIGIBLE
    message = "the course is not completed yet"


class CertificateNotFound(NotFound):
    """It was not issued, or what it would be for is not there at all."""

    reason = Reason.REASON_CERTIFICATE_NOT_FOUND
    message = "there is no such certificate"

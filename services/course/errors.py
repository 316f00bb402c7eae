"""What course refuses, by name."""

from __future__ import annotations

from services.kit.errors import Aborted
from stellr.errors.v1.reason_pb2 import Reason


class ImportUnderWay(Aborted):
    """Another import of the course is planned and not committed yet."""

    reason = Reason.REASON_IMPORT_UNDER_WAY
    message = "another import of the course is under way"


class ImportExpired(Aborted):
    """Another import of the course was planned, or this one never was."""

    reason = Reason.REASON_IMPORT_EXPIRED
    message = "another import of the course was planned meanwhile"

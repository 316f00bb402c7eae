"""What media refuses, by name."""

from __future__ import annotations

from services.kit.errors import FailedPrecondition, NotFound, ResourceExhausted
from stellr.errors.v1.reason_pb2 import Reason


class MediaNotFound(NotFound):
    """There is no such thing, the learner may not see it, or the link to it is no good."""

    reason = Reason.REASON_MEDIA_NOT_FOUND
    message = "there is no such document"


class ObjectTooLarge(ResourceExhausted):
    """An upload has too many bytes."""

    reason = Reason.REASON_OBJECT_TOO_LARGE
    message = "the upload is too large"


class MediaQuotaExceeded(ResourceExhausted):
    """The files of a course are too many bytes."""

    reason = Reason.REASON_MEDIA_QUOTA_EXCEEDED

    def __init__(self, used: int, limit: int, which: str = "") -> None:
        super().__init__(
            f"the files of the course{which} may be {limit:,} bytes, and would be {used:,}",
            metadata={"usedBytes": str(used), "limitBytes": str(limit)},
        )


class UploadNotFinished(FailedPrecondition):
    """The bytes of an upload have not come yet."""

    reason = Reason.REASON_UPLOAD_NOT_FINISHED
    message = "the bytes of the upload have not come yet"


class UploadFinished(FailedPrecondition):
    """An upload has other bytes already, or became a medium."""

    reason = Reason.REASON_UPLOAD_FINISHED
    message = "the upload was used already"


class UploadNotFound(NotFound):
    """There is no such upload, or its time is over."""

    reason = Reason.REASON_UPLOAD_NOT_FOUND
    message = "there is no such upload"


class TooManyMedia(FailedPrecondition):
    """A lesson has as many videos, or PDFs, as it can have."""

    reason = Reason.REASON_TOO_MANY_MEDIA

    def __init__(self, most: int) -> None:
        super().__init__(f"a lesson has {most} of these at most")

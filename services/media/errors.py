"""What media refuses, by name."""

from __future__ import annotations

from services.kit.errors import NotFound, ResourceExhausted
from stellr.errors.v1.reason_pb2 import Reason


class MediaNotFound(NotFound):
    """There is no such thing, the learner may not see it, or the link to it is no good."""

    reason = Reason.REASON_MEDIA_NOT_FOUND
    message = "there is no such document"


class ObjectTooLarge(ResourceExhausted):
    """An upload has too many bytes."""

    reason = Reason.REASON_OBJECT_TOO_LARGE
    message = "the upload is too large"

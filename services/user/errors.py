"""What user refuses, by name."""

from __future__ import annotations

from services.kit.errors import NotFound
from stellr.errors.v1.reason_pb2 import Reason


class UserNotFound(NotFound):
    """There is no such person, or not for others to see."""

    reason = Reason.REASON_USER_NOT_FOUND
    message = "there is no such user"

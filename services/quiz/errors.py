"""What quiz refuses, by name."""

from __future__ import annotations

from services.kit.errors import NotFound
from stellr.errors.v1.reason_pb2 import Reason


class QuizNotFound(NotFound):
    """There is no such quiz, or this learner may not see it."""

    reason = Reason.REASON_QUIZ_NOT_FOUND
    message = "there is no such quiz"

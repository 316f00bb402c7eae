"""What quiz refuses, by name."""

from __future__ import annotations

from services.kit.errors import Aborted, NotFound
from stellr.errors.v1.reason_pb2 import Reason


class QuizNotFound(NotFound):
    """There is no such quiz, or this learner may not see it."""

    reason = Reason.REASON_QUIZ_NOT_FOUND
    message = "there is no such quiz"


class QuizChanged(Aborted):
    """The answers are to questions of several versions of the quiz."""

    reason = Reason.REASON_QUIZ_CHANGED
    message = "the quiz has changed since it was read: read it again"

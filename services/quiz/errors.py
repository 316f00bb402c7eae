"""What quiz refuses, by name."""

from __future__ import annotations

from services.kit.errors import Aborted, FailedPrecondition, NotFound
from stellr.errors.v1.reason_pb2 import Reason


class QuizNotFound(NotFound):
    """There is no such quiz, or this learner may not see it."""

    reason = Reason.REASON_QUIZ_NOT_FOUND
    message = "there is no such quiz"


class QuizChanged(Aborted):
    """The answers are to questions of several versions of the quiz."""

    reason = Reason.REASON_QUIZ_CHANGED
    message = "the quiz has changed since it was read: read it again"


class AttemptNotFound(NotFound):
    """There is no such attempt, or it is another learner's."""

    reason = Reason.REASON_ATTEMPT_NOT_FOUND
    message = "there is no such attempt"


class AttemptEnded(FailedPrecondition):
    """The attempt was submitted, or its time is over."""

    reason = Reason.REASON_ATTEMPT_ENDED
    message = "the attempt has ended"


class AttemptNotStarted(FailedPrecondition):
    """The quiz cannot be submitted without an attempt."""

    reason = Reason.REASON_ATTEMPT_NOT_STARTED
    message = "this quiz is timed or draws its questions: start an attempt first"


class AttemptsUsedUp(FailedPrecondition):
    """There were as many attempts as the quiz allows."""

    reason = Reason.REASON_ATTEMPTS_USED_UP
    message = "all attempts at this quiz are used up"


class AttemptTooSoon(FailedPrecondition):
    """The quiz asks to wait; good again in `retry_after` seconds."""

    reason = Reason.REASON_ATTEMPT_TOO_SOON

    def __init__(self, retry_after: float) -> None:
        super().__init__("it is too soon for another attempt: try again later")
        self.retry_after = max(1.0, retry_after)

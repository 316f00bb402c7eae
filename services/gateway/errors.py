"""What the gateway refuses, by name."""

from __future__ import annotations

from collections.abc import Iterable

from services.kit.errors import (
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    ResourceExhausted,
    Violation,
)
from stellr.errors.v1.reason_pb2 import Reason


class ArchiveTooLarge(ResourceExhausted):
    """An archive is larger than any import may be."""

    reason = Reason.REASON_BODY_TOO_LARGE
    message = "the archive is larger than 50 MiB"


class BundleRefused(InvalidArgument):
    """A bundle has defects; the violations name them."""

    reason = Reason.REASON_BUNDLE_REFUSED
    message = "the bundle has defects: nothing was changed"

    def __init__(self, violations: Iterable[Violation]) -> None:
        super().__init__()
        self.violations = list(violations)


class LessonsMissed(FailedPrecondition):
    """A course would lose lessons by an import."""

    reason = Reason.REASON_LESSONS_MISSED
    message = "the course would lose lessons: import with removeLessons, or name them as before"


class PageFileNotFound(NotFound):
    """The learner page has no such file."""

    reason = Reason.REASON_PATH_NOT_FOUND
    message = "the page has no such file"


class MailboxClosed(NotFound):
    """There is no mailbox here, or no such message in it."""

    reason = Reason.REASON_PATH_NOT_FOUND
    message = "there is nothing at this path"


class NotPublished(NotFound):
    """The documentation has no such file."""

    reason = Reason.REASON_PATH_NOT_FOUND
    message = "nothing is at this path"

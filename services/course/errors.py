"""What course refuses, by name."""

from __future__ import annotations

from services.kit.errors import Aborted, NotFound
from stellr.errors.v1.reason_pb2 import Reason


class CourseNotFound(NotFound):
    """There is no such course, it is not published, or the learner is not in it."""

    reason = Reason.REASON_COURSE_NOT_FOUND
    message = "there is no such course"


class LessonNotFound(NotFound):
    """There is no such lesson, or this learner may not read it."""

    reason = Reason.REASON_LESSON_NOT_FOUND
    message = "there is no such lesson"


class ImportUnderWay(Aborted):
    """Another import of the course is planned and not committed yet."""

    reason = Reason.REASON_IMPORT_UNDER_WAY
    message = "another import of the course is under way"


class ImportExpired(Aborted):
    """Another import of the course was planned, or this one never was."""

    reason = Reason.REASON_IMPORT_EXPIRED
    message = "another import of the course was planned meanwhile"

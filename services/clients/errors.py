"""That a course or a lesson is not there for this learner, whichever domain is asked for it."""

from __future__ import annotations

from services.kit.errors import NotFound, PermissionDenied
from stellr.errors.v1.reason_pb2 import Reason


class CourseNotFound(NotFound):
    """There is no such course, it is not published, or the learner is not in it."""

    reason = Reason.REASON_COURSE_NOT_FOUND
    message = "there is no such course"


class LessonNotFound(NotFound):
    """There is no such lesson, or this learner may not read it."""

    reason = Reason.REASON_LESSON_NOT_FOUND
    message = "there is no such lesson"


class NotYourCourse(PermissionDenied):
    """The course is another author's."""

    reason = Reason.REASON_NOT_YOUR_COURSE
    message = "this course is another author's"

"""What course refuses, by name."""

from __future__ import annotations

from services.kit.errors import (
    Aborted,
    AlreadyExists,
    FailedPrecondition,
    NotFound,
)
from stellr.errors.v1.reason_pb2 import Reason


class ImportUnderWay(Aborted):
    """Another import of the course is planned and not committed yet."""

    reason = Reason.REASON_IMPORT_UNDER_WAY
    message = "another import of the course is under way"


class ImportExpired(Aborted):
    """Another import of the course was planned, or this one never was."""

    reason = Reason.REASON_IMPORT_EXPIRED
    message = "another import of the course was planned meanwhile"


class CourseFull(FailedPrecondition):
    """As many learners are in the course as may be."""

    reason = Reason.REASON_COURSE_FULL
    message = "the course is full"


class CourseNotReady(FailedPrecondition):
    """The course cannot be published yet."""

    reason = Reason.REASON_COURSE_NOT_READY
    message = "the course cannot be published: it has no lesson"


class SlugTaken(AlreadyExists):
    """Another course has, or had, the slug."""

    reason = Reason.REASON_SLUG_TAKEN
    message = "another course has, or had, this slug"


class NameTaken(AlreadyExists):
    """There is a category, or tag, of this name."""

    reason = Reason.REASON_NAME_TAKEN
    message = "this name is taken"


class LabelInUse(FailedPrecondition):
    """Courses have the category or tag."""

    reason = Reason.REASON_LABEL_IN_USE
    message = "courses have it: take it away from them first"


class LabelNotFound(NotFound):
    """There is no such category or tag."""

    reason = Reason.REASON_LABEL_NOT_FOUND
    message = "there is no such category or tag"


class SectionInUse(FailedPrecondition):
    """Lessons are in the section."""

    reason = Reason.REASON_SECTION_IN_USE
    message = "lessons are in the section: move them first"


class SectionNotFound(NotFound):
    """There is no such section."""

    reason = Reason.REASON_SECTION_NOT_FOUND
    message = "there is no such section"

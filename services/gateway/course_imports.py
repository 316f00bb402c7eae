"""Courses that authors import: an archive comes in, a course or a refusal goes out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from services.gateway.errors import ArchiveTooLarge, BundleRefused, LessonsMissed
from services.gateway.importing.defects import BundleError, Defect
from services.gateway.importing.importer import Importer
from services.gateway.scratch import scratch
from services.kit import call
from services.kit.errors import ServiceUnavailable, Violation
from services.kit.turns import Turns
from stellr.course.v1.course_pb2 import Course
from stellr.course.v1.course_service_pb2 import GetCourseRequest
from stellr.course.v1.course_service_pb2_grpc import CourseServiceStub
from stellr.gateway.v1 import gateway_internal_service_pb2 as internal
from stellr.gateway.v1.gateway_service_pb2 import ImportCourseRequest

# Of one person, so that whoever sends slowly leaves room for others.
MOST_AT_ONCE = 4
MAX_ARCHIVE_BYTES = 50 * 1024 * 1024
MOST_NAMED = 20


class CourseImports:
    """Imports courses on behalf of persons."""

    def __init__(self, importer: Importer, courses: CourseServiceStub, imports: Path) -> None:
        self._importer = importer
        self._courses = courses
        self._imports = imports
        self._turns = Turns("imports at once", MOST_AT_ONCE)

    def run(
        self, requests: Iterator[ImportCourseRequest], give_up: Callable[[float], bool]
    ) -> Course:
        """The course as it is then.

        ArchiveTooLarge, BundleRefused, LessonsMissed; RateLimited where the caller imports much
        else just now; what course refuses passes through.
        """
        with self._turns.of(str(call.user_id())), scratch(self._imports) as folder:
            first = next(requests, ImportCourseRequest())
            with (folder / "archive").open("wb") as archive:
                _receive(first, requests, archive)
            try:
                found = self._importer.unpack(folder / "archive", folder / "content")
                events = self._importer.run(found.course, first.remove_lessons, give_up)
                return self._end(list(events)[-1])
            except BundleError as error:
                raise BundleRefused(map(_violation, error.defects)) from error

    def _end(self, event: internal.ImportEvent) -> Course:
        if event.HasField("refusal"):
            missed = event.refusal.missed_lessons
            told = [f"{lesson.title} ({lesson.completion_count})" for lesson in missed[:MOST_NAMED]]
            completions = sum(lesson.completion_count for lesson in missed)
            raise LessonsMissed(
                metadata={"lessons": ", ".join(told), "completions": str(completions)}
            )
        if not event.HasField("summary"):
            raise ServiceUnavailable
        request = GetCourseRequest(course=event.summary.course_id)
        course: Course = self._courses.GetCourse(request)
        return course


def _receive(
    first: ImportCourseRequest, requests: Iterator[ImportCourseRequest], archive: BinaryIO
) -> None:
    left = MAX_ARCHIVE_BYTES - archive.write(first.archive.data)
    for request in requests:
        left -= archive.write(request.archive.data)
        if left < 0:
            break
    if left < 0:
        raise ArchiveTooLarge


def _violation(defect: Defect) -> Violation:
    is_in_file = defect.line and defect.file != "archive"
    return Violation(f"{defect.file}:{defect.line}" if is_in_file else defect.file, defect.reason)

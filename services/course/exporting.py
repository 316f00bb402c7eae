"""A course as its authors wrote it, to be imported again."""

from __future__ import annotations

from services.clients.errors import CourseNotFound
from services.course.errors import CourseNotReady
from services.course.repository import courses, exports
from services.kit.data.database import Database
from stellr.course.v1 import course_internal_service_pb2 as pb


class Exporting:
    """Gives courses whole."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def content(self, reference: str) -> pb.KnownContent:
        """All that an import needs, and the links in the texts; CourseNotFound.

        CourseNotReady where it has no lesson: a bundle has one at least.
        """
        course = courses.find_course(self._database, reference)
        if course is None:
            raise CourseNotFound
        content = pb.CourseContent(
            slug=course.slug,
            title=course.title,
            summary=course.summary,
            language=course.language,
            category=course.category or "",
            tags=course.tags,
            authors=course.authors,
            license=course.license,
            capacity=course.capacity,
        )
        known = pb.KnownContent(course_id=str(course.course_id), content=content)
        for section in course.sections or ():
            _add_section(known, section["title"])
        for row in exports.list_lessons(self._database, course.course_id):
            _add_lesson(known, row)
        if not known.lessons:
            raise CourseNotReady("the course has no lesson: there is nothing to export")
        return known


def _add_section(known: pb.KnownContent, title: str) -> None:
    known.content.sections.add(title=title)


def _add_lesson(known: pb.KnownContent, row: exports.LessonRow) -> None:
    known.content.sections[row.section - 1].lessons.add(
        key=row.key,
        title=row.title,
        body=row.body,
        minutes=row.minutes,
        preview=row.preview,
        author_id=row.author_id,
        has_quiz=row.has_quiz,
    )
    links = known.lessons.add(lesson_id=str(row.lesson_id))
    for start, end, path, signed in row.links:
        links.links.add(start=start, end=end, path=path, signed=signed)

"""Imports: a course is brought to the content that its author sent, and to nothing else."""

from __future__ import annotations

import secrets
from uuid import UUID

from sqlalchemy.orm import Session

from services.course import languages, repository
from services.course.imported import CourseContent, content_of
from services.course.models import Category, Tag
from services.course.published import PublishedCourses
from services.kit.process.runtime import Runtime
from stellr.course.v1 import course_internal_service_pb2 as pb


def new_etag() -> str:
    """A mark that no state of a course had before."""
    return secrets.token_hex(8)


class Importing:
    """Imports courses."""

    def __init__(self, runtime: Runtime, published: PublishedCourses) -> None:
        self._database = runtime.database
        self._published = published

    def run(self, request: pb.ImportCourseRequest) -> pb.ImportedCourse:
        """Make the course, or bring the one of the same slug to this content.

        InvalidArgument names every field that is wrong; then nothing was changed. A second import
        of the same slug waits for the end of the first.
        """
        content, db = content_of(request), self._database.session
        course = repository.lock_course(db, content, new_etag())
        changed = self._bring(db, course, content)
        lessons = repository.list_lesson_keys(db, course.course_id)
        return pb.ImportedCourse(
            course_id=str(course.course_id),
            lessons=[pb.ImportedLesson(key=key, lesson_id=str(id_)) for key, id_ in lessons],
            changed=changed,
            published=course.published_at is not None and course.archived_at is None,
        )

    def _bring(self, db: Session, course: repository.Row, content: CourseContent) -> bool:
        """Write what differs; whether anything did."""
        course_id: UUID = course.course_id
        facts = _facts(db, content)
        tags = repository.name_ids(db, Tag, content.tags)
        changes = (
            repository.write_sections(db, course_id, content.sections),
            repository.write_lessons(db, course_id, content.lessons),
            repository.cut_sections(db, course_id, len(content.sections)),
            repository.write_tags(db, course_id, tags),
            any(getattr(course, name) != value for name, value in facts.items()),
        )
        if not any(changes):
            return False
        dictionary = languages.dictionary(content.language)
        repository.write_course(db, course_id, facts, new_etag(), dictionary)
        self._published.changed(db, course_id)
        return True


def _facts(db: Session, content: CourseContent) -> dict[str, object]:
    categories = [content.category] if content.category else []
    found = repository.name_ids(db, Category, categories)
    return {
        "title": content.title,
        "summary": content.summary,
        "language": content.language,
        "license": content.license,
        "authors": list(content.authors),
        "category_id": found[0] if found else None,
    }

"""Courses, read and published."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from services.course.repository.common import FACTS, LIVE, REFERENCE, TAG_NAMES, reference_of
from services.kit.data.database import Database
from services.kit.data.statements import Statement, scalar


class CourseRow(NamedTuple):
    """A course, whole; `sections` are as the contract has them."""

    course_id: UUID
    title: str
    summary: str
    language: str
    license: str
    authors: list[str]
    category_id: UUID | None
    capacity: int | None
    published_at: datetime | None
    archived_at: datetime | None
    etag: str
    slug: str
    lesson_count: int
    duration_minutes: int
    category: str | None
    tags: list[str]
    sections: list[dict[str, Any]] | None


class TitleRow(NamedTuple):
    """How a course is called."""

    course_id: UUID
    slug: str
    title: str


_LOAD_COURSES = f"""
SELECT {FACTS}, c.slug, c.lesson_count, c.duration_minutes,
    g.name AS category, {TAG_NAMES} AS tags, (
    SELECT json_agg(json_build_object('section_id', s.section_id, 'title', s.title, 'lessons', (
        SELECT json_agg(json_build_object(
            'lesson_id', l.lesson_id, 'title', l.title, 'position', l.position,
            'minutes', l.minutes, 'has_quiz', l.has_quiz, 'preview', l.preview
        ) ORDER BY l.position)
        FROM lessons l WHERE l.section_id = s.section_id AND l.archived_at IS NULL
    )) ORDER BY s.position)
    FROM sections s WHERE s.course_id = c.course_id
) AS sections
FROM courses c LEFT JOIN categories g USING (category_id)
WHERE {REFERENCE}
"""
_LOAD_ANY = Statement(_LOAD_COURSES, CourseRow)
_LOAD_PUBLISHED = Statement(f"{_LOAD_COURSES} AND {LIVE}", CourseRow)
_FIND_TITLE = Statement(
    f"SELECT c.course_id, c.slug, c.title FROM courses c WHERE {REFERENCE}", TitleRow
)


def find_published(db: Database, reference: str) -> CourseRow | None:
    """The published course of an id or a slug, whole, or None."""
    return db.first(_LOAD_PUBLISHED, **reference_of(reference))


def find_course(db: Database, reference: str) -> CourseRow | None:
    """The course of an id or a slug, published or not, whole, or None."""
    return db.first(_LOAD_ANY, **reference_of(reference))


def find_title(db: Database, reference: str) -> TitleRow | None:
    """The id, slug and title of a course, published or not, or None."""
    return db.first(_FIND_TITLE, **reference_of(reference))


_COUNT_LESSONS = Statement(
    "SELECT count(*) FROM lessons WHERE course_id = :course_id AND archived_at IS NULL", scalar
)


def count_lessons(db: Database, course_id: UUID) -> int:
    """How many live lessons a course has."""
    count: int = db.one(_COUNT_LESSONS, course_id=course_id)
    return count

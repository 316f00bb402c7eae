"""What an import writes: each function writes what differs and says whether anything did."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session as Db

from services.course.bodies import Link
from services.course.imported import LessonContent
from services.course.repository.common import FACTS, Row

# Enrolling goes on meanwhile: it needs the key only.
_LOCK_COURSE = sa.text(
    f"SELECT {FACTS} FROM courses c WHERE course_id = :course_id FOR NO KEY UPDATE"
)
_WRITE_SECTIONS = sa.text("""
INSERT INTO sections (course_id, position, title)
SELECT :course_id, position, title
FROM unnest(CAST(:titles AS text[])) WITH ORDINALITY AS new (title, position)
ON CONFLICT (course_id, position) DO UPDATE SET title = EXCLUDED.title
    WHERE sections.title <> EXCLUDED.title
RETURNING 1
""")
_CUT_SECTIONS = sa.text(
    "DELETE FROM sections WHERE course_id = :course_id AND position > :count RETURNING 1"
)
_WRITE_LESSONS = sa.text("""
INSERT INTO lessons (lesson_id, course_id, section_id, author_id, key, position, title, body,
    links, minutes, preview, has_quiz)
SELECT new.lesson_id, :course_id, s.section_id, new.author_id, new.key, new.position, new.title,
    new.body, new.links, new.minutes, new.preview, new.has_quiz
FROM unnest(
    CAST(:lesson_ids AS uuid[]), CAST(:sections AS integer[]), CAST(:author_ids AS text[]),
    CAST(:keys AS text[]), CAST(:titles AS text[]), CAST(:bodies AS text[]),
    CAST(:links AS jsonb[]), CAST(:minutes AS integer[]), CAST(:previews AS boolean[]),
    CAST(:quizzes AS boolean[])
) WITH ORDINALITY
    AS new (lesson_id, section, author_id, key, title, body, links, minutes, preview, has_quiz,
        position)
JOIN sections s ON s.course_id = :course_id AND s.position = new.section
ON CONFLICT (lesson_id) DO UPDATE SET
    section_id = EXCLUDED.section_id, author_id = EXCLUDED.author_id, key = EXCLUDED.key,
    position = EXCLUDED.position, title = EXCLUDED.title, body = EXCLUDED.body,
    links = EXCLUDED.links, minutes = EXCLUDED.minutes, preview = EXCLUDED.preview,
    has_quiz = EXCLUDED.has_quiz, etag = EXCLUDED.etag, archived_at = NULL, updated_at = now()
WHERE (lessons.section_id, lessons.author_id, lessons.key, lessons.position, lessons.title,
        lessons.body, lessons.links, lessons.minutes, lessons.preview, lessons.has_quiz,
        lessons.archived_at)
    IS DISTINCT FROM (EXCLUDED.section_id, EXCLUDED.author_id, EXCLUDED.key, EXCLUDED.position,
        EXCLUDED.title, EXCLUDED.body, EXCLUDED.links, EXCLUDED.minutes, EXCLUDED.preview,
        EXCLUDED.has_quiz, NULL)
RETURNING 1
""")
_ARCHIVE_LESSONS = sa.text("""
UPDATE lessons SET archived_at = now(), updated_at = now()
WHERE course_id = :course_id AND archived_at IS NULL
    AND lesson_id <> ALL(CAST(:lesson_ids AS uuid[]))
RETURNING 1
""")
_TAG_IDS = sa.text("SELECT tag_id FROM course_tags WHERE course_id = :course_id ORDER BY position")
_CLEAR_TAGS = sa.text("DELETE FROM course_tags WHERE course_id = :course_id")
_WRITE_TAGS = sa.text("""
INSERT INTO course_tags (course_id, tag_id, position)
SELECT :course_id, * FROM unnest(CAST(:tags AS uuid[])) WITH ORDINALITY
""")


def lock_course(db: Db, course_id: UUID) -> Row:
    """The course of an id, held until the end of the transaction."""
    return db.execute(_LOCK_COURSE, {"course_id": course_id}).one()


def write_sections(db: Db, course_id: UUID, titles: Sequence[str]) -> bool:
    """Title the sections of a course, from the first on."""
    values = {"course_id": course_id, "titles": list(titles)}
    return db.execute(_WRITE_SECTIONS, values).first() is not None


def cut_sections(db: Db, course_id: UUID, count: int) -> bool:
    """Delete the sections behind the first so many."""
    values = {"course_id": course_id, "count": count}
    return db.execute(_CUT_SECTIONS, values).first() is not None


def write_lessons(
    db: Db,
    course_id: UUID,
    lessons: Sequence[LessonContent],
    lesson_ids: Sequence[UUID],
    links: Mapping[UUID, Sequence[Link]],
) -> bool:
    """Bring the lessons of these ids to this content, and archive all others of the course."""
    values = {
        "course_id": course_id,
        "lesson_ids": list(lesson_ids),
        "sections": [lesson.section for lesson in lessons],
        "author_ids": [lesson.author_id for lesson in lessons],
        "keys": [lesson.key for lesson in lessons],
        "titles": [lesson.title for lesson in lessons],
        "bodies": [lesson.body for lesson in lessons],
        "links": [json.dumps(links.get(lesson_id, ())) for lesson_id in lesson_ids],
        "minutes": [lesson.minutes for lesson in lessons],
        "previews": [lesson.preview for lesson in lessons],
        "quizzes": [lesson.has_quiz for lesson in lessons],
    }
    written = db.execute(_WRITE_LESSONS, values).first()
    return db.execute(_ARCHIVE_LESSONS, values).first() is not None or written is not None


def write_tags(db: Db, course_id: UUID, tags: Sequence[UUID]) -> bool:
    """Give a course these tags, in this order, and no others."""
    values = {"course_id": course_id, "tags": list(tags)}
    if list(db.scalars(_TAG_IDS, values)) == list(tags):
        return False
    db.execute(_CLEAR_TAGS, values)
    db.execute(_WRITE_TAGS, values)
    return True

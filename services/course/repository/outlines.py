"""The sections and lessons of a course, as authors change them one by one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from services.kit.data.database import Database
from services.kit.data.statements import Statement, Write, nothing, scalar

# Behind all others, until they are counted anew.
LAST = 1_000_000


class SectionRow(NamedTuple):
    """A section and its live lessons, in order."""

    section_id: UUID
    title: str
    lesson_ids: list[UUID]


_LIST = Statement(
    """
    SELECT s.section_id, s.title, ARRAY(
        SELECT l.lesson_id FROM lessons l
        WHERE l.section_id = s.section_id AND l.archived_at IS NULL ORDER BY l.position
    ) FROM sections s WHERE s.course_id = :course_id ORDER BY s.position
    """,
    SectionRow,
)
_ADD_SECTION = Write(
    """
    INSERT INTO sections (course_id, position, title)
    SELECT :course_id, coalesce(max(position), 0) + 1, :title
    FROM sections WHERE course_id = :course_id
    RETURNING section_id
    """,
    scalar,
)
_TITLE_SECTION = Write("UPDATE sections SET title = :title WHERE section_id = :section_id", nothing)
_DELETE_SECTION = Write("DELETE FROM sections WHERE section_id = :section_id", nothing)
_ADD_LESSON = Write(
    """
    INSERT INTO lessons (course_id, section_id, key, position, title, body, minutes, preview)
    VALUES (:course_id, :section_id, '', :position, :title, :body, :minutes, :preview)
    RETURNING lesson_id
    """,
    scalar,
)
_NAME_LESSON = Write("UPDATE lessons SET key = :key WHERE lesson_id = :lesson_id", nothing)
_MARK_LESSON = Write(
    "UPDATE lessons SET etag = :etag, updated_at = now() WHERE lesson_id = :lesson_id", nothing
)
_ARCHIVE_LESSON = Write(
    "UPDATE lessons SET archived_at = now(), updated_at = now() WHERE lesson_id = :lesson_id",
    nothing,
)
_SET_QUIZ = Write(
    """
    UPDATE lessons SET has_quiz = :has_quiz, updated_at = now()
    WHERE lesson_id = :lesson_id AND has_quiz <> :has_quiz
    """,
    nothing,
)
_COUNT_ANEW = Write(
    """
    UPDATE lessons l SET position = counted.position FROM (
        SELECT lesson_id, row_number() OVER (ORDER BY s.position, l.position, l.lesson_id)
            AS position
        FROM lessons l JOIN sections s USING (section_id)
        WHERE l.course_id = :course_id AND l.archived_at IS NULL
    ) counted
    WHERE l.lesson_id = counted.lesson_id AND l.position <> counted.position
    """,
    nothing,
)
_MAKE_ROOM = Write(
    "UPDATE sections SET position = position + :last WHERE course_id = :course_id", nothing
)
_ORDER_SECTIONS = Write(
    """
    UPDATE sections s SET position = new.position
    FROM unnest(CAST(:section_ids AS uuid[])) WITH ORDINALITY AS new (section_id, position)
    WHERE s.section_id = new.section_id
    """,
    nothing,
)
_ORDER_LESSONS = Write(
    """
    UPDATE lessons l SET position = new.position, section_id = new.section_id
    FROM unnest(CAST(:lesson_ids AS uuid[]), CAST(:section_ids AS uuid[])) WITH ORDINALITY
        AS new (lesson_id, section_id, position)
    WHERE l.lesson_id = new.lesson_id
    """,
    nothing,
)
_COLUMNS = ("title", "body", "links", "minutes", "preview", "section_id")
_UPDATES: dict[tuple[str, ...], Write[Any]] = {}


def list_sections(db: Database, course_id: UUID) -> Sequence[SectionRow]:
    """The sections of a course, in order."""
    return db.all(_LIST, course_id=course_id)


def add_section(db: Database, course_id: UUID, title: str) -> UUID:
    """A section behind the others; its id."""
    section_id: UUID = db.one(_ADD_SECTION, course_id=course_id, title=title)
    return section_id


def title_section(db: Database, section_id: UUID, title: str) -> None:
    """Give a section another title."""
    db.run(_TITLE_SECTION, section_id=section_id, title=title)


def delete_section(db: Database, section_id: UUID) -> None:
    """Delete a section that has no lessons."""
    db.run(_DELETE_SECTION, section_id=section_id)


def add_lesson(db: Database, course_id: UUID, section_id: UUID, values: Mapping[str, Any]) -> UUID:
    """A lesson at the end of a section; its id."""
    given = {"course_id": course_id, "section_id": section_id, "position": LAST, **values}
    lesson_id: UUID = db.one(_ADD_LESSON, **given)
    return lesson_id


def name_lesson(db: Database, lesson_id: UUID, key: str) -> None:
    """Give a lesson the path that it has in a bundle."""
    db.run(_NAME_LESSON, lesson_id=lesson_id, key=key)


def update_lesson(db: Database, lesson_id: UUID, values: Mapping[str, Any], etag: str) -> None:
    """Write these columns of a lesson. In another section it is the last one."""
    names = tuple(name for name in _COLUMNS if name in values)
    if names not in _UPDATES:
        changes = [f"{name} = :{name}" for name in names if name != "links"]
        changes += ["position = :last"] if "section_id" in names else []
        changes += ["links = CAST(:links AS jsonb)"] if "links" in names else []
        _UPDATES[names] = Write(
            f"UPDATE lessons SET {', '.join(changes)} WHERE lesson_id = :lesson_id", nothing
        )
    if names:
        given = {name: values[name] for name in names}
        given |= {"last": LAST} if "section_id" in names else {}
        given |= {"links": json.dumps(given["links"])} if "links" in names else {}
        db.run(_UPDATES[names], lesson_id=lesson_id, **given)
    db.run(_MARK_LESSON, lesson_id=lesson_id, etag=etag)


def archive_lesson(db: Database, lesson_id: UUID) -> None:
    """Take a lesson out of its course."""
    db.run(_ARCHIVE_LESSON, lesson_id=lesson_id)


def set_quiz(db: Database, lesson_id: UUID, has_quiz: bool) -> bool:
    """Say whether a lesson has a quiz; False where that was known."""
    return db.run(_SET_QUIZ, lesson_id=lesson_id, has_quiz=has_quiz) > 0


def count_anew(db: Database, course_id: UUID) -> None:
    """Number the live lessons of a course from 1, section by section."""
    db.run(_COUNT_ANEW, course_id=course_id)


def reorder(db: Database, course_id: UUID, sections: Sequence[tuple[UUID, Sequence[UUID]]]) -> None:
    """Bring sections and their lessons into this order."""
    section_ids = [section_id for section_id, _ in sections]
    lessons = [(lesson, section) for section, lessons in sections for lesson in lessons]
    db.run(_MAKE_ROOM, course_id=course_id, last=LAST)
    db.run(_ORDER_SECTIONS, section_ids=section_ids)
    db.run(
        _ORDER_LESSONS,
        lesson_ids=[lesson for lesson, _ in lessons],
        section_ids=[section for _, section in lessons],
    )

"""Courses, read and published."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session as Db

from services.course.filters import Filters
from services.course.models import Category, Course, CourseTag, Tag
from services.course.repository.common import FACTS, LIVE, REFERENCE, TAG_NAMES, Row, reference_of
from services.kit.data.tables import as_uuid

_LOAD_COURSES = f"""
SELECT {FACTS}, c.slug, c.etag, c.lesson_count, c.duration_minutes,
    g.name AS category, {TAG_NAMES} AS tags, (
    SELECT json_agg(json_build_object('title', s.title, 'lessons', (
        SELECT json_agg(json_build_object(
            'lesson_id', l.lesson_id, 'title', l.title, 'position', l.position,
            'minutes', l.minutes, 'has_quiz', l.has_quiz, 'preview', l.preview
        ) ORDER BY l.position)
        FROM lessons l WHERE l.section_id = s.section_id AND l.archived_at IS NULL
    )) ORDER BY s.position)
    FROM sections s WHERE s.course_id = c.course_id
) AS sections
FROM courses c LEFT JOIN categories g USING (category_id)
WHERE (c.course_id = ANY(CAST(:ids AS uuid[])) OR c.slug = ANY(CAST(:slugs AS text[])))
"""
_LOAD_ALL = sa.text(_LOAD_COURSES)
_LOAD_PUBLISHED = sa.text(f"{_LOAD_COURSES} AND {LIVE}")


def load_courses(db: Db, references: Sequence[str], published_only: bool) -> Sequence[Row]:
    """The courses of these ids and slugs, whole: facts, tags, sections and lessons."""
    ids = [course_id for text in references if (course_id := as_uuid(text))]
    slugs = [text.replace("\0", " ") for text in references if as_uuid(text) is None]
    statement = _LOAD_PUBLISHED if published_only else _LOAD_ALL
    return db.execute(statement, {"ids": ids, "slugs": slugs}).all()


_FIND_TITLE = sa.text(f"SELECT c.course_id, c.slug, c.title FROM courses c WHERE {REFERENCE}")


def find_title(db: Db, reference: str) -> Row | None:
    """The id, slug and title of a course, published or not, or None."""
    return db.execute(_FIND_TITLE, reference_of(reference)).first()


_SORT_KEYS: dict[str, Any] = {
    "publishTime": Course.published_at,
    "title": sa.func.lower(Course.title),
    "durationMinutes": Course.duration_minutes,
}


def list_courses(
    db: Db, filters: Filters, order: str, after: tuple[Any, UUID] | None, limit: int
) -> Sequence[Row]:
    """The published courses that meet the filters, in order, from behind `after` on."""
    field, _, descending = order.partition(" ")
    key = _SORT_KEYS[field]
    statement = (
        sa.select(
            *(Course.course_id, Course.slug, Course.title, Course.summary, Course.language),
            *(Course.lesson_count, Course.duration_minutes, Course.published_at),
            Category.name.label("category"),
            _tags_of_course().label("tags"),
            key.label("sort_key"),
        )
        .outerjoin(Category, Category.category_id == Course.category_id)
        .where(*_conditions(filters))
        .limit(limit)
    )
    return db.execute(_from_behind(statement, key, after, bool(descending))).all()


def count_courses(db: Db, filters: Filters) -> int:
    """How many published courses meet the filters."""
    return db.scalar(sa.select(sa.func.count(Course.course_id)).where(*_conditions(filters))) or 0


def _from_behind(
    statement: sa.Select[Any], key: Any, after: tuple[Any, UUID] | None, descending: bool
) -> sa.Select[Any]:
    if after is not None:
        row, last = sa.tuple_(key, Course.course_id), sa.tuple_(*after, types=[key.type, sa.Uuid()])
        statement = statement.where(row < last if descending else row > last)
    if descending:
        return statement.order_by(key.desc(), Course.course_id.desc())
    return statement.order_by(key, Course.course_id)


def _tags_of_course() -> Any:
    return sa.func.array(
        sa.select(Tag.name)
        .join(CourseTag, CourseTag.tag_id == Tag.tag_id)
        .where(CourseTag.course_id == Course.course_id)
        .order_by(CourseTag.position)
        .correlate(Course)
        .scalar_subquery()
    )


def _conditions(filters: Filters) -> list[Any]:
    found: list[Any] = [Course.published_at.is_not(None), Course.archived_at.is_(None)]
    if filters.category:
        named = sa.select(Category.category_id).where(_named(Category, filters.category))
        found.append(Course.category_id.in_(named))
    for tag in filters.tags:
        tagged = sa.select(CourseTag.course_id).join(Tag, Tag.tag_id == CourseTag.tag_id)
        found.append(Course.course_id.in_(tagged.where(_named(Tag, tag))))
    if filters.language:
        # RFC 4647, basic filtering: "pt" asks for pt-BR as well.
        language = sa.func.lower(Course.language)
        wider = sa.func.starts_with(language, f"{filters.language}-")
        found.append(sa.or_(language == filters.language, wider))
    if filters.q:
        found.append(Course.search.op("@@")(_query(filters)))
    return found


def _named(kind: type[Category] | type[Tag], text: str) -> Any:
    return sa.or_(sa.func.lower(kind.name) == text, kind.slug == text)


def _query(filters: Filters) -> Any:
    """The words as they are written, or in any form their language has for them."""
    written = sa.func.websearch_to_tsquery("simple", filters.q)
    dictionary = sa.cast(filters.dictionary, _REGCONFIG)
    return written.op("||")(sa.func.websearch_to_tsquery(dictionary, filters.q))


class _RegConfig(sa.types.UserDefinedType[str]):
    """The name of a full-text configuration."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "regconfig"


_REGCONFIG = _RegConfig()


_PUBLISH = sa.text("""
UPDATE courses SET published_at = coalesce(published_at, now()), archived_at = NULL,
    etag = :etag, updated_at = now()
WHERE course_id = :course_id AND (published_at IS NULL OR archived_at IS NOT NULL)
RETURNING 1
""")
_SET_ETAG = sa.text(
    "UPDATE courses SET etag = :etag, updated_at = now() WHERE course_id = :course_id"
)


def publish(db: Db, course_id: UUID, etag: str) -> bool:
    """Publish a course; whether it was not before."""
    return db.execute(_PUBLISH, {"course_id": course_id, "etag": etag}).first() is not None


def set_etag(db: Db, course_id: UUID, etag: str) -> None:
    """Mark that something of the course changed."""
    db.execute(_SET_ETAG, {"course_id": course_id, "etag": etag})

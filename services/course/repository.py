"""Every SQL statement of course."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session as Db

from services.course import names
from services.course.filters import Filters
from services.course.imported import CourseContent, LessonContent
from services.course.models import Category, Course, CourseTag, Tag
from services.kit.data.tables import as_uuid

Row = sa.Row[Any]

# Titles beyond these are not searched: a tsvector holds at most 1 MiB.
SEARCHED_CHARACTERS = 50_000

_LIVE = "c.published_at IS NOT NULL AND c.archived_at IS NULL"
# Either of two index look-ups: an id is never a slug.
_REFERENCE = "(c.course_id = CAST(:course_id AS uuid) OR c.slug = :slug)"
# All but `search`, which may be large.
_FACTS = (
    "c.course_id, c.title, c.summary, c.language, c.license, c.authors, c.category_id,"
    " c.published_at, c.archived_at"
)
_TAG_NAMES = (
    "ARRAY(SELECT t.name FROM course_tags ct JOIN tags t USING (tag_id)"
    " WHERE ct.course_id = c.course_id ORDER BY ct.position)"
)


def _reference(reference: str) -> dict[str, Any]:
    course_id = as_uuid(reference)
    return {"course_id": course_id, "slug": None if course_id else reference.replace("\0", " ")}


# Courses to read

_LOAD_COURSES = f"""
SELECT {_FACTS}, c.slug, c.etag, c.lesson_count, c.duration_minutes,
    g.name AS category, {_TAG_NAMES} AS tags, (
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
_LOAD_PUBLISHED = sa.text(f"{_LOAD_COURSES} AND {_LIVE}")


def load_courses(db: Db, references: Sequence[str], published_only: bool) -> Sequence[Row]:
    """The courses of these ids and slugs, whole: facts, tags, sections and lessons."""
    ids = [course_id for text in references if (course_id := as_uuid(text))]
    slugs = [text.replace("\0", " ") for text in references if as_uuid(text) is None]
    statement = _LOAD_PUBLISHED if published_only else _LOAD_ALL
    return db.execute(statement, {"ids": ids, "slugs": slugs}).all()


_FIND_TITLE = sa.text(f"SELECT c.course_id, c.slug, c.title FROM courses c WHERE {_REFERENCE}")


def find_title(db: Db, reference: str) -> Row | None:
    """The id, slug and title of a course, published or not, or None."""
    return db.execute(_FIND_TITLE, _reference(reference)).first()


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


# Lessons to read

_READABLE = f"""
FROM lessons l JOIN courses c USING (course_id)
LEFT JOIN enrollments e
    ON e.course_id = l.course_id AND e.user_id = CAST(:user_id AS uuid) AND e.state = 'active'
WHERE l.lesson_id = :lesson_id AND l.archived_at IS NULL AND {_LIVE}
    AND (l.preview OR e.user_id IS NOT NULL)
"""
_NEIGHBOUR = (
    "SELECT n.lesson_id FROM lessons n WHERE n.course_id = l.course_id AND n.archived_at IS NULL"
)
_READ_LESSON = sa.text(f"""
SELECT l.*,
    ({_NEIGHBOUR} AND n.position < l.position ORDER BY n.position DESC LIMIT 1)
        AS previous_lesson_id,
    ({_NEIGHBOUR} AND n.position > l.position ORDER BY n.position LIMIT 1) AS next_lesson_id
{_READABLE}""")
_FIND_READABLE = sa.text(
    f"SELECT l.lesson_id, l.course_id, l.title, e.user_id IS NOT NULL AS enrolled {_READABLE}"
)


def read_lesson(db: Db, lesson_id: UUID, user_id: UUID | None) -> Row | None:
    """A lesson with its neighbours, or None where this learner, or visitor, may not read it."""
    return db.execute(_READ_LESSON, {"lesson_id": lesson_id, "user_id": user_id}).first()


def find_readable_lesson(db: Db, lesson_id: UUID, user_id: UUID | None) -> Row | None:
    """As `read_lesson`, without what is to be read, and whether the learner is enrolled."""
    return db.execute(_FIND_READABLE, {"lesson_id": lesson_id, "user_id": user_id}).first()


# Enrollments

_ENROLL = sa.text(f"""
INSERT INTO enrollments (course_id, user_id)
SELECT c.course_id, :user_id FROM courses c WHERE {_REFERENCE} AND {_LIVE}
ON CONFLICT (user_id, course_id) DO UPDATE SET state = 'active', updated_at = now()
    WHERE enrollments.state <> 'active'
RETURNING *
""")
_FIND_ENROLLMENT = sa.text(f"""
SELECT e.* FROM enrollments e JOIN courses c USING (course_id)
WHERE e.user_id = :user_id AND {_REFERENCE} AND {_LIVE}
""")


def enroll(db: Db, reference: str, user_id: UUID) -> Row | None:
    """The learner's active enrollment, made where there is none; None where no course is."""
    values = {**_reference(reference), "user_id": user_id}
    made = db.execute(_ENROLL, values).first()
    return made or db.execute(_FIND_ENROLLMENT, values).first()


_NO_ID_YET = UUID(int=2**128 - 1)
_LIST_ENROLLMENTS = sa.text("""
SELECT * FROM enrollments WHERE user_id = :user_id AND enrollment_id < :before
ORDER BY enrollment_id DESC LIMIT :limit
""")
_LIST_PUBLISHED_ENROLLMENTS = sa.text(f"""
SELECT e.enrollment_id, e.course_id, e.created_at
FROM enrollments e JOIN courses c USING (course_id)
WHERE e.user_id = :user_id AND e.enrollment_id < :before AND e.state = 'active' AND {_LIVE}
ORDER BY e.enrollment_id DESC LIMIT :limit
""")


def list_enrollments(db: Db, user_id: UUID, before: UUID | None, limit: int) -> Sequence[Row]:
    """All enrollments of a learner, newest first (their ids grow with time)."""
    values = {"user_id": user_id, "before": before or _NO_ID_YET, "limit": limit}
    return db.execute(_LIST_ENROLLMENTS, values).all()


def list_published_enrollments(
    db: Db, user_id: UUID, before: UUID | None, limit: int
) -> Sequence[Row]:
    """The active enrollments of a learner in published courses, newest first."""
    values = {"user_id": user_id, "before": before or _NO_ID_YET, "limit": limit}
    return db.execute(_LIST_PUBLISHED_ENROLLMENTS, values).all()


_ENROLLED = "SELECT e.course_id, e.created_at FROM enrollments e"
_FIND_ENROLLED = sa.text(f"""
{_ENROLLED} JOIN courses c USING (course_id)
WHERE e.user_id = :user_id AND e.state = 'active' AND {_REFERENCE}
""")
_FIND_ENROLLED_BY_LESSON = sa.text(f"""
{_ENROLLED} JOIN lessons l USING (course_id)
WHERE e.user_id = :user_id AND e.state = 'active'
    AND l.lesson_id = :lesson_id AND l.archived_at IS NULL
""")


def find_enrolled(db: Db, reference: str, user_id: UUID) -> Row | None:
    """Which course it is and since when the learner is in it, or None."""
    return db.execute(_FIND_ENROLLED, {**_reference(reference), "user_id": user_id}).first()


def find_enrolled_by_lesson(db: Db, lesson_id: UUID, user_id: UUID) -> Row | None:
    """As `find_enrolled`, for the course of a lesson."""
    values = {"lesson_id": lesson_id, "user_id": user_id}
    return db.execute(_FIND_ENROLLED_BY_LESSON, values).first()


# Categories and tags

# Who makes names does so alone, or two could wait for each other's.
_LOCK_NAMES = sa.text("SELECT pg_advisory_xact_lock(hashtext('course:names'))")
_FIND_NAMES = """
SELECT asked.name, {key} AS id FROM unnest(CAST(:names AS text[])) AS asked (name)
JOIN {table} known ON lower(known.name) = lower(asked.name)
"""
_MAKE_NAMES = """
INSERT INTO {table} (name, slug)
SELECT * FROM unnest(CAST(:names AS text[]), CAST(:slugs AS text[])) ON CONFLICT DO NOTHING
"""


def name_ids(db: Db, kind: type[Category] | type[Tag], wanted: Sequence[str]) -> list[UUID]:
    """The ids of categories or tags, in order, made where there is none of that name."""
    table = {"table": kind.__tablename__, "key": "tag_id" if kind is Tag else "category_id"}
    find, make = (sa.text(text.format(**table)) for text in (_FIND_NAMES, _MAKE_NAMES))
    found = _find_names(db, find, wanted)
    missing = [name for name in wanted if name not in found]
    if missing:
        db.execute(_LOCK_NAMES)
        for spell in (names.slug, names.marked_slug):
            db.execute(make, {"names": missing, "slugs": [spell(name) for name in missing]})
        found |= _find_names(db, find, missing)
    return list(dict.fromkeys(found[name] for name in wanted))


def _find_names(db: Db, find: sa.TextClause, wanted: Sequence[str]) -> dict[str, UUID]:
    if not wanted:
        return {}
    return {row.name: row.id for row in db.execute(find, {"names": list(wanted)})}


# Imports: each function writes what differs and says whether anything did

_MAKE_COURSE = sa.text("""
INSERT INTO courses (slug, title, language, etag) VALUES (:slug, :title, :language, :etag)
ON CONFLICT (slug) DO NOTHING
""")
# Enrolling goes on meanwhile: it needs the key only.
_LOCK_COURSE = sa.text(f"SELECT {_FACTS} FROM courses c WHERE slug = :slug FOR NO KEY UPDATE")
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
INSERT INTO lessons (course_id, section_id, key, position, title, body, minutes, preview)
SELECT :course_id, s.section_id, new.key, new.position, new.title, new.body, new.minutes,
    new.preview
FROM unnest(
    CAST(:sections AS integer[]), CAST(:keys AS text[]), CAST(:titles AS text[]),
    CAST(:bodies AS text[]), CAST(:minutes AS integer[]), CAST(:previews AS boolean[])
) WITH ORDINALITY AS new (section, key, title, body, minutes, preview, position)
JOIN sections s ON s.course_id = :course_id AND s.position = new.section
ON CONFLICT (course_id, key) DO UPDATE SET
    section_id = EXCLUDED.section_id, position = EXCLUDED.position, title = EXCLUDED.title,
    body = EXCLUDED.body, minutes = EXCLUDED.minutes, preview = EXCLUDED.preview,
    archived_at = NULL, updated_at = now()
WHERE (lessons.section_id, lessons.position, lessons.title, lessons.body, lessons.minutes,
        lessons.preview, lessons.archived_at)
    IS DISTINCT FROM (EXCLUDED.section_id, EXCLUDED.position, EXCLUDED.title, EXCLUDED.body,
        EXCLUDED.minutes, EXCLUDED.preview, NULL)
RETURNING 1
""")
_ARCHIVE_LESSONS = sa.text("""
UPDATE lessons SET archived_at = now(), updated_at = now()
WHERE course_id = :course_id AND archived_at IS NULL AND key <> ALL(CAST(:keys AS text[]))
RETURNING 1
""")
_TAG_IDS = sa.text("SELECT tag_id FROM course_tags WHERE course_id = :course_id ORDER BY position")
_CLEAR_TAGS = sa.text("DELETE FROM course_tags WHERE course_id = :course_id")
_WRITE_TAGS = sa.text("""
INSERT INTO course_tags (course_id, tag_id, position)
SELECT :course_id, * FROM unnest(CAST(:tags AS uuid[])) WITH ORDINALITY
""")
_LESSON_KEYS = sa.text("""
SELECT key, lesson_id FROM lessons WHERE course_id = :course_id AND archived_at IS NULL
ORDER BY position
""")


def lock_course(db: Db, content: CourseContent, etag: str) -> Row:
    """The course of the slug, made if there is none, held until the end of the transaction."""
    values = {
        "slug": content.slug,
        "title": content.title,
        "language": content.language,
        "etag": etag,
    }
    db.execute(_MAKE_COURSE, values)
    return db.execute(_LOCK_COURSE, {"slug": content.slug}).one()


def write_sections(db: Db, course_id: UUID, titles: Sequence[str]) -> bool:
    """Title the sections of a course, from the first on."""
    values = {"course_id": course_id, "titles": list(titles)}
    return db.execute(_WRITE_SECTIONS, values).first() is not None


def cut_sections(db: Db, course_id: UUID, count: int) -> bool:
    """Delete the sections behind the first so many."""
    values = {"course_id": course_id, "count": count}
    return db.execute(_CUT_SECTIONS, values).first() is not None


def write_lessons(db: Db, course_id: UUID, lessons: Sequence[LessonContent]) -> bool:
    """Bring the lessons to this content by their keys, and archive those not named."""
    values = {
        "course_id": course_id,
        "sections": [lesson.section for lesson in lessons],
        "keys": [lesson.key for lesson in lessons],
        "titles": [lesson.title for lesson in lessons],
        "bodies": [lesson.body for lesson in lessons],
        "minutes": [lesson.minutes for lesson in lessons],
        "previews": [lesson.preview for lesson in lessons],
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


def list_lesson_keys(db: Db, course_id: UUID) -> list[tuple[str, UUID]]:
    """The key and id of each lesson of a course, in order."""
    return [(row.key, row.lesson_id) for row in db.execute(_LESSON_KEYS, {"course_id": course_id})]


def _searchable(text: str, weight: str) -> str:
    """SQL: the words of a text, as they are written and in the forms of the language."""
    both = f"to_tsvector('simple', {text}) || to_tsvector(CAST(:dictionary AS regconfig), {text})"
    return f"setweight({both}, '{weight}')"


_LESSONS = "FROM lessons l WHERE l.course_id = c.course_id AND l.archived_at IS NULL"
_CATEGORY = "SELECT name FROM categories WHERE category_id = CAST(:category_id AS uuid)"
_LESSON_TITLES = (
    f"left(coalesce((SELECT string_agg(l.title, ' ') {_LESSONS}), ''), {SEARCHED_CHARACTERS})"
)
_SEARCH = " || ".join(
    (
        _searchable("CAST(:title AS text)", "A"),
        _searchable(f"concat_ws(' ', array_to_string({_TAG_NAMES}, ' '), ({_CATEGORY}))", "B"),
        _searchable("CAST(:summary AS text)", "C"),
        _searchable(_LESSON_TITLES, "D"),
    )
)
_WRITE_COURSE = sa.text(f"""
UPDATE courses c SET
    title = :title, summary = :summary, language = :language, license = :license,
    authors = CAST(:authors AS text[]), category_id = :category_id,
    lesson_count = (SELECT count(*) {_LESSONS}),
    duration_minutes = (SELECT coalesce(sum(l.minutes), 0) {_LESSONS}),
    search = {_SEARCH}, etag = :etag, updated_at = now()
WHERE c.course_id = :course_id
""")


def write_course(
    db: Db, course_id: UUID, facts: dict[str, object], etag: str, dictionary: str
) -> None:
    """Write what a course is, and what follows from its lessons, which are written before."""
    values = {"course_id": course_id, "etag": etag, "dictionary": dictionary, **facts}
    db.execute(_WRITE_COURSE, values)


# Publishing and quizzes

_PUBLISH = sa.text("""
UPDATE courses SET published_at = coalesce(published_at, now()), archived_at = NULL,
    etag = :etag, updated_at = now()
WHERE course_id = :course_id AND (published_at IS NULL OR archived_at IS NOT NULL)
RETURNING 1
""")
# The course first, then its lessons: imports take the locks in this order.
_LOCK_COURSE_OF_LESSON = sa.text("""
SELECT c.course_id FROM courses c JOIN lessons l USING (course_id)
WHERE l.lesson_id = :lesson_id FOR NO KEY UPDATE OF c
""")
_SET_QUIZ = sa.text("""
UPDATE lessons SET has_quiz = :has_quiz, updated_at = now()
WHERE lesson_id = :lesson_id AND archived_at IS NULL AND has_quiz <> :has_quiz
RETURNING 1
""")
_FIND_LESSON = sa.text("SELECT * FROM lessons WHERE lesson_id = :lesson_id AND archived_at IS NULL")
_SET_ETAG = sa.text(
    "UPDATE courses SET etag = :etag, updated_at = now() WHERE course_id = :course_id"
)


def publish(db: Db, course_id: UUID, etag: str) -> bool:
    """Publish a course; whether it was not before."""
    return db.execute(_PUBLISH, {"course_id": course_id, "etag": etag}).first() is not None


def lock_course_of_lesson(db: Db, lesson_id: UUID) -> UUID | None:
    """The course of a lesson, held until the end of the transaction, or None."""
    course_id: UUID | None = db.scalar(_LOCK_COURSE_OF_LESSON, {"lesson_id": lesson_id})
    return course_id


def set_quiz(db: Db, lesson_id: UUID, has_quiz: bool) -> bool:
    """Say whether a live lesson has a quiz; whether that is new."""
    values = {"lesson_id": lesson_id, "has_quiz": has_quiz}
    return db.execute(_SET_QUIZ, values).first() is not None


def find_lesson(db: Db, lesson_id: UUID) -> Row | None:
    """A live lesson, or None."""
    return db.execute(_FIND_LESSON, {"lesson_id": lesson_id}).first()


def set_etag(db: Db, course_id: UUID, etag: str) -> None:
    """Mark that something of the course changed."""
    db.execute(_SET_ETAG, {"course_id": course_id, "etag": etag})

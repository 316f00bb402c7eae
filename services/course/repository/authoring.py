"""What authors change of a course itself, and what follows from its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from services.course.repository.catalogue import SummaryRow
from services.course.repository.common import OWNER_IDS, REFERENCE, TAG_NAMES, reference_of
from services.course.words import fold, words_of
from services.kit.data.database import Database
from services.kit.data.statements import Statement, Write, nothing, scalar
from services.kit.errors import Conflict

# Titles beyond these are not searched: a tsvector holds at most 1 MiB.
SEARCHED_CHARACTERS = 50_000


class OwnedCourse(NamedTuple):
    """A course as far as it matters who may change it."""

    course_id: UUID
    slug: str
    title: str
    language: str
    etag: str
    published_at: datetime | None
    archived_at: datetime | None
    owner_ids: list[UUID]

    @property
    def is_live(self) -> bool:
        """Whether learners see it."""
        return self.published_at is not None and self.archived_at is None


_OWNED = (
    f"c.course_id, c.slug, c.title, c.language, c.etag, c.published_at, c.archived_at, {OWNER_IDS}"
)
# Enrolling goes on meanwhile: it needs the key only.
_HOLD = Write(f"SELECT {_OWNED} FROM courses c WHERE {REFERENCE} FOR NO KEY UPDATE", OwnedCourse)
_FIND_OWNED = Statement(f"SELECT {_OWNED} FROM courses c WHERE {REFERENCE}", OwnedCourse)
_COURSE_OF_LESSON = Statement(
    "SELECT course_id FROM lessons WHERE lesson_id = :lesson_id AND archived_at IS NULL", scalar
)
_COURSE_OF_SECTION = Statement(
    "SELECT course_id FROM sections WHERE section_id = :section_id", scalar
)
_TAKE_SLUG = Write(
    "INSERT INTO course_slugs (slug, course_id) VALUES (:slug, :course_id) ON CONFLICT DO NOTHING",
    nothing,
)
_CREATE = Write(
    """
    INSERT INTO courses (slug, title, language, etag) VALUES (:slug, :title, :language, :etag)
    ON CONFLICT (slug) DO NOTHING RETURNING course_id
    """,
    scalar,
)
_ADD_OWNER = Write(
    """
    INSERT INTO course_owners (course_id, user_id) VALUES (:course_id, :user_id)
    ON CONFLICT DO NOTHING
    """,
    nothing,
)
_HAS_SLUG = Statement(
    "SELECT EXISTS (SELECT FROM course_slugs WHERE slug = :slug AND course_id = :course_id)", scalar
)
_LIST = Statement(
    f"""
    SELECT c.course_id, c.slug, c.title, c.summary, c.language, c.lesson_count, c.duration_minutes,
        c.published_at, c.archived_at, g.name, {TAG_NAMES}, c.course_id
    FROM courses c LEFT JOIN categories g USING (category_id)
    WHERE c.course_id < :before AND (CAST(:owner AS uuid) IS NULL OR c.course_id IN (
        SELECT o.course_id FROM course_owners o WHERE o.user_id = :owner AND o.course_id < :before
        ORDER BY o.course_id DESC LIMIT :limit
    ))
    ORDER BY c.course_id DESC LIMIT :limit
    """,
    SummaryRow,
)
_EXPORT_OWNED = Statement(
    """
    SELECT c.course_id, c.slug, c.title FROM course_owners o JOIN courses c USING (course_id)
    WHERE o.user_id = :user_id ORDER BY o.course_id
    """,
    lambda course_id, slug, title: (course_id, slug, title),
)
_ERASE_OWNER = Write("DELETE FROM course_owners WHERE user_id = :user_id", nothing)


def hold(db: Database, reference: str) -> OwnedCourse | None:
    """The course of an id or a slug, held until the end of the transaction, or None."""
    return db.first(_HOLD, **reference_of(reference))


def find_owned(db: Database, reference: str) -> OwnedCourse | None:
    """The course of an id or a slug, published or not, or None."""
    return db.first(_FIND_OWNED, **reference_of(reference))


def course_of_lesson(db: Database, lesson_id: UUID) -> UUID | None:
    """The course that a lesson is in, published or not, or None."""
    return db.first(_COURSE_OF_LESSON, lesson_id=lesson_id)


def course_of_section(db: Database, section_id: UUID) -> UUID | None:
    """The course that a section is in, or None."""
    return db.first(_COURSE_OF_SECTION, section_id=section_id)


def take_slug(db: Database, slug: str, course_id: UUID) -> bool:
    """Have a slug find a course from now on; False where it finds another one."""
    values = {"slug": slug, "course_id": course_id}
    return db.run(_TAKE_SLUG, **values) > 0 or db.one(_HAS_SLUG, **values)


def create(db: Database, slug: str, title: str, language: str, etag: str) -> UUID | None:
    """A course without anything in it; None where another one has, or had, the slug."""
    if find_owned(db, slug) is not None:
        return None
    course_id = db.first(_CREATE, slug=slug, title=title, language=language, etag=etag)
    if course_id is not None and not take_slug(db, slug, course_id):
        # Another course gave it up this very moment, and is still found by it.
        raise Conflict
    return course_id


def add_owner(db: Database, course_id: UUID, user_id: UUID) -> None:
    """Let a person change a course."""
    db.run(_ADD_OWNER, course_id=course_id, user_id=user_id)


def list_authored(
    db: Database, owner: UUID | None, before: UUID, limit: int
) -> Sequence[SummaryRow]:
    """The courses of an owner, or of all, in any state, newest first."""
    return db.all(_LIST, owner=owner, before=before, limit=limit)


def export_owned(db: Database, user_id: UUID) -> Sequence[tuple[UUID, str, str]]:
    """The id, slug and title of each course that a person may change."""
    return db.all(_EXPORT_OWNED, user_id=user_id)


def erase_owner(db: Database, user_id: UUID) -> None:
    """Let nobody change courses in the person's name any more."""
    db.run(_ERASE_OWNER, user_id=user_id)


# What a course is

_COLUMNS = {
    "slug": ":slug",
    "title": ":title",
    "summary": ":summary",
    "language": ":language",
    "license": ":license",
    "authors": "CAST(:authors AS text[])",
    "category_id": "CAST(:category_id AS uuid)",
    "capacity": "CAST(:capacity AS integer)",
}
_UPDATES: dict[tuple[str, ...], Write[Any]] = {}


def update(db: Database, course_id: UUID, values: Mapping[str, Any]) -> None:
    """Write these columns of a course."""
    names = tuple(name for name in _COLUMNS if name in values)
    if not names:
        return
    if names not in _UPDATES:
        changes = ", ".join(f"{name} = {_COLUMNS[name]}" for name in names)
        _UPDATES[names] = Write(
            f"UPDATE courses SET {changes} WHERE course_id = :course_id", nothing
        )
    db.run(_UPDATES[names], course_id=course_id, **{name: values[name] for name in names})


_SET_STATE = Write(
    """
    UPDATE courses SET
        published_at = CASE WHEN :published THEN coalesce(published_at, now()) END,
        archived_at = CASE WHEN :archived THEN coalesce(archived_at, now()) END
    WHERE course_id = :course_id
        AND (published_at IS NOT NULL, archived_at IS NOT NULL)
            IS DISTINCT FROM (CAST(:published AS boolean), CAST(:archived AS boolean))
    """,
    nothing,
)


def set_state(db: Database, course_id: UUID, *, published: bool, archived: bool) -> bool:
    """Whether a course is published, and whether archived; False where it was so before."""
    values = {"published": published, "archived": archived}
    return db.run(_SET_STATE, course_id=course_id, **values) > 0


# What follows from its parts


class _Parts(NamedTuple):
    title: str
    labels: str
    summary: str
    lessons: str


_READ_PARTS = Statement(
    """
    SELECT c.title, concat_ws(' ', (
            SELECT string_agg(t.name, ' ' ORDER BY ct.position)
            FROM course_tags ct JOIN tags t USING (tag_id) WHERE ct.course_id = c.course_id
        ), (SELECT g.name FROM categories g WHERE g.category_id = c.category_id)),
        c.summary, coalesce((
            SELECT string_agg(l.title, ' ' ORDER BY l.position)
            FROM lessons l WHERE l.course_id = c.course_id AND l.archived_at IS NULL
        ), '')
    FROM courses c WHERE c.course_id = :course_id
    """,
    _Parts,
)


def _searchable(name: str, weight: str) -> str:
    """SQL: the words of a text, as they are written and in the forms of the language."""
    text = f"CAST(:{name} AS text)"
    both = f"to_tsvector('simple', {text}) || to_tsvector(CAST(:dictionary AS regconfig), {text})"
    return f"setweight({both}, '{weight}') || array_to_tsvector(CAST(:{name}_words AS text[]))"


_SEARCH = " || ".join(
    _searchable(name, weight) for name, weight in zip(_Parts._fields, "ABCD", strict=True)
)
_LESSONS = "FROM lessons l WHERE l.course_id = c.course_id AND l.archived_at IS NULL"
_REFRESH = Write(
    f"""
    UPDATE courses c SET
        lesson_count = (SELECT count(*) {_LESSONS}),
        duration_minutes = (SELECT coalesce(sum(l.minutes), 0) {_LESSONS}),
        search = {_SEARCH}, etag = :etag, updated_at = now()
    WHERE c.course_id = :course_id
    """,
    nothing,
)


def refresh(db: Database, course_id: UUID, *, etag: str, dictionary: str) -> None:
    """Write what follows from what a course consists of: its count, its duration, its words."""
    parts = db.one(_READ_PARTS, course_id=course_id)
    cut = {name: text[:SEARCHED_CHARACTERS] for name, text in parts._asdict().items()}
    texts = {name: fold(text) for name, text in cut.items()}
    words = {f"{name}_words": words_of(text) for name, text in cut.items()}
    db.run(_REFRESH, course_id=course_id, etag=etag, dictionary=dictionary, **texts, **words)

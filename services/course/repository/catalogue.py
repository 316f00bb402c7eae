"""The catalogue: published courses, filtered, in order, from behind a row on.

A statement is written once for each shape of a question and kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
import sqlalchemy.orm
from sqlalchemy.dialects.postgresql import REGCONFIG, TIMESTAMP, TSQUERY

from services.course.filters import RELEVANCE, Filters
from services.course.models import Category, Course, CourseTag, Tag
from services.course.words import as_query, marked_words
from services.kit.data.database import Database
from services.kit.data.statements import Statement, scalar

SHAPES = 500
COUNTED_AT_MOST = 500
# Percent of the table's pages, such that they hold about 1,000 rows.
_SAMPLED_SHARE: Any = sa.literal_column(
    "CAST(100000.0 / greatest(1000, (SELECT reltuples FROM pg_class"
    " WHERE oid = CAST('courses' AS regclass))) AS real)"
)
_SEED: Any = sa.literal_column("0")
_SORT_KEYS: dict[str, Any] = {
    "publishTime": Course.published_at,
    "title": sa.func.lower(Course.title),
    "durationMinutes": Course.duration_minutes,
}
_SORT_TYPES: dict[str, Any] = {
    "publishTime": TIMESTAMP(timezone=True),
    "title": sa.Text(),
    "durationMinutes": sa.Integer(),
    RELEVANCE: sa.Double(),
}


class SummaryRow(NamedTuple):
    """A course as the catalogue shows it, and what it is ordered by."""

    course_id: UUID
    slug: str
    title: str
    summary: str
    language: str
    lesson_count: int
    duration_minutes: int
    published_at: datetime | None
    archived_at: datetime | None
    category: str | None
    tags: list[str]
    sort_key: Any


class _Shape(NamedTuple):
    """What a question asks about, without what it asks for."""

    category: bool
    tags: int
    language: bool
    words: bool
    marked: bool
    query: bool


def list_courses(
    db: Database, filters: Filters, order: str, after: tuple[Any, UUID] | None, limit: int
) -> Sequence[SummaryRow]:
    """The published courses that meet the filters, in order, from behind `after` on."""
    statement = _list_statement(_shape(filters), order, after is not None)
    behind = {} if after is None else {"after_key": after[0], "after_id": after[1]}
    return db.all(statement, **_values(filters), **behind, limit=limit)


def count_courses(db: Database, filters: Filters) -> int:
    """How many published courses meet the filters; where a search finds more than
    COUNTED_AT_MOST, about as many."""
    count: int = db.one(_count_statement(_shape(filters)), **_values(filters))
    return count


def _shape(filters: Filters) -> _Shape:
    return _Shape(
        bool(filters.category),
        len(filters.tags),
        bool(filters.language),
        bool(filters.words),
        bool(marked_words(filters.words)),
        bool(filters.q),
    )


def _values(filters: Filters) -> dict[str, Any]:
    tags = {f"tag_{number}": tag for number, tag in enumerate(filters.tags)}
    return {
        "category": filters.category,
        "language": filters.language,
        "wider": f"{filters.language}-",
        "q": filters.folded,
        "dictionary": filters.dictionary,
        "words": as_query(filters.words),
        "beginning": as_query(filters.words, filters.prefix),
        "marked": marked_words(filters.words),
        **tags,
    }


@lru_cache(maxsize=SHAPES)
def _list_statement(shape: _Shape, order: str, is_later: bool) -> Statement[SummaryRow]:
    field, _, descending = order.partition(" ")
    key: Any = _rank(shape) if field == RELEVANCE else _SORT_KEYS[field]
    descending = descending or ("desc" if field == RELEVANCE else "")
    statement = (
        sa.select(
            *(Course.course_id, Course.slug, Course.title, Course.summary, Course.language),
            *(Course.lesson_count, Course.duration_minutes),
            *(Course.published_at, Course.archived_at),
            Category.name.label("category"),
            _tags_of_course().label("tags"),
            key.label("sort_key"),
        )
        .outerjoin(Category, Category.category_id == Course.category_id)
        .where(*_conditions(shape))
        .limit(sa.bindparam("limit", type_=sa.Integer))
    )
    if is_later:
        last = sa.tuple_(
            sa.bindparam("after_key", type_=_SORT_TYPES[field]),
            sa.bindparam("after_id", type_=sa.Uuid),
        )
        row = sa.tuple_(key, Course.course_id)
        statement = statement.where(row < last if descending else row > last)
    return Statement(statement.order_by(*_ordered(key, bool(descending))), SummaryRow)


@lru_cache(maxsize=SHAPES)
def _count_statement(shape: _Shape) -> Statement[int]:
    found = sa.select(Course.course_id).where(*_conditions(shape))
    if not shape.query:
        return Statement(sa.select(sa.func.count()).select_from(found.subquery()), scalar)
    bounded = sa.select(sa.func.count().label("count"))
    counted = bounded.select_from(found.limit(COUNTED_AT_MOST + 1).subquery()).subquery()
    beyond = sa.func.greatest(counted.c.count, _about(shape))
    count = sa.case((counted.c.count > COUNTED_AT_MOST, beyond), else_=counted.c.count)
    return Statement(sa.select(count), scalar)


def _about(shape: _Shape) -> Any:
    """How many courses meet a search, judged by some pages of the table: so that it costs the same
    however many there are."""
    table: Any = Course.__table__
    some = table.tablesample(sa.func.system(_SAMPLED_SHARE), "courses", _SEED)
    sample = sa.orm.aliased(Course, some)
    found = sa.select(sa.func.count()).select_from(sample).where(*_conditions(shape, sample))
    return sa.cast(found.scalar_subquery() * 100 / _SAMPLED_SHARE, sa.Integer)


def _ordered(key: Any, descending: bool) -> tuple[Any, Any]:
    if descending:
        return key.desc(), Course.course_id.desc()
    return key, Course.course_id


def _tags_of_course() -> Any:
    return sa.func.array(
        sa.select(Tag.name)
        .join(CourseTag, CourseTag.tag_id == Tag.tag_id)
        .where(CourseTag.course_id == Course.course_id)
        .order_by(CourseTag.position)
        .correlate(Course)
        .scalar_subquery()
    )


def _conditions(shape: _Shape, course: Any = Course) -> Iterator[Any]:
    yield course.published_at.is_not(None)
    yield course.archived_at.is_(None)
    if shape.category:
        named = sa.select(Category.category_id).where(_named(Category, "category"))
        yield course.category_id.in_(named)
    for number in range(shape.tags):
        tagged = sa.select(CourseTag.course_id).join(Tag, Tag.tag_id == CourseTag.tag_id)
        yield course.course_id.in_(tagged.where(_named(Tag, f"tag_{number}")))
    if shape.language:
        # RFC 4647, basic filtering: "pt" asks for pt-BR as well.
        language = sa.func.lower(course.language)
        wider = sa.func.starts_with(language, _text("wider"))
        yield sa.or_(language == _text("language"), wider)
    if shape.marked:
        yield sa.text(f"({_HAS_WORDS} OR {_HAS_MARKED} AND {_HAS_FORMS})")
    elif shape.words:
        yield sa.text(f"courses.search @@ ({_WORDS} || {_FORMS})")
    elif shape.query:
        yield sa.text(f"courses.search @@ ({_WRITTEN} || {_FORMS})")


# The words as they are written, or in any form their language has for them. As one query the index
# alone answers it: no row's words are read.
_WORDS = "CAST(CAST(:beginning AS text) AS tsquery)"
_WRITTEN = "websearch_to_tsquery('simple', :q)"
_FORMS = "websearch_to_tsquery(CAST(:dictionary AS regconfig), :q)"
_HAS_WORDS = f"courses.search @@ {_WORDS}"
_HAS_FORMS = f"courses.search @@ {_FORMS}"
# To the forms of a language C++ is C.
_HAS_MARKED = "tsvector_to_array(courses.search) @> CAST(:marked AS text[])"


def _rank(shape: _Shape) -> Any:
    """How well a course fits a search.

    Words weigh more than their forms, and those more than what they are only the beginning of.
    """
    dictionary = sa.cast(_text("dictionary"), REGCONFIG)
    forms = _fit(sa.func.websearch_to_tsquery(dictionary, _text("q")))
    if shape.words:
        whole, beginning = (_fit(sa.cast(_text(n), TSQUERY)) for n in ("words", "beginning"))
        return sa.cast(2 * whole + forms + beginning, sa.Double)
    written = _fit(sa.func.websearch_to_tsquery(sa.cast("simple", REGCONFIG), _text("q")))
    return sa.cast(written + forms, sa.Double)


def _fit(query: Any) -> Any:
    return sa.func.ts_rank(Course.search, query)


def _text(name: str) -> Any:
    return sa.bindparam(name, type_=sa.Text)


def _named(kind: type[Category] | type[Tag], name: str) -> Any:
    wanted = sa.func.lower(_text(name))
    return sa.or_(sa.func.lower(kind.name) == wanted, kind.slug == wanted)

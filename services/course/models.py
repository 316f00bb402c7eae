"""The tables of course."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from services.kit.data.tables import Base, Timestamps, new_id

ACTIVE = "active"
ENDED = "ended"


class CourseBase(Base):
    """Base of course's tables."""

    __abstract__ = True
    metadata = sa.MetaData()


class Category(CourseBase):
    """What courses are sorted by. Names are unique without regard to case."""

    __tablename__ = "categories"
    category_id: Mapped[UUID] = new_id()
    name: Mapped[str]
    slug: Mapped[str] = mapped_column(unique=True)


class Tag(CourseBase):
    """A label of courses. Names are unique without regard to case."""

    __tablename__ = "tags"
    tag_id: Mapped[UUID] = new_id()
    name: Mapped[str]
    slug: Mapped[str] = mapped_column(unique=True)


class Course(Timestamps, CourseBase):
    """A course. Count, duration and `search` are kept in step with its lessons."""

    __tablename__ = "courses"
    course_id: Mapped[UUID] = new_id()
    slug: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    summary: Mapped[str] = mapped_column(server_default="")
    language: Mapped[str]
    license: Mapped[str] = mapped_column(server_default="")
    authors: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), server_default="{}")
    category_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("categories.category_id"), index=True
    )
    lesson_count: Mapped[int] = mapped_column(server_default="0")
    duration_minutes: Mapped[int] = mapped_column(server_default="0")
    search: Mapped[str] = mapped_column(TSVECTOR, server_default="")
    etag: Mapped[str]
    capacity: Mapped[int | None]
    published_at: Mapped[datetime | None]
    archived_at: Mapped[datetime | None]


class CourseSlug(CourseBase):
    """A name in addresses that a course has, or had: it finds the course for good."""

    __tablename__ = "course_slugs"
    slug: Mapped[str] = mapped_column(primary_key=True)
    course_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("courses.course_id", ondelete="CASCADE"), index=True
    )


class CourseOwner(CourseBase):
    """A person who may change a course."""

    __tablename__ = "course_owners"
    __table_args__ = (sa.Index("courses_of_an_owner", "user_id", "course_id"),)
    course_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("courses.course_id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[UUID] = mapped_column(primary_key=True)


class CourseTag(CourseBase):
    """A tag of a course; `position` keeps the order in which its author named them."""

    __tablename__ = "course_tags"
    course_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("courses.course_id", ondelete="CASCADE"), primary_key=True
    )
    tag_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("tags.tag_id", ondelete="CASCADE"), primary_key=True, index=True
    )
    position: Mapped[int]


class Section(CourseBase):
    """A part of a course."""

    __tablename__ = "sections"
    __table_args__ = (sa.UniqueConstraint("course_id", "position"),)
    section_id: Mapped[UUID] = new_id()
    course_id: Mapped[UUID] = mapped_column(sa.ForeignKey("courses.course_id", ondelete="CASCADE"))
    position: Mapped[int]
    title: Mapped[str]


class Lesson(Timestamps, CourseBase):
    """A lesson. `key` is its path in the bundle, `author_id` the id its author gave it, or empty.

    `body` is as its author wrote it. `position` counts the live lessons of the course. Several
    archived ones may have had one path.
    """

    __tablename__ = "lessons"
    __table_args__ = (sa.Index("lessons_of_a_course", "course_id"),)
    lesson_id: Mapped[UUID] = new_id()
    course_id: Mapped[UUID] = mapped_column(sa.ForeignKey("courses.course_id", ondelete="CASCADE"))
    section_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("sections.section_id", ondelete="SET NULL"), index=True
    )
    author_id: Mapped[str] = mapped_column(server_default="")
    key: Mapped[str]
    position: Mapped[int]
    title: Mapped[str]
    body: Mapped[str]
    # Of each link in the body: from where to where, what takes its place, whether that is signed.
    links: Mapped[list[list[Any]]] = mapped_column(JSONB, server_default="[]")
    minutes: Mapped[int]
    preview: Mapped[bool]
    has_quiz: Mapped[bool] = mapped_column(server_default=sa.false())
    etag: Mapped[str] = mapped_column(
        server_default=sa.text("left(md5(gen_random_uuid()::text), 16)")
    )
    archived_at: Mapped[datetime | None]


class ImportPlan(CourseBase):
    """The last import that was planned for a course, from its plan on.

    `content` is the contract's CourseContent, `lesson_ids` those of its lessons, in order. Both are
    emptied by the commit; `changed` then says whether it changed anything.
    """

    __tablename__ = "import_plans"
    course_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("courses.course_id", ondelete="CASCADE"), primary_key=True
    )
    plan_id: Mapped[UUID] = mapped_column(unique=True)
    content: Mapped[bytes]
    lesson_ids: Mapped[list[UUID]] = mapped_column(ARRAY(sa.Uuid))
    expires_at: Mapped[datetime]
    changed: Mapped[bool | None]
    # Of the course as the plan found it.
    etag: Mapped[str]


class Enrollment(Timestamps, CourseBase):
    """A learner's place in a course. Who comes back has the same one again."""

    __tablename__ = "enrollments"
    __table_args__ = (sa.UniqueConstraint("user_id", "course_id"),)
    enrollment_id: Mapped[UUID] = new_id()
    course_id: Mapped[UUID] = mapped_column(sa.ForeignKey("courses.course_id"))
    user_id: Mapped[UUID]
    state: Mapped[str] = mapped_column(server_default=ACTIVE)

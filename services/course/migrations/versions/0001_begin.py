"""Courses with their sections and lessons, categories, tags and enrollments."""

from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from services.kit.data.schema import create_runtime_tables, keep_out_the_erased

revision = "course_0001"
down_revision = None

NOW = sa.text("now()")
TIME = pg.TIMESTAMP(timezone=True)
UUIDV7 = sa.text("uuidv7()")
NEW_ETAG = sa.text("left(md5(gen_random_uuid()::text), 16)")
LIVE_COURSE = sa.text("published_at IS NOT NULL AND archived_at IS NULL")
LIVE_LESSON = sa.text("archived_at IS NULL")


def upgrade() -> None:
    create_runtime_tables()
    _create_names("categories", "category_id")
    _create_names("tags", "tag_id")
    _create_courses()
    _create_slugs()
    _create_owners()
    _create_course_tags()
    _create_sections()
    _create_lessons()
    _create_enrollments()
    _create_import_plans()


def _create_names(table: str, key: str) -> None:
    op.create_table(
        table,
        sa.Column(key, sa.Uuid, primary_key=True, server_default=UUIDV7),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("slug", sa.Text, nullable=False, unique=True),
    )
    op.create_index(f"{table}_name", table, [sa.text("lower(name)")], unique=True)


def _create_courses() -> None:
    op.create_table(
        "courses",
        sa.Column("course_id", sa.Uuid, primary_key=True, server_default=UUIDV7),
        sa.Column("slug", sa.Text, nullable=False, unique=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("summary", sa.Text, nullable=False, server_default=""),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("license", sa.Text, nullable=False, server_default=""),
        sa.Column("authors", pg.ARRAY(sa.Text), nullable=False, server_default="{}"),
        sa.Column("category_id", sa.Uuid, sa.ForeignKey("categories.category_id"), index=True),
        sa.Column("lesson_count", sa.Integer, nullable=False, server_default="0"),
        sa.Column("duration_minutes", sa.Integer, nullable=False, server_default="0"),
        sa.Column("search", pg.TSVECTOR, nullable=False, server_default=""),
        sa.Column("etag", sa.Text, nullable=False),
        sa.Column("capacity", sa.Integer),
        sa.Column("published_at", TIME),
        sa.Column("archived_at", TIME),
        sa.Column("created_at", TIME, nullable=False, server_default=NOW),
        sa.Column("updated_at", TIME, nullable=False, server_default=NOW),
    )
    op.create_index("courses_search", "courses", ["search"], postgresql_using="gin")
    for name, column in {
        "published_at": "published_at",
        "title": "lower(title)",
        "duration": "duration_minutes",
    }.items():
        columns: list[str | sa.TextClause] = [sa.text(column), "course_id"]
        op.create_index(f"courses_by_{name}", "courses", columns, postgresql_where=LIVE_COURSE)


def _create_slugs() -> None:
    op.create_table(
        "course_slugs",
        sa.Column("slug", sa.Text, primary_key=True),
        _course(index=True),
    )


def _create_owners() -> None:
    op.create_table(
        "course_owners",
        _course(primary_key=True),
        sa.Column("user_id", sa.Uuid, primary_key=True),
    )
    op.create_index("courses_of_an_owner", "course_owners", ["user_id", "course_id"])
    keep_out_the_erased("course_owners")


def _create_course_tags() -> None:
    op.create_table(
        "course_tags",
        _course(primary_key=True),
        sa.Column(
            "tag_id",
            sa.Uuid,
            sa.ForeignKey("tags.tag_id", ondelete="CASCADE"),
            primary_key=True,
            index=True,
        ),
        sa.Column("position", sa.Integer, nullable=False),
    )


def _create_sections() -> None:
    op.create_table(
        "sections",
        sa.Column("section_id", sa.Uuid, primary_key=True, server_default=UUIDV7),
        _course(),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.UniqueConstraint("course_id", "position"),
    )


def _create_lessons() -> None:
    op.create_table(
        "lessons",
        sa.Column("lesson_id", sa.Uuid, primary_key=True, server_default=UUIDV7),
        _course(),
        sa.Column(
            "section_id",
            sa.Uuid,
            sa.ForeignKey("sections.section_id", ondelete="SET NULL"),
            index=True,
        ),
        sa.Column("author_id", sa.Text, nullable=False, server_default=""),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("links", pg.JSONB, nullable=False, server_default="[]"),
        sa.Column("minutes", sa.Integer, nullable=False),
        sa.Column("preview", sa.Boolean, nullable=False),
        sa.Column("has_quiz", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("etag", sa.Text, nullable=False, server_default=NEW_ETAG),
        sa.Column("archived_at", TIME),
        sa.Column("created_at", TIME, nullable=False, server_default=NOW),
        sa.Column("updated_at", TIME, nullable=False, server_default=NOW),
    )
    op.create_index("lessons_of_a_course", "lessons", ["course_id"])
    op.create_index(
        "lessons_in_order", "lessons", ["course_id", "position"], postgresql_where=LIVE_LESSON
    )


def _create_enrollments() -> None:
    op.create_table(
        "enrollments",
        sa.Column("enrollment_id", sa.Uuid, primary_key=True, server_default=UUIDV7),
        sa.Column("course_id", sa.Uuid, sa.ForeignKey("courses.course_id"), nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("state", sa.Text, nullable=False, server_default="active"),
        sa.Column("created_at", TIME, nullable=False, server_default=NOW),
        sa.Column("updated_at", TIME, nullable=False, server_default=NOW),
        sa.UniqueConstraint("user_id", "course_id"),
        sa.CheckConstraint("state IN ('active', 'ended')"),
    )
    op.create_index("enrollments_of_a_learner", "enrollments", ["user_id", "enrollment_id"])
    op.create_index(
        "enrollments_that_stand",
        "enrollments",
        ["course_id", "user_id"],
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_index("learners_of_a_course", "enrollments", ["course_id", "user_id"])
    keep_out_the_erased("enrollments")


def _create_import_plans() -> None:
    op.create_table(
        "import_plans",
        _course(primary_key=True),
        sa.Column("plan_id", sa.Uuid, nullable=False, unique=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("lesson_ids", pg.ARRAY(sa.Uuid), nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("changed", sa.Boolean),
        sa.Column("etag", sa.Text, nullable=False),
    )


def _course(primary_key: bool = False, index: bool | None = None) -> sa.Column[UUID]:
    course = sa.ForeignKey("courses.course_id", ondelete="CASCADE")
    return sa.Column(
        "course_id", sa.Uuid, course, nullable=False, primary_key=primary_key, index=index
    )

"""Course progress, lesson completions and quiz passes."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from services.kit.data.schema import create_runtime_tables, keep_out_the_erased

revision = "progress_0001"
down_revision = None

NOW = sa.text("now()")
TIME = pg.TIMESTAMP(timezone=True)

STEPS = Path(__file__).parents[1] / "steps.sql"


def upgrade() -> None:
    create_runtime_tables()
    op.create_table(
        "course_progress",
        sa.Column("user_id", sa.Uuid, primary_key=True),
        sa.Column("course_id", sa.Uuid, primary_key=True),
        sa.Column("last_lesson_id", sa.Uuid),
        sa.Column("completed_at", TIME),
        sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("last_active_at", TIME, nullable=False, server_default=NOW),
        sa.Column("reminded_at", TIME),
    )
    op.create_table(
        "lesson_completions",
        sa.Column("user_id", sa.Uuid, primary_key=True),
        sa.Column("course_id", sa.Uuid, primary_key=True),
        sa.Column("lesson_id", sa.Uuid, primary_key=True),
        sa.Column("completed_at", TIME, nullable=False, server_default=NOW),
    )
    # Asked only before a lesson is taken away.
    op.create_index("completions_of_a_lesson", "lesson_completions", ["lesson_id"])
    op.create_table(
        "quiz_passes",
        sa.Column("user_id", sa.Uuid, primary_key=True),
        sa.Column("course_id", sa.Uuid, primary_key=True),
        sa.Column("lesson_id", sa.Uuid, primary_key=True),
        sa.Column("passed_at", TIME, nullable=False),
    )
    op.create_table(
        "lesson_positions",
        sa.Column("user_id", sa.Uuid, primary_key=True),
        sa.Column("course_id", sa.Uuid, primary_key=True),
        sa.Column("lesson_id", sa.Uuid, primary_key=True),
        sa.Column("seconds", sa.Integer, nullable=False),
        sa.Column("spent_seconds", sa.Integer, nullable=False, server_default="0"),
        sa.Column("updated_at", TIME, nullable=False, server_default=NOW),
    )
    op.create_table(
        "steps",
        sa.Column("user_id", sa.Uuid, primary_key=True),
        sa.Column("on_day", sa.Date, primary_key=True),
        sa.Column("lesson_id", sa.Uuid, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("taken_at", TIME, nullable=False),
        sa.CheckConstraint("kind IN ('completed', 'undone', 'passed')"),
    )
    op.create_index(
        "course_progress_still",
        "course_progress",
        ["last_active_at"],
        postgresql_where=sa.text("completed_at IS NULL AND active AND reminded_at IS NULL"),
    )
    op.create_index(
        "course_progress_open",
        "course_progress",
        ["course_id", "user_id"],
        postgresql_where=sa.text("completed_at IS NULL"),
    )
    op.get_bind().exec_driver_sql(STEPS.read_text())
    keep_out_the_erased(
        "course_progress", "lesson_completions", "quiz_passes", "lesson_positions", "steps"
    )

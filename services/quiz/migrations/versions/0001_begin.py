"""Quizzes, their versions, and results."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from services.kit.data.schema import create_runtime_tables, keep_out_the_erased

revision = "quiz_0001"
down_revision = None

NOW = sa.text("now()")
TIME = pg.TIMESTAMP(timezone=True)
UUIDV7 = sa.text("uuidv7()")


def upgrade() -> None:
    create_runtime_tables()
    op.create_table(
        "quizzes",
        sa.Column("quiz_id", sa.Uuid, primary_key=True, server_default=UUIDV7),
        sa.Column("lesson_id", sa.Uuid, nullable=False, unique=True),
        sa.Column("version_id", sa.Uuid, nullable=False),
        sa.Column("removed_at", TIME),
        sa.Column("created_at", TIME, nullable=False, server_default=NOW),
        sa.Column("updated_at", TIME, nullable=False, server_default=NOW),
    )
    op.create_table(
        "quiz_versions",
        sa.Column("version_id", sa.Uuid, primary_key=True, server_default=UUIDV7),
        sa.Column("quiz_id", sa.Uuid, sa.ForeignKey("quizzes.quiz_id"), nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("document", pg.JSONB, nullable=False),
        sa.Column("ids", pg.ARRAY(sa.Uuid), nullable=False),
        sa.Column("created_at", TIME, nullable=False, server_default=NOW),
        sa.UniqueConstraint("quiz_id", "digest"),
    )
    # A quiz and its first version need each other.
    op.create_foreign_key(
        "quizzes_version_id_fkey",
        "quizzes",
        "quiz_versions",
        ["version_id"],
        ["version_id"],
        deferrable=True,
        initially="DEFERRED",
    )
    op.create_table(
        "results",
        sa.Column("result_id", sa.Uuid, primary_key=True, server_default=UUIDV7),
        sa.Column("attempt_id", sa.Uuid, nullable=False, server_default=UUIDV7),
        sa.Column("quiz_id", sa.Uuid, sa.ForeignKey("quizzes.quiz_id"), nullable=False),
        sa.Column("version_id", sa.Uuid, sa.ForeignKey("quiz_versions.version_id"), nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("score", sa.Integer, nullable=False),
        sa.Column("max_score", sa.Integer, nullable=False),
        sa.Column("percentage", sa.Double, nullable=False),
        sa.Column("passed", sa.Boolean, nullable=False),
        sa.Column("answers", pg.JSONB, nullable=False),
        sa.Column("question_results", pg.JSONB, nullable=False),
        sa.Column(
            "submitted_at", TIME, nullable=False, server_default=sa.text("clock_timestamp()")
        ),
    )
    op.create_index("results_of_a_learner", "results", ["user_id", "quiz_id", "result_id"])
    # Counted with each result, so that a standing costs the same after any number of them.
    op.create_table(
        "standings",
        sa.Column("user_id", sa.Uuid, primary_key=True),
        sa.Column("quiz_id", sa.Uuid, sa.ForeignKey("quizzes.quiz_id"), primary_key=True),
        sa.Column("results", sa.Integer, nullable=False),
        sa.Column("best", sa.Double, nullable=False),
        sa.Column("passed", sa.Boolean, nullable=False),
    )
    keep_out_the_erased("results", "standings")

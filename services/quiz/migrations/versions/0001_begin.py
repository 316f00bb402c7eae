"""Quizzes, their questions and options, and results."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from services.kit.data.schema import create_runtime_tables

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
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("pass_percentage", sa.Integer, nullable=False),
        sa.Column("source_hash", sa.Text, nullable=False),
        sa.Column("removed_at", TIME),
        sa.Column("created_at", TIME, nullable=False, server_default=NOW),
        sa.Column("updated_at", TIME, nullable=False, server_default=NOW),
    )
    op.create_table(
        "questions",
        sa.Column("question_id", sa.Uuid, primary_key=True, server_default=UUIDV7),
        sa.Column("quiz_id", sa.Uuid, _inside("quizzes.quiz_id"), nullable=False, index=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("points", sa.Integer, nullable=False),
        sa.Column("feedback", sa.Text, nullable=False),
    )
    op.create_table(
        "options",
        sa.Column("option_id", sa.Uuid, primary_key=True, server_default=UUIDV7),
        sa.Column(
            "question_id", sa.Uuid, _inside("questions.question_id"), nullable=False, index=True
        ),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("is_right", sa.Boolean, nullable=False),
        sa.Column("weight", sa.Double),
        sa.Column("feedback", sa.Text, nullable=False),
    )
    op.create_table(
        "results",
        sa.Column("result_id", sa.Uuid, primary_key=True, server_default=UUIDV7),
        sa.Column("attempt_id", sa.Uuid, nullable=False, server_default=UUIDV7),
        sa.Column("quiz_id", sa.Uuid, sa.ForeignKey("quizzes.quiz_id"), nullable=False),
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
    op.create_index("results_of_a_learner", "results", ["quiz_id", "user_id", "result_id"])


def _inside(column: str) -> sa.ForeignKey:
    return sa.ForeignKey(column, ondelete="CASCADE")

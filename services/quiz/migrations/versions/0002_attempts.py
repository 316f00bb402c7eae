"""Attempts that take their time, and standings by any attempt that may count."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from services.kit.data.schema import keep_out_the_erased

revision = "quiz_0002"
down_revision = "quiz_0001"

TIME = pg.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table(
        "attempts",
        sa.Column("attempt_id", sa.Uuid, primary_key=True, server_default=sa.text("uuidv7()")),
        sa.Column("quiz_id", sa.Uuid, sa.ForeignKey("quizzes.quiz_id"), nullable=False),
        sa.Column("version_id", sa.Uuid, sa.ForeignKey("quiz_versions.version_id"), nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("course_id", sa.Uuid, nullable=False),
        sa.Column("answers", pg.JSONB, nullable=False, server_default="[]"),
        sa.Column("started_at", TIME, nullable=False, server_default=sa.text("clock_timestamp()")),
        sa.Column("expires_at", TIME),
        sa.Column("ended_at", TIME),
    )
    is_open = sa.text("ended_at IS NULL")
    op.create_index(
        "attempts_open", "attempts", ["user_id", "quiz_id"], unique=True, postgresql_where=is_open
    )
    op.create_index("attempts_running_out", "attempts", ["expires_at"], postgresql_where=is_open)
    op.create_index("attempts_of_a_learner", "attempts", ["user_id", "attempt_id"])
    keep_out_the_erased("attempts")

    op.create_index("results_attempt_id", "results", ["attempt_id"], unique=True)
    op.alter_column("results", "score", type_=sa.Double)
    # Who only started an attempt has none yet.
    op.alter_column("standings", "best", nullable=True)
    op.add_column("standings", sa.Column("started", sa.Integer))
    op.add_column("standings", sa.Column("first", sa.Double))
    op.add_column("standings", sa.Column("last", sa.Double))
    op.add_column("standings", sa.Column("total", sa.Double, nullable=False, server_default="0"))
    op.add_column("standings", sa.Column("ended_at", TIME))
    op.execute(
        """
        UPDATE standings SET started = results, first = found.first, last = found.last,
            total = found.total, ended_at = found.ended_at
        FROM (
            SELECT user_id, quiz_id, sum(percentage) AS total, max(submitted_at) AS ended_at,
                (array_agg(percentage ORDER BY result_id))[1] AS first,
                (array_agg(percentage ORDER BY result_id DESC))[1] AS last
            FROM results GROUP BY user_id, quiz_id
        ) AS found
        WHERE standings.user_id = found.user_id AND standings.quiz_id = found.quiz_id
        """
    )
    op.alter_column("standings", "started", nullable=False, server_default="0")

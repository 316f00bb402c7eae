"""Results that are graded anew."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "quiz_0003"
down_revision = "quiz_0002"


def upgrade() -> None:
    op.add_column(
        "results",
        sa.Column("regraded_version_id", sa.Uuid, sa.ForeignKey("quiz_versions.version_id")),
    )
    op.add_column(
        "quizzes",
        sa.Column("regrade_version_id", sa.Uuid, sa.ForeignKey("quiz_versions.version_id")),
    )
    op.add_column("results", sa.Column("regraded_at", pg.TIMESTAMP(timezone=True)))
    op.add_column("results", sa.Column("previous_percentage", sa.Double))
    op.create_index("standings_of_a_quiz", "standings", ["quiz_id", "user_id"])

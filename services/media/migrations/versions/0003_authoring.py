"""Uploads, views, and objects that no medium names any longer."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from services.kit.data.schema import keep_out_the_erased

revision = "media_0003"
down_revision = "media_0002"

NOW = sa.text("now()")
TIME = pg.TIMESTAMP(timezone=True)
UUIDV7 = sa.text("uuidv7()")
UNNAMED = Path(__file__).parents[1] / "unnamed.sql"


def upgrade() -> None:
    op.add_column("media", sa.Column("course_id", sa.Uuid))
    op.create_index("media_of_a_course", "media", ["course_id"])
    # What is there was written before its row.
    op.add_column("objects", sa.Column("stored", sa.Boolean, nullable=False, server_default="true"))
    op.alter_column("objects", "stored", server_default="false")
    op.add_column("objects", sa.Column("unnamed_at", TIME, server_default=NOW))
    op.create_index(
        "objects_unnamed_at",
        "objects",
        ["unnamed_at"],
        postgresql_where=sa.text("unnamed_at IS NOT NULL"),
    )
    _create_uploads()
    _create_views()
    op.create_table(
        "changed_courses",
        sa.Column("course_id", sa.Uuid, primary_key=True),
        sa.Column("look_at", TIME, nullable=False),
    )
    op.execute(UNNAMED.read_text())


def _create_uploads() -> None:
    op.create_table(
        "uploads",
        sa.Column("upload_id", sa.Uuid, primary_key=True, server_default=UUIDV7),
        sa.Column("user_id", sa.Uuid, nullable=False, index=True),
        sa.Column("course_id", sa.Uuid, nullable=False, index=True),
        sa.Column("lesson_id", sa.Uuid, nullable=False),
        sa.Column("file_name", sa.Text, nullable=False),
        sa.Column("mime_type", sa.Text, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("promised", sa.Text),
        sa.Column("digest", sa.Text, sa.ForeignKey("objects.digest"), index=True),
        sa.Column("session_id", sa.Uuid),
        sa.Column("media_id", sa.Uuid),
        sa.Column("created_at", TIME, nullable=False, server_default=NOW),
        sa.Column("expires_at", TIME, nullable=False, index=True),
    )
    keep_out_the_erased("uploads")


def _create_views() -> None:
    # Written again and again, and never in a column that an index has: so PostgreSQL writes each
    # new version beside the old one, whose place is soon free (heap-only tuples).
    op.create_table(
        "media_views",
        sa.Column("user_id", sa.Uuid, primary_key=True),
        sa.Column(
            "media_id",
            sa.Uuid,
            sa.ForeignKey("media.media_id", ondelete="CASCADE"),
            primary_key=True,
            index=True,
        ),
        sa.Column("views", sa.Integer, nullable=False),
        sa.Column("position_seconds", sa.Integer, nullable=False),
        sa.Column("first_at", TIME, nullable=False, server_default=NOW),
        sa.Column("last_at", TIME, nullable=False, server_default=NOW),
        postgresql_with={"fillfactor": "50"},
    )
    keep_out_the_erased("media_views")

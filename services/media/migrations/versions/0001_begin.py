"""Stored objects, and the media of lessons."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from services.kit.data.schema import create_runtime_tables

revision = "media_0001"
down_revision = None

NOW = sa.text("now()")
TIME = pg.TIMESTAMP(timezone=True)
UUIDV7 = sa.text("uuidv7()")


def upgrade() -> None:
    create_runtime_tables()
    op.create_table(
        "objects",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("mime_type", sa.Text, nullable=False),
        sa.Column("created_at", TIME, nullable=False, server_default=NOW),
    )
    op.create_table(
        "media",
        sa.Column("media_id", sa.Uuid, primary_key=True, server_default=UUIDV7),
        sa.Column("lesson_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("url", sa.Text),
        sa.Column("digest", sa.Text, sa.ForeignKey("objects.digest"), index=True),
        sa.Column("created_at", TIME, nullable=False, server_default=NOW),
        sa.CheckConstraint("(kind = 'video') = (url IS NOT NULL)", "media_video_has_url"),
        sa.CheckConstraint("(kind = 'video') = (digest IS NULL)", "media_file_has_digest"),
    )
    op.create_index(
        "attachments_once",
        "media",
        ["lesson_id", "digest", "title"],
        unique=True,
        postgresql_where=sa.text("kind = 'attachment'"),
    )
    op.create_index("media_of_a_lesson", "media", ["lesson_id", "position"])

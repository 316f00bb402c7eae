"""Videos whose bytes are in the store, how long they take, and their captions."""

import sqlalchemy as sa
from alembic import op

revision = "media_0002"
down_revision = "media_0001"


def upgrade() -> None:
    for name in ("media_video_has_url", "media_file_has_digest"):
        op.drop_constraint(name, "media")
    op.add_column("media", sa.Column("duration_seconds", sa.Integer))
    op.add_column("media", sa.Column("language", sa.Text))
    op.add_column(
        "media",
        sa.Column(
            "video_id", sa.Uuid, sa.ForeignKey("media.media_id", ondelete="CASCADE"), index=True
        ),
    )
    op.create_index(
        "captions_once",
        "media",
        ["video_id", sa.text("lower(language)")],
        unique=True,
        postgresql_where=sa.text("kind = 'caption'"),
    )
    op.create_check_constraint("media_at_one_place", "media", "(url IS NULL) <> (digest IS NULL)")
    op.create_check_constraint("media_only_video_has_url", "media", "kind = 'video' OR url IS NULL")
    op.create_check_constraint(
        "media_caption_of_a_video",
        "media",
        "(kind = 'caption') = (video_id IS NOT NULL)"
        " AND (kind = 'caption') = (language IS NOT NULL)",
    )

"""Contact cards and notifications."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from services.kit.data.schema import create_runtime_tables

revision = "notification_0001"
down_revision = None

NOW = sa.text("now()")
TIME = pg.TIMESTAMP(timezone=True)


def upgrade() -> None:
    create_runtime_tables()
    op.create_table(
        "contacts",
        sa.Column("user_id", sa.Uuid, primary_key=True),
        *(
            sa.Column(name, sa.Text, nullable=False, server_default="")
            for name in ("email", "name", "locale")
        ),
        *(
            sa.Column(f"{name}_revision", sa.BigInteger, nullable=False, server_default="0")
            for name in ("email", "name", "locale")
        ),
    )
    op.create_table(
        "notifications",
        sa.Column("notification_id", sa.Uuid, primary_key=True),
        sa.Column("user_id", sa.Uuid),
        sa.Column("email", sa.Text),
        sa.Column("name", sa.Text),
        sa.Column("locale", sa.Text),
        sa.Column("template", sa.Text, nullable=False),
        sa.Column("data", pg.JSONB),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("created_at", TIME, nullable=False, server_default=NOW),
        sa.Column("sent_at", TIME),
        sa.CheckConstraint("(user_id IS NULL) <> (email IS NULL)", "notifications_recipient"),
    )
    op.create_index(
        "notifications_waiting",
        "notifications",
        ["user_id"],
        postgresql_where=sa.text("state = 'waiting'"),
    )

"""The feed in the app, the devices that get push messages, and the key for those to browsers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "notification_0004"
down_revision = "notification_0003"

NOW = sa.text("now()")
TIME = pg.TIMESTAMP(timezone=True)


def upgrade() -> None:
    _create_feed()
    _create_devices()
    op.create_table(
        "push_keys",
        sa.Column("one", sa.Boolean, primary_key=True, server_default=sa.true()),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("created_at", TIME, nullable=False, server_default=NOW),
        sa.CheckConstraint("one", "push_keys_one"),
    )


def _create_feed() -> None:
    op.create_table(
        "feeds",
        sa.Column("user_id", sa.Uuid, primary_key=True),
        sa.Column("position", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "feed_items",
        sa.Column("user_id", sa.Uuid, primary_key=True),
        sa.Column("position", sa.BigInteger, primary_key=True),
        sa.Column("notification_id", sa.Uuid, nullable=False),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("template", "category", "language", "title", "body", "link")
        ),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("read_at", TIME),
        sa.Column("expire_at", TIME, nullable=False),
    )
    op.create_index("feed_items_notification", "feed_items", ["notification_id"], unique=True)
    op.create_index("feed_items_expired", "feed_items", ["expire_at"])
    op.create_index(
        "feed_items_unread",
        "feed_items",
        ["user_id", "position"],
        postgresql_where=sa.text("read_at IS NULL"),
    )


def _create_devices() -> None:
    op.create_table(
        "devices",
        sa.Column("device_id", sa.Uuid, primary_key=True, server_default=sa.text("uuidv7()")),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("session_id", sa.Uuid, nullable=False),
        sa.Column("platform", sa.SmallInteger, nullable=False),
        sa.Column("address", sa.LargeBinary, nullable=False, unique=True),
        *(
            sa.Column(name, sa.Text, nullable=False, server_default="")
            for name in ("token", "endpoint", "p256dh", "auth")
        ),
        sa.Column("created_at", TIME, nullable=False, server_default=NOW),
        sa.Column("used_at", TIME, nullable=False, server_default=sa.func.clock_timestamp()),
        sa.CheckConstraint("(token = '') <> (endpoint = '')", "devices_address"),
    )
    op.create_index("devices_of_a_person", "devices", ["user_id", "used_at"])
    op.create_index("devices_of_a_session", "devices", ["session_id"])
    op.create_index("devices_old", "devices", ["used_at"])

"""A row for each channel that a message goes, held messages, and time zones on contact cards."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "notification_0003"
down_revision = "notification_0002"

TIME = pg.TIMESTAMP(timezone=True)
# A notification that had a state of its own has one delivery of it now.
MOVE = """
INSERT INTO deliveries (notification_id, user_id, template, channel, state, created_at, closed_at)
SELECT notification_id, user_id, template,
    CASE WHEN phone IS NULL THEN 'email' ELSE 'sms' END, state, created_at,
    CASE WHEN state <> 'queued' THEN coalesce(sent_at, created_at) END
FROM notifications WHERE state <> 'waiting'
"""
# The jobs of another version know notifications alone.
MOVE_JOBS = """
UPDATE procrastinate_jobs SET args = jsonb_set(args - 'values', '{values}',
    jsonb_build_object('delivery_id', delivery_id))
FROM deliveries
WHERE task_name IN ('deliver_mail', 'deliver_text')
    AND notification_id = CAST(args->'values'->>'notification_id' AS uuid)
"""


def upgrade() -> None:
    _extend_contacts()
    op.create_table(
        "deliveries",
        sa.Column("delivery_id", sa.Uuid, primary_key=True, server_default=sa.text("uuidv7()")),
        sa.Column(
            "notification_id",
            sa.Uuid,
            sa.ForeignKey("notifications.notification_id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("user_id", sa.Uuid),
        sa.Column("template", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("device_id", sa.Uuid),
        sa.Column("digest_id", sa.Uuid),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("due_at", TIME),
        sa.Column("created_at", TIME, nullable=False, server_default=sa.text("now()")),
        sa.Column("closed_at", TIME),
        sa.CheckConstraint("channel IN ('email', 'sms', 'push', 'in_app')", "deliveries_channel"),
        sa.CheckConstraint(
            "state IN ('queued', 'held', 'sent', 'dead', 'unsent')", "deliveries_state"
        ),
        sa.UniqueConstraint(
            "notification_id",
            "channel",
            "device_id",
            name="deliveries_once",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "paces",
        sa.Column("channel", sa.Text, primary_key=True),
        sa.Column("next_at", TIME, nullable=False),
    )
    _index_deliveries()
    op.execute(MOVE)
    op.execute(MOVE_JOBS)
    _shrink_notifications()


def _extend_contacts() -> None:
    op.add_column("contacts", sa.Column("timezone", sa.Text, nullable=False, server_default=""))
    revision = sa.Column("timezone_revision", sa.BigInteger, nullable=False, server_default="0")
    op.add_column("contacts", revision)


def _index_deliveries() -> None:
    for name, columns, condition in (
        ("of_a_person", ["user_id", "delivery_id"], "user_id IS NOT NULL"),
        ("dead", ["delivery_id"], "state = 'dead'"),
        ("held", ["due_at"], "state = 'held' AND due_at IS NOT NULL"),
        ("in_a_digest", ["digest_id"], "digest_id IS NOT NULL"),
    ):
        op.create_index(
            f"deliveries_{name}", "deliveries", columns, postgresql_where=sa.text(condition)
        )


def _shrink_notifications() -> None:
    op.add_column("notifications", sa.Column("channels", pg.ARRAY(sa.Text)))
    op.add_column(
        "notifications", sa.Column("waiting", sa.Boolean, nullable=False, server_default="false")
    )
    op.add_column(
        "notifications", sa.Column("unclosed", sa.Integer, nullable=False, server_default="1")
    )
    op.execute("UPDATE notifications SET waiting = true WHERE state = 'waiting'")
    op.drop_index("notifications_waiting", "notifications")
    op.drop_constraint("notifications_recipient", "notifications")
    op.drop_column("notifications", "state")
    op.drop_column("notifications", "sent_at")
    op.create_check_constraint(
        "notifications_recipient", "notifications", "num_nonnulls(user_id, email, phone) <= 1"
    )
    op.create_index(
        "notifications_waiting",
        "notifications",
        ["created_at"],
        postgresql_where=sa.text("waiting"),
    )
    op.create_index(
        "notifications_remembered",
        "notifications",
        ["created_at"],
        postgresql_where=sa.text("data IS NOT NULL"),
    )

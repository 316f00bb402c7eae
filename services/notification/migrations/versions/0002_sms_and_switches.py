"""Messages by SMS, notification switches, and nothing kept for longer than it is of use."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from services.kit.data.schema import keep_out_the_erased

revision = "notification_0002"
down_revision = "notification_0001"

CLOSED = "state IN ('sent', 'dead', 'unsent')"
RECIPIENTS = "num_nonnulls(user_id, email, phone)"


def upgrade() -> None:
    _extend_contacts()
    _extend_notifications()
    op.create_table(
        "preferences",
        sa.Column("user_id", sa.Uuid, primary_key=True),
        sa.Column("switches", pg.JSONB, nullable=False, server_default="{}"),
        sa.Column("quiet_start", sa.Time),
        sa.Column("quiet_end", sa.Time),
        sa.Column("digest", sa.SmallInteger, nullable=False, server_default="0"),
        sa.CheckConstraint("num_nonnulls(quiet_start, quiet_end) IN (0, 2)"),
    )


def _extend_contacts() -> None:
    op.add_column("contacts", sa.Column("phone", sa.Text, nullable=False, server_default=""))
    revision = sa.Column("phone_revision", sa.BigInteger, nullable=False, server_default="0")
    op.add_column("contacts", revision)
    # Whoever keeps anything of a person writes to the card first.
    keep_out_the_erased("contacts")


def _extend_notifications() -> None:
    op.add_column("notifications", sa.Column("phone", sa.Text))
    op.drop_constraint("notifications_recipient", "notifications")
    op.execute(f"UPDATE notifications SET email = NULL, name = NULL, locale = NULL WHERE {CLOSED}")
    op.create_check_constraint(
        "notifications_recipient",
        "notifications",
        f"{RECIPIENTS} = 1 OR ({CLOSED} AND {RECIPIENTS} = 0)",
    )
    op.drop_index("notifications_waiting", "notifications")
    op.create_index(
        "notifications_of_a_person",
        "notifications",
        ["user_id", "created_at"],
        postgresql_where=sa.text("user_id IS NOT NULL"),
    )
    op.create_index("notifications_old", "notifications", ["created_at"])
    op.create_index(
        "notifications_waiting",
        "notifications",
        ["created_at"],
        postgresql_where=sa.text("state = 'waiting'"),
    )

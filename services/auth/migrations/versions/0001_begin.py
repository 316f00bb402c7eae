"""Accounts, verifications, sessions and budgets."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from services.kit.data.schema import create_runtime_tables

revision = "auth_0001"
down_revision = None

NOW = sa.text("now()")
TIME = pg.TIMESTAMP(timezone=True)
UUIDV7 = sa.text("uuidv7()")


def upgrade() -> None:
    create_runtime_tables()
    op.create_table(
        "accounts",
        sa.Column("account_id", sa.Uuid, primary_key=True, server_default=UUIDV7),
        sa.Column("email", sa.Text, nullable=False, unique=True),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("display_name", sa.Text, nullable=False),
        sa.Column("locale", sa.Text, nullable=False),
        sa.Column("phone", sa.Text, unique=True),
        sa.Column("roles", pg.ARRAY(sa.Text), nullable=False),
        sa.Column("version", sa.Integer, nullable=False, server_default="1"),
        sa.Column("first_login_at", TIME),
        sa.Column("created_at", TIME, nullable=False, server_default=NOW),
        sa.Column("updated_at", TIME, nullable=False, server_default=NOW),
    )
    op.create_table(
        "verifications",
        sa.Column("verification_id", sa.Uuid, primary_key=True, server_default=UUIDV7),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("code_hash", sa.Text, nullable=False),
        sa.Column("payload", pg.JSONB),
        sa.Column("guesses", sa.Integer, nullable=False, server_default="0"),
        sa.Column("sends", sa.Integer, nullable=False, server_default="1"),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("used_at", TIME),
        sa.Column("created_at", TIME, nullable=False, server_default=NOW),
    )
    op.create_index("verifications_expires_at", "verifications", ["expires_at"])
    op.create_table(
        "sessions",
        sa.Column("session_id", sa.Uuid, primary_key=True, server_default=UUIDV7),
        sa.Column(
            "account_id",
            sa.Uuid,
            sa.ForeignKey("accounts.account_id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("salt", sa.Text, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False, server_default="1"),
        sa.Column("device", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("created_at", TIME, nullable=False, server_default=NOW),
        sa.Column("rotated_at", TIME),
        sa.Column("last_used_at", TIME, nullable=False, server_default=NOW),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("ended_at", TIME),
    )
    op.create_index("sessions_expires_at", "sessions", ["expires_at"])
    ended = sa.text("ended_at IS NOT NULL")
    op.create_index("sessions_ended_at", "sessions", ["ended_at"], postgresql_where=ended)
    op.create_table(
        "budgets",
        sa.Column("email", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("spent", sa.Integer, nullable=False),
        sa.Column("since", TIME, nullable=False),
    )
    op.create_index("budgets_since", "budgets", ["since"])

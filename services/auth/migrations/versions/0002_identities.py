"""Credentials, states, audit trail, known devices, signing keys, uses of OpenID."""

from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "auth_0002"
down_revision = "auth_0001"

NOW = sa.text("now()")
TIME = pg.TIMESTAMP(timezone=True)
UUIDV7 = sa.text("uuidv7()")


def upgrade() -> None:
    credentials()
    accounts()
    verifications()
    op.create_table(
        "known_devices",
        account(primary_key=True),
        sa.Column("agent", sa.Text, primary_key=True),
        sa.Column("network", sa.Text, primary_key=True),
        sa.Column("last_seen_at", TIME, nullable=False, server_default=NOW),
    )
    op.create_index("known_devices_last_seen_at", "known_devices", ["last_seen_at"])
    op.create_table(
        "audit_events",
        sa.Column("event_id", sa.Uuid, primary_key=True, server_default=UUIDV7),
        account(),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("occurred_at", TIME, nullable=False, server_default=NOW),
        *(
            sa.Column(name, sa.Text, nullable=False, server_default="")
            for name in ("address", "device", "method", "session_id", "actor", "detail")
        ),
    )
    op.create_index("audit_events_account_id", "audit_events", ["account_id", "event_id"])
    op.create_index("audit_events_occurred_at", "audit_events", ["occurred_at"])
    op.create_table(
        "signing_keys",
        sa.Column("kid", sa.Text, primary_key=True),
        sa.Column("public_jwk", pg.JSONB, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("signs_from", TIME, nullable=False),
        sa.Column("created_at", TIME, nullable=False, server_default=NOW),
    )
    op.create_table(
        "published_keys",
        sa.Column("kid", sa.Text, primary_key=True),
        sa.Column("public_jwk", pg.JSONB, nullable=False),
        sa.Column("created_at", TIME, nullable=False, server_default=NOW),
    )
    op.create_table(
        "openid_uses",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("expires_at", TIME, nullable=False),
    )
    op.create_index("openid_uses_expires_at", "openid_uses", ["expires_at"])


def account(*, nullable: bool = False, primary_key: bool = False) -> sa.Column[UUID]:
    key = sa.ForeignKey("accounts.account_id", ondelete="CASCADE")
    return sa.Column("account_id", sa.Uuid, key, nullable=nullable, primary_key=primary_key)


def credentials() -> None:
    op.create_table(
        "credentials",
        sa.Column("credential_id", sa.Uuid, primary_key=True, server_default=UUIDV7),
        account(),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("issuer", sa.Text, nullable=False, server_default=""),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("secret", sa.Text, nullable=False, server_default=""),
        sa.Column("created_at", TIME, nullable=False, server_default=NOW),
        sa.Column("updated_at", TIME, nullable=False, server_default=NOW),
        sa.UniqueConstraint("kind", "issuer", "subject"),
    )
    op.create_index("credentials_account_id", "credentials", ["account_id"])
    op.execute(
        "INSERT INTO credentials (account_id, kind, subject, secret)"
        " SELECT account_id, 'password', account_id::text, password_hash FROM accounts"
    )


def accounts() -> None:
    op.drop_column("accounts", "password_hash")
    op.alter_column("accounts", "email", nullable=True)
    op.add_column("accounts", sa.Column("state", sa.Text, nullable=False, server_default="active"))
    op.add_column("accounts", sa.Column("deleted_at", TIME))
    op.add_column(
        "accounts",
        sa.Column("profile_revision", sa.BigInteger, nullable=False, server_default="0"),
    )
    deleted = sa.text("deleted_at IS NOT NULL")
    op.create_index("accounts_deleted_at", "accounts", ["deleted_at"], postgresql_where=deleted)


def verifications() -> None:
    # What is on its way is asked for anew: it lives for ten minutes.
    op.execute("DELETE FROM verifications")
    op.alter_column("verifications", "email", new_column_name="address")
    op.add_column("verifications", sa.Column("purpose", sa.Text, nullable=False))
    op.add_column("verifications", account(nullable=True))
    op.add_column("verifications", sa.Column("sent_at", TIME, nullable=False, server_default=NOW))
    op.add_column("verifications", sa.Column("link_hash", sa.Text, unique=True))
    op.create_index("verifications_account_id", "verifications", ["account_id"])
    op.create_index("verifications_address", "verifications", ["address"])
    op.execute("DELETE FROM budgets")
    op.alter_column("budgets", "email", new_column_name="subject")

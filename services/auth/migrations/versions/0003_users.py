"""What administrators search accounts by."""

from alembic import op

revision = "auth_0003"
down_revision = "auth_0002"


def upgrade() -> None:
    ops = {"email": "text_pattern_ops"}
    op.create_index("accounts_email_prefix", "accounts", ["email"], postgresql_ops=ops)
    ops = {"phone": "text_pattern_ops"}
    op.create_index("accounts_phone_prefix", "accounts", ["phone"], postgresql_ops=ops)
    op.execute(
        "CREATE INDEX accounts_name ON accounts USING gin (to_tsvector('simple', display_name))"
    )
    op.execute("CREATE INDEX accounts_roles ON accounts USING gin (roles)")

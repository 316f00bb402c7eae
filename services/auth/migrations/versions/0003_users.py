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
    # What few accounts are; `list_users` asks in these very words.
    for role in ("author", "admin"):
        op.execute(
            f"CREATE INDEX accounts_{role} ON accounts (account_id)"
            f" WHERE roles @> ARRAY['{role}'::text]"
        )
    op.execute(
        "CREATE INDEX accounts_not_active ON accounts (state, account_id) WHERE state <> 'active'"
    )

"""What OpenID identities were linked by, and since when a number is the account's."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "auth_0004"
down_revision = "auth_0003"


def upgrade() -> None:
    address = sa.Column("address", sa.Text, nullable=False, server_default="")
    op.add_column("credentials", address)
    # By which one it was is not known any more: it goes with the present one, to be safe.
    op.execute(
        "UPDATE credentials SET address = accounts.email FROM accounts"
        " WHERE accounts.account_id = credentials.account_id AND kind = 'openid'"
        " AND accounts.email IS NOT NULL"
    )
    op.add_column("accounts", sa.Column("phone_at", pg.TIMESTAMP(timezone=True)))

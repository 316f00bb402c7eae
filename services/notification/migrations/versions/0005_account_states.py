"""Whether a person's account is in use, on the contact card."""

import sqlalchemy as sa
from alembic import op

revision = "notification_0005"
down_revision = "notification_0004"


def upgrade() -> None:
    # Until something else is told an account is in use.
    active = sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true())
    op.add_column("contacts", active)

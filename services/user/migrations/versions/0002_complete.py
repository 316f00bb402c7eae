"""Theme, state of the account, and no profile of who was erased."""

import sqlalchemy as sa
from alembic import op

from services.kit.data.schema import keep_out_the_erased

revision = "user_0002"
down_revision = "user_0001"


def upgrade() -> None:
    op.add_column("profiles", sa.Column("state", sa.Text, nullable=False, server_default="active"))
    op.add_column("profiles", sa.Column("theme", sa.Text, nullable=False, server_default="system"))
    keep_out_the_erased("profiles")

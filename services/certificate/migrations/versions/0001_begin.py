"""Certificates and their PDFs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from services.kit.data.schema import create_runtime_tables, keep_out_the_erased

revision = "certificate_0001"
down_revision = None

TIME = pg.TIMESTAMP(timezone=True)
UUIDV7 = sa.text("uuidv7()")


def upgrade() -> None:
    create_runtime_tables()
    op.create_table(
        "certificates",
        sa.Column("certificate_id", sa.Uuid, primary_key=True, server_default=UUIDV7),
        sa.Column("user_id", sa.Uuid),
        sa.Column("course_id", sa.Uuid, nullable=False),
        sa.Column("serial", sa.Text, nullable=False, unique=True),
        sa.Column("learner_name", sa.Text, nullable=False),
        sa.Column("course_title", sa.Text, nullable=False),
        sa.Column("issued_at", TIME, nullable=False),
        sa.Column("issue_day", sa.Date, nullable=False),
        sa.Column("timezone", sa.Text, nullable=False),
        sa.Column("revoked_at", TIME),
        sa.Column("revoke_reason", sa.Text, nullable=False, server_default=""),
        sa.UniqueConstraint("user_id", "course_id"),
    )
    op.create_table(
        "certificate_documents",
        sa.Column(
            "certificate_id",
            sa.Uuid,
            sa.ForeignKey("certificates.certificate_id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("renderer", sa.Integer, nullable=False),
        sa.Column("pdf", sa.LargeBinary, nullable=False),
    )
    keep_out_the_erased("certificates")

"""Certificates, their PDFs, and the keys that they are signed with."""

import secrets
from pathlib import Path

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
    scripts = Path(__file__).parents[1]
    numbers = (scripts / "status_numbers.sql").read_text()
    op.execute(numbers.replace("{{seed}}", str(secrets.randbits(62))))
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
        sa.Column("replaced_at", TIME),
        sa.Column("replaces", sa.Uuid, sa.ForeignKey("certificates.certificate_id"), unique=True),
        sa.Column(
            "status_number",
            sa.BigInteger,
            nullable=False,
            unique=True,
            server_default=sa.text("scattered(nextval('status_numbers'))"),
        ),
    )
    op.create_index(
        "certificates_current",
        "certificates",
        ["user_id", "course_id"],
        unique=True,
        postgresql_where=sa.text("replaced_at IS NULL"),
    )
    # What a status list tells.
    op.create_index(
        "certificates_invalid",
        "certificates",
        ["status_number"],
        postgresql_where=sa.text("revoked_at IS NOT NULL OR replaced_at IS NOT NULL"),
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
        sa.Column("pdf", sa.LargeBinary),
        sa.Column("digest", sa.Text),
        sa.CheckConstraint("(pdf IS NULL) <> (digest IS NULL)", name="certificate_documents_place"),
    )
    op.create_index("certificate_documents_digest", "certificate_documents", ["digest"])
    op.create_table(
        "unnamed_objects",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("delete_at", TIME, nullable=False),
    )
    op.create_index("unnamed_objects_delete_at", "unnamed_objects", ["delete_at"])
    op.execute((scripts / "unnamed_objects.sql").read_text())
    op.create_table(
        "signing_keys",
        sa.Column("key_id", sa.Text, primary_key=True),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("public", sa.LargeBinary, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("published", sa.Boolean, nullable=False),
        sa.Column("created_at", TIME, nullable=False, server_default=sa.text("clock_timestamp()")),
    )
    keep_out_the_erased("certificates")

"""The tables that the runtime keeps in every service's database; called from migrations."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from procrastinate.schema import SchemaManager
from sqlalchemy.dialects import postgresql as pg


def create_runtime_tables() -> None:
    """The job queue of procrastinate, events, who was erased, periodic work, kept replies."""
    _execute(SchemaManager.get_schema())
    for name in ("jobs.sql", "events.sql", "persons.sql"):
        _execute(Path(__file__).with_name(name).read_text())
    op.create_table(
        "idempotency_keys",
        sa.Column("caller", sa.Text, primary_key=True),
        sa.Column("method", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False),
        sa.Column("reply", sa.LargeBinary),
        sa.Column(
            "created_at", pg.TIMESTAMP(timezone=True), nullable=False, server_default=sa.func.now()
        ),
    )
    op.create_index("idempotency_keys_created_at", "idempotency_keys", ["created_at"])
    op.create_table(
        "periodic_runs",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column(
            "due_at", pg.TIMESTAMP(timezone=True), nullable=False, server_default=sa.func.now()
        ),
        sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    )


def keep_out_the_erased(*tables: str) -> None:
    """Have tables take no new row of a person who was erased, by their column `user_id`."""
    for table in tables:
        op.execute(
            f"CREATE TRIGGER keep_out_the_erased BEFORE INSERT ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION keep_out_the_erased()"
        )


def _execute(script: str) -> None:
    op.get_bind().exec_driver_sql(script.replace("%", "%%"))

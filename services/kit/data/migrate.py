"""Brings a service's database to its newest revision with Alembic."""

from __future__ import annotations

import time
from typing import Any

import psycopg
import sqlalchemy as sa
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory

from services.kit.data.database import sqlalchemy_url

# Only one process migrates a database at a time; the others wait, and find nothing left to do.
_LOCK = sa.text("SELECT pg_advisory_xact_lock(hashtext('stellr:migrate'))")
# A table that is to be changed may be in use for long, as by a backup. All who want it after that
# wait behind who waits for it: so that is given up soon, and tried again.
_PATIENCE = sa.text("SELECT set_config('lock_timeout', :milliseconds, true)")
PATIENCE_SECONDS = 3.0
PAUSE_SECONDS = 7.0
TRIES = 30


def upgrade(migrations: str, database_url: str) -> None:
    """Bring the database to the newest revision of a folder of migrations, in one transaction.

    sqlalchemy.exc.OperationalError where a table that it changes is in use for five minutes.
    """
    engine = sa.create_engine(sqlalchemy_url(database_url), poolclass=sa.NullPool)
    for tries_left in reversed(range(TRIES)):
        try:
            return _upgrade(engine, _script(migrations))
        except sa.exc.OperationalError as error:
            if not tries_left or not isinstance(error.orig, psycopg.errors.LockNotAvailable):
                raise
        time.sleep(PAUSE_SECONDS)


def _upgrade(engine: sa.Engine, script: ScriptDirectory) -> None:
    with engine.begin() as connection:
        connection.execute(_LOCK)
        connection.execute(_PATIENCE, {"milliseconds": str(round(PATIENCE_SECONDS * 1000))})

        def steps(revision: Any, _: MigrationContext) -> Any:
            return script._upgrade_revs("head", revision)

        context = MigrationContext.configure(connection, opts={"fn": steps})
        with Operations.context(context):
            context.run_migrations()


def is_current(migrations: str, database_url: str) -> bool:
    """Whether the database is at the newest revision; False where it was never migrated."""
    engine = sa.create_engine(sqlalchemy_url(database_url), poolclass=sa.NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        return set(context.get_current_heads()) == set(_script(migrations).get_heads())


def newest(migrations: str) -> str:
    """The newest revision of a folder of migrations."""
    return ", ".join(_script(migrations).get_heads())


def knows(migrations: str, revision: str) -> bool:
    """Whether a database at a revision can be brought to the newest one."""
    return any(each.revision == revision for each in _script(migrations).walk_revisions())


def _script(migrations: str) -> ScriptDirectory:
    config = Config()
    # Alembic's settings are interpolated (configparser).
    config.set_main_option("script_location", migrations.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config)

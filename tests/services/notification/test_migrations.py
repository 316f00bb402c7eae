"""A database from before SMS goes on with what is in it."""

import shutil
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import psycopg

from services.kit.data import migrate
from services.kit.data.database import Database
from services.notification.service import SERVICE


def test_what_was_kept_before_is_kept_or_forgotten_as_now(
    database_of: Callable[[str], Database], tmp_path: Path
) -> None:
    url, now = database_of("notification").url, Path(str(SERVICE.migrations))
    before = tmp_path / "migrations"
    shutil.copytree(now, before, ignore=shutil.ignore_patterns("0002*", "__pycache__"))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        migrate.upgrade(str(before), url)
        connection.execute(
            "INSERT INTO contacts (user_id, email, email_revision) VALUES (%s, 'a@x.example', 1)",
            (uuid4(),),
        )
        for state in ("sent", "queued"):
            connection.execute(
                "INSERT INTO notifications (notification_id, email, name, template, state)"
                " VALUES (%s, 'b@x.example', 'Zoe', 'welcome', %s)",
                (uuid4(), state),
            )
        migrate.upgrade(str(now), url)
        rows = connection.execute("SELECT state, email, name FROM notifications ORDER BY state")
        assert rows.fetchall() == [("queued", "b@x.example", "Zoe"), ("sent", None, None)]
        cards = connection.execute("SELECT email, phone, phone_revision FROM contacts")
        assert cards.fetchall() == [("a@x.example", "", 0)]

"""A database of an older version goes on with what is in it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import psycopg

from services.kit.data import migrate
from services.kit.data.database import Database
from services.notification.service import SERVICE

NOW = Path(str(SERVICE.migrations))


def at(version: str, url: str, tmp_path: Path) -> psycopg.Connection:
    """The database at the version before one."""
    before = tmp_path / "migrations"
    numbers = [f"{number:04d}*" for number in range(int(version), 20)]
    shutil.copytree(NOW, before, ignore=shutil.ignore_patterns(*numbers, "__pycache__"))
    connection = psycopg.connect(url, autocommit=True)
    connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    migrate.upgrade(str(before), url)
    return connection


def test_what_was_kept_before_sms_is_kept_or_forgotten_as_now(
    database_of: Callable[[str], Database], tmp_path: Path
) -> None:
    url = database_of("notification").url
    with at("0002", url, tmp_path) as connection:
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
        migrate.upgrade(str(NOW), url)
        rows = connection.execute(
            "SELECT state, email, name FROM notifications JOIN deliveries USING (notification_id)"
            " ORDER BY state"
        )
        assert rows.fetchall() == [("queued", "b@x.example", "Zoe"), ("sent", None, None)]
        cards = connection.execute("SELECT email, phone, phone_revision, timezone FROM contacts")
        assert cards.fetchall() == [("a@x.example", "", 0, "")]


def test_what_is_on_its_way_gets_a_delivery_and_its_job_names_that(
    database_of: Callable[[str], Database], tmp_path: Path
) -> None:
    url = database_of("notification").url
    with at("0003", url, tmp_path) as connection:
        queued, waiting = uuid4(), uuid4()
        connection.execute(
            "INSERT INTO notifications (notification_id, phone, template, state, data)"
            " VALUES (%s, '+12025550143', 'welcome', 'queued', '{}')",
            (queued,),
        )
        connection.execute(
            "INSERT INTO notifications (notification_id, user_id, template, state, data)"
            " VALUES (%s, %s, 'welcome', 'waiting', '{}')",
            (waiting, uuid4()),
        )
        args = {"values": {"notification_id": str(queued)}, "request_id": "r"}
        connection.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args)"
            " VALUES ('apart', 'deliver_text', %s)",
            (json.dumps(args),),
        )
        migrate.upgrade(str(NOW), url)
        rows = connection.execute("SELECT notification_id, channel, state FROM deliveries")
        assert rows.fetchall() == [(queued, "sms", "queued")]
        told = connection.execute(
            "SELECT args FROM procrastinate_jobs, deliveries"
            " WHERE args->'values'->>'delivery_id' = delivery_id::text"
        )
        ((found,),) = told.fetchall()
        assert found["request_id"] == "r"
        rows = connection.execute("SELECT notification_id FROM notifications WHERE waiting")
        assert rows.fetchall() == [(waiting,)]

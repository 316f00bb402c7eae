"""One database for each service: made when missing, brought to the newest revision."""

import psycopg
from psycopg import sql

from edge.local.postgres import database_name
from services.kit.data import migrate
from services.kit.process.service import Service


def prepare(service: Service, maintenance_url: str, url: str) -> int:
    """Make and migrate the database of one service. Runs in a process of its own; returns 0."""
    create(maintenance_url, database_name(service.name))
    migrations = str(service.migrations)
    if not migrate.is_current(migrations, url):
        migrate.upgrade(migrations, url)
    return 0


def create(maintenance_url: str, name: str) -> None:
    """Make a database unless it is there."""
    with psycopg.connect(maintenance_url, autocommit=True) as connection:
        known = "SELECT 1 FROM pg_database WHERE datname = %s"
        if not connection.execute(known, [name]).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

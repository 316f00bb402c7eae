"""`stellr migrate`: bring databases to the newest revision."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from edge import registry
from edge.cli.options import state_option
from edge.local.running import NotRunning, find_running

EPILOG = """\b
Examples:
  STELLR_DATABASE_URL_AUTH=postgresql://user@host/auth stellr migrate auth
  stellr migrate --check && echo nothing to do

\b
Exit status: 0 if all are at the newest revision; 1 if one is not, or cannot be reached.
"""


@click.command(epilog=EPILOG)
@click.argument("names", nargs=-1, type=click.Choice(list(registry.SERVICES)))
@click.option("--check", is_flag=True, help="Change nothing; tell where each one is.")
@state_option
def migrate(names: Sequence[str], check: bool, state: Path) -> None:
    """Bring databases to the newest revision, each in one transaction; of NAMES, or all.

    Those of STELLR_DATABASE_URL_AUTH and so on, or else of the stack that runs on the state, which
    `stellr up` has brought there already.
    """
    import psycopg  # noqa: PLC0415  heavy, as the rest
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    current = True
    for name in names or registry.SERVICES:
        service = registry.load(name)
        if service.migrations:
            url = _database_url(name, state)
            try:
                current &= _bring(name, service.migrations, url, check=check)
            except (psycopg.Error, SQLAlchemyError) as error:
                told = str(getattr(error, "orig", None) or error).strip().splitlines()
                raise click.ClickException(f"The database of {name}: {told[0]}.") from error
    sys.exit(0 if current else 1)


def _bring(name: str, migrations: str, url: str, *, check: bool) -> bool:
    """Bring a database to its newest revision, or only look; whether it is there now."""
    from services.kit.data import migrate as migrating  # noqa: PLC0415

    if migrating.is_current(migrations, url):
        click.echo(f"{name} is at its newest revision")
        return True
    if check:
        click.echo(f"{name} is not at {migrating.newest(migrations)}: stellr migrate {name}")
        return False
    migrating.upgrade(migrations, url)
    click.echo(f"{name} was brought to {migrating.newest(migrations)}, its newest revision")
    return True


def _database_url(name: str, state: Path) -> str:
    variable = f"STELLR_DATABASE_URL_{name.upper()}"
    if url := os.environ.get(variable):
        return url
    try:
        return find_running(state).databases[name]
    except NotRunning as error:
        raise click.ClickException(f"{variable} is not set, and: {error}") from error

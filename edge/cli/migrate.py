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
from services.kit.process.settings import database_setting, told_database_url

ADMINISTRATOR = "STELLR_DATABASE_ADMIN_URL"
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
@click.option(
    "--create",
    "creates",
    is_flag=True,
    help="Make each role and database first, as who STELLR_DATABASE_ADMIN_URL says.",
)
@state_option
def migrate(names: Sequence[str], check: bool, creates: bool, state: Path) -> None:
    """Bring databases to the newest revision, each in one transaction; of NAMES, or all.

    Those of STELLR_DATABASE_URL_AUTH and so on, each a setting or a file of its name in
    STELLR_SECRETS_DIR, or else of the stack that runs on the state, which `stellr up` has brought
    there already.
    """
    import psycopg  # noqa: PLC0415  heavy, as the rest
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    wanted = [name for name in names or registry.SERVICES if registry.has_database(name)]
    if creates:
        _create(wanted)
    current = True
    for name in wanted:
        service = registry.load(name)
        if service.migrations:
            url = _database_url(name, state)
            try:
                current &= _bring(name, service.migrations, url, check=check)
            except (psycopg.Error, SQLAlchemyError) as error:
                said = str(getattr(error, "orig", None) or error).strip().splitlines()
                raise click.ClickException(f"The database of {name}: {said[0]}.") from error
    sys.exit(0 if current else 1)


def _create(names: Sequence[str]) -> None:
    import psycopg  # noqa: PLC0415

    from edge.deploying.databases import AddressIncomplete, create  # noqa: PLC0415

    settings = {each: _told(each) for each in (ADMINISTRATOR, *map(database_setting, names))}
    if missing := [each for each, value in settings.items() if not value]:
        raise click.ClickException(f"{missing[0]} is not set.")
    administrator, *urls = settings.values()
    try:
        create(administrator, urls)
    except (AddressIncomplete, psycopg.Error) as error:
        raise click.ClickException(f"The databases cannot be made: {error}") from error


def _told(setting: str) -> str:
    try:
        return told_database_url(setting, os.environ)
    except ValueError as error:
        raise click.ClickException(str(error)) from error


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
    variable = database_setting(name)
    if url := _told(variable):
        return url
    try:
        return find_running(state).databases[name]
    except NotRunning as error:
        raise click.ClickException(f"{variable} is not set, and: {error}") from error

"""`stellr migrate`: databases, from nothing to the newest revision."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import click

from edge import registry
from services.kit.process.settings import told

ADMINISTRATOR = "DATABASE_ADMIN_URL"


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(registry.SERVICES)))
@click.option(
    "--create",
    "creates",
    is_flag=True,
    help="Make each role and database first, as who STELLR_DATABASE_ADMIN_URL says.",
)
def migrate(names: Sequence[str], creates: bool) -> None:
    """Bring databases to the newest revision: STELLR_DATABASE_URL_AUTH and so on.

    Each is a setting, or a file of its name in STELLR_SECRETS_DIR.
    """
    wanted = [name for name in names or registry.SERVICES if registry.has_database(name)]
    urls = {name: _setting(f"DATABASE_URL_{name.upper()}") for name in wanted}
    if creates:
        _create(_setting(ADMINISTRATOR), urls)
    _upgrade(urls)


def _create(administrator: str, urls: Mapping[str, str]) -> None:
    import psycopg  # noqa: PLC0415  heavy, as the rest

    from edge.deploying.databases import AddressIncomplete, create  # noqa: PLC0415

    try:
        create(administrator, urls.values())
    except (AddressIncomplete, psycopg.Error) as error:
        raise click.ClickException(f"The databases cannot be made: {error}") from error


def _upgrade(urls: Mapping[str, str]) -> None:
    import psycopg  # noqa: PLC0415
    import sqlalchemy as sa  # noqa: PLC0415

    from services.kit.data.migrate import upgrade  # noqa: PLC0415

    for name, url in urls.items():
        service = registry.load(name)
        assert service.migrations
        try:
            upgrade(service.migrations, url)
        except (psycopg.Error, sa.exc.OperationalError) as error:
            raise click.ClickException(f"{name} cannot be migrated: {error}") from error
        click.echo(f"{name} is at its newest revision")


def _setting(name: str) -> str:
    value = told(name, os.environ)
    if not value:
        raise click.ClickException(f"STELLR_{name} is not set.")
    return value

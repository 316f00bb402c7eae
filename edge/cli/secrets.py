"""`stellr secrets`: what the parts of an academy that run apart prove themselves by."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from edge import registry
from edge.local.errors import StartError


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--postgres", default="postgres:5432", show_default=True, metavar="HOST:PORT")
@click.option("--redis", default="redis:6379", show_default=True, metavar="HOST:PORT")
@click.option(
    "--postgres-ca",
    default="",
    metavar="FILE",
    help="Where a part finds the authority of PostgreSQL, if that asks for no certificates.",
)
@click.option("--redis-ca", default="", metavar="FILE", help="The same of Redis.")
@click.option("--pooler", default="", metavar="HOST:PORT", help="PgBouncer, where there is one.")
@click.option(
    "--administrator",
    default="postgres",
    show_default=True,
    help="Who makes roles and databases; the password is kept in FOLDER/postgres/password.",
)
@click.option(
    "--home",
    type=click.Path(path_type=Path),
    default=Path("/run/stellr"),
    show_default=True,
    help="Where each part finds its own folder.",
)
def secrets(folder: Path, **places: Any) -> None:
    """Make keys, certificates and passwords in FOLDER, a folder for each part.

    What is there stays; so it may run at each start.
    """
    from edge.deploying.secrets import Places, make_secrets  # noqa: PLC0415  heavy

    services = {name: registry.has_database(name) for name in registry.SERVICES}
    try:
        make_secrets(folder, services, Places(**places))
    except StartError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}.") from error
    click.echo(f"the secrets of {len(services)} services are in {folder}")

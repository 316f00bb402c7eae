"""`stellr backup` and `stellr restore`: a whole academy in one file."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from edge.cli.options import state_option
from edge.local import signals
from edge.local.errors import StartError, StopRequested

Done = TypeVar("Done")
INTERRUPTED = 130
BACKUP_EPILOG = """\b
Examples:
  stellr backup academy.tar
  stellr backup --state /tmp/two "/backups/$(date +%F).tar"

\b
Exit status: 0 if the file is whole and on the disk; 1 if there is none; 130 after Ctrl-C.
"""
RESTORE_EPILOG = """\b
Examples:
  stellr restore academy.tar --state /tmp/again
  stellr stop && stellr restore academy.tar --force

\b
Exit status: 0 if all is restored; 1 if nothing was changed; 130 after Ctrl-C, nothing changed.
"""
FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(epilog=BACKUP_EPILOG)
@click.argument("file", type=FILE)
@state_option
def backup(file: Path, state: Path) -> None:
    """Save the academy into FILE: databases, objects, and the keys to what is sealed.

    It may run meanwhile, or not. Where STELLR_DATABASE_URL_AUTH and so on are set, those databases
    are saved. Whoever has FILE has all of the academy: it is readable by its owner alone.
    """
    from edge.backup.saving import save  # noqa: PLC0415  heavy

    manifest = _do(lambda: save(state, file, os.environ))
    click.echo(f"{file} has {len(manifest.files)} files, {manifest.size / 1e6:.1f} MB.")
    if manifest.bucket:
        click.echo(f"The objects are not in it: they stay in the bucket {manifest.bucket}.")


@click.command(epilog=RESTORE_EPILOG)
@click.argument("file", type=FILE)
@click.option("--force", is_flag=True, help="Also where there is something; that is moved aside.")
@state_option
def restore(file: Path, force: bool, state: Path) -> None:
    """Restore the academy in FILE, all of it or nothing, to a state on which nothing runs.

    Where STELLR_DATABASE_URL_AUTH and so on are set, those databases are filled, and a state that
    keeps keys and objects gets the rest. Only a FILE of your own: it is checked for damage, and
    what its databases hold is run as they are filled.
    """
    from edge.backup.restoring import restore as run  # noqa: PLC0415  heavy

    before = _do(lambda: run(state, file, os.environ, force=force))
    click.echo(f"The academy is restored to {state}.")
    if before.files:
        click.echo(f"What was there before is in {before.files}: remove it when nobody needs it.")
    if before.schema:
        click.echo(
            f"What the databases of {', '.join(before.services)} had is in the schema"
            f" {before.schema} of each: drop it when nobody needs it (DROP SCHEMA ... CASCADE)."
        )


def _do(work: Callable[[], Done]) -> Done:
    """Do it with signals held back. Raises click.ClickException with one sentence."""
    from edge.backup.errors import BackupError  # noqa: PLC0415

    with signals.blocked():
        try:
            return work()
        except StopRequested:
            click.echo("Stopped: nothing was changed.", err=True)
            sys.exit(INTERRUPTED)
        except (BackupError, StartError, ValueError) as error:
            raise click.ClickException(str(error)) from error
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            raise click.ClickException(f"{where}{error.strerror or error}.") from error

"""`stellr export`: write a course of the running stack as a bundle."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import BinaryIO

import click

from edge.cli.options import find_stack, stack_options
from services.gateway.importing.wording import counted


@click.command("export")
@click.argument("course", metavar="SLUG")
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
@stack_options
def export_course(course: str, directory: Path, state: Path, port: int | None) -> None:
    """Export the course SLUG as a bundle into DIR, which is made and must be empty.

    Importing DIR brings the same course.
    """
    import grpc  # noqa: PLC0415  heavy, as the rest

    from edge.cli.operator import connect, sentence  # noqa: PLC0415
    from services.gateway.importing.defects import BundleError  # noqa: PLC0415
    from services.gateway.importing.receiver import receive_bundle  # noqa: PLC0415
    from services.kit.errors import DomainError  # noqa: PLC0415

    stack = find_stack(state, port)
    try:
        if directory.exists() and any(directory.iterdir()):
            raise click.ClickException(f"{directory} is not empty: nothing was written.")
        with connect(stack, "gateway") as channel, tempfile.TemporaryFile() as archive:
            receive_bundle(channel, course, archive)
            unpack(archive, directory)
    except OSError as error:
        raise click.ClickException(f"{error.filename or directory}: {error.strerror}.") from error
    except BundleError as error:
        reason = "; ".join(each.reason for each in error.defects)
        raise click.ClickException(f"{course} was not exported: {reason}.") from error
    except (DomainError, grpc.RpcError) as error:
        raise click.ClickException(sentence("gateway", error)) from error
    files = sum(path.is_file() for path in directory.rglob("*"))
    click.echo(f"{course}: {counted(files, 'file')} in {directory}")


def unpack(archive: BinaryIO, directory: Path) -> None:
    """Unpack a bundle into a directory that is made or empty; where that fails nothing is left.

    Raises OSError, and BundleError where it is damaged.
    """
    from services.gateway.importing.archive import unpack_bundle  # noqa: PLC0415

    directory.mkdir(parents=True, exist_ok=True)
    try:
        unpack_bundle(archive, directory)
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise

"""`stellr import`: bring a course bundle into the running stack."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import click

from edge.cli.options import find_stack, stack_options
from edge.local.terminal import printable
from services.gateway.importing.wording import counted

if TYPE_CHECKING:
    from stellr.gateway.v1.gateway_internal_service_pb2 import (
        ImportEvent,
        ImportStep,
        ImportSummary,
        MissedLesson,
    )


class Told(Protocol):
    """A defect, found here or by the gateway."""

    @property
    def file(self) -> str: ...  # noqa: D102
    @property
    def line(self) -> int: ...  # noqa: D102
    @property
    def reason(self) -> str: ...  # noqa: D102


@click.command("import")
@click.argument("directory", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--remove", is_flag=True, help="Remove the course's lessons that DIR does not have.")
@stack_options
def import_course(directory: Path, remove: bool, state: Path, port: int | None) -> None:
    """Import the course bundle in DIR; importing again brings the course to what DIR says."""
    import grpc  # noqa: PLC0415  heavy, as the rest

    from edge.cli.operator import connect, sentence  # noqa: PLC0415
    from services.gateway.importing.defects import BundleError  # noqa: PLC0415
    from services.gateway.importing.sender import send_bundle  # noqa: PLC0415
    from services.kit.errors import DomainError  # noqa: PLC0415

    if not directory.is_dir():
        raise click.ClickException(f"There is no directory {directory}.")
    stack = find_stack(state, port)
    try:
        with connect(stack, "gateway") as channel:
            sys.exit(show(send_bundle(channel, directory, remove_lessons=remove)))
    except BundleError as error:
        sys.exit(refuse(error.defects))
    except OSError as error:
        raise click.ClickException(f"{error.filename or directory}: {error.strerror}.") from error
    except (DomainError, grpc.RpcError) as error:
        hint = "Import again to complete it; learners see all of an import or nothing."
        raise click.ClickException(f"{sentence('gateway', error)}\n{hint}") from error


def show(events: Iterable[ImportEvent]) -> int:
    """Print the events of an import as they come; the exit status."""
    last = None
    try:
        for last in events:
            if last.HasField("step"):
                _progress(last.step)
            elif last.HasField("warnings"):
                _tell(last.warnings.warnings, "warning: ")
    finally:
        _end_progress()
    if last is not None and last.HasField("refusal"):
        missed = last.refusal.missed_lessons
        return refuse_missed(missed) if missed else refuse(last.refusal.defects)
    if last is None or not last.HasField("summary"):
        raise click.ClickException("The import ended without a word: see the log of the gateway.")
    click.echo(summary(last.summary))
    return 0


def refuse(defects: Iterable[Told]) -> int:
    """Print every defect as `file:line: reason`; the exit status."""
    _tell(defects)
    click.echo("The bundle has defects: nothing was changed.", err=True)
    return 1


def refuse_missed(lessons: Sequence[MissedLesson]) -> int:
    """Print every lesson that the bundle does not have any more; the exit status."""
    for lesson in lessons:
        lost = counted(lesson.completion_count, "completion")
        text = f'{lesson.file}: "{lesson.title}" is not in the bundle ({lost})'
        click.echo(printable(text), err=True)
    click.echo(
        f"The course would lose {counted(len(lessons), 'lesson')} with what learners did there:"
        " nothing was changed.\nGive a lesson that was renamed and rewritten its old title or file"
        " name, or import with --remove.",
        err=True,
    )
    return 1


def summary(done: ImportSummary) -> str:
    """What an import brought, in a line."""
    parts = [
        counted(done.lesson_count, "lesson"),
        counted(done.question_count, "question"),
        counted(done.pdf_count, "PDF"),
    ]
    if done.video_count:
        parts.append(counted(done.video_count, "video"))
    if done.attachment_count:
        parts.append(counted(done.attachment_count, "attachment"))
    if done.removed_count:
        parts.append(f"{counted(done.removed_count, 'lesson')} removed")
    return f"{', '.join(parts)}; {'imported' if done.changed else 'nothing changed'}"


def _tell(defects: Iterable[Told], kind: str = "") -> None:
    for defect in defects:
        where = f"{defect.file}:{defect.line}" if defect.line else defect.file
        click.echo(printable(f"{where}: {kind}{defect.reason}"), err=True)


def _progress(step: ImportStep) -> None:
    """One line that is written anew on a terminal, a line a step elsewhere."""
    line = printable(f"[{step.done}/{step.total}] {step.text}")
    if sys.stdout.isatty():
        width = shutil.get_terminal_size().columns
        click.echo(f"\r\x1b[2K{line[: width - 1]}", nl=False)
    else:
        click.echo(line)


def _end_progress() -> None:
    if sys.stdout.isatty():
        click.echo("\r\x1b[2K", nl=False)

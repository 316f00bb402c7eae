"""Saving a whole academy into one file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from edge import registry
from edge.backup import databases
from edge.backup.archive import Manifest, Pause, Writer, is_member, writing
from edge.backup.errors import BackupError
from edge.cli.version import number
from edge.local import database_server
from edge.local.parts import pause
from edge.local.running import NotRunning, find_running
from edge.local.state import BACKUP, State, is_locked, locked
from edge.local.terminal import printable, say
from services.kit.process.settings import (
    Settings,
    database_setting,
    read_settings,
    told_database_url,
)

# Beside keys and media; each is there or not.
FILES = ("openid-port", "demo-login", "demo-loaded")
SECRET = "keys/secret"  # noqa: S105  its place


def save(root: Path, target: Path, environ: Mapping[str, str]) -> Manifest:
    """Save the academy of a state, or the one whose databases are set, while it runs or not.

    Databases first, then objects: an object stays for hours after nothing names it any more, so
    none is missing that a database names, and what came meanwhile does no harm. The caller holds
    signals back. Raises BackupError, StartError, StopRequested, OSError.
    """
    services = {name: each for name, each in registry.load_all().items() if each.database}
    settings = read_settings(Settings)
    state = State(root.absolute())
    with writing(target, _pause) as writer, _databases(state, list(services), environ) as urls:
        manifest = Manifest(
            stellr=number(),
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            revisions={name: databases.revision(name, urls[name]) for name in services},
            bucket=settings.gcs_bucket,
        )
        _dump(writer, urls, databases.order(registry.load_all()))
        _add_files(writer, state, settings)
        if not settings.gcs_bucket:
            _add_objects(writer, state.root / "media")
        writer.end(manifest)
    return manifest


@contextmanager
def _databases(
    state: State, names: list[str], environ: Mapping[str, str]
) -> Iterator[Mapping[str, str]]:
    """The URLs of the databases: those that are set, or those of the state."""
    told = told_databases(names, environ)
    if told:
        yield told
    elif is_locked(state):
        try:
            yield find_running(state.root).databases
        except NotRunning as error:
            raise BackupError(str(error)) from error
    elif state.database.exists():
        with locked(state, BACKUP) as held, database_server.running(state, held) as server:
            yield {name: server.url(f"stellr_{name}") for name in names}
    else:
        raise BackupError(f"There is no academy on {state.root}.")


def told_databases(names: list[str], environ: Mapping[str, str]) -> Mapping[str, str] | None:
    """The URLs of all databases as they are set; None where none is.

    Raises BackupError where only some are, ValueError where one is no URL of a database.
    """
    found = {name: told_database_url(database_setting(name), environ) for name in names}
    if not any(found.values()):
        return None
    missing = [database_setting(name) for name, url in found.items() if not url]
    if missing:
        raise BackupError(f"Not set, while others are: {', '.join(missing)}.")
    return found


def _dump(writer: Writer, urls: Mapping[str, str], order: list[str]) -> None:
    names = [name for name in order if name in urls]
    with databases.snapshots(urls, names) as taken:
        for name in names:
            path = writer.scratch / f"{name}.dump"
            databases.dump(name, urls[name], taken[name], path)
            writer.add(f"databases/{name}.dump", path)
            path.unlink()


def _add_files(writer: Writer, state: State, settings: Settings) -> None:
    for path in sorted(state.keys.glob("*")):
        # Those of a file that is being written begin with a dot.
        if path.is_file() and not path.name.startswith("."):
            _add_own(writer, f"keys/{path.name}", path)
    if SECRET not in writer.files:
        if settings.secret_file is None:
            raise BackupError(
                f"STELLR_SECRET_FILE is not set, and there is no {state.keys / 'secret'}:"
                " without it nobody reads what is sealed in the databases."
            )
        writer.add(SECRET, settings.secret_file)
    for name in FILES:
        if (state.root / name).is_file():
            writer.add(name, state.root / name)


def _add_objects(writer: Writer, folder: Path) -> None:
    for path in folder.glob("??/??/*"):
        try:
            _add_own(writer, f"media/{path.relative_to(folder)}", path)
        except FileNotFoundError:
            # Nothing has named it for hours, and it was deleted just now.
            continue


def _add_own(writer: Writer, name: str, path: Path) -> None:
    """Add a file of the academy. One that somebody else put there is left out, which is said."""
    if is_member(name):
        writer.add(name, path)
    else:
        say(printable(f"Not in the backup, as it is no file of the academy: {path}"))


def _pause() -> None:
    pause(0.0)


PAUSE: Pause = _pause

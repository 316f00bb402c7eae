"""Restoring a whole academy from one file: beside what is there, then in its place."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from edge import registry
from edge.backup import archive, databases
from edge.backup.archive import Manifest
from edge.backup.errors import BackupError
from edge.backup.saving import FILES, PAUSE, told_databases
from edge.local import database_server
from edge.local.databases import create
from edge.local.postgres import database_name
from edge.local.state import (
    RESTORE,
    State,
    busy,
    check_owner,
    is_locked,
    locked,
    open_state,
    sync_folder,
)
from services.kit.data import migrate
from services.kit.process.service import Service

BESIDE = ".restoring"
# What a state has though nobody ever used it.
NOTHING = frozenset({"lock", "logs"})
FOLDERS = ("keys", "media")


@dataclass(frozen=True)
class Before:
    """Where what was there before a restore is now: a directory, a schema of some databases.

    Neither, where nothing was there.
    """

    files: Path | None = None
    schema: str = ""
    services: Sequence[str] = ()


def restore(root: Path, source: Path, environ: Mapping[str, str], *, force: bool) -> Before:
    """Restore an academy to a state, or to the databases that are set and the rest to the state.

    All or nothing. Returns where what was there before is now. The caller holds signals back.
    Raises BackupError, StartError, StopRequested, OSError.
    """
    services = {name: each for name, each in registry.load_all().items() if each.database}
    manifest = archive.check(source, PAUSE)
    _check(manifest, services)
    # Where a link leads: what is beside the link may be another disk.
    state = State(root.resolve())
    check_owner(state)
    if is_locked(state):
        raise BackupError(f"{busy(state)}: that must end first.")
    urls = told_databases(list(services), environ)
    if urls:
        return _to_databases(state, source, urls, force=force)
    return _to_state(state, source, list(services), force=force)


def _check(manifest: Manifest, services: Mapping[str, Service]) -> None:
    """Raises BackupError where this Stellr cannot go on with what the archive has."""
    for name, service in services.items():
        if f"databases/{name}.dump" not in manifest.files:
            raise BackupError(f"The backup has no database of {name}.")
        if not migrate.knows(str(service.migrations), manifest.revisions.get(name, "")):
            raise BackupError(
                f"The backup is of another Stellr ({manifest.stellr}): the database of {name} is"
                f" at the revision {manifest.revisions.get(name)!r}, which is not known here."
            )


def _to_state(state: State, source: Path, names: list[str], *, force: bool) -> Before:
    if os.path.ismount(state.root):
        raise BackupError(
            f"{state.root} is a mount point, which nothing replaces: restore to a directory in it."
        )
    _has_content(state, force=force)
    beside = open_state(state.root.with_name(state.root.name + BESIDE))
    with locked(beside, RESTORE) as held:
        try:
            _clear(beside)
            with (
                _unpacked(source, beside.root) as dumps,
                database_server.running(beside, held) as server,
            ):
                for name in names:
                    create(server.url("postgres"), database_name(name))
                    url = server.url(database_name(name))
                    databases.fill(name, url, dumps / f"{name}.dump")
            return Before(_take_place(state, beside.root, force=force))
        except BaseException:
            shutil.rmtree(beside.root, ignore_errors=True)
            raise


def _clear(beside: State) -> None:
    """Have a state that is built anew be as it is at first, but for its lock."""
    for path in beside.root.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path != beside.lock:
            path.unlink()
    open_state(beside.root)


def _has_content(state: State, *, force: bool) -> bool:
    """Whether there is something on a state. Raises BackupError where there must not be."""
    found = bool(_content(state.root))
    if found and not force:
        raise BackupError(f"{state.root} is not empty; --force moves what is there aside.")
    return found


def _take_place(state: State, beside: Path, *, force: bool) -> Path | None:
    """Put a finished state in the place of another, which stays under another name."""
    # Everything is on the disk before it has its name.
    os.sync()
    if not state.root.exists():
        beside.rename(state.root)
        sync_folder(state.root.parent)
        return None
    with locked(state, RESTORE):
        # Again: the academy may have begun since.
        found = _has_content(state, force=force)
        before = _before(state.root)
        state.root.rename(before)
        try:
            beside.rename(state.root)
        except OSError:
            before.rename(state.root)
            raise
        sync_folder(state.root.parent)
    if found:
        return before
    shutil.rmtree(before, ignore_errors=True)
    return None


def _to_databases(state: State, source: Path, urls: Mapping[str, str], *, force: bool) -> Before:
    for name, url in urls.items():
        if databases.others(name, url):
            raise BackupError(f"The database of {name} is in use: stop its service first.")
        if not (force or databases.is_empty(name, url)):
            raise BackupError(
                f"The database of {name} is not empty; --force moves what is there aside."
            )
    state = open_state(state.root)
    with locked(state, RESTORE):
        if any((state.root / name).exists() for name in FILES) and not force:
            raise BackupError(f"{state.root} is not empty; --force moves what is there aside.")
        beside = state.root / BESIDE
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(mode=0o700)
        try:
            with _unpacked(source, beside) as dumps, _all_or_none(urls) as aside:
                for name, url in urls.items():
                    databases.fill(name, url, dumps / f"{name}.dump")
                files = _move_files(state, beside)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
        kept = [name for name, url in urls.items() if databases.keeps(name, url, aside)]
        return Before(files, aside if kept else "", kept)


@contextmanager
def _all_or_none(urls: Mapping[str, str]) -> Iterator[str]:
    """Set aside what the databases have, to the schema that is returned, and keep it there.

    Where something goes wrong, all get it back. A restore that is killed puts nothing back, and
    since each has a name of its own, no later one takes that for anything else.
    """
    aside = f"{databases.ASIDE}{datetime.now(UTC):%Y%m%d_%H%M%S_%f}"
    try:
        for name, url in urls.items():
            databases.set_aside(name, url, aside)
        yield aside
    except BaseException as error:
        if away := list(_not_put_back(urls, aside)):
            raise BackupError(
                f"{error} What was there before is still in the schema {aside}: {' '.join(away)}"
            ) from error
        raise


def _not_put_back(urls: Mapping[str, str], aside: str) -> Iterator[str]:
    """Put back what was set aside in each of the databases; why not, of each where it failed."""
    for name, url in urls.items():
        try:
            databases.put_back(name, url, aside)
        except BackupError as error:
            yield str(error)


def _move_files(state: State, beside: Path) -> Path | None:
    """Put keys, objects and the rest in their places; where what was there went."""
    os.sync()
    before = state.root / _before(Path("before")).name
    for name in (*FOLDERS, *FILES):
        old, new = state.root / name, beside / name
        if old.exists() and (old.is_file() or any(old.iterdir())):
            before.mkdir(mode=0o700, exist_ok=True)
            old.rename(before / name)
        elif old.is_dir():
            old.rmdir()
        if new.exists():
            new.rename(old)
    sync_folder(state.root)
    return before if before.exists() else None


@contextmanager
def _unpacked(source: Path, folder: Path) -> Iterator[Path]:
    """The archive's files below a folder, all but the dumps in their places; where those are."""
    with tempfile.TemporaryDirectory(prefix=".dumps-", dir=folder) as scratch:
        archive.unpack(source, folder, PAUSE)
        dumps = Path(scratch) / "databases"
        (folder / "databases").rename(dumps)
        yield dumps


def _content(root: Path) -> set[str]:
    with suppress(FileNotFoundError):
        return {entry.name for entry in os.scandir(root)} - NOTHING
    return set()


def _before(root: Path) -> Path:
    return root.with_name(f"{root.name}.before-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")

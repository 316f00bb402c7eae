"""The file that a whole academy is kept in: a tar archive whose last member is its manifest.

The manifest names every other member with its size and its SHA-256, so that a file that was cut
off, changed or put together of two is known before anything is done with it.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import json
import os
import re
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from edge.backup.errors import BackupError
from edge.local.state import sync_folder

FORMAT = 1
MANIFEST = "manifest.json"
# What may stand in an archive: nothing leads out of the folder that it is unpacked to.
MEMBER = re.compile(
    r"databases/[a-z]+\.dump|keys/[a-z0-9.-]*[a-z0-9]|media/[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{64}"
    r"|openid-port|demo-login|demo-loaded"
)
# Beside the archive, while it is written.
SCRATCH = ".stellr-backup-"
LONGEST_MANIFEST = 256 * 1024 * 1024
CHUNK = 1024 * 1024

Pause = Callable[[], None]


@dataclass(frozen=True)
class Member:
    """A file of the archive: bytes, and their SHA-256 in hexadecimal digits."""

    size: int
    sha256: str


@dataclass
class Manifest:
    """What an archive has. `revisions` are those of the databases, by service."""

    stellr: str
    created: str
    revisions: dict[str, str]
    # The bucket that keeps the objects; empty where they are in the archive.
    bucket: str = ""
    format: int = FORMAT
    files: dict[str, Member] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """The bytes of all members."""
        return sum(member.size for member in self.files.values())


class Writer:
    """Adds files to an archive. `pause` is called now and then, and may raise to end it.

    `scratch` is a directory beside it, which goes with whoever writes.
    """

    def __init__(self, tar: tarfile.TarFile, pause: Pause, scratch: Path) -> None:
        self._tar = tar
        self._pause = pause
        self.scratch = scratch
        self.files: dict[str, Member] = {}

    def add(self, name: str, path: Path) -> None:
        """Add a file under a name. Raises OSError where it cannot be read.

        ValueError for a name that no archive may have: `check` would refuse the whole of it.
        """
        if not is_member(name):
            raise ValueError(f"No backup may have {name!r}.")
        with path.open("rb") as file:
            self._pause()
            size = os.fstat(file.fileno()).st_size
            reading = _Reading(file)
            self._tar.addfile(_info(name, size), reading)
        self.files[name] = Member(size, reading.digest.hexdigest())

    def end(self, manifest: Manifest) -> None:
        """Add the manifest, after which nothing follows."""
        manifest.files = self.files
        text = json.dumps(asdict(manifest), indent=1).encode()
        self._tar.addfile(_info(MANIFEST, len(text)), io.BytesIO(text))


class _Reading(io.RawIOBase):
    """A file that is read once, with the digest of what was read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.digest.update(data)
        return data


def is_member(name: str) -> bool:
    """Whether an archive may have a file of this name."""
    return MEMBER.fullmatch(name) is not None


def _info(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info


@contextmanager
def writing(target: Path, pause: Pause) -> Iterator[Writer]:
    """A new archive, which has its name once it is whole and on the disk; for its owner alone.

    Raises BackupError where the name is taken or its directory missing, OSError where it cannot be
    written.
    """
    if os.path.lexists(target):
        raise BackupError(f"{target} is there already.")
    if not target.parent.is_dir():
        raise BackupError(f"There is no directory {target.parent}.")
    with _scratch(target.parent) as scratch:
        unfinished = scratch / "archive"
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as f:
            with tarfile.open(fileobj=f, mode="w", format=tarfile.PAX_FORMAT) as tar:
                yield Writer(tar, pause, scratch)
            f.flush()
            os.fsync(f.fileno())
        unfinished.replace(target)
        sync_folder(target.parent)


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """A directory in another one, for as long as the context lasts; those of the killed go."""
    for left in folder.glob(f"{SCRATCH}*"):
        with suppress(OSError), _held(left):
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=folder) as made, ExitStack() as stack:
        # Where no directory can be locked, nobody else can lock this one either, and it stays.
        with suppress(OSError):
            stack.enter_context(_held(Path(made)))
        yield Path(made)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """The lock of a directory. Raises OSError where it cannot be had."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def check(source: Path, pause: Pause) -> Manifest:
    """Read the whole archive and compare it with its manifest, which is returned.

    Raises BackupError where it is no such archive or not as it was written.
    """
    found: dict[str, Member] = {}
    manifest: Manifest | None = None
    try:
        with tarfile.open(source, "r|") as tar:
            for info in tar:
                pause()
                if manifest or not info.isfile() or info.issparse() or info.name in found:
                    raise BackupError(f"{source} is no backup of an academy.")
                file = tar.extractfile(info)
                assert file is not None
                if info.name == MANIFEST:
                    manifest = _manifest(file.read(LONGEST_MANIFEST), source)
                elif is_member(info.name):
                    found[info.name] = _member(file, pause)
                else:
                    raise BackupError(f"{source} is no backup of an academy: {info.name!r}.")
    except (tarfile.TarError, EOFError) as error:
        raise BackupError(f"{source} is cut off or no backup: {error}.") from error
    if manifest is None:
        raise BackupError(f"{source} is cut off: its manifest is missing.")
    if manifest.files != found:
        wrong = sorted(
            name
            for name in {*manifest.files, *found}
            if manifest.files.get(name) != found.get(name)
        )
        raise BackupError(f"{source} is not as it was written: {wrong[0]} is another or missing.")
    return manifest


def unpack(source: Path, folder: Path, pause: Pause) -> None:
    """Write every member below a folder, each for its owner alone. After `check` only."""
    with tarfile.open(source, "r|") as tar:
        for info in tar:
            pause()
            file = tar.extractfile(info)
            if info.name == MANIFEST or file is None:
                continue
            _write(folder, info.name, file, pause)


def _write(folder: Path, name: str, file: IO[bytes], pause: Pause) -> None:
    path = folder
    for part in Path(name).parts[:-1]:
        path /= part
        path.mkdir(mode=0o700, exist_ok=True)
    path = folder / name
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as written:
        while chunk := file.read(CHUNK):
            written.write(chunk)
            pause()


def _member(file: IO[bytes], pause: Pause) -> Member:
    digest, size = hashlib.sha256(), 0
    while chunk := file.read(CHUNK):
        digest.update(chunk)
        size += len(chunk)
        pause()
    return Member(size, digest.hexdigest())


def _manifest(text: bytes, source: Path) -> Manifest:
    try:
        values: dict[str, Any] = json.loads(text)
        files = {name: Member(**member) for name, member in values.pop("files").items()}
        manifest = Manifest(**values, files=files)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BackupError(f"{source} is no backup of an academy: its manifest.") from error
    if manifest.format != FORMAT:
        raise BackupError(f"{source} is of a format that this Stellr does not know.")
    return manifest

"""Room on the disk for what is imported or exported: gone afterwards, also after a crash."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def scratch(parent: Path) -> Iterator[Path]:
    """A new empty folder below `parent`, removed at the end. Raises OSError without room."""
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _locked(parent, fcntl.LOCK_SH) as making:
        folder = Path(tempfile.mkdtemp(dir=parent))
        with _locked(folder, fcntl.LOCK_EX):
            fcntl.flock(making, fcntl.LOCK_UN)
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)


def clear_leftovers(parent: Path) -> None:
    """Remove the folders of processes that were killed; those in use are locked and stay."""
    if not parent.is_dir():
        return
    with _locked(parent, fcntl.LOCK_EX):
        for folder in filter(Path.is_dir, list(parent.iterdir())):
            with suppress(BlockingIOError), _locked(folder, fcntl.LOCK_EX | fcntl.LOCK_NB):
                shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _locked(path: Path, how: int) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, how)
        yield descriptor
    finally:
        os.close(descriptor)

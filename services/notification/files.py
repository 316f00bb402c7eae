"""Files of the local outbox: whole, or not there."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import NamedTemporaryFile

from services.notification.refusals import TransportError


def write_once(path: Path, content: bytes) -> None:
    """Write a file for its owner alone; one of that name is let be.

    TransportError (temporary) where it cannot be.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _write_whole(path, content)
    except OSError as error:
        reason = f"the outbox cannot be written: {error.strerror}"
        raise TransportError(reason, permanent=False) from error


def _write_whole(path: Path, content: bytes) -> None:
    # mkstemp makes it readable by its owner only (0600).
    with NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise
    _sync_directory(path.parent)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

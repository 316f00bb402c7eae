"""An object store in a folder."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from services.kit.data.objects.store import Incoming, Shown, Stored, UploadLink, taken

# No upload lasts that long: a file older than this belongs to a process that died.
UNFINISHED_SECONDS = 3600


class LocalStore:
    """An object store in a directory that only its owner can read.

    A file gets its name when it is whole and on the disk, so that a crash leaves no half object.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._unfinished = root / "unfinished"

    def write(self, chunks: Iterable[bytes]) -> Stored:
        """As ObjectStore.write."""
        return taken(self.incoming(), chunks)

    def incoming(self) -> Incoming:
        """As ObjectStore.incoming."""
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make(self._unfinished)
        path = self._unfinished / secrets.token_hex(16)
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b")

        def keep(stored: Stored) -> None:
            os.fsync(file.fileno())
            self._name(path, stored.digest)

        def close() -> None:
            with suppress(OSError):  # a full disk did not take what it held back
                file.close()
            path.unlink(missing_ok=True)

        return Incoming(file, keep=keep, close=close)

    def open(self, digest: str) -> BinaryIO:
        """As ObjectStore.open."""
        return self._path(digest).open("rb")

    def size(self, digest: str) -> int:
        """As ObjectStore.size."""
        return self._path(digest).stat().st_size

    def signed_url(self, digest: str, shown: Shown, expires: int) -> str | None:
        """As ObjectStore.signed_url: a folder has no addresses."""
        return None

    def delete(self, digest: str) -> None:
        """As ObjectStore.delete."""
        self._path(digest).unlink(missing_ok=True)

    def sweep(self) -> None:
        """As ObjectStore.sweep."""
        long_ago = time.time() - UNFINISHED_SECONDS
        for path in self._unfinished.glob("*"):
            with suppress(FileNotFoundError):  # it was finished just now
                if path.stat().st_mtime < long_ago:
                    path.unlink()

    def listed(self, prefix: str) -> Iterator[Stored]:
        """As ObjectStore.listed."""
        for path in (self._root / prefix[:2]).glob(f"*/{prefix}*"):
            with suppress(FileNotFoundError):  # it was deleted just now
                yield Stored(path.name, path.stat().st_size)

    def upload_link(self, name: str, mime_type: str, size: int, expires: int) -> UploadLink | None:
        """As ObjectStore.upload_link: a folder has no address."""
        return None

    def uploaded(self, name: str) -> Incoming | None:
        """As ObjectStore.uploaded."""
        return None

    def forget_uploaded(self, name: str) -> None:
        """As ObjectStore.forget_uploaded."""

    def _path(self, digest: str) -> Path:
        return self._root / digest[:2] / digest[2:4] / digest

    def _name(self, path: Path, digest: str) -> None:
        """Give a whole file its name. Others may do the same at once: the bytes are the same."""
        final = self._path(digest)
        if final.exists():
            return
        _make(final.parent.parent, final.parent)
        path.replace(final)
        for folder in (final.parent, final.parent.parent, self._root):
            _sync(folder)


def _make(*folders: Path) -> None:
    """Make the folders, outer ones first: mkdir's own `parents` would let others read those."""
    for folder in folders:
        folder.mkdir(mode=0o700, exist_ok=True)


def _sync(folder: Path) -> None:
    """Have the disk know the names in a folder (fsync(2))."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

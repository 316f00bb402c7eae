"""A small file system in memory that can be full."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class NoVolume(Exception):
    """Only root may mount a file system."""


class Volume:
    """The file system, and what takes up its room."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._ballast = root / "ballast"

    def fill(self) -> None:
        """Leave no byte free."""
        with self._ballast.open("ab", buffering=0) as file:
            for size in (1024 * 1024, 512):
                try:
                    while file.write(bytes(size)) == size:
                        pass
                except OSError:
                    continue

    def make_room(self) -> None:
        """Free what was filled."""
        self._ballast.unlink()


@contextmanager
def mounted(root: Path, size: int) -> Iterator[Volume]:
    """A volume of so many bytes at `root`, which is made; NoVolume where that may not be."""
    root.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=711", "stellr-test", root]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        raise NoVolume
    try:
        yield Volume(root)
    finally:
        subprocess.run(["umount", root], check=True)

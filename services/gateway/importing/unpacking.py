"""Where the members of an archive are put, of whatever kind it is: below a folder, and bounded."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from services.gateway.importing.archive_refusals import (
    MAX_DEPTH,
    MAX_MEMBERS,
    MAX_TOTAL_BYTES,
    outside,
    too_deep,
    too_large,
    too_many,
)


class Unpacking:
    """Writes plain files and folders into the empty `directory`, whatever the archive says."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._members = 0
        self._left = MAX_TOTAL_BYTES

    def folder(self, name: str) -> None:
        """Make a folder; BundleError, and ValueError or OSError for what is no name."""
        self._place(name).mkdir(parents=True, exist_ok=True)

    def file(self, name: str, content: Iterator[bytes]) -> None:
        """Write a file that is not there yet; the same."""
        target = self._place(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            for part in content:
                self._left -= len(part)
                if self._left < 0:
                    raise too_large()
                file.write(part)

    def _place(self, name: str) -> Path:
        self._members += 1
        if self._members > MAX_MEMBERS:
            raise too_many()
        # A name that is no text could be told nobody.
        name.encode()
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\\" in name:
            raise outside(name)
        if len(path.parts) > MAX_DEPTH:
            raise too_deep(name)
        return self._directory / path

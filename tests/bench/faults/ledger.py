"""What a client asked for and what it was told, on the disk before it goes on."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Entry:
    """A write by its Idempotency-Key: asked for, or (`done`) acknowledged.

    `mark` is what can be found of it in the database, once it is known. Of all with one `place`
    only the last is there: as the biography of a person.
    """

    kind: str
    key: str
    place: str
    mark: str = ""
    done: bool = False


class Ledger:
    """A file of entries; `write` returns once the disk has it, for many threads by one fsync."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)
        self._writing, self._syncing = threading.Lock(), threading.Lock()
        self._written = self._synced = 0

    def write(self, entry: Entry) -> None:
        """Add an entry, for good."""
        with self._writing:
            self._file.write(json.dumps(asdict(entry)).encode() + b"\n")
            self._written += 1
            mine = self._written
        with self._syncing:
            if self._synced < mine:
                written = self._written
                os.fsync(self._file.fileno())
                self._synced = written


def read(path: Path) -> Iterator[Entry]:
    """The entries of a ledger, oldest first."""
    with path.open() as file:
        for line in file:
            yield Entry(**json.loads(line))

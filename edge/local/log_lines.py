"""The logs of all parts of a stack as one, in the order of time."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

BLOCK = 64 * 1024
# How PostgreSQL begins a line (log_line_prefix), in UTC.
_STAMP = re.compile(r"(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?)(?: UTC)? ?")


@dataclass(frozen=True)
class LogLine:
    """A line of a part's log. `values` are what is in it, where it is JSON."""

    at: datetime
    part: str
    text: str
    values: dict[str, Any] | None = None


BEGINNING = datetime.fromtimestamp(0, UTC)


def parts_of(folder: Path, names: Iterable[str]) -> dict[str, Path]:
    """The logs of these parts or services, of all without a name. KeyError has one that is none."""
    logs = {path.stem: path for path in sorted(folder.glob("*.log"))}
    wanted = list(names)
    for name in wanted:
        if not any(_is(part, name) for part in logs):
            raise KeyError(name)
    return {
        part: path
        for part, path in logs.items()
        if not wanted or any(_is(part, name) for name in wanted)
    }


def _is(part: str, name: str) -> bool:
    service, _, number = part.rpartition("-")
    return part == name or (service == name and number.isdigit())


def last(logs: dict[str, Path], count: int) -> list[LogLine]:
    """The last lines of all these logs together, the newest at the end."""
    found = [line for part, path in logs.items() for line in _last_of(part, path, count)]
    return sorted(found, key=lambda line: line.at)[-count:] if count else []


def _last_of(part: str, path: Path, count: int) -> list[LogLine]:
    # What was moved aside when it had grown large (`processes.rotate`) goes before.
    lines: list[str] = []
    for each in (path, path.with_name(f"{path.name}.1")):
        if len(lines) < count and each.exists():
            lines = [*_tail(each, count - len(lines)), *lines]
    return list(read(part, lines))


def _tail(path: Path, count: int) -> list[str]:
    with path.open("rb") as file:
        left = file.seek(0, os.SEEK_END)
        data = b""
        while left and data.count(b"\n") <= count:
            size = min(BLOCK, left)
            left -= size
            file.seek(left)
            data = file.read(size) + data
    return data.decode(errors="replace").splitlines()[-count:]


def read(part: str, lines: Iterable[str], at: datetime = BEGINNING) -> Iterator[LogLine]:
    """Lines of one log; one without a time, as of a traceback, has that of the line before."""
    for text in lines:
        values = _values(text)
        at = _time(values, text) or at
        yield LogLine(at, part, text, values)


def _values(text: str) -> dict[str, Any] | None:
    if not text.startswith("{"):
        return None
    try:
        values = json.loads(text)
    except ValueError:
        return None
    return values if isinstance(values, dict) else None


def _time(values: dict[str, Any] | None, text: str) -> datetime | None:
    if values is not None:
        told = str(values.get("time") or values.get("timestamp") or "")
    else:
        found = _STAMP.match(text)
        told = found[1] if found else ""
    try:
        at = datetime.fromisoformat(told)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def without_time(text: str) -> str:
    """A line that is no JSON, without the time that it begins with."""
    return _STAMP.sub("", text, count=1) if _STAMP.match(text) else text


@dataclass
class _Followed:
    """A log that is being written, and how far it was read."""

    part: str
    path: Path
    file: BinaryIO
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    rest: bytes = b""

    def new(self) -> list[LogLine]:
        """What was written since it was last looked at: whole lines."""
        if os.fstat(self.file.fileno()).st_size < self.file.tell():
            # It was emptied (`processes.keep_short`).
            self.file.seek(0)
        data = self.file.read()
        if not data and self._was_moved():
            self._reopen()
            data = self.file.read()
        *whole, self.rest = (self.rest + data).split(b"\n")
        lines = list(read(self.part, (each.decode(errors="replace") for each in whole), self.at))
        if lines:
            self.at = lines[-1].at
        return lines

    def _was_moved(self) -> bool:
        try:
            now = self.path.stat()
        except OSError:
            return False
        return now.st_ino != os.fstat(self.file.fileno()).st_ino

    def _reopen(self) -> None:
        # It may be moved once more meanwhile.
        with suppress(FileNotFoundError):
            now = self.path.open("rb")
            self.file.close()
            self.file = now


def follow(find: Callable[[], dict[str, Path]], pause: Callable[[], None]) -> Iterator[LogLine]:
    """What is written from now on, for ever; `find` has the logs there are, `pause` waits."""
    followed: dict[str, _Followed] = {}
    whence = os.SEEK_END
    while True:
        # A log has no name while it is being moved.
        with suppress(KeyError, FileNotFoundError):
            for part, path in find().items():
                if part not in followed:
                    with suppress(FileNotFoundError):
                        followed[part] = _open(part, path, whence)
            whence = os.SEEK_SET
        new = [line for log in followed.values() for line in log.new()]
        yield from sorted(new, key=lambda line: line.at)
        pause()


def _open(part: str, path: Path, whence: int) -> _Followed:
    file = path.open("rb")
    file.seek(0, whence)
    return _Followed(part, path, file)

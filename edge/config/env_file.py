"""The file that settings may stand in."""

from __future__ import annotations

import os
from io import StringIO
from pathlib import Path

from dotenv import dotenv_values
from dotenv.parser import parse_stream

FILE = ".env"


class MalformedLine(ValueError):
    """A line that sets nothing; the text says which one, and not what is in it."""


def take_file(path: Path) -> frozenset[str]:
    """Put what a .env file sets into the environment, which goes first; the names it has set.

    Raises OSError and UnicodeDecodeError where it cannot be read, MalformedLine.
    """
    # A folder of this name is somebody's Python environment.
    if not (path.is_file() or path.is_fifo()):
        return frozenset()
    text = path.read_text(encoding="utf-8")
    _check(text)
    values = dotenv_values(stream=StringIO(text))
    taken = {name: value for name, value in values.items() if value is not None}
    new = {name: value for name, value in taken.items() if name not in os.environ}
    os.environ.update(new)
    return frozenset(new)


def _check(text: str) -> None:
    for found in parse_stream(StringIO(text)):
        if found.error:
            # It begins with the empty lines before it.
            said = found.original.string
            line = found.original.line + said[: -len(said.lstrip())].count("\n")
            raise MalformedLine(f"line {line} is no NAME=value")

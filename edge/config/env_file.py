"""The file that settings may stand in."""

from __future__ import annotations

import os
from pathlib import Path

from dotenv import dotenv_values

FILE = ".env"


def take_file(path: Path) -> frozenset[str]:
    """Put what a .env file sets into the environment, which goes first; the names it has set.

    Raises OSError and UnicodeDecodeError where it cannot be read.
    """
    values = dotenv_values(path) if path.exists() else {}
    taken = {name: value for name, value in values.items() if value is not None}
    new = {name: value for name, value in taken.items() if name not in os.environ}
    os.environ.update(new)
    return frozenset(new)

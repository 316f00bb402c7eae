"""What a look at one thing brings."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    """How it is: the best first."""

    OK = "ok"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True)
class Finding:
    """One thing, how it is, and how to mend it where it is not well."""

    name: str
    grade: Grade
    text: str
    mend: str = ""


def ok(name: str, text: str) -> Finding:
    """All is well."""
    return Finding(name, Grade.OK, text)


def warning(name: str, text: str, mend: str) -> Finding:
    """It works, and may soon not."""
    return Finding(name, Grade.WARNING, text, mend)


def bad(name: str, text: str, mend: str) -> Finding:
    """It does not work."""
    return Finding(name, Grade.BAD, text, mend)

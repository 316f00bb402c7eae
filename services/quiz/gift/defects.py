"""What is wrong with a GIFT text, told line by line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MAX_DEFECTS = 200


@dataclass(frozen=True, slots=True)
class Defect:
    """Why a quiz was refused; `line` counts from 1."""

    line: int
    reason: str


class GiftError(ValueError):
    """The text is no quiz; `defects` holds what is wrong, in order of lines."""

    def __init__(self, defects: Sequence[Defect]) -> None:
        super().__init__("; ".join(f"line {each.line}: {each.reason}" for each in defects))
        self.defects = list(defects)


class Defects:
    """Collects defects while a text is read."""

    def __init__(self) -> None:
        self._found: list[Defect] = []

    def __len__(self) -> int:
        return len(self._found)

    @property
    def full(self) -> bool:
        """Whether there are as many as anybody is told."""
        return len(self._found) >= MAX_DEFECTS

    def add(self, line: int, reason: str) -> None:
        """Note a defect of this line."""
        self._found.append(Defect(line, reason))

    def raise_if_any(self) -> None:
        """Raise GiftError with the first 200, in order of lines."""
        if self._found:
            raise GiftError(sorted(self._found, key=lambda each: each.line)[:MAX_DEFECTS])

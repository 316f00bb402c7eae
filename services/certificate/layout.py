"""Fitting a text of any length into a box: plain arithmetic on measured widths."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from services.certificate.names import is_attached

Measure = Callable[[str], float]
"""Width of a text in mm at a font size of 1 point."""

LINE_HEIGHT = 1.4 * 25.4 / 72
"""From line to line, in mm at a font size of 1 point."""

# A line may break at a space, and before or after an ideograph or kana (UAX #14, class ID).
_UNIT = re.compile(
    r"\s*(?:[\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
    r"|[^\s\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+)"
)


@dataclass(frozen=True)
class Box:
    """Room for a text, in mm."""

    width: float
    height: float


@dataclass(frozen=True)
class Fitted:
    """The lines of a text and the font size at which they fit, in points."""

    size: float
    lines: list[str]


def fit(text: str, measure: Measure, box: Box, sizes: Sequence[float]) -> Fitted:
    """The text at the largest of the sizes (descending) at which it fits into the box.

    If it does not even fit at the smallest, the last line ends in an ellipsis.
    """
    measure = cache(measure)
    for size in sizes:
        limit, max_lines = box.width / size, max(1, int(box.height / (size * LINE_HEIGHT)))
        lines = wrap(text, measure, limit)
        if len(lines) <= max_lines:
            return Fitted(size, _balance(text, measure, limit, lines))
    last = _shorten(" ".join(lines[max_lines - 1 :]), measure, limit)
    return Fitted(sizes[-1], [*lines[: max_lines - 1], last])


def wrap(text: str, measure: Measure, limit: float) -> list[str]:
    """Break a text into lines no wider than limit, at spaces where there are any."""
    lines: list[str] = []
    line, used = "", 0.0
    for unit in _units(text, measure, limit):
        needed = measure(unit)
        if line and used + needed > limit:
            lines.append(line)
            line, used = "", 0.0
            unit = unit.lstrip()  # noqa: PLW2901 (a line does not begin with the space before it)
            needed = measure(unit)
        line, used = line + unit, used + needed
    return [*lines, line] if line else lines


def _units(text: str, measure: Measure, limit: float) -> list[str]:
    units: list[str] = []
    for unit in _UNIT.findall(text):
        rest = unit
        while measure(rest) > limit and len(rest) > 1:
            head = _longest_prefix(rest, measure, limit)
            units.append(head)
            rest = rest[len(head) :]
        units.append(rest)
    return [unit for unit in units if unit]


def _longest_prefix(text: str, measure: Measure, limit: float) -> str:
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if measure(text[:middle]) <= limit else (low, middle - 1)
    while low > 1 and _goes_on(text, low):
        low -= 1
    return text[:low]


def _balance(text: str, measure: Measure, limit: float, lines: list[str]) -> list[str]:
    """Lines of similar width look calmer when centred: the narrowest limit with as many lines."""
    low, best = 0.0, lines
    for _ in range(8 if len(lines) > 1 else 0):
        middle = (low + limit) / 2
        attempt = wrap(text, measure, middle)
        if len(attempt) == len(lines):
            limit, best = middle, attempt
        else:
            low = middle
    return best


def _shorten(text: str, measure: Measure, limit: float) -> str:
    return _longest_prefix(text, lambda part: measure(f"{part}…"), limit).rstrip() + "…"


def _goes_on(text: str, index: int) -> bool:
    """Whether the character at an index belongs to the one before it."""
    return is_attached(text[index]) if index < len(text) else False

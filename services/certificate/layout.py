"""Fitting a text of any length into a box: plain arithmetic on measured widths."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

Measure = Callable[[str], float]
"""Width of a text in mm at a font size of 1 point."""

LINE_HEIGHT = 1.4 * 25.4 / 72
"""From line to line, in mm at a font size of 1 point."""

_JOINERS = "\u200c\u200d"
_MAX_MARKS = 4
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


def clean(text: str) -> str:
    """The text on one line, composed (NFC), without characters that could disturb the page.

    Controls become spaces; format characters go, but the two joiners that Indic and Arabic
    spelling needs stay; no more than 4 marks stack on one letter.
    """
    shown = "".join(_shown(char) for char in unicodedata.normalize("NFC", text))
    return " ".join(_limit_marks(shown).split())


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
    while low > 1 and _attaches(text[low : low + 1]):
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


def _shown(char: str) -> str:
    if char in _JOINERS:
        return char
    category = unicodedata.category(char)
    if category in {"Cc", "Cs", "Zl", "Zp", "Zs"}:
        return " "
    return "" if category == "Cf" else char


def _attaches(char: str) -> bool:
    return bool(char) and (char in _JOINERS or unicodedata.category(char)[0] == "M")


def _limit_marks(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for char in text:
        marks = marks + 1 if _attaches(char) else 0
        if marks <= _MAX_MARKS:
            kept.append(char)
    return "".join(kept)

"""Numbers as GIFT writes them: `3`, `3:0.1` (value and tolerance), `1..5`. Decimal, so exact."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

NUMBER = r"[+-]?(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})(?:[eE][+-]?\d{1,2})?"
RANGE = re.compile(rf"\s*({NUMBER})\s*\.\.\s*({NUMBER})\s*")
VALUE = re.compile(rf"\s*({NUMBER})\s*(?::\s*({NUMBER})\s*)?")


class NumberRange(NamedTuple):
    """The numbers from `low` to `high`, both of them too."""

    low: Decimal
    high: Decimal

    def __contains__(self, number: object) -> bool:
        return isinstance(number, Decimal) and self.low <= number <= self.high


def read_range(written: str) -> NumberRange:
    """The range that is written so; ValueError tells people what is wrong."""
    between = RANGE.fullmatch(written)
    if between:
        low, high = Decimal(between[1]), Decimal(between[2])
    else:
        value = VALUE.fullmatch(written)
        if value is None:
            raise ValueError(f'"{written[:60]}" is no number: write 3, 3:0.1 or 1..5')
        tolerance = Decimal(value[2] or 0)
        low, high = Decimal(value[1]) - tolerance, Decimal(value[1]) + tolerance
    if low > high:
        raise ValueError(f'"{written[:60]}" holds no number at all')
    return NumberRange(low, high)


def canonical(written: str) -> str:
    """A range without spaces."""
    return "".join(written.split())

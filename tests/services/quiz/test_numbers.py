from decimal import Decimal

import pytest

from services.quiz.numbers import read_range


@pytest.mark.parametrize(
    ("written", "inside", "outside"),
    [
        ("3", ["3", "3.0", "30e-1"], ["3.0001", "-3"]),
        ("3:0.1", ["2.9", "3", "3.1"], ["2.8999", "3.1001"]),
        ("-1..1.5", ["-1", "0", "1.5"], ["-1.01", "1.51"]),
        (" 1e3 : 1 ", ["999", "1001"], ["998.9"]),
        (".5..5.", [".5", "5"], ["0.4"]),
    ],
)
def test_a_number_is_in_its_range_exactly(
    written: str, inside: list[str], outside: list[str]
) -> None:
    found = read_range(written)
    assert all(Decimal(number) in found for number in inside)
    assert not any(Decimal(number) in found for number in outside)
    assert None not in found


@pytest.mark.parametrize(
    "written", ["", "x", "1,5", "1..", "2..1", "3:-1", "1:2:3", "NaN", "Infinity", "1e999", "--1"]
)
def test_anything_else_is_no_number(written: str) -> None:
    with pytest.raises(ValueError, match="number"):
        read_range(written)

from __future__ import annotations

import base64
import gzip
from collections.abc import Callable
from itertools import pairwise

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.certificate.status_lists import SIZE, encoded, numbers_of, place_of
from services.kit.data.database import Database


def decoded(text: str) -> list[int]:
    """The set bits, as the specification reads them (W3C Bitstring Status List 1.0, 3.3)."""
    assert text[0] == "u"
    bits = gzip.decompress(base64.urlsafe_b64decode(text[1:] + "=" * (-len(text[1:]) % 4)))
    assert len(bits) * 8 == SIZE >= 131_072
    whole = int.from_bytes(bits, "big")
    return [index for index in range(SIZE) if whole >> (SIZE - 1 - index) & 1]


def test_an_empty_list_is_short() -> None:
    assert decoded(encoded([])) == []
    assert len(encoded([])) < 200


@pytest.mark.parametrize("bits", [{0}, {7, 8}, {SIZE - 1}, {1, 1000, 200_000}])
def test_index_0_is_the_leftmost_bit(bits: set[int]) -> None:
    assert set(decoded(encoded(3 * SIZE + bit for bit in bits))) == bits


@given(st.integers(0, 2**49))
def test_a_number_is_in_the_list_of_its_place(number: int) -> None:
    place = place_of(number)
    found = numbers_of(str(place.number))
    assert found is not None
    assert number in found
    assert found.start + place.bit == number


@pytest.mark.parametrize("list_id", ["", "-1", "01", "x", "1.0", "\u0661", "9" * 50, "\u00b2"])
def test_what_is_no_list(list_id: str) -> None:
    assert numbers_of(list_id) is None


def test_numbers_are_scattered_over_their_list_and_none_comes_twice(
    database_of: Callable[[str], Database],
) -> None:
    with psycopg.connect(database_of("certificate").url) as connection:
        found = connection.execute(
            "SELECT scattered(n) FROM generate_series(%s::bigint, %s) n", (SIZE, 2 * SIZE - 1)
        ).fetchall()
    numbers = [number for (number,) in found]
    assert set(numbers) == set(range(SIZE, 2 * SIZE))
    # Of 1,000 in a row hardly any is beside the one before it.
    steps = [abs(after - before) for before, after in pairwise(numbers[:1000])]
    assert sum(step == 1 for step in steps) < 10

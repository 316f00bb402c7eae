"""Where a certificate stands in the status lists, and the lists (W3C Bitstring Status List 1.0)."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterable
from typing import NamedTuple

# As in migrations/status_numbers.sql; the specification wants 131,072 at least.
_BITS = 18
SIZE = 1 << _BITS
_NUMBERS = range(1 << 32)  # of lists: more than there are people


class Place(NamedTuple):
    """A place: the number of the list, and which bit of it."""

    number: int
    bit: int


def place_of(status_number: int) -> Place:
    """Where a certificate with this number stands."""
    return Place(status_number >> _BITS, status_number & (SIZE - 1))


def numbers_of(list_id: str) -> range | None:
    """The status numbers of a list as an address names it; None where that is no list."""
    if not (list_id.isascii() and list_id.isdecimal() and str(int(list_id)) == list_id):
        return None
    number = int(list_id)
    return range(number << _BITS, (number + 1) << _BITS) if number in _NUMBERS else None


def encoded(invalid: Iterable[int]) -> str:
    """The list in which these status numbers are set: multibase base64url of gzip (section 3.2).

    Index 0 is the leftmost bit of the first byte.
    """
    bits = bytearray(SIZE // 8)
    for number in invalid:
        bit = place_of(number).bit
        bits[bit // 8] |= 0x80 >> bit % 8
    packed = gzip.compress(bytes(bits), mtime=0)
    return "u" + base64.urlsafe_b64encode(packed).rstrip(b"=").decode()

"""How long to wait before what failed is tried again."""

from __future__ import annotations

# Above this many doublings every pause is the longest, and a float could not hold much more.
MOST_DOUBLINGS = 30


def growing_pause(failures: int, first: float, longest: float) -> float:
    """The pause in seconds after so many failures in a row: `first`, doubled to `longest`."""
    return min(first * 2.0 ** min(max(failures - 1, 0), MOST_DOUBLINGS), longest)

"""Ids of questions and options. They are handed out before the answers are, so they tell nothing.

One made after the other they would tell the order of their making: what is to be put in order would
stand in it already. And those made later would tell what their author corrected.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from uuid import UUID

# RFC 9562, 5.7: 48 bits of time, then version and variant among bits of chance.
_TIME = ((1 << 48) - 1) << 80
_MARKED = (0xF << 76) | (0b11 << 62)
_MARKS = (7 << 76) | (0b10 << 62)


def blind_ids(quiz_id: UUID) -> Iterator[UUID]:
    """New ids (UUIDv7) without end: all of them have the time of the quiz, the rest is chance."""
    while True:
        chance = secrets.randbits(80) & ~_MARKED
        yield UUID(int=quiz_id.int & _TIME | chance | _MARKS)

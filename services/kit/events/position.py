"""Where a reader of events stands."""

from __future__ import annotations

from typing import NamedTuple

from services.kit.errors import InvalidFields, Violation

# The digits of a bigint and of microseconds for some thousand years to come.
LONGEST_NUMBER = 18


class Position(NamedTuple):
    """The event told last: its id, and when it was written in microseconds since 1970.

    The time tells histories apart. A database that was restored to an earlier moment, whether from
    a dump, an archive or a copy of its files, gives the same ids again, to other events: there the
    position is not found, and its reader learns that it must begin anew. Where the event is found,
    nothing that the reader knows was lost.
    """

    event_id: int
    written_at: int

    def __str__(self) -> str:
        return "" if self == BEGINNING else f"{self.event_id}.{self.written_at}"


BEGINNING = Position(0, 0)


def read_position(text: str) -> Position:
    """The position in a text; "" is the beginning. InvalidFields where the text is none."""
    if not text:
        return BEGINNING
    event_id, _, written_at = text.partition(".")
    if not (_is_number(event_id) and _is_number(written_at)):
        raise InvalidFields([Violation("position", "is not a position of events")])
    return Position(int(event_id), int(written_at))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER

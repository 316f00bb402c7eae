"""Finds out which ids are missing for good.

Ids are given before the commit: 7 may be there while 6 is still being written. Whoever was given an
id held a lock on the table by then, and holds it until its event is there or never comes. So where
ids are missing, it is enough to wait for those who hold that lock now, and to read once more.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

import structlog

from services.kit.events import table
from services.kit.events.table import Connection, Record

log = structlog.get_logger("stellr.events")

# An id that is missing this long is worth a line in the log.
STUCK_SECONDS = 5.0


class _Gap(NamedTuple):
    """Ids are missing before `newest`, and only these transactions could bring them."""

    newest: int
    writers: frozenset[str]
    since: float
    logged: bool = False


class Settling:
    """What one reader of the table knows; anew for each connection."""

    def __init__(self) -> None:
        # No event up to this id is missing that may still come.
        self.settled_to = 0
        self._gap: _Gap | None = None

    @property
    def waiting_seconds(self) -> float | None:
        """How long ids have been missing; None where none are."""
        return None if self._gap is None else time.monotonic() - self._gap.since

    def sure(self, records: Sequence[Record], before: int) -> Sequence[Record]:
        """Of the records after the id `before`: those up to the first id that may still come."""
        for index, record in enumerate(records):
            event_id = record.position.event_id
            if event_id > max(before + 1, self.settled_to):
                return records[:index]
            before = event_id
        return records

    async def settle(self, connection: Connection, told: int) -> bool:
        """Whether no event is missing any more before one that is committed, beyond the id `told`.

        Then everything up to `settled_to` is there for whoever reads now.
        """
        now = await table.writers(connection)
        gap = self._gap
        if gap is None or gap.newest <= told:
            gap = _Gap(now.newest, now.at_work, time.monotonic())
        at_work = gap.writers & now.at_work
        if at_work and gap.newest > told:
            self._gap = _logged(gap._replace(writers=at_work))
            return False
        self._gap, self.settled_to = None, gap.newest
        return True

    def nothing_is_missing(self) -> None:
        """All that is committed was read without a gap."""
        self._gap = None


def _logged(gap: _Gap) -> _Gap:
    """The gap, told to operators where it has been there for long."""
    if gap.logged or time.monotonic() - gap.since < STUCK_SECONDS:
        return gap
    log.warning("events wait for open transactions", virtual_transactions=sorted(gap.writers))
    return gap._replace(logged=True)

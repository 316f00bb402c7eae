"""The queues of jobs, and how they share the workers of a process."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple


class Queue(enum.StrEnum):
    """How urgent a job is."""

    #: Somebody waits for it in front of a screen: a code for logging in.
    URGENT = "urgent"
    NORMAL = "normal"
    #: Thousands at once, for which nobody waits: a newsletter.
    BULK = "bulk"
    #: What asks somebody else than all other jobs do: when they hang, it goes on, and the reverse.
    APART = "apart"
    #: The same for thousands at once, each of which waits long for a short answer.
    CROWD = "crowd"
    #: Of that crowd what was not answered before: it leaves room for what was not tried yet.
    AGAIN = "again"


class Lane(enum.Enum):
    """Jobs of one lane share its slots, and never wait for those of the other."""

    MAIN = enum.auto()
    SIDE = enum.auto()
    BROAD = enum.auto()


class Share(NamedTuple):
    """`priority`: of what waits, the highest goes first. `slots`: the queue's jobs are begun only
    while fewer than so many of all jobs of its lane are at work, so that some slots stay free for
    what is more urgent."""

    priority: int
    slots: int
    lane: Lane = Lane.MAIN


SHARES = {
    Queue.URGENT: Share(priority=2, slots=6),
    Queue.NORMAL: Share(priority=1, slots=4),
    Queue.BULK: Share(priority=0, slots=2),
    Queue.APART: Share(priority=2, slots=3, lane=Lane.SIDE),
    Queue.CROWD: Share(priority=0, slots=8, lane=Lane.BROAD),
    Queue.AGAIN: Share(priority=-1, slots=4, lane=Lane.BROAD),
}


def open_queues(at_work: Iterable[str]) -> list[str]:
    """The queues of which one more job may be begun while jobs of these queues are at work."""
    busy = Counter(SHARES[Queue(name)].lane for name in at_work)
    return [queue.value for queue, share in SHARES.items() if busy[share.lane] < share.slots]

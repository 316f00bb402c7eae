"""The queues of jobs, and how they share the workers of a process."""

from __future__ import annotations

import enum
from typing import NamedTuple


class Queue(enum.StrEnum):
    """How urgent a job is."""

    #: Somebody waits for it in front of a screen: a code for logging in.
    URGENT = "urgent"
    NORMAL = "normal"
    #: Thousands at once, for which nobody waits: a newsletter.
    BULK = "bulk"


class Share(NamedTuple):
    """`priority`: of what waits, the highest goes first. `slots`: the queue's jobs are begun only
    while fewer than so many of all jobs are at work, so that some slots stay free for what is more
    urgent."""

    priority: int
    slots: int


SHARES = {
    Queue.URGENT: Share(priority=2, slots=6),
    Queue.NORMAL: Share(priority=1, slots=4),
    Queue.BULK: Share(priority=0, slots=2),
}


def open_queues(at_work: int) -> list[str]:
    """The queues of which one more job may be begun while so many are at work."""
    return [queue.value for queue, share in SHARES.items() if at_work < share.slots]

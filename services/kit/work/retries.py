"""Whether work that failed is tried again, and when."""

from __future__ import annotations

import random

import grpc
import psycopg

from services.kit.errors import (
    Aborted,
    DeadlineExceeded,
    ResourceExhausted,
    Unavailable,
)
from services.kit.rpc.refusals import as_domain_error
from services.kit.work.pauses import growing_pause

FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 60.0
# So that what failed together does not come back together.
JITTER = 0.25
# What passes by itself is tried for a week, at one try a minute.
TRIES_OF_WHAT_PASSES = 10_000
# Two minutes: enough for what only looks as if it were for good.
TRIES_OF_WHAT_STAYS = 10

_PASSING = (Unavailable, DeadlineExceeded, Aborted, ResourceExhausted)


class UnknownTask(Exception):
    """This process knows no task of that name; one of another version may."""


_PASSING_CAUSES = (
    OSError,
    UnknownTask,
    # A table or a column that another version of the service has.
    psycopg.errors.UndefinedTable,
    psycopg.errors.UndefinedColumn,
    # A status that a called service did not mean, as UNIMPLEMENTED: its next version may.
    grpc.RpcError,
)


def pause_before_retry(error: BaseException, attempts: int) -> float | None:
    """The seconds until a job is tried again that failed after so many failed attempts before.

    None: it is given up.
    """
    tries = attempts + 1
    if tries >= (TRIES_OF_WHAT_PASSES if passes(error) else TRIES_OF_WHAT_STAYS):
        return None
    pause = growing_pause(tries, FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)
    pause *= random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311  nobody gains by guessing it
    known = as_domain_error(error)
    # A limit knows when it is good again; what is away may be back sooner than a caller is told.
    return max(pause, known.retry_after or 0.0) if isinstance(known, ResourceExhausted) else pause


def passes(error: BaseException) -> bool:
    """Whether it may go well later although nobody changes anything."""
    known = as_domain_error(error)
    if known is not None:
        return isinstance(known, _PASSING)
    # SQLAlchemy keeps what psycopg said.
    return isinstance(getattr(error, "orig", None) or error, _PASSING_CAUSES)

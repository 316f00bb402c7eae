"""Writes down what happened, however long the database takes nothing."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog
from psycopg_pool import PoolClosed

from services.kit.work.failures import describe
from services.kit.work.pauses import growing_pause

log = structlog.get_logger("stellr.jobs")

FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 5.0


def insist(what: str, write: Callable[[], None]) -> None:
    """Have `write` called until it succeeds, or the process ends; `what` it is, for the log."""
    failures = 0
    while True:
        try:
            return write()
        except PoolClosed:
            # The process ends; another takes the job over.
            return None
        except Exception as error:
            failures += 1
            log.warning(f"{what} cannot be written", error=describe(error))
            time.sleep(growing_pause(failures, FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS))

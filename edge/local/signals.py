"""Signals as something to wait for, so that none ever interrupts half a step."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

STOP = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
WATCHED = STOP | {signal.SIGCHLD}


@contextmanager
def blocked() -> Iterator[None]:
    """Hold the stop signals and SIGCHLD back for `wait`; they act as before afterwards."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def wait(seconds: float) -> bool:
    """Sleep up to `seconds`; True if a stop signal came. A child's end cuts the sleep short."""
    caught = signal.sigtimedwait(WATCHED, max(seconds, 0.0))
    return caught is not None and caught.si_signo in STOP


def until(deadline: float) -> float:
    """Seconds left until `deadline` on the monotonic clock, never below zero."""
    return max(0.0, deadline - time.monotonic())

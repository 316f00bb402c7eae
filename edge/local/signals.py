"""Signals as something to wait for, so that none ever interrupts half a step."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

STOP = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
WATCHED = STOP | {signal.SIGCHLD}
# A stop comes twice when make, or the shell of a closing terminal, passes on what reached us too.
ECHO_SECONDS = 0.2


@contextmanager
def blocked() -> Iterator[None]:
    """Hold the stop signals and SIGCHLD back for `wait`; they act as before afterwards.

    A stop signal that still waits at the end is dropped: what it asks for is done.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
    try:
        yield
    finally:
        while signal.sigtimedwait(STOP, 0):
            pass
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def wait(seconds: float) -> bool:
    """Sleep up to `seconds`; True if a stop signal came. A child's end cuts the sleep short."""
    caught = signal.sigtimedwait(WATCHED, max(seconds, 0.0))
    return caught is not None and caught.si_signo in STOP and not _waived(caught.si_signo)


def swallow_echo() -> None:
    """Let the copies of a stop signal pass, so that they do not count as a second request."""
    deadline = time.monotonic() + ECHO_SECONDS
    while signal.sigtimedwait(STOP, until(deadline)):
        pass


def _waived(number: int) -> bool:
    # Under nohup the hangup is ignored, but a blocked signal is queued all the same.
    return number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN


def until(deadline: float) -> float:
    """Seconds left until `deadline` on the monotonic clock, never below zero."""
    return max(0.0, deadline - time.monotonic())

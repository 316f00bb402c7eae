"""Signals as something to wait for, so that none ever interrupts half a step."""

import ctypes
import signal
import time
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager

STOP = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
WATCHED = STOP | {signal.SIGCHLD}
# A stop comes twice when make, or the shell of a closing terminal, passes on what reached us too.
ECHO_SECONDS = 0.2
_LIBC = ctypes.CDLL(None)


@contextmanager
def blocked() -> Iterator[None]:
    """Hold the stop signals and SIGCHLD back for `wait`; they act as before afterwards.

    A stop signal that still waits at the end is dropped: what it asks for is done.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
    try:
        yield
    finally:
        while _next(STOP, 0):
            pass
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def wait(seconds: float) -> bool:
    """Sleep up to `seconds`; True if a stop signal came. A child's end cuts the sleep short."""
    caught = _next(WATCHED, max(seconds, 0.0))
    return caught in STOP and not _waived(caught)


def swallow_echo() -> None:
    """Let the copies of a stop signal pass, so that they do not count as a second request."""
    deadline = time.monotonic() + ECHO_SECONDS
    while _next(STOP, until(deadline)):
        pass


def _next(numbers: AbstractSet[int], seconds: float) -> int:
    """The next of these signals; 0 where none came in that time, or the process stood still in it.

    signal.sigtimedwait of Python tells, after SIGSTOP and SIGCONT and when its time has passed
    meanwhile, of a signal that never came: of whatever lay in memory (seen in 3.11 to 3.14).
    """
    # A sigset_t of Linux has the signals as bits, in 1024 of them.
    wanted = (ctypes.c_ulong * (1024 // 8 // ctypes.sizeof(ctypes.c_ulong)))()
    wanted[0] = sum(1 << (number - 1) for number in numbers)
    whole, part = divmod(seconds, 1)
    timeout = (ctypes.c_long * 2)(int(whole), int(part * 1e9))
    return max(0, int(_LIBC.sigtimedwait(wanted, None, timeout)))


def _waived(number: int) -> bool:
    # Under nohup the hangup is ignored, but a blocked signal is queued all the same.
    return number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN


def until(deadline: float) -> float:
    """Seconds left until `deadline` on the monotonic clock, never below zero."""
    return max(0.0, deadline - time.monotonic())

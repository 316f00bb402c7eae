"""Says that this thread waits for something elsewhere, so that another may compute meanwhile."""

from __future__ import annotations

import threading
from typing import Protocol


class Lender(Protocol):
    """Whoever lends the thread, and has others."""

    def begin_wait(self) -> None:
        """The thread computes nothing from now on."""

    def end_wait(self) -> None:
        """The thread goes on."""


class _Here(threading.local):
    lender: Lender | None = None


class _Waiting:
    """Around a wait for a database or another service."""

    __slots__ = ()

    def __enter__(self) -> None:
        if _here.lender is not None:
            _here.lender.begin_wait()

    def __exit__(self, *_: object) -> None:
        if _here.lender is not None:
            _here.lender.end_wait()


_here = _Here()
waiting = _Waiting()


def lent_by(lender: Lender) -> None:
    """Name the lender of this thread, for as long as the thread lives."""
    _here.lender = lender

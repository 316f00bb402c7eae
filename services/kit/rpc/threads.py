"""The threads of a server: few that compute, and others while those wait.

Python computes in one thread at a time. More of them at once only hand the interpreter to and fro:
a call that is answered from memory took the process 12 to 20 % less with three than with eight.
But a thread that waits for a database or another service is no hindrance, and must be none for the
calls behind it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, TypeVar

from services.kit.waiting import lent_by

Result = TypeVar("Result")
COMPUTING = 3
Task = Callable[[], None]


class CallThreads(Executor):
    """At most `most` threads, of which at most `computing` take up work.

    The thread that last fell idle works next, so that few of them work at all. One that comes back
    from a wait goes on at once: it is the next task that waits.
    """

    def __init__(self, most: int, computing: int = COMPUTING) -> None:
        self._most = most
        self._computing = min(most, computing)
        self._lock = threading.Lock()
        self._tasks: deque[Task] = deque()
        # A lock that is held for each thread that sleeps: to release it wakes the thread.
        self._asleep: list[threading.Lock] = []
        self._threads = 0
        self._busy = 0

    def submit(self, fn: Callable[..., Result], /, *args: Any, **kwargs: Any) -> Future[Result]:
        """Have something done by the next thread; its result, or what it raised."""
        future: Future[Result] = Future()

        def task() -> None:
            try:
                future.set_result(fn(*args, **kwargs))
            except BaseException as error:
                future.set_exception(error)

        with self._lock:
            self._tasks.append(task)
            wake = self._another()
        if wake is not None:
            wake()
        return future

    @property
    def busy(self) -> int:
        """Threads that compute."""
        return self._busy

    @property
    def waiting(self) -> int:
        """Tasks that wait for a thread."""
        return len(self._tasks)

    def begin_wait(self) -> None:
        """A thread waits: another may take up work."""
        with self._lock:
            self._busy -= 1
            wake = self._another()
        if wake is not None:
            wake()

    def end_wait(self) -> None:
        """A thread goes on, now and then beside as many as may compute."""
        with self._lock:
            self._busy += 1

    def _another(self) -> Callable[[], None] | None:
        """What calls a thread to work, where there is work and a place for it."""
        if not self._tasks or self._busy >= self._computing:
            return None
        if self._asleep:
            self._busy += 1
            return self._asleep.pop().release
        if self._threads < self._most:
            self._busy += 1
            self._threads += 1
            name = f"rpc_{self._threads}"
            return threading.Thread(target=self._work, name=name, daemon=True).start
        return None

    def _work(self) -> None:
        lent_by(self)
        bell = threading.Lock()
        bell.acquire()
        while True:
            task = self._next(bell)
            if task is None:
                bell.acquire()
            else:
                task()
            # What it held is not kept until the next one comes.
            del task

    def _next(self, bell: threading.Lock) -> Task | None:
        """The next task; None where this thread is to sleep until its bell rings."""
        with self._lock:
            if self._tasks and self._busy <= self._computing:
                return self._tasks.popleft()
            self._busy -= 1
            self._asleep.append(bell)
            return None

"""Looking at what clients sent to a bucket: beside the RPC that asks, since a film of several
gigabytes takes longer to read than an RPC may."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from uuid import UUID

from services.kit import call
from services.kit.waiting import waiting
from services.media.repository.uploads import UploadRow

# Less than an RPC may take: so its caller is told to ask again.
WAIT_SECONDS = 10.0
MOST_AT_ONCE = 4
MOST_REMEMBERED = 100
Look = Callable[[], UploadRow]


class Looking:
    """Looks at each upload once, however often it is asked for; each process for itself."""

    def __init__(self, wait_seconds: float = WAIT_SECONDS) -> None:
        self._wait_seconds = wait_seconds
        self._under_way: dict[UUID, Future[UploadRow]] = {}
        self._lock = threading.Lock()

    def at(self, upload_id: UUID, look: Look) -> UploadRow | None:
        """What `look` returns or raises; None where it takes longer, and then it goes on."""
        future = self._begun(upload_id, look)
        if future is None:
            return None
        with waiting:
            wait([future], call.patience(self._wait_seconds))
        if not future.done():
            return None
        with self._lock:
            self._under_way.pop(upload_id, None)
        return future.result()

    def _begun(self, upload_id: UUID, look: Look) -> Future[UploadRow] | None:
        with self._lock:
            found = self._under_way.get(upload_id)
            if found is None and self._has_room():
                found = self._under_way[upload_id] = Future()
                # A daemon: a process that stops does not wait for it, and it is done anew.
                threading.Thread(target=_run, args=(found, look), daemon=True).start()
            return found

    def _has_room(self) -> bool:
        done = [each for each, future in self._under_way.items() if future.done()]
        for each in done[:-MOST_REMEMBERED]:
            del self._under_way[each]
        return sum(not future.done() for future in self._under_way.values()) < MOST_AT_ONCE


def _run(future: Future[UploadRow], look: Look) -> None:
    try:
        future.set_result(look())
    except BaseException as error:
        future.set_exception(error)

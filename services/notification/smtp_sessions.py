"""Sessions with an SMTP server, each used again by the next message."""

from __future__ import annotations

import smtplib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from services.notification.refusals import TransportError

# Servers close what is silent for some minutes; a hundred is what many take in one session.
IDLE_SECONDS = 30.0
MOST_MESSAGES = 100
# After so long without a word the server is asked whether it is still there.
TRUSTED_SECONDS = 1.0
_OK = 250


@dataclass
class _Open:
    client: smtplib.SMTP
    messages: int = 0
    used_at: float = field(default_factory=time.monotonic)


class Sessions:
    """Those that nobody uses just now. Whoever takes one has it alone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[_Open] = []

    @contextmanager
    def session(self, connect: Callable[[], smtplib.SMTP]) -> Iterator[smtplib.SMTP]:
        """A session for one message, by `connect` where none is there. After a refusal it is kept
        where the server is ready for the next message."""
        taken = self._take() or _Open(connect())
        try:
            yield taken.client
        except TransportError:
            if _answers(taken.client.rset):
                self._give_back(taken)
            else:
                taken.client.close()
            raise
        except BaseException:
            taken.client.close()
            raise
        self._give_back(taken)

    def close_idle(self, older: float = IDLE_SECONDS) -> None:
        """Close those that were not used for so many seconds."""
        before = time.monotonic() - older
        with self._lock:
            old = [each for each in self._idle if each.used_at <= before]
            self._idle = [each for each in self._idle if each.used_at > before]
        for each in old:
            _say_goodbye(each.client)

    def _take(self) -> _Open | None:
        while True:
            with self._lock:
                if not self._idle:
                    return None
                # The one used last: the others become idle, and are closed.
                taken = self._idle.pop()
            if time.monotonic() - taken.used_at < TRUSTED_SECONDS or _answers(taken.client.noop):
                return taken
            taken.client.close()

    def _give_back(self, taken: _Open) -> None:
        taken.messages += 1
        if taken.messages >= MOST_MESSAGES:
            _say_goodbye(taken.client)
            return
        taken.used_at = time.monotonic()
        with self._lock:
            self._idle.append(taken)


def _answers(command: Callable[[], tuple[int, bytes]]) -> bool:
    try:
        return command()[0] == _OK
    except OSError:  # every error of smtplib is one
        return False


def _say_goodbye(client: smtplib.SMTP) -> None:
    with suppress(OSError):
        client.quit()
    client.close()

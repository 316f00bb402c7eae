"""A message that was not taken by who should carry it on."""

from __future__ import annotations


class TransportError(Exception):
    """The message was not taken; permanent tells that trying again is of no use.

    The reason has no address, no number and no word of the message: it is for logs. Who refused it
    may have said in how many seconds to try again.
    """

    def __init__(self, reason: str, *, permanent: bool, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.permanent = permanent
        self.retry_after = retry_after


class NotNow(TransportError):
    """Not taken for now, which says nothing about any other message: whom it was handed to was
    named by its person."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason, permanent=False, retry_after=retry_after)


class TooLate(TransportError):
    """What the message says is of no use any more: it is not sent."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, permanent=True)


class DeviceGone(TransportError):
    """Nothing will ever reach that device again: it is to be forgotten."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, permanent=True)

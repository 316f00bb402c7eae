"""A message that was not taken by who should carry it on."""

from __future__ import annotations


class TransportError(Exception):
    """The message was not taken; permanent tells that trying again is of no use.

    The reason has no address, no number and no word of the message: it is for logs.
    """

    def __init__(self, reason: str, *, permanent: bool) -> None:
        super().__init__(reason)
        self.permanent = permanent


class TooLate(TransportError):
    """What the message says is of no use any more: it is not sent."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, permanent=True)

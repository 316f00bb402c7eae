"""Signed links: who has one may fetch what it leads to, for some minutes and within one session.

A link carries whom it was given to. It cannot be altered, and dies with that person's session.
"""

from __future__ import annotations

import time
from typing import NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from services.kit.call import Caller
from services.kit.errors import LinkExpired, LinkInvalid
from services.kit.identity.revocations import Revocations
from services.kit.identity.secrets import Signer

# What links to the bytes of media are signed for.
CONTENT = "content"
# Not longer than ended sessions are remembered (revocations.REMEMBER_SECONDS).
LIFETIME_SECONDS = 600
# Within this time the same link is given again, so that browsers can keep what they fetched.
STEP_SECONDS = 300


class Link(NamedTuple):
    """A link, and the Unix time until which it is good."""

    url: str
    expires: int


class Ticket(NamedTuple):
    """What a link carries in its query: until when it is good, for whom, and the proof of it.

    `learner` and `session` are ids as they stand there, or empty for a link that is nobody's.
    """

    expires: int
    learner: str
    session: str
    signature: str


class Links:
    """Makes signed links to paths of the academy."""

    def __init__(self, signer: Signer, public_url: str) -> None:
        self._signer = signer
        self._public_url = public_url

    def make(self, path: str, now: float, caller: Caller) -> Link:
        """A link to a path for whoever asks, good for ten minutes at least."""
        expires = expiry(now)
        signed = Ticket(expires, _text(caller.user_id), _text(caller.session_id), "")
        query: dict[str, str | int] = {"expires": expires}
        if signed.learner:
            query |= {"learner": signed.learner, "session": signed.session}
        query["signature"] = self._signer.sign(_signed(path, signed))
        return Link(f"{self._public_url}{path}?{urlencode(query)}", expires)


class LinkCheck:
    """Checks links that any service made."""

    def __init__(self, signer: Signer, revocations: Revocations) -> None:
        self._signer = signer
        self._revocations = revocations

    def check(self, path: str, ticket: Ticket) -> None:
        """LinkInvalid unless we gave out this link, LinkExpired unless it is still good."""
        if not self._signer.matches(_signed(path, ticket), ticket.signature):
            raise LinkInvalid
        if time.time() > ticket.expires:
            raise LinkExpired
        if ticket.session and self._revocations.has_ended(UUID(ticket.session)):
            raise LinkExpired


def expiry(now: float) -> int:
    """When a link made now expires: ten minutes from the end of the step that we are in."""
    return (int(now) // STEP_SECONDS + 1) * STEP_SECONDS + LIFETIME_SECONDS


def _signed(path: str, ticket: Ticket) -> str:
    return "\n".join((path, str(ticket.expires), ticket.learner, ticket.session))


def _text(of: UUID | None) -> str:
    return "" if of is None else str(of)

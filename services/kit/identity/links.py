"""Signed links: who has one may fetch what it leads to until it expires."""

from __future__ import annotations

import time
from typing import NamedTuple
from urllib.parse import urlencode

from services.kit.identity.secrets import Signer

# What links to the bytes of media are signed for.
CONTENT = "content"
LIFETIME_SECONDS = 3600
# Within this time the same link is given again, so that browsers can keep what they fetched.
STEP_SECONDS = 900


class Link(NamedTuple):
    """A link, and the Unix time until which it is good."""

    url: str
    expires: int


class Links:
    """Makes and checks signed links to paths of the academy."""

    def __init__(self, signer: Signer, public_url: str) -> None:
        self._signer = signer
        self._public_url = public_url

    def make(self, path: str, now: float) -> Link:
        """A link to a path that is good for an hour at least."""
        expires = expiry(now)
        query = {"expires": expires, "signature": self._signer.sign(_signed(path, expires))}
        return Link(f"{self._public_url}{path}?{urlencode(query)}", expires)

    def is_good(self, path: str, expires: int, signature: str) -> bool:
        """Whether we gave out this link and it has not expired."""
        genuine = self._signer.matches(_signed(path, expires), signature)
        return genuine and time.time() <= expires


def expiry(now: float) -> int:
    """When a link made now expires: an hour from the end of the step that we are in."""
    return (int(now) // STEP_SECONDS + 1) * STEP_SECONDS + LIFETIME_SECONDS


def _signed(path: str, expires: int) -> str:
    return f"{path}:{expires}"

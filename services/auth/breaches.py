"""Whether a password is known from breaches, asked without telling it (k-anonymity).

A service with the range API of Have I Been Pwned is sent the first five hex digits of the SHA-1,
and answers with all that begin so.
"""

from __future__ import annotations

import hashlib

import httpx
import structlog

from services.auth.bounded import read_bounded
from services.kit.waiting import waiting

log = structlog.get_logger("stellr.auth")

PREFIX_DIGITS = 5
TIMEOUT_SECONDS = 1.0
MAX_BYTES = 256 * 1024


class Breaches:
    """Asks a range API; without one, or while it does not answer, nothing is known."""

    def __init__(self, url: str) -> None:
        """`url` is what the five digits are added to; empty: nobody is asked."""
        self._url = url
        self._client = httpx.Client(
            headers={"add-padding": "true"}, timeout=TIMEOUT_SECONDS, trust_env=False
        )

    def know(self, password: str) -> bool:
        """Whether the password was in a breach."""
        if not self._url:
            return False
        digest = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()
        try:
            with waiting:
                found = self._range(digest[:PREFIX_DIGITS])
        except httpx.HTTPError as error:
            log.warning("breached passwords cannot be asked for", error=type(error).__name__)
            return False
        return digest[PREFIX_DIGITS:] in found

    def _range(self, prefix: str) -> set[str]:
        """The rest of the digests with this beginning; those seen 0 times are padding."""
        with self._client.stream("GET", self._url + prefix) as answer:
            answer.raise_for_status()
            content = read_bounded(answer, MAX_BYTES)
        lines = (line.partition(":") for line in content.decode("ascii", "replace").split())
        return {rest.upper() for rest, _, count in lines if count != "0"}

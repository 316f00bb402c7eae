"""The academy's public door: one request, one answer, and nothing that could go astray."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import httpx

from edge.assistants.errors import AcademyError, sentence
from edge.cli.version import number
from services.kit.urls import LOOPBACK, parts_of

# The door itself gives a call 15 s at most.
TIMEOUT_SECONDS = 20.0
# A quiz of 500 questions, or the outline of a thousand lessons, is half of it.
MOST_BYTES = 1024 * 1024
# As it stands in the learner's list of sessions.
AGENT = f"stellr-mcp/{number()}"


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: bytes
    retry_after: str = ""

    @property
    def ok(self) -> bool:
        """Whether it is what was asked for."""
        return self.status == httpx.codes.OK

    @cached_property
    def json(self) -> dict[str, Any]:
        """The body as an object; empty where it is none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def refusal(self) -> str:
        """What is said against it, where it is not ok."""
        if not self.json:
            return f"The answer was HTTP {self.status} and no more. Is an academy there?"
        again = f"\nTry again in {self.retry_after} s." if self.retry_after.isdigit() else ""
        return sentence(self.json) + again


class Door:
    """Sends requests to one academy and to nobody else: redirects are not followed."""

    def __init__(self, url: str) -> None:
        """AcademyError where the URL is not that of an academy, as in `origin_of`."""
        self.url = origin_of(url)
        away = urlsplit(self.url).hostname not in LOOPBACK
        # No proxy stands between this machine and itself. Uncompressed, so that what is read is as
        # large as what was sent.
        try:
            self._http = httpx.Client(
                base_url=self.url,
                timeout=TIMEOUT_SECONDS,
                trust_env=away,
                headers={"User-Agent": AGENT, "Accept-Encoding": "identity"},
            )
        except httpx.InvalidURL as error:
            raise AcademyError(f"{url} is no URL: no host has such a name.") from error

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def send(
        self,
        method: str,
        path: str,
        *,
        token: str = "",
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        key: str = "",
    ) -> Answer:
        """Send a request, as the person of the access token if one is given; any answer.

        Where the connection broke it is sent once more. So a write takes an Idempotency-Key, `key`,
        by which the academy knows it again. Raises AcademyError where there is no answer, or one
        that is too large.
        """
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if key:
            headers["Idempotency-Key"] = key
        request = self._http.build_request(
            method, path, params=query or None, json=body, headers=headers
        )
        try:
            return self._insist(request)
        except httpx.TimeoutException as error:
            raise AcademyError(f"The academy at {self.url} takes too long to answer.") from error
        except httpx.TransportError as error:
            raise AcademyError(f"The academy at {self.url} cannot be reached.") from error

    def _insist(self, request: httpx.Request) -> Answer:
        try:
            return self._exchange(request)
        except httpx.TimeoutException:
            raise
        except httpx.TransportError:
            return self._exchange(request)

    def _exchange(self, request: httpx.Request) -> Answer:
        answer = self._http.send(request, stream=True)
        try:
            body = self._read(answer)
        finally:
            answer.close()
        if answer.is_redirect:
            raise AcademyError(f"{self.url} sends elsewhere, and that is not followed.")
        return Answer(answer.status_code, body, answer.headers.get("retry-after", ""))

    def _read(self, answer: httpx.Response) -> bytes:
        body = bytearray()
        for piece in answer.iter_raw():
            body += piece
            if len(body) > MOST_BYTES:
                raise AcademyError("The answer is too large to be read here. Ask for less at once.")
        return bytes(body)


def origin_of(url: str) -> str:
    """The academy's URL as it is written everywhere: scheme, host and port alone.

    Raises AcademyError where it is not one, and where passwords could be read on the way: anything
    but https, except on this machine.
    """
    parts = parts_of(url.strip())
    host = parts.hostname if parts else None
    if parts is None or not host or parts.scheme not in ("http", "https"):
        raise AcademyError(f"{url} is no URL of an academy, such as https://academy.example.")
    if parts.username is not None or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise AcademyError("The URL of an academy is its scheme, host and port, and no more.")
    if parts.scheme == "http" and host not in LOOPBACK:
        raise AcademyError(f"{url} is not https: who you are could be read on the way.")
    name = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{name}" + (f":{parts.port}" if parts.port else "")

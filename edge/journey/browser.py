"""What the journey sees the academy through: REST calls that must answer as expected."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

import httpx

TIMEOUT_SECONDS = 20.0
POLL_SECONDS = 0.1
EXCERPT = 300

Found = TypeVar("Found")


class JourneyError(Exception):
    """The journey ended before its end; the text says where and why."""


class Browser:
    """Calls the REST surface, with the access token once there is one.

    `public_url` is what links of the academy begin with, where its door has another name here.
    """

    def __init__(self, url: str, public_url: str = "") -> None:
        self.url = url.rstrip("/")
        self._public_url = public_url.rstrip("/") or self.url
        self._http = httpx.Client(base_url=url, timeout=TIMEOUT_SECONDS)
        self.token = ""

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str) -> Any:
        """GET: the JSON of a 200. JourneyError for any other answer."""
        return self._expect("GET", path).json()

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """POST a JSON body: the JSON of a 200. JourneyError for any other answer."""
        return self._expect("POST", path, json=body or {}).json()

    def download(self, path: str, kind: str) -> bytes:
        """GET: the bytes of a 200 whose content type is `kind`. JourneyError otherwise."""
        answer = self._expect("GET", path)
        found = answer.headers.get("content-type", "")
        if not found.startswith(kind):
            raise JourneyError(f"GET {path} answered with {found or 'no type'} instead of {kind}")
        return answer.content

    def fetch(self, url: str) -> bytes:
        """The bytes behind a signed URL, which must do without the token."""
        own = f"{self._public_url}/"
        here = f"{self.url}/{url.removeprefix(own)}" if url.startswith(own) else url
        answer = httpx.get(here, timeout=TIMEOUT_SECONDS)
        _check(answer, httpx.codes.OK)
        return answer.content

    def refused(self, path: str) -> bool:
        """Whether GET answers 401."""
        return self.send("GET", path).status_code == httpx.codes.UNAUTHORIZED

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Any answer."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return self._http.request(method, path, headers=headers, **options)

    def _expect(self, method: str, path: str, **options: Any) -> httpx.Response:
        return _check(self.send(method, path, **options), httpx.codes.OK)


def _check(answer: httpx.Response, wanted: int) -> httpx.Response:
    if answer.status_code != wanted:
        asked = f"{answer.request.method} {answer.request.url.path}"
        excerpt = " ".join(answer.text.split())[:EXCERPT]
        raise JourneyError(f"{asked} answered {answer.status_code}: {excerpt}")
    return answer


def wait(seconds: float, what: str, look: Callable[[], Found]) -> Found:
    """What `look` finds, once it finds something; JourneyError naming `what` when it is late."""
    end = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > end:
            raise JourneyError(f"{what} did not come within {seconds:.0f} s")
        time.sleep(POLL_SECONDS)
    return found


def require(fact: object, otherwise: str) -> None:
    """JourneyError with the text unless the fact holds."""
    if not fact:
        raise JourneyError(otherwise)

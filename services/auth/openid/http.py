"""Questions to the provider: bounded in time and size, never led elsewhere."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import httpx
import structlog

from services.auth.bounded import read_bounded
from services.auth.openid.errors import OpenIdUnavailable
from services.kit import call
from services.kit.waiting import waiting

log = structlog.get_logger("stellr.auth")

TIMEOUT_SECONDS = 5.0
MAX_BYTES = 512 * 1024


class Answer(NamedTuple):
    """The HTTP status and the JSON object of an answer; empty where it is none."""

    status: int
    body: dict[str, Any]


class Http:
    """Asks the provider."""

    def __init__(self) -> None:
        self._client = httpx.Client(
            headers={"accept": "application/json"}, follow_redirects=False, trust_env=False
        )

    def get(self, url: str) -> dict[str, Any]:
        """The JSON object at a URL; OpenIdUnavailable for anything else."""
        answer = self._ask("GET", url)
        if answer.status != httpx.codes.OK or not answer.body:
            raise self._unavailable(url, f"HTTP {answer.status}")
        return answer.body

    def post(self, url: str, form: dict[str, str], auth: tuple[str, str] | None) -> Answer:
        """The answer to a form; OpenIdUnavailable where there is none, or the server fails."""
        answer = self._ask("POST", url, data=form, auth=auth)
        if answer.status == httpx.codes.TOO_MANY_REQUESTS or httpx.codes.is_server_error(
            answer.status
        ):
            raise self._unavailable(url, f"HTTP {answer.status}")
        return answer

    def _ask(self, method: str, url: str, **options: Any) -> Answer:
        try:
            with waiting:
                return self._read(method, url, **options)
        except httpx.HTTPError as error:
            raise self._unavailable(url, type(error).__name__) from error

    def _read(self, method: str, url: str, **options: Any) -> Answer:
        timeout = call.patience(TIMEOUT_SECONDS)
        with self._client.stream(method, url, timeout=timeout, **options) as answer:
            return Answer(answer.status_code, _object(read_bounded(answer, MAX_BYTES)))

    def _unavailable(self, url: str, why: str) -> OpenIdUnavailable:
        log.warning("the OpenID provider fails", url=url.split("?", maxsplit=1)[0], why=why)
        return OpenIdUnavailable()


def _object(content: bytes) -> dict[str, Any]:
    try:
        read = json.loads(content)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}

"""What schemathesis is told beside its command line (SCHEMATHESIS_HOOKS): who it signs in as."""

from __future__ import annotations

import json
import os
import time
import urllib.request
from functools import lru_cache
from threading import Lock
from typing import Any

import schemathesis


@schemathesis.serializer("application/zip", "application/gzip", "*/*")
def as_it_is(context: Any, value: Any) -> bytes:
    """A file."""
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


# Less than an access token lives.
REFRESH_SECONDS = 240
PAUSE_SECONDS = 30.0
_lock = Lock()


@schemathesis.auth(refresh_interval=REFRESH_SECONDS)
class SignedIn:
    """Sends a token of the person that tests.fuzz made."""

    def get(self, case: Any, context: Any) -> str:
        """An access token. Each 401 asks for a new one, in each thread."""
        with _lock:
            return _token(int(time.monotonic() / PAUSE_SECONDS))

    def set(self, case: Any, data: str, context: Any) -> None:
        """Send it."""
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {data}"}


@lru_cache(maxsize=1)
def _token(period: int) -> str:
    """One for each period: an account has ten logins a minute."""
    request = urllib.request.Request(
        f"{os.environ['FUZZ_URL']}/login",
        data=os.environ["FUZZ_LOGIN"].encode(),
        headers={"content-type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        token: str = json.load(answer)["accessToken"]
    return token

"""Whether answers tell by their time who has an account: `python -m tests.bench.known_unknown`.

Calls for somebody known and for somebody unknown take turns, so that both meet the same machine.
"""

from __future__ import annotations

import secrets
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import cycle
from typing import Any

from tests import support
from tests.services.auth.steps import phone_number, start_phone, texted_code, verify_phone

CALLS = 500
KNOWN = 20
MEDIANS_APART_MS = 10.0
LIMITS = (
    *("REGISTER", "LOGIN_ADDRESS", "LOGIN_ACCOUNT", "CODE", "FORGOT", "PHONE_LOGIN", "MAILS"),
    *("MAILS_ADDRESS", "MAILS_SITE", "GUESSES", "LOGIN_ATTEMPTS", "PASSWORD_CHECKS"),
    *("SMS_NUMBER", "SMS_ADDRESS", "SMS_RANGE", "SMS_SITE", "SMS_MINUTE", "SMS_PERSON"),
    *("MAILS_ADDRESS", "MAILS_SITE", "GUESSES_DAY"),
)
Body = dict[str, Any]


def someone() -> str:
    """An address that nobody has."""
    return f"{secrets.token_hex(8)}@learner.example"


def bodies(known: Iterator[Any], unknown: Callable[[], Any], form: Callable[[Any], Body]) -> Any:
    """Makes the body for somebody known, and that for somebody unknown."""
    return lambda: form(next(known)), lambda: form(unknown())


def main() -> int:
    """Measure and print; 1 where the medians are further apart than they may be."""
    limits = {f"STELLR_LIMIT_{name}": "1000000" for name in LIMITS}
    failed = False
    with support.started(settings=support.GENEROUS | limits) as stack:
        people = [support.register(stack) for _ in range(KNOWN)]
        emails, phones = cycle(p.email for p in people), cycle(phones_of(stack))
        visitor = support.Visitor(stack)
        password = secrets.token_urlsafe()
        for path, (known, unknown) in {
            "/register": bodies(
                emails,
                someone,
                lambda e: {"email": e, "password": secrets.token_urlsafe(), "displayName": "A"},
            ),
            "/login": bodies(emails, someone, lambda e: {"email": e, "password": password}),
            "/password/forgot": bodies(emails, someone, lambda e: {"email": e}),
            "/login/phone": bodies(phones, phone_number, lambda p: {"phone": p}),
        }.items():
            failed |= report(path, measure(visitor, path, known, unknown))
    return int(failed)


def phones_of(stack: support.Stack) -> list[str]:
    """Numbers that have accounts."""
    visitor, numbers = support.Visitor(stack), [phone_number() for _ in range(KNOWN)]
    for number in numbers:
        begun = start_phone(visitor, number)
        verify_phone(visitor, begun, texted_code(stack, number)).raise_for_status()
    return numbers


def measure(
    visitor: support.Visitor, path: str, known: Callable[[], Body], unknown: Callable[[], Body]
) -> tuple[list[float], list[float]]:
    """The seconds of each call, for known and for unknown."""
    taken: tuple[list[float], list[float]] = [], []
    for _ in range(CALLS):
        for found, make in zip(taken, (known, unknown), strict=True):
            body = make()
            began = time.perf_counter()
            answer = visitor.post(path, body)
            assert answer.status_code in {200, 401}, answer.text
            found.append(time.perf_counter() - began)
    return taken


def report(path: str, taken: tuple[list[float], list[float]]) -> bool:
    """Print the medians in ms; whether they are too far apart."""
    known, unknown = (statistics.median(each) * 1000 for each in taken)
    tail = [statistics.quantiles(each, n=20)[-1] * 1000 for each in taken]
    print(
        f"{path:18} known {known:7.2f} ms, unknown {unknown:7.2f} ms, apart"
        f" {abs(known - unknown):5.2f} ms (p95 {tail[0]:.1f}, {tail[1]:.1f})"
    )
    return abs(known - unknown) > MEDIANS_APART_MS


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main())

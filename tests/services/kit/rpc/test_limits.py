import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from limits.storage import MemoryStorage

from services.kit.errors import RateLimited
from services.kit.metrics import Metrics
from services.kit.process.settings import Settings
from services.kit.rpc.limits import MEMORY, RateLimiter, address_key, field_key
from services.kit.rpc.policy import Limit
from stellr.auth.v1.auth_service_pb2 import LoginRequest, RefreshTokenRequest
from tests.support import eventually

LIMIT = Limit("tries", 1, "", "", 3)


def limiter_of(uri: str = MEMORY, metrics: Metrics | None = None) -> RateLimiter:
    """A limiter with the numbers of the contracts."""
    return RateLimiter(uri, lambda _, number: number, metrics or Metrics("test", "1"))


def test_calls_above_the_limit_are_refused_and_told_when_to_come_again() -> None:
    limiter = limiter_of()
    for _ in range(3):
        limiter.count(LIMIT, "10.0.0.1")
    with pytest.raises(RateLimited) as refused:
        limiter.count(LIMIT, "10.0.0.1")
    assert refused.value.retry_after is not None
    assert 1 <= refused.value.retry_after <= 60


def test_keys_and_names_count_apart() -> None:
    limiter = limiter_of()
    for key in ("a", "b"):
        for _ in range(3):
            limiter.count(LIMIT, key)
    limiter.count(Limit("others", 1, "", "", 3), "a")


def test_a_limit_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STELLR_LIMIT_TRIES", "1")
    limiter = RateLimiter(MEMORY, Settings().limit, Metrics("test", "1"))
    limiter.count(LIMIT, "a")
    with pytest.raises(RateLimited):
        limiter.count(LIMIT, "a")


def test_without_the_shared_counts_each_process_counts_alone_and_says_so() -> None:
    metrics = Metrics("test", "1")
    limiter = limiter_of("redis://127.0.0.1:1", metrics)
    began = time.monotonic()
    for _ in range(3):
        limiter.count(LIMIT, "a")
    with pytest.raises(RateLimited):
        limiter.count(LIMIT, "a")
    assert time.monotonic() - began < 3
    assert 'stellr_limits_alone_total{service="test",worker="1"} 1.0' in metrics.text()


def set_slowly(kept: Any, timer: threading.Timer) -> None:
    """Set the timer, and let other threads come in between."""
    kept.timer_set = timer
    time.sleep(0.005)


def test_threads_count_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = property(lambda kept: kept.timer_set, set_slowly)
    monkeypatch.setattr(MemoryStorage, "timer", slow, raising=False)
    limiter, limit = limiter_of(), Limit("many", 1, "", "", 1_000_000)
    # Until its first timer is over.
    eventually(lambda: not any(isinstance(t, threading.Timer) for t in threading.enumerate()))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: limiter.count(limit, "a"), range(50)))


def keys(limit: Limit, *requests: Any) -> set[str]:
    return {field_key(request, limit) for request in requests}


def test_field_keys_know_no_case_may_be_a_part_and_are_short() -> None:
    email = Limit("login", 3, "email", "", 10)
    same = keys(email, *(LoginRequest(email=text) for text in ("A@b.example", " a@B.EXAMPLE ")))
    assert len(same) == 1
    assert len(keys(email, LoginRequest(email="x" * 10_000)).pop()) == 24
    session = Limit("refresh", 3, "refresh_token", ".", 10)
    tokens = [RefreshTokenRequest(refresh_token=text) for text in ("S1.2.one", "s1.3.two", "s2.2")]
    assert len(keys(session, *tokens)) == 2


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::9]", "2001:db8:1:2::/64"),
    ],
)
def test_an_address_counts_for_its_network(address: str, key: str) -> None:
    assert address_key(address) == key

from pathlib import Path

import pytest

from services.kit.errors import RateLimited
from services.kit.process.settings import Settings
from services.kit.rpc.limits import RateLimiter, field_key
from services.kit.rpc.policy import Limit
from stellr.auth.v1.auth_service_pb2 import LoginRequest, RefreshTokenRequest

LIMIT = Limit("tries", 1, "", "", 3)


def test_calls_above_the_limit_are_refused_and_told_when_to_come_again() -> None:
    limiter = RateLimiter(Settings())
    for _ in range(3):
        limiter.count(LIMIT, "10.0.0.1")
    with pytest.raises(RateLimited) as refused:
        limiter.count(LIMIT, "10.0.0.1")
    assert refused.value.retry_after is not None
    assert 1 <= refused.value.retry_after <= 60


def test_keys_and_names_count_apart() -> None:
    limiter = RateLimiter(Settings())
    for key in ("a", "b"):
        for _ in range(3):
            limiter.count(LIMIT, key)
    limiter.count(Limit("others", 1, "", "", 3), "a")


def test_a_limit_can_be_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STELLR_LIMIT_TRIES", "1")
    limiter = RateLimiter(Settings(state=tmp_path))
    limiter.count(LIMIT, "a")
    with pytest.raises(RateLimited):
        limiter.count(LIMIT, "a")


def test_field_keys_know_no_case_and_may_be_a_part() -> None:
    email = Limit("login", 3, "email", "", 10)
    keys = {field_key(LoginRequest(email=text), email) for text in ("A@b.example", " a@B.EXAMPLE ")}
    assert keys == {"a@b.example"}
    session = Limit("refresh", 3, "refresh_token", ".", 10)
    assert field_key(RefreshTokenRequest(refresh_token="S1.2.signature"), session) == "s1"

"""What is kept of the provider, while it fails and while it is asked."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from services.auth.openid import provider
from services.auth.openid.errors import OpenIdUnavailable
from services.auth.openid.http import TIMEOUT_SECONDS
from services.auth.openid.provider import Fresh
from services.kit import call
from tests.support import eventually

LONG = 1.0


class Source:
    """Gives a number that grows, or fails, after a while."""

    def __init__(self) -> None:
        self.asked = 0
        self.seconds = 0.0
        self.is_away = False
        # Cleared: it does not answer.
        self.go_on = threading.Event()
        self.go_on.set()

    def __call__(self) -> int:
        self.asked += 1
        time.sleep(self.seconds)
        self.go_on.wait(60)
        if self.is_away:
            raise OpenIdUnavailable
        return self.asked


@pytest.fixture
def source() -> Source:
    return Source()


def aged(kept: Fresh[int]) -> None:
    kept._loaded_at -= provider.KEPT_SECONDS + 1


def test_while_the_source_fails_the_old_value_serves_and_few_wait(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider, "RETRY_SECONDS", 60.0)
    kept = Fresh(source)
    assert kept.get() == 1
    aged(kept)
    source.is_away, source.seconds = True, LONG
    began = time.monotonic()
    assert [kept.get() for _ in range(20)] == [1] * 20
    assert time.monotonic() - began < 5 * LONG
    assert source.asked == 2


def test_while_one_loads_the_others_take_the_old_value(source: Source) -> None:
    kept = Fresh(source)
    assert kept.get() == 1
    aged(kept)
    source.go_on.clear()
    loader = threading.Thread(target=kept.get)
    loader.start()
    eventually(lambda: source.asked == 2)
    began = time.monotonic()
    assert kept.get() == 1
    # Nobody waits for the other's turn.
    assert time.monotonic() - began < TIMEOUT_SECONDS / 2
    source.go_on.set()
    loader.join()
    assert kept.get() == 2


def test_who_needs_what_is_new_waits_for_it(source: Source) -> None:
    kept = Fresh(source)
    assert kept.get() == 1
    source.seconds = 0.3
    kept._loaded_at -= provider.RELOAD_SECONDS + 1
    with ThreadPoolExecutor(5) as pool:
        found = list(pool.map(lambda _: kept.get(provider.RELOAD_SECONDS), range(5)))
    assert found == [2] * 5


def test_callers_in_a_hurry_keep_nobody_from_asking(source: Source) -> None:
    kept = Fresh(source)
    source.is_away = True
    token = call.enter(call.Call("test", deadline=time.monotonic() + 1))
    try:
        with pytest.raises(OpenIdUnavailable):
            kept.get()
    finally:
        call.leave(token)
    source.is_away = False
    assert kept.get() == 2


def test_what_was_never_there_is_asked_for_again_soon(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Fresh(source)
    source.is_away = True
    for _ in range(5):
        with pytest.raises(OpenIdUnavailable):
            kept.get()
    assert source.asked == 1
    source.is_away = False
    monkeypatch.setattr(provider, "RETRY_SECONDS", 0.0)
    assert kept.get() == 2

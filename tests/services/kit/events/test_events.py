"""The parts together, as a service process has them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from services.kit.data.database import Database
from services.kit.events import events as whole
from services.kit.events.cache import EventCache, Loaded
from services.kit.events.consumer import on
from services.kit.events.events import Events
from services.kit.metrics import Metrics
from services.kit.work.supervisor import Supervisor
from stellr.auth.v1 import events_pb2
from tests.services.kit.events.writing import execute
from tests.services.kit.harness import Kit, serving
from tests.support import eventually

DROPS = {events_pb2.AccountChanged: lambda event: event.user_id}


def no_channel(service: str) -> None:
    raise AssertionError(f"nobody follows {service}")


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole, "LOOK_SECONDS", 0.2)


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    return Kit(tmp_path)


@pytest.fixture
def auth(database: Database, metrics: Metrics) -> Events:
    return Events("auth", database, no_channel, metrics)  # type: ignore[arg-type]


@pytest.fixture
def served(kit: Kit, auth: Events) -> Iterator[int]:
    """The port at which auth tells its events."""
    (registration,) = auth.registrations()
    runtime = kit.runtime(registration, name="auth")
    auth.start(runtime.supervisor)
    with serving(runtime) as port:
        yield port
        auth.stop()


@pytest.fixture
def user(
    kit: Kit, served: int, database_of: Callable[[str], Database], metrics: Metrics
) -> Iterator[Events]:
    with ExitStack() as channels:
        yield Events(
            "user",
            database_of("user"),
            lambda service: channels.enter_context(kit.channel("user", service, served)),
            metrics,
        )


def change(database: Database, events: Events, user_id: str) -> None:
    with database.transaction():
        events.append(events_pb2.AccountChanged(user_id=user_id))


def keep(cache: EventCache[str], user_id: str) -> str | None:
    cache.get(user_id, lambda: Loaded("value", [user_id], [user_id]))
    return cache.find(user_id)


def test_who_wrote_does_not_read_the_past(
    database: Database, auth: Events, supervisor: Supervisor
) -> None:
    cache = auth.cache("accounts", size=10, drops=DROPS)
    auth.start(supervisor)
    eventually(lambda: keep(cache, "ann"))
    keep(cache, "bob")
    with database.transaction() as unit:
        auth.append(events_pb2.AccountChanged(user_id="ann"))
        unit.close()
    assert cache.find("ann") == "value"
    change(database, auth, "ann")
    assert cache.find("ann") is None
    assert cache.find("bob") == "value"
    assert keep(cache, "ann") == "value"


def test_other_processes_of_the_service_drop_it_too(
    database: Database, auth: Events, supervisor: Supervisor, metrics: Metrics
) -> None:
    other = Events("auth", database, no_channel, metrics)  # type: ignore[arg-type]
    cache = other.cache("accounts", size=10, drops=DROPS)
    for events in (auth, other):
        events.start(supervisor)
    eventually(lambda: keep(cache, "ann"))
    change(database, auth, "ann")
    eventually(lambda: cache.find("ann") is None)


def test_another_service_caches_it_and_drops_it(
    database: Database,
    auth: Events,
    user: Events,
    supervisor: Supervisor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(whole, "SETTLING_SECONDS", 0.3)
    cache = user.cache("accounts", size=10, drops=DROPS)
    user.start(supervisor)
    eventually(lambda: keep(cache, "ann"))
    change(database, auth, "ann")
    eventually(lambda: cache.find("ann") is None)
    assert keep(cache, "ann") is None
    eventually(lambda: keep(cache, "ann"))


def test_another_service_listens_and_looks_back(
    database: Database, auth: Events, user: Events, supervisor: Supervisor
) -> None:
    change(database, auth, "ann")
    told: list[str] = []
    user.listen(events_pb2.AccountChanged, lambda e: told.append(e.user_id), look_back=60)
    user.start(supervisor)
    assert user.listener("auth").caught_up.wait(5)
    assert told == ["ann"]
    change(database, auth, "bob")
    eventually(lambda: told == ["ann", "bob"])


def test_another_service_deals_with_it_for_good_and_is_known_as_a_reader(
    database: Database, auth: Events, user: Events, supervisor: Supervisor, metrics: Metrics
) -> None:
    erased: list[str] = []
    user.consume([on(events_pb2.PersonErased, lambda event: erased.append(event.user_id))])
    user.start(supervisor)
    with database.transaction():
        auth.append(events_pb2.PersonErased(user_id="ann"))
    eventually(lambda: erased == ["ann"])
    rows = execute(database, "SELECT reader, kind FROM event_readers")
    assert rows == [("user", "stellr.auth.v1.PersonErased")]
    unread = 'stellr_events_unread_seconds{kind="stellr.auth.v1.PersonErased"'
    eventually(lambda: unread in metrics.text())


def test_a_service_consumes_its_own_events(
    database: Database, auth: Events, supervisor: Supervisor
) -> None:
    erased: list[str] = []
    auth.consume([on(events_pb2.PersonErased, lambda event: erased.append(event.user_id))])
    auth.start(supervisor)
    with database.transaction():
        auth.append(events_pb2.PersonErased(user_id="ann"))
    eventually(lambda: erased == ["ann"])


def test_a_process_that_stops_ends_the_watches_of_others_at_once(
    auth: Events, user: Events, supervisor: Supervisor
) -> None:
    user.listen(events_pb2.AccountChanged, lambda _: None)
    user.start(supervisor)
    listener = user.listener("auth")
    eventually(lambda: listener.live_until > time.monotonic())
    auth.stop()
    eventually(lambda: listener.live_until == 0.0, 1.0)


def test_what_does_not_fit_together_is_refused(auth: Events, metrics: Metrics) -> None:
    auth.consume([on(events_pb2.PersonErased, lambda _: None)])
    with pytest.raises(ValueError, match="two consumers"):
        auth.consume([on(events_pb2.PersonErased, lambda _: None)])
    gateway = Events("gateway", None, no_channel, metrics)  # type: ignore[arg-type]
    assert gateway.registrations() == []
    with pytest.raises(ValueError, match="gateway has no database"):
        gateway.append(events_pb2.PersonErased(user_id="ann"))


def test_who_does_not_hear_of_a_service_says_so_and_not_at_once(
    kit: Kit, supervisor: Supervisor, metrics: Metrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole, "SILENT_SECONDS", 0.5)
    told: list[bool] = []
    with kit.channel("user", "auth", 1) as nobody:
        deaf = Events("gateway", None, lambda _: nobody, metrics, told.append)
        deaf.listen(events_pb2.AccountChanged, lambda _: None)
        deaf.start(supervisor)
        eventually(lambda: told[-1:] == [False])
        assert told[0] is True


def test_who_hears_says_nothing(
    user: Events, supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole, "SILENT_SECONDS", 30.0)
    told: list[bool] = []
    monkeypatch.setattr(user, "_tell", told.append)
    user.listen(events_pb2.AccountChanged, lambda _: None)
    user.start(supervisor)
    assert user.listener("auth").caught_up.wait(10)
    eventually(lambda: len(told) > 1)
    assert set(told) == {True}

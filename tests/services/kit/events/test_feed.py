import random
import threading
import time
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from services.auth.models import IdentityEvent
from services.kit.data.database import Database
from services.kit.errors import InvalidArgument
from services.kit.events import feed

Databases = Callable[[str], Database]
WRITERS, EVENTS = 4, 15


def append(database: Database, session_id: UUID, before_commit: float = 0.0) -> None:
    with database.transaction() as unit:
        feed.append(unit.session, IdentityEvent(session_id=session_id))
        time.sleep(before_commit)


def read(database: Database, cursor: str, limit: int = 1000) -> list[IdentityEvent]:
    with database.transaction() as unit:
        return list(feed.read(unit.session, IdentityEvent, cursor, limit))


def test_a_follower_misses_no_event_of_many_writers(database_of: Databases) -> None:
    database = database_of("auth")
    written = [[uuid4() for _ in range(EVENTS)] for _ in range(WRITERS)]

    def write(ids: list[UUID]) -> None:
        for session_id in ids:
            append(database, session_id, random.random() / 100)

    threads = [threading.Thread(target=write, args=(ids,)) for ids in written]
    for thread in threads:
        thread.start()
    seen: list[UUID | None] = []
    cursor = ""
    end = time.monotonic() + 20
    while len(seen) < WRITERS * EVENTS and time.monotonic() < end:
        for event in read(database, cursor, 3):
            seen.append(event.session_id)
            cursor = str(event.event_id)
    for thread in threads:
        thread.join()
    assert sorted(map(str, seen)) == sorted(str(one) for ids in written for one in ids)


def test_an_event_that_is_rolled_back_was_never_there(database_of: Databases) -> None:
    database = database_of("auth")
    with database.transaction() as unit:
        feed.append(unit.session, IdentityEvent(session_id=uuid4()))
        unit.close()
    kept = uuid4()
    append(database, kept)
    assert [event.session_id for event in read(database, "")] == [kept]


def test_the_signal_wakes_at_the_commit_and_finds_its_way_back(database_of: Databases) -> None:
    database = database_of("auth")
    signal = feed.FeedSignal(database)
    signal.start()
    try:
        assert woken_within(signal, 5)
        threading.Timer(0.1, append, (database, uuid4())).start()
        assert woken_within(signal, 2)
        with database.transaction() as unit:
            unit.session.execute(
                sa.text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE application_name = 'listen' AND datname = current_database()"
                )
            )
        assert woken_within(signal, 5)
    finally:
        signal.stop()
        signal.join(5)
    assert not signal.is_alive()


def woken_within(signal: feed.FeedSignal, seconds: float) -> bool:
    serial = signal.serial
    if serial == 0:
        signal.wait(serial, seconds)
        return signal.serial > 0
    signal.wait(serial, seconds)
    return signal.serial != serial


def test_a_cursor_is_a_number() -> None:
    for bad in ("x", "-1", "1.5", "9" * 30):
        with pytest.raises(InvalidArgument):
            feed.position(bad)
    assert feed.position("") == 0

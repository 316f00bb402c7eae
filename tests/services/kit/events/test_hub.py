from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any

import psycopg
import pytest

from services.kit.data.database import Database
from services.kit.data.liveness import HEARD_SECONDS
from services.kit.errors import DatabaseUnavailable
from services.kit.events import hub as hubs
from services.kit.events import table
from services.kit.events.hub import Hub
from services.kit.events.position import BEGINNING
from services.kit.events.table import Record
from services.kit.events.tail import Tail
from services.kit.work.supervisor import Supervisor
from tests.services.kit.events.writing import KIND, connect, end_hubs, insert, write
from tests.support import eventually, standing_still

WRITERS, TRANSACTIONS = 16, 25
DYING = """
import sys, time, psycopg
connection = psycopg.connect(sys.argv[1])
connection.execute("INSERT INTO events (kind, payload, request_id) VALUES ('x', '', '')")
print("inserted", flush=True)
time.sleep(60)
"""


class Follower:
    """Reads a hub's tail on the loop and keeps what it was told."""

    def __init__(self, hub: Hub) -> None:
        self.told: list[int] = []
        self.began = threading.Event()
        self._hub = hub

    async def run(self) -> None:
        tail = await self._hub.tail()
        position = tail.head
        self.began.set()
        while True:
            for record in tail.after(position, {KIND}):
                self.told.append(record.position.event_id)
            position = tail.head
            await tail.wait({KIND})


@pytest.fixture
def hub(database: Database, supervisor: Supervisor) -> Hub:
    running = Hub(database.url)
    supervisor.add("hub", running.run)
    return running


@pytest.fixture
def follower(hub: Hub, supervisor: Supervisor) -> Follower:
    following = Follower(hub)
    supervisor.submit(following.run())
    assert following.began.wait(5)
    return following


@pytest.fixture
def only_signals(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub looks only where it is told to, or where ids are missing."""
    monkeypatch.setattr(hubs, "LONGEST_PAUSE_SECONDS", 60.0)


def tail_of(hub: Hub, supervisor: Supervisor) -> Tail:
    return supervisor.submit(hub.tail()).result(10)


def test_many_writers_at_once_none_is_skipped_and_the_order_is_kept(
    database: Database, hub: Hub, follower: Follower
) -> None:
    committed: list[int] = []

    def work(number: int) -> None:
        chance = random.Random(number)
        with connect(database) as connection:
            for _ in range(TRANSACTIONS):
                ids = [insert(connection) for _ in range(chance.randint(1, 3))]
                time.sleep(chance.random() / 50)
                if chance.random() < 0.3:
                    connection.rollback()
                else:
                    connection.commit()
                    committed.extend(ids)
                    hub.written()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    eventually(lambda: len(follower.told) >= len(committed))
    assert follower.told == sorted(committed)


def test_a_writer_at_work_is_waited_for_whoever_commits_before_it(
    database: Database, hub: Hub, follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, newer = threading.Event(), table.newer

    async def seeing(*arguments: Any) -> Sequence[Record]:
        if records := await newer(*arguments):
            seen.set()
        return records

    monkeypatch.setattr(table, "newer", seeing)
    with connect(database) as slow:
        first = insert(slow)
        second = write(database, "later", "latest")
        hub.written()
        assert seen.wait(5)
        assert follower.told == []
        slow.commit()
        eventually(lambda: follower.told == [first, *second])


@pytest.mark.usefixtures("only_signals")
def test_what_is_rolled_back_holds_up_nothing(
    database: Database, hub: Hub, follower: Follower
) -> None:
    with connect(database) as slow:
        insert(slow)
        second = write(database, "later")
        hub.written()
        slow.rollback()
    eventually(lambda: follower.told == second)


def test_a_writer_that_is_killed_holds_up_nothing(
    database: Database, hub: Hub, follower: Follower
) -> None:
    command = [sys.executable, "-c", DYING, database.url]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as dying:
        assert dying.stdout is not None
        dying.stdout.readline()
        second = write(database, "later")
        dying.send_signal(signal.SIGKILL)
    eventually(lambda: follower.told == second)


def test_a_commit_whose_process_dies_before_its_signal_is_found(
    database: Database, follower: Follower
) -> None:
    ids = write(database, "unannounced")
    eventually(lambda: follower.told == ids)


@pytest.mark.usefixtures("only_signals")
def test_the_other_processes_of_the_service_hear_of_it(
    database: Database, supervisor: Supervisor, follower: Follower
) -> None:
    other = Hub(database.url)
    supervisor.add("another hub", other.run)
    tail_of(other, supervisor)
    ids = write(database, "somebody")
    other.written()
    eventually(lambda: follower.told == ids)


def test_it_begins_where_nothing_is_missing(database: Database, supervisor: Supervisor) -> None:
    with connect(database) as slow:
        insert(slow)
        newest = write(database, "later")[0]
        hub = Hub(database.url)
        supervisor.add("hub", hub.run)
        opening = supervisor.submit(hub.tail())
        with pytest.raises(TimeoutError):
            opening.result(0.3)
        slow.commit()
        assert opening.result(5).head.event_id == newest


def test_an_empty_table_has_a_beginning(hub: Hub, supervisor: Supervisor) -> None:
    assert tail_of(hub, supervisor).head == BEGINNING


def test_a_lost_connection_ends_the_tail_and_another_begins(
    database: Database, hub: Hub, supervisor: Supervisor
) -> None:
    before = tail_of(hub, supervisor)
    waiting = supervisor.submit(before.wait({KIND}))
    end_hubs(database)
    with pytest.raises(DatabaseUnavailable):
        waiting.result(5)
    with pytest.raises(DatabaseUnavailable):
        supervisor.submit(before.wait({KIND})).result(5)
    assert tail_of(hub, supervisor) is not before


def test_a_database_that_is_stopped_confirms_nothing(
    database: Database, hub: Hub, supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubs, "LONGEST_PAUSE_SECONDS", 0.05)
    tail = tail_of(hub, supervisor)
    with psycopg.connect(database.url) as connection:
        query = (
            "SELECT pid FROM pg_stat_activity"
            " WHERE application_name = 'events' AND datname = current_database()"
        )
        row = connection.execute(query).fetchone()
    assert row is not None
    with standing_still([row[0]]):
        # An answer that is under way confirms what was before.
        stood = time.monotonic()
        with pytest.raises(AssertionError):
            eventually(lambda: tail.confirmed_at > stood, 0.5)
    eventually(lambda: tail.confirmed_at > stood)


def test_a_hub_is_heard_of_often_enough(database: Database, supervisor: Supervisor) -> None:
    assert hubs.LONGEST_PAUSE_SECONDS < HEARD_SECONDS
    hub = Hub(database.url)
    assert hub.looked_at == float("-inf")
    supervisor.add("hub", hub.run)
    eventually(lambda: time.monotonic() - hub.looked_at < HEARD_SECONDS)
    hub.stop()
    eventually(lambda: hub.looked_at == float("-inf"))

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from services.kit.data.database import Database
from services.kit.errors import ServiceUnavailable
from services.kit.events import consuming, cursors, set_aside
from services.kit.events.consumer import Consumer, on
from services.kit.events.consuming import Consuming
from services.kit.events.hub import Hub
from services.kit.events.kinds import service_of
from services.kit.events.own import OwnFeed
from services.kit.events.position import BEGINNING
from services.kit.events.retrying import Retrying
from services.kit.events.set_aside import SetAsideEvents
from services.kit.metrics import Metrics
from services.kit.work.supervisor import Supervisor
from stellr.auth.v1 import events_pb2
from tests.services.kit.events.writing import KIND, end_hubs, execute, restored, write
from tests.support import ROOT, eventually

Start = Callable[..., Consuming]
PEOPLE = [f"person {number}" for number in range(30)]


class Notes:
    """Notes down whom events were about, in a table of the consumer's database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.poison: set[str] = set()
        self.error: Exception = ValueError("cannot be")
        self.tries = 0
        execute(database, "CREATE TABLE notes (note_id serial, user_id text)")

    def take(self, event: events_pb2.PersonErased) -> None:
        self.tries += 1
        note = sa.text("INSERT INTO notes (user_id) VALUES (:user_id)")
        self._database.session.execute(note, {"user_id": event.user_id})
        if event.user_id in self.poison:
            raise self.error

    @property
    def users(self) -> list[str]:
        return [row[0] for row in execute(self._database, "SELECT user_id FROM notes ORDER BY 1")]

    @property
    def in_order(self) -> list[str]:
        rows = execute(self._database, "SELECT user_id FROM notes ORDER BY note_id")
        return [row[0] for row in rows]


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consuming, "FIRST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(consuming, "LONGEST_PAUSE_SECONDS", 0.05)


@pytest.fixture
def own(database_of: Callable[[str], Database]) -> Database:
    """The database of the service that consumes."""
    return database_of("user")


@pytest.fixture
def notes(own: Database) -> Notes:
    return Notes(own)


@pytest.fixture
def consumer(notes: Notes) -> Consumer:
    return on(events_pb2.PersonErased, notes.take)


@pytest.fixture
def start(
    database: Database, own: Database, consumer: Consumer, supervisor: Supervisor, metrics: Metrics
) -> Start:
    def started(told_by: Database = database, consumer: Consumer = consumer) -> Consuming:
        hub = Hub(told_by.url)
        supervisor.add("hub", hub.run)
        process = Consuming(consumer, OwnFeed("auth", hub, told_by), own, metrics)
        supervisor.add("consumer", process.run)
        return process

    return started


@pytest.fixture
def retrying(consumer: Consumer, own: Database, metrics: Metrics) -> Retrying:
    return Retrying([consumer], own, metrics)


def readers_of(database: Database) -> list[int]:
    return [row[0] for row in execute(database, "SELECT event_id FROM event_readers")]


def test_a_consumer_is_declared_in_one_line(consumer: Consumer) -> None:
    assert consumer.kind == KIND
    assert service_of(consumer.type) == "auth"


def test_all_that_ever_happened_is_dealt_with_and_acknowledged(
    database: Database, notes: Notes, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consuming, "ACKNOWLEDGE_SECONDS", 0.0)
    write(database, "ann", "bob")
    start()
    eventually(lambda: notes.in_order == ["ann", "bob"])
    last = write(database, "cleo")
    eventually(lambda: notes.in_order == ["ann", "bob", "cleo"])
    eventually(lambda: readers_of(database) == last)


def test_a_reader_is_known_before_it_has_read_anything(database: Database, start: Start) -> None:
    start()
    eventually(lambda: readers_of(database) == [0])


def test_several_processes_deal_with_each_event_once(
    database: Database, notes: Notes, start: Start
) -> None:
    for _ in range(3):
        start()
    write(database, *PEOPLE[:15])
    eventually(lambda: len(notes.users) >= 1)
    write(database, *PEOPLE[15:])
    eventually(lambda: len(notes.users) >= len(PEOPLE), 10)
    assert notes.in_order == PEOPLE


def test_another_process_goes_on_while_one_is_stuck(
    database: Database, notes: Notes, own: Database, start: Start
) -> None:
    stuck, go_on = threading.Event(), threading.Event()

    def wait(event: events_pb2.PersonErased) -> None:
        stuck.set()
        go_on.wait(10)
        raise ValueError("too late")

    start(consumer=on(events_pb2.PersonErased, wait))
    write(database, "ann")
    assert stuck.wait(5)
    start()
    go_on.set()
    eventually(lambda: notes.users == ["ann"])


def test_what_fails_leaves_nothing_behind_and_is_tried_again(
    database: Database, notes: Notes, start: Start
) -> None:
    notes.poison.add("ann")
    start()
    write(database, "ann", "bob")
    eventually(lambda: notes.tries >= 3)
    assert notes.users == []
    notes.poison.clear()
    eventually(lambda: notes.in_order == ["ann", "bob"])


def test_a_poisoned_event_is_set_aside_and_the_others_go_on(
    database: Database, own: Database, notes: Notes, start: Start, metrics: Metrics
) -> None:
    notes.poison.add("poison")
    start()
    write(database, "ann", "poison", "bob")
    eventually(lambda: notes.in_order == ["ann", "bob"])
    assert notes.tries == consuming.MOST_ATTEMPTS + 2
    (found,) = SetAsideEvents(own).list_dead(0, 10)
    assert (found.work, found.attempts) == (KIND, consuming.MOST_ATTEMPTS)
    assert found.reason.startswith("ValueError at ")
    assert "cannot be" not in found.reason
    assert 'kind="stellr.auth.v1.PersonErased",outcome="set aside"' in metrics.text()


def test_what_passes_by_itself_is_tried_for_ever(
    database: Database, own: Database, notes: Notes, start: Start
) -> None:
    notes.poison.add("ann")
    notes.error = ServiceUnavailable()
    started = start()
    assert started.failing_seconds == 0
    write(database, "ann")
    eventually(lambda: notes.tries > 2 * consuming.MOST_ATTEMPTS)
    assert set_aside.count(own) == 0
    assert started.failing_seconds > 0
    notes.poison.clear()
    eventually(lambda: notes.users == ["ann"] and started.failing_seconds == 0)


def test_attempts_are_counted_over_all_processes_and_restarts(
    database: Database, own: Database, notes: Notes, start: Start
) -> None:
    notes.poison.add("poison")
    cursors.begin(own, KIND)
    execute(own, f"UPDATE event_cursors SET attempts = {consuming.MOST_ATTEMPTS - 1}")
    start()
    write(database, "poison")
    eventually(lambda: set_aside.count(own) == 1)
    assert notes.tries == 1


def test_a_set_aside_event_is_tried_again_when_an_operator_wants_it(
    database: Database, own: Database, notes: Notes, start: Start, retrying: Retrying
) -> None:
    notes.poison.add("poison")
    start()
    write(database, "poison")
    eventually(lambda: set_aside.count(own) == 1)
    assert not retrying.retry_one()
    (found,) = SetAsideEvents(own).list_dead(0, 10)
    assert SetAsideEvents(own).revive([found.number, 999], everything=False) == [found.number]
    assert retrying.retry_one()
    (again,) = SetAsideEvents(own).list_dead(0, 10)
    assert again.attempts == found.attempts + 1
    notes.poison.clear()
    assert not retrying.retry_one()
    SetAsideEvents(own).revive([], everything=True)
    assert retrying.retry_one()
    assert (notes.users, set_aside.count(own)) == (["poison"], 0)


def test_a_reader_of_which_nothing_is_to_be_told_is_heard_of_all_the_same(
    database: Database, own: Database, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consuming, "STILL_HERE_SECONDS", 0.05)
    start()
    heard = "SELECT acknowledged_at FROM event_readers"
    eventually(lambda: execute(database, heard))
    before = execute(database, heard)
    eventually(lambda: execute(database, heard) > before)


def test_a_set_aside_event_that_meets_a_passing_fault_stays_wanted(
    database: Database, own: Database, notes: Notes, start: Start, retrying: Retrying
) -> None:
    notes.poison.add("poison")
    start()
    write(database, "poison")
    eventually(lambda: set_aside.count(own) == 1)
    SetAsideEvents(own).revive([], everything=True)
    notes.error = ServiceUnavailable()
    assert not retrying.retry_one()
    notes.poison.clear()
    assert retrying.retry_one()
    assert notes.users == ["poison"]


def test_events_of_a_restored_database_are_dealt_with_from_the_beginning(
    database: Database,
    own: Database,
    notes: Notes,
    database_of: Callable[[str], Database],
    start: Start,
) -> None:
    start()
    write(database, "ann", "bob", "lost")
    eventually(lambda: notes.users == ["ann", "bob", "lost"])
    end_hubs(database)
    copy = database_of("auth")
    restored(database, copy, 2)
    execute(own, "TRUNCATE notes")
    write(copy, "new")
    start(copy)
    start(copy)
    eventually(lambda: notes.in_order == ["ann", "bob", "new"])


def test_a_lost_database_is_waited_for(
    database: Database, own: Database, notes: Notes, start: Start
) -> None:
    start()
    write(database, "ann")
    eventually(lambda: notes.users == ["ann"])
    for one in (database, own):
        execute(
            one,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
    write(database, "bob")
    eventually(lambda: notes.users == ["ann", "bob"], 10)
    assert set_aside.count(own) == 0
    assert cursors.begin(own, KIND) > BEGINNING


def test_what_a_killed_process_was_at_is_dealt_with_by_another(
    database: Database, own: Database, notes: Notes, start: Start
) -> None:
    write(database, "ann", "bob")
    module = "tests.services.kit.events.dying_consumer"
    command = [sys.executable, "-m", module, database.url, own.url]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as dying:
        assert dying.stdout is not None
        assert dying.stdout.readline() == b"half done\n"
        start()
        dying.kill()
    eventually(lambda: notes.in_order == ["ann", "bob"])

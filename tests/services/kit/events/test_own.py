from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from services.kit import call as calls
from services.kit.data.database import Database
from services.kit.errors import DatabaseUnavailable, InvalidFields
from services.kit.events import outbox as outboxes
from services.kit.events import tail
from services.kit.events.hub import Hub
from services.kit.events.outbox import Outbox
from services.kit.events.own import OwnFeed
from services.kit.work.supervisor import Supervisor
from stellr.auth.v1 import events_pb2
from stellr.course.v1 import events_pb2 as course_events
from stellr.events.v1 import event_service_pb2 as pb
from tests.services.kit.events.watches import Watch, after, looking_back
from tests.services.kit.events.writing import connect, end_hubs, execute, insert, restored, write
from tests.support import eventually

OTHER = "stellr.auth.v1.SessionEnded"
Open = Callable[..., Watch]


@pytest.fixture
def hub(database: Database, supervisor: Supervisor) -> Hub:
    running = Hub(database.url)
    supervisor.add("hub", running.run)
    return running


@pytest.fixture
def outbox(database: Database, hub: Hub) -> Outbox:
    return Outbox("auth", database, hub)


@pytest.fixture
def watch(database: Database, hub: Hub, supervisor: Supervisor) -> Open:
    feed = OwnFeed("auth", hub, database)

    def opened(request: pb.WatchRequest, heartbeat_seconds: float = 60.0) -> Watch:
        return Watch(supervisor, feed.watch(request, heartbeat_seconds))

    return opened


def erased(user_id: str) -> events_pb2.PersonErased:
    return events_pb2.PersonErased(user_id=user_id)


def test_the_past_comes_first_and_then_what_happens(
    database: Database, outbox: Outbox, watch: Open
) -> None:
    write(database, "ann", "bob")
    open_watch = watch(after())
    eventually(lambda: open_watch.said == ["ann", "bob", "caught_up"])
    with database.transaction():
        outbox.append(erased("cleo"))
    eventually(lambda: open_watch.said[3:] == ["cleo"])


def test_only_what_is_committed_is_told_and_with_its_request(
    database: Database, outbox: Outbox, watch: Open
) -> None:
    open_watch = watch(after())
    eventually(lambda: open_watch.said == ["caught_up"])
    with database.transaction() as unit:
        outbox.append(erased("nobody"))
        unit.close()
    token = calls.enter(calls.Call("test", "request-7"))
    with database.transaction():
        outbox.append(erased("ann"))
    calls.leave(token)
    eventually(lambda: "ann" in open_watch.said)
    assert open_watch.said == ["caught_up", "ann"]
    event = open_watch.answers[1].event
    assert event.request_id == "request-7"
    assert event.payload.type_url == "type.googleapis.com/stellr.auth.v1.PersonErased"


def test_events_of_others_and_without_a_transaction_are_refused(
    database: Database, outbox: Outbox
) -> None:
    with database.transaction(), pytest.raises(ValueError, match="OutlineChanged"):
        outbox.append(course_events.OutlineChanged(course_id="c"))
    with pytest.raises(RuntimeError):
        outbox.append(erased("ann"))


def test_who_listens_in_the_process_is_told_before_the_writer_goes_on(
    database: Database, outbox: Outbox
) -> None:
    told: list[str] = []
    outbox.at_commit(events_pb2.PersonErased, lambda event: told.append(event.user_id))
    with database.transaction():
        outbox.append(erased("ann"))
        assert told == []
    assert told == ["ann"]


def test_an_awaited_event_is_told_before_its_writer_goes_on(
    database: Database, outbox: Outbox, watch: Open
) -> None:
    open_watch = watch(after())
    eventually(lambda: open_watch.said == ["caught_up"])
    for name in ("ann", "bob", "cleo"):
        with database.transaction():
            outbox.append(erased(name), awaited=True)
        assert open_watch.said[-1] == name


def test_many_awaited_events_of_a_transaction_are_awaited_once(
    database: Database, outbox: Outbox, watch: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outboxes, "SPREAD_SECONDS", 0.1)
    open_watch = watch(after())
    eventually(lambda: open_watch.said == ["caught_up"])
    began = time.monotonic()
    with database.transaction():
        for number in range(50):
            outbox.append(erased(str(number)), awaited=True)
    assert time.monotonic() - began < 50 * outboxes.SPREAD_SECONDS / 2
    assert open_watch.said[-1] == "49"


def test_an_answer_does_not_wait_for_ever(database: Database) -> None:
    idle = Hub(database.url)
    with database.transaction():
        Outbox("auth", database, idle).append(erased("ann"), awaited=True)


def test_an_answer_does_not_wait_for_the_slow_writer_before_it(
    database: Database, outbox: Outbox, hub: Hub, supervisor: Supervisor
) -> None:
    supervisor.submit(hub.tail()).result(5)
    with connect(database) as slow:
        insert(slow, "ann")
        began = time.monotonic()
        with database.transaction():
            outbox.append(erased("bob"), awaited=True)
        assert outboxes.LONGEST_WAIT_SECONDS <= time.monotonic() - began < 2


def test_a_long_past_comes_in_pages_and_other_kinds_are_left_out(
    database: Database, watch: Open
) -> None:
    with connect(database) as connection:
        for number in range(1300):
            insert(connection, str(number))
            insert(connection, "other", OTHER)
    open_watch = watch(after())
    eventually(lambda: "caught_up" in open_watch.said)
    assert open_watch.said == [*map(str, range(1300)), "caught_up"]


def test_a_watch_goes_on_where_the_one_before_stood(database: Database, watch: Open) -> None:
    write(database, "ann", "bob", "cleo")
    first = watch(after())
    eventually(lambda: "caught_up" in first.said)
    second = watch(after(first.answers[0].position))
    eventually(lambda: second.said == ["bob", "cleo", "caught_up"])
    third = watch(after(first.position))
    eventually(lambda: third.said == ["caught_up"])


def test_a_watch_looks_back_some_seconds(database: Database, watch: Open) -> None:
    write(database, "ann", "bob", "cleo")
    execute(
        database,
        "UPDATE events SET created_at = created_at - make_interval(hours => 4 - event_id::int)",
    )
    everything, some = (watch(looking_back(hours * 3600)) for hours in (4, 2.5))
    eventually(lambda: everything.said == ["ann", "bob", "cleo", "caught_up"])
    eventually(lambda: some.said == ["bob", "cleo", "caught_up"])
    now = watch(looking_back(0))
    eventually(lambda: now.said == ["caught_up"])
    write(database, "dora")
    eventually(lambda: now.said == ["caught_up", "dora"])


def test_it_has_not_caught_up_while_an_older_event_may_still_come(
    database: Database, watch: Open, hub: Hub, supervisor: Supervisor
) -> None:
    supervisor.submit(hub.tail()).result(5)
    with connect(database) as slow:
        insert(slow, "ann")
        write(database, "bob")
        open_watch = watch(after())
        opened_later = watch(looking_back(0))
        eventually(lambda: opened_later.said == ["caught_up"])
        assert open_watch.said == []
        slow.commit()
    eventually(lambda: open_watch.said == ["ann", "bob", "caught_up"])
    eventually(lambda: opened_later.said == ["caught_up", "ann", "bob"])


def test_in_a_restored_database_a_later_position_is_unknown_and_an_earlier_one_good(
    database: Database,
    database_of: Callable[[str], Database],
    watch: Open,
    supervisor: Supervisor,
) -> None:
    write(database, "ann", "bob", "lost")
    before = watch(after())
    eventually(lambda: "caught_up" in before.said)
    copy = database_of("auth")
    restored(database, copy, 2)
    write(copy, "new", "newer")
    hub = Hub(copy.url)
    supervisor.add("hub of the copy", hub.run)
    feed = OwnFeed("auth", hub, copy)
    lost = Watch(supervisor, feed.watch(after(before.answers[2].position)))
    lost.ended.result(5)
    assert lost.said == ["reset"]
    kept = Watch(supervisor, feed.watch(after(before.answers[1].position)))
    eventually(lambda: kept.said == ["new", "newer", "caught_up"])


def test_a_heartbeat_comes_where_nothing_else_does_and_only_while_all_is_known(
    database: Database, watch: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "CONFIRMED_SECONDS", 1.5)
    open_watch = watch(after(), 0.05)
    eventually(lambda: open_watch.said[:3] == ["caught_up", "heartbeat", "heartbeat"])
    with connect(database) as slow:
        insert(slow, "ann")
        write(database, "bob")

        def is_silent() -> bool:
            count = len(open_watch.said)
            return not _grows(open_watch, count)

        eventually(is_silent, 10)
        assert "bob" not in open_watch.said
        slow.commit()
    eventually(
        lambda: [said for said in open_watch.said if said != "heartbeat"][1:] == ["ann", "bob"]
    )
    assert _grows(open_watch, len(open_watch.said))


def _grows(open_watch: Watch, count: int) -> bool:
    try:
        return bool(eventually(lambda: len(open_watch.said) > count, 0.5))
    except AssertionError:
        return False


def test_a_position_that_is_none_is_refused(watch: Open) -> None:
    with pytest.raises(InvalidFields):
        watch(after("somewhere")).ended.result(5)


def test_watches_end_with_the_connection(database: Database, watch: Open) -> None:
    open_watch = watch(after())
    eventually(lambda: open_watch.said == ["caught_up"])
    end_hubs(database)
    with pytest.raises(DatabaseUnavailable):
        open_watch.ended.result(5)


def test_a_thousand_watches_are_all_told_everything(
    database: Database, outbox: Outbox, watch: Open
) -> None:
    write(database, "first")
    watches = [watch(after()) for _ in range(1000)]
    eventually(lambda: all("caught_up" in one.said for one in watches), 20)
    for number in range(20):
        with database.transaction():
            outbox.append(erased(str(number)))
    expected = ["first", "caught_up", *map(str, range(20))]
    eventually(lambda: all(one.said == expected for one in watches), 20)

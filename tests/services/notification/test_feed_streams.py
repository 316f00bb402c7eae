"""Streams of the feed: through the door, and what a reader that is slow or away is told."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any
from uuid import UUID, uuid4

import grpc
import httpx
import pytest

from services.kit.identity.tokens import AccessToken
from services.notification.feed_streams import ITEMS, MOST_STREAMS, FeedStreams
from stellr.notification.v1 import feed_service_pb2 as pb
from stellr.notification.v1.events_pb2 import FeedsChanged
from stellr.notification.v1.feed_service_pb2_grpc import FeedServiceStub
from tests.journey.test_grpc_web import frame
from tests.services.notification.desk import Desk, MakeDesk
from tests.services.notification.requests import Tell
from tests.services.notification.test_feed import add, items, person
from tests.services.notification.test_feed_rpcs import feed
from tests.support import PATIENCE, Learner, Stack, eventually, reason, register, violations

PATH = "/notifications/stream"
MESSAGE = 0


class Page:
    """A page that reads the stream, as by fetch."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self.told: list[dict[str, Any]] = []
        self.times: list[float] = []
        self.ended = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        try:
            for line in self.answer.iter_lines():
                if line:
                    kind, _, data = line.partition(": ")
                    assert kind == "data"
                    self.told.append(json.loads(data))
                    self.times.append(time.monotonic())
        except (httpx.HTTPError, httpx.StreamError, OSError, ValueError):
            pass
        finally:
            self.ended.set()

    def keys(self) -> list[str]:
        return [each["notification"]["notificationId"] for each in self.told if _is_new(each)]


def _is_new(told: dict[str, Any]) -> bool:
    return "notification" in told


@contextmanager
def page(somebody: Learner, **headers: str) -> Iterator[Page]:
    query = {"since": headers.pop("since")} if "since" in headers else {}
    with somebody.http.stream("GET", PATH, params=query, headers=headers, timeout=60) as answer:
        assert answer.status_code == 200, answer.read()
        reader = Page(answer)
        eventually(lambda: reader.told)
        yield reader
        # Closing alone is not seen by who is just reading from it.
        connection = answer.extensions["network_stream"].get_extra_info("socket")
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def somebody(stack: Stack) -> Learner:
    return register(stack)


def test_a_new_item_reaches_an_open_page(somebody: Learner, tell: Tell) -> None:
    with page(somebody) as reader:
        assert reader.answer.headers["content-type"] == "text/event-stream"
        assert reader.told == [{"position": "0", "unreadCount": 0}]
        key = tell(somebody)
        told = time.monotonic()
        eventually(reader.keys)
        assert reader.times[-1] - told < PATIENCE
        assert reader.keys() == [key]
        assert reader.told[-1]["notification"] == feed(somebody)["notifications"][0]
        assert reader.told[-1]["unreadCount"] == 1


def test_what_is_read_in_one_window_is_known_in_another(somebody: Learner, tell: Tell) -> None:
    first, _ = tell(somebody), tell(somebody)
    with page(somebody) as one, page(somebody) as other:
        assert [each.told[0]["unreadCount"] for each in (one, other)] == [2, 2]
        somebody.post(f"/notifications/{first}:read")
        eventually(lambda: all(each.told[-1]["unreadCount"] == 1 for each in (one, other)))
        somebody.post("/notifications:readAll")
        eventually(lambda: all(each.told[-1]["unreadCount"] == 0 for each in (one, other)))
        assert one.keys() == []


def test_nobody_hears_of_another(stack: Stack, somebody: Learner, tell: Tell) -> None:
    other = register(stack)
    with page(somebody) as reader:
        tell(other)
        key = tell(somebody)
        eventually(reader.keys)
        assert reader.keys() == [key]


@pytest.mark.parametrize("by_header", [False, True])
def test_what_comes_between_two_streams_is_told(
    somebody: Learner,
    tell: Tell,
    by_header: bool,
) -> None:
    def again(position: str) -> Any:
        # As browsers do by themselves, or by the parameter.
        return (
            page(somebody, **{"Last-Event-ID": position})
            if by_header
            else page(somebody, since=position)
        )

    tell(somebody)
    with page(somebody) as reader:
        position = reader.told[0]["position"]
    missed = [tell(somebody) for _ in range(3)]
    with again(position) as reader:
        eventually(lambda: len(reader.keys()) == 3)
        assert reader.keys() == missed
        position = reader.told[1]["position"]
    with again(position) as reader:
        assert reader.keys() == missed[2:]


def test_a_list_says_where_a_stream_goes_on(somebody: Learner, tell: Tell) -> None:
    tell(somebody)
    shown = feed(somebody)
    key = tell(somebody)
    with page(somebody, since=shown["position"]) as reader:
        assert reader.keys() == [key]


def test_nothing_is_missed_or_doubled_by_who_comes_and_goes(
    somebody: Learner,
    tell: Tell,
) -> None:
    found: list[str] = []
    position = "0"
    with ThreadPoolExecutor(8) as pool:
        coming = [pool.submit(tell, somebody) for _ in range(60)]
        end = time.monotonic() + 60
        while len(found) < 60 and time.monotonic() < end:
            with page(somebody, since=position) as reader:
                time.sleep(0.05)
                told = list(reader.told)
            found += [each["notification"]["notificationId"] for each in told if _is_new(each)]
            position = told[-1]["position"]
    assert sorted(found) == sorted(each.result() for each in coming)
    assert found[::-1] == [
        item["notificationId"] for item in feed(somebody, pageSize=100)["notifications"]
    ]


def test_a_position_that_is_none_is_named(somebody: Learner) -> None:
    answer = somebody.get(PATH, since="yesterday")
    assert (answer.status_code, set(violations(answer))) == (400, {"since"})
    # What a browser sends by itself is not its person's fault.
    with page(somebody, **{"Last-Event-ID": "nonsense"}) as reader:
        assert reader.told[0]["position"] == "0"


def test_a_stream_ends_with_the_session(stack: Stack, somebody: Learner) -> None:
    with page(somebody) as reader:
        assert somebody.post("/logout").status_code == 200
        assert reader.ended.wait(3)
    assert somebody.get(PATH).status_code == 401


def test_a_stream_ends_with_the_account(somebody: Learner) -> None:
    with page(somebody) as reader:
        assert somebody.delete("/me").status_code == 200
        assert reader.ended.wait(3)
    answer = somebody.get(PATH)
    assert answer.status_code in (401, 403), reason(answer)


def test_a_person_has_so_many_streams_and_no_more(somebody: Learner) -> None:
    with httpx.Client(headers=somebody.http.headers, base_url=somebody.http.base_url) as http:
        somebody.http = http
        opened = [page(somebody) for _ in range(MOST_STREAMS)]
        for each in opened:
            each.__enter__()
        answer = somebody.get(PATH)
        assert (answer.status_code, reason(answer)) == (429, "TOO_MANY_STREAMS")
        assert int(answer.headers["retry-after"]) == 10
        for each in opened:
            each.__exit__(None, None, None)
    somebody.http = httpx.Client(headers=http.headers, base_url=http.base_url)

    def opens() -> bool:
        with somebody.http.stream("GET", PATH) as again:
            return again.status_code == 200

    eventually(opens)


def test_grpc_through_the_door(stack: Stack, somebody: Learner, tell: Tell) -> None:
    with grpc.insecure_channel(f"127.0.0.1:{stack.port}") as channel:
        stub: Any = FeedServiceStub(channel)
        metadata = [("authorization", f"Bearer {somebody.token}")]
        stream = stub.StreamNotifications(pb.StreamNotificationsRequest(), metadata=metadata)
        assert next(stream).unread_count == 0
        key = tell(somebody)
        assert next(stream).notification.notification_id == key
        assert somebody.post("/logout").status_code == 200
        with pytest.raises(grpc.RpcError) as ended:
            next(stream)
        error: Any = ended.value
        assert error.code() is grpc.StatusCode.UNAUTHENTICATED


def test_grpc_web_through_the_door(somebody: Learner, tell: Tell) -> None:
    key = tell(somebody)
    request = frame(pb.StreamNotificationsRequest(since="0"))
    path = "/stellr.notification.v1.FeedService/StreamNotifications"
    headers = {"content-type": "application/grpc-web+proto", "x-grpc-web": "1"}
    with somebody.http.stream("POST", path, content=request, headers=headers) as answer:
        kind, data = first_frame(answer)
    assert kind == MESSAGE, (answer.status_code, answer.headers, data)
    told = pb.StreamNotificationsResponse.FromString(data)
    assert told.notification.notification_id == key


def first_frame(answer: httpx.Response) -> tuple[int, bytes]:
    """The kind (MESSAGE, or 0x80: trailers) and the data of the first frame of gRPC-Web."""
    read = b""
    for part in answer.iter_raw():
        read += part
        if len(read) >= 5 and len(read) >= 5 + int.from_bytes(read[1:5], "big"):
            break
    return read[0], read[5 : 5 + int.from_bytes(read[1:5], "big")]


def test_who_says_how_long_to_wait_is_told_the_end(somebody: Learner) -> None:
    with page(somebody, prefer="wait=2") as reader:
        assert reader.ended.wait(6)
    # An answer that is broken off would be an error.
    assert reader.answer.is_stream_consumed


# In this process


class SignedIn:
    """Whoever it is, is."""

    def check(self, token: AccessToken) -> None:
        pass


class Hall:
    """Streams on the loop of a desk."""

    def __init__(self, here: Desk, heartbeat_seconds: float = 20.0) -> None:
        self.here = here
        self.stopping = threading.Event()
        standing: Any = SignedIn()
        self.streams = FeedStreams(here.database, standing, self.stopping, heartbeat_seconds)
        here.runtime.supervisor.add("streams", self.streams.run)

    def follow(self, user_id: UUID, since: int | None = None) -> Any:
        token = AccessToken(user_id, uuid4(), frozenset(), 1, 0.0)
        return self.streams.follow(token, since, None)

    def next(self, stream: Any) -> pb.StreamNotificationsResponse:
        found: pb.StreamNotificationsResponse = self.here.runtime.supervisor.submit(
            asyncio.wait_for(anext(stream), 10)
        ).result()
        return found

    def changed(self, *persons: UUID) -> None:
        event = FeedsChanged(user_ids=map(str, persons))
        loop = self.here.runtime.supervisor.loop
        loop.call_soon_threadsafe(self.streams.feeds_changed, event)


def test_one_statement_reads_for_all_who_listen(desk: MakeDesk) -> None:
    hall = Hall(desk())
    persons = [person(hall.here) for _ in range(30)]
    streams = [hall.follow(each) for each in persons]
    for stream in streams:
        assert hall.next(stream).position == "0"
    asked: list[int] = []
    read = hall.streams._read

    async def counted(persons: Any) -> None:
        asked.append(len(persons))
        await read(persons)

    hall.streams._read = counted  # type: ignore[method-assign]
    add(hall.here, *persons)
    hall.changed(*persons, uuid4())
    for stream in streams:
        assert hall.next(stream).HasField("notification")
    assert asked == [30]


def test_a_reader_that_is_slow_is_told_all_in_order(desk: MakeDesk) -> None:
    hall = Hall(desk())
    user_id = person(hall.here)
    stream = hall.follow(user_id)
    assert hall.next(stream).position == "0"
    for _ in range(7):
        add(hall.here, *[user_id] * ITEMS)
        hall.changed(user_id)
        time.sleep(0.1)
    # What waits for it has an end.
    (listening,) = hall.streams._of_person[str(user_id)]
    assert len(listening.waiting) <= 250
    told = [hall.next(stream).position for _ in range(7 * ITEMS)]
    assert told == [str(item.position) for item in items(hall.here, user_id)]


def test_two_who_stand_at_different_places(desk: MakeDesk) -> None:
    hall = Hall(desk())
    user_id = person(hall.here)
    add(hall.here, *[user_id] * (2 * ITEMS))
    late, new = hall.follow(user_id, 0), hall.follow(user_id)
    assert hall.next(new).position == str(2 * ITEMS)
    assert hall.next(late).position == "1"
    add(hall.here, user_id)
    hall.changed(user_id)
    # The number of unread ones may be known before it comes to the new one itself.
    assert next(
        each for each in iter(lambda: hall.next(new), None) if each.HasField("notification")
    )
    assert [hall.next(late).position for _ in range(2 * ITEMS)][-1] == str(2 * ITEMS + 1)


def test_who_begins_while_another_is_read_for_misses_nothing(desk: MakeDesk) -> None:
    hall = Hall(desk())
    user_id = person(hall.here)
    add(hall.here, *[user_id] * 10)
    first = hall.follow(user_id)
    assert hall.next(first).position == "10"
    read, begun, going_on = hall.streams._database.all, threading.Event(), threading.Event()

    def slow(*found: Any, **values: Any) -> Any:
        begun.set()
        going_on.wait(10)
        return read(*found, **values)

    hall.streams._database.all = slow  # type: ignore[method-assign]
    add(hall.here, user_id)
    hall.changed(user_id)
    begun.wait(10)
    second = hall.follow(user_id, 0)
    coming = hall.here.runtime.supervisor.submit(asyncio.wait_for(anext(second), 20))
    time.sleep(0.2)
    going_on.set()
    assert coming.result().position == "1"
    assert [hall.next(second).position for _ in range(10)][-1] == "11"
    assert hall.next(first).position == "11"


def test_a_position_of_a_database_before_it_was_restored(desk: MakeDesk) -> None:
    hall = Hall(desk())
    user_id = person(hall.here)
    stream = hall.follow(user_id, 1000)
    assert hall.next(stream).position == "0"
    add(hall.here, user_id)
    hall.changed(user_id)
    assert hall.next(stream).position == "1"


def test_silence_is_broken_for_those_between(desk: MakeDesk) -> None:
    hall = Hall(desk(), heartbeat_seconds=0.05)
    user_id = person(hall.here)
    add(hall.here, user_id)
    stream = hall.follow(user_id, 0)
    assert hall.next(stream).HasField("notification")
    for _ in range(3):
        told = hall.next(stream)
        assert (told.position, told.unread_count) == ("1", 1)
        assert not told.HasField("notification")


def test_what_was_not_told_is_found_when_events_begin_anew(desk: MakeDesk) -> None:
    hall = Hall(desk())
    user_id = person(hall.here)
    stream = hall.follow(user_id)
    hall.next(stream)
    add(hall.here, user_id)
    hall.here.runtime.supervisor.loop.call_soon_threadsafe(hall.streams.all_changed)
    assert hall.next(stream).HasField("notification")


def test_a_process_that_stops_ends_its_streams_in_good_order(desk: MakeDesk) -> None:
    hall = Hall(desk())
    stream = hall.follow(person(hall.here))
    hall.next(stream)
    hall.stopping.set()
    with pytest.raises(StopAsyncIteration):
        hall.next(stream)
    assert hall.streams._of_person == {}
    assert hall.streams._of_session == {}


def test_a_database_that_is_away_ends_no_stream(
    desk: MakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    hall = Hall(desk())
    user_id = person(hall.here)
    stream = hall.follow(user_id)
    hall.next(stream)
    add(hall.here, user_id)
    find = hall.streams._database.all
    monkeypatch.setattr(hall.streams._database, "all", lambda *_, **__: 1 / 0)
    hall.changed(user_id)
    time.sleep(0.5)
    monkeypatch.setattr(hall.streams._database, "all", find)
    assert hall.next(stream).HasField("notification")

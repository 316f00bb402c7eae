from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator

import pytest

from services.kit.events import watching
from services.kit.events.listener import Listener
from services.kit.events.position import Position
from services.kit.work.supervisor import Supervisor
from stellr.auth.v1 import events_pb2
from stellr.events.v1 import event_service_pb2 as pb
from tests.services.kit.events.writing import KIND
from tests.support import eventually

CAUGHT_UP = pb.WatchResponse(position="2.2", caught_up=pb.WatchResponse.CaughtUp())
HEARTBEAT = pb.WatchResponse(position="2.2", heartbeat=pb.WatchResponse.Heartbeat())
RESET = pb.WatchResponse(reset=pb.WatchResponse.Reset())


class Script:
    """A feed that says what a test has it say; None breaks it."""

    service = "auth"
    silence_seconds = 5.0

    def __init__(self, supervisor: Supervisor) -> None:
        self.requests: list[pb.WatchRequest] = []
        self._supervisor = supervisor
        self._says: asyncio.Queue[pb.WatchResponse | None] = asyncio.Queue()

    def say(self, *answers: pb.WatchResponse | None) -> None:
        for answer in answers:
            self._supervisor.loop.call_soon_threadsafe(self._says.put_nowait, answer)

    async def watch(self, request: pb.WatchRequest) -> AsyncGenerator[pb.WatchResponse, None]:
        self.requests.append(request)
        while (answer := await self._says.get()) is not None:
            yield answer
            if answer is RESET:
                return

    async def acknowledge(self, kind: str, position: Position) -> None:
        raise AssertionError("a listener acknowledges nothing")


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "FIRST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(watching, "LONGEST_PAUSE_SECONDS", 0.05)


@pytest.fixture
def script(supervisor: Supervisor) -> Script:
    return Script(supervisor)


@pytest.fixture
def listener(script: Script) -> Listener:
    return Listener(script)


def erased(user_id: str, position: str = "1.1") -> pb.WatchResponse:
    answer = pb.WatchResponse(position=position)
    answer.event.payload.Pack(events_pb2.PersonErased(user_id=user_id))
    return answer


def is_live(listener: Listener) -> bool:
    return listener.live_until > time.monotonic()


def test_it_is_live_once_it_has_caught_up_and_for_as_long_as_it_hears(
    script: Script, listener: Listener, supervisor: Supervisor
) -> None:
    told: list[str] = []
    listener.listen(events_pb2.PersonErased, lambda event: told.append(event.user_id))
    supervisor.add("listener", listener.run)
    script.say(erased("ann"))
    eventually(lambda: told == ["ann"])
    assert not is_live(listener)
    assert not listener.caught_up.is_set()
    script.say(CAUGHT_UP)
    eventually(lambda: is_live(listener))
    assert listener.caught_up.is_set()
    before = listener.live_until
    script.say(HEARTBEAT)
    eventually(lambda: listener.live_until > before)
    script.silence_seconds = 0.5
    script.say(HEARTBEAT)
    eventually(lambda: not is_live(listener), 2)
    eventually(lambda: len(script.requests) == 2)


def test_a_broken_watch_is_opened_anew_and_is_not_live(
    script: Script, listener: Listener, supervisor: Supervisor
) -> None:
    begun: list[int] = []
    listener.listen(events_pb2.PersonErased, lambda _: None)
    listener.on_begin(lambda: begun.append(1))
    supervisor.add("listener", listener.run)
    script.say(CAUGHT_UP)
    eventually(lambda: is_live(listener))
    script.say(None)
    eventually(lambda: listener.live_until == 0.0)
    script.say(CAUGHT_UP)
    eventually(lambda: is_live(listener) and len(begun) == 2)


def test_who_does_not_look_back_begins_from_now_each_time(
    script: Script, listener: Listener, supervisor: Supervisor
) -> None:
    listener.listen(events_pb2.PersonErased, lambda _: None)
    supervisor.add("listener", listener.run)
    script.say(CAUGHT_UP, None)
    eventually(lambda: len(script.requests) == 2)
    for request in script.requests:
        assert request.WhichOneof("start") == "look_back"
        assert request.look_back.ToMilliseconds() == 0


def test_who_looks_back_goes_on_where_it_was_or_looks_back_again(
    script: Script, listener: Listener, supervisor: Supervisor
) -> None:
    listener.listen(events_pb2.PersonErased, lambda _: None, look_back=600)
    listener.listen(events_pb2.SessionEnded, lambda _: None, look_back=60)
    supervisor.add("listener", listener.run)
    script.say(CAUGHT_UP, None)
    eventually(lambda: len(script.requests) == 2)
    script.say(RESET)
    eventually(lambda: len(script.requests) == 3)
    starts = [request.WhichOneof("start") for request in script.requests]
    assert starts == ["look_back", "position", "look_back"]
    assert script.requests[0].look_back.seconds == 600
    assert list(script.requests[0].kinds) == [KIND, "stellr.auth.v1.SessionEnded"]
    assert script.requests[1].position == "2.2"


def test_one_who_cannot_take_an_event_does_not_keep_it_from_others(
    script: Script, listener: Listener, supervisor: Supervisor
) -> None:
    told: list[str] = []

    def fail(event: events_pb2.PersonErased) -> None:
        raise ValueError(event.user_id)

    listener.listen(events_pb2.PersonErased, fail)
    listener.listen(events_pb2.PersonErased, lambda event: told.append(event.user_id))
    supervisor.add("listener", listener.run)
    script.say(CAUGHT_UP, erased("ann"), erased("bob"))
    eventually(lambda: told == ["ann", "bob"])
    assert is_live(listener)

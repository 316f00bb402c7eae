"""Watching another service through its real server, with keys, chain and streams."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import grpc
import pytest

from services.kit.data.database import Database
from services.kit.errors import DomainError
from services.kit.events import readers, servicer
from services.kit.events.peer import PeerFeed
from services.kit.events.position import Position
from services.kit.rpc.clients import MeshChannel
from services.kit.work.supervisor import Supervisor
from stellr.events.v1 import event_service_pb2 as pb
from stellr.events.v1.event_service_pb2_grpc import EventServiceStub
from tests.services.kit.events.watches import Watch, after, looking_back, summary
from tests.services.kit.events.writing import KIND, execute, write
from tests.services.kit.harness import Kit, serving
from tests.support import eventually, free_port

OTHER = "stellr.auth.v1.SessionEnded"


class Auth:
    """A process of auth that tells its events."""

    def __init__(self, kit: Kit, database: Database) -> None:
        self._kit = kit
        self._database = database
        self._running = ExitStack()
        self.port = free_port()

    def start(self) -> None:
        runtime = self._kit.runtime(None, name="auth", url=self._database.url)
        runtime.events.start(runtime.supervisor)
        self._running.enter_context(serving(runtime, f"127.0.0.1:{self.port}"))
        self._running.callback(runtime.events.stop)

    def stop(self) -> None:
        self._running.close()


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    return Kit(tmp_path)


@pytest.fixture
def auth(kit: Kit, database: Database) -> Iterator[Auth]:
    process = Auth(kit, database)
    process.start()
    yield process
    process.stop()


@pytest.fixture
def channel(kit: Kit, auth: Auth) -> Iterator[MeshChannel]:
    with kit.channel("user", "auth", auth.port) as opened:
        yield opened


@pytest.fixture
def feed(channel: MeshChannel, supervisor: Supervisor) -> Iterator[PeerFeed]:
    peer = PeerFeed(channel)
    yield peer
    supervisor.submit(peer.close()).result(5)


def test_another_service_is_told_what_happens(
    database: Database, feed: PeerFeed, supervisor: Supervisor
) -> None:
    write(database, "ann")
    watch = Watch(supervisor, feed.watch(after()))
    eventually(lambda: watch.said == ["ann", "caught_up"])
    write(database, "bob")
    eventually(lambda: watch.said == ["ann", "caught_up", "bob"])


def test_it_hears_the_heartbeat(
    feed: PeerFeed, supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(servicer, "HEARTBEAT_SECONDS", 0.05)
    watch = Watch(supervisor, feed.watch(looking_back(0)))
    eventually(lambda: watch.said[:3] == ["caught_up", "heartbeat", "heartbeat"])


def test_it_acknowledges_under_its_own_name(
    database: Database, feed: PeerFeed, supervisor: Supervisor
) -> None:
    supervisor.submit(feed.acknowledge(KIND, Position(7, 1))).result(5)
    supervisor.submit(feed.acknowledge(KIND, Position(5, 1))).result(5)
    rows = execute(database, "SELECT reader, kind, event_id FROM event_readers")
    assert rows == [("user", KIND, 5)]


def test_a_watch_breaks_with_the_process_and_can_be_opened_anew(
    auth: Auth, database: Database, feed: PeerFeed, supervisor: Supervisor
) -> None:
    write(database, "ann")
    watch = Watch(supervisor, feed.watch(after()))
    eventually(lambda: watch.said == ["ann", "caught_up"])
    auth.stop()
    with pytest.raises(grpc.RpcError):
        watch.ended.result(10)
    write(database, "bob")
    auth.start()

    def said_anew() -> list[str]:
        again = Watch(supervisor, feed.watch(after(watch.position)))
        eventually(lambda: again.ended.done() or "caught_up" in again.said)
        return again.said

    assert eventually(said_anew, 10) == ["bob", "caught_up"]


@pytest.mark.parametrize(
    "request_",
    [
        pb.WatchRequest(position=""),
        pb.WatchRequest(kinds=[KIND]),
        pb.WatchRequest(kinds=[KIND, KIND], position=""),
        pb.WatchRequest(kinds=["events"], position=""),
        pb.WatchRequest(kinds=[KIND], position="somewhere"),
    ],
)
def test_what_the_contract_does_not_allow_is_refused(
    feed: PeerFeed, supervisor: Supervisor, request_: pb.WatchRequest
) -> None:
    with pytest.raises(grpc.RpcError) as error:
        Watch(supervisor, feed.watch(request_)).ended.result(5)
    assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT


def test_persons_may_not_watch(kit: Kit, auth: Auth) -> None:
    with (
        grpc.insecure_channel(f"127.0.0.1:{auth.port + 1}") as plain,
        pytest.raises(grpc.RpcError) as error,
    ):
        list(EventServiceStub(plain).Watch(after()))
    assert error.value.code() == grpc.StatusCode.UNAUTHENTICATED


def test_who_does_not_read_holds_up_nobody_and_loses_nothing(
    database: Database, channel: MeshChannel, feed: PeerFeed, supervisor: Supervisor
) -> None:
    lazy: Any = EventServiceStub(channel).Watch(after())
    assert next(lazy).HasField("caught_up")
    people = [f"{number} {'x' * 500}" for number in range(4000)]
    watch = Watch(supervisor, feed.watch(after()))
    write(database, *people)
    eventually(lambda: len(watch.said) == len(people) + 1, 20)
    told = [summary(next(lazy)) for _ in people]
    lazy.cancel()
    assert told == people


def test_a_thousand_streams_are_all_told(
    database: Database, feed: PeerFeed, supervisor: Supervisor
) -> None:
    watches = [Watch(supervisor, feed.watch(looking_back(0))) for _ in range(1000)]
    eventually(lambda: all(one.said == ["caught_up"] for one in watches), 30)
    write(database, "ann", "bob")
    eventually(lambda: all(one.said[1:] == ["ann", "bob"] for one in watches), 30)


def test_acknowledging_nonsense_is_refused(channel: MeshChannel) -> None:
    stub = EventServiceStub(channel)
    for kind, position in (("nothing", ""), (KIND, "somewhere")):
        with pytest.raises(DomainError) as error:
            stub.Acknowledge(pb.AcknowledgeRequest(kind=kind, position=position))
        assert error.value.code == grpc.StatusCode.INVALID_ARGUMENT


def test_operators_see_who_reads_and_have_forgotten_who_does_no_more(
    kit: Kit, database: Database, auth: Auth
) -> None:
    readers.acknowledge(database, "user", KIND, 0)
    readers.acknowledge(database, "retired", KIND, 0)
    readers.acknowledge(database, "retired", OTHER, 0)
    execute(
        database,
        "UPDATE event_readers SET acknowledged_at = now() - interval '6 minutes'"
        f" WHERE reader = 'retired' AND kind = '{KIND}'",
    )
    with kit.channel("operator", "auth", auth.port) as channel:
        stub = EventServiceStub(channel)

        def known() -> list[tuple[str, str]]:
            found = stub.ListReaders(pb.ListReadersRequest()).readers
            return [(each.reader, each.kind) for each in found]

        assert known() == [("retired", KIND), ("retired", OTHER), ("user", KIND)]
        answer = stub.ForgetReader(pb.ForgetReaderRequest(reader="retired"))
        assert (answer.forgotten_kinds, answer.active_kinds) == ([KIND], [OTHER])
        forced = stub.ForgetReader(pb.ForgetReaderRequest(reader="retired", force=True))
        assert (forced.forgotten_kinds, forced.active_kinds) == ([OTHER], [])
        again = stub.ForgetReader(pb.ForgetReaderRequest(reader="retired", force=True))
        assert (again.forgotten_kinds, again.active_kinds) == ([], [])
        assert known() == [("user", KIND)]
        with pytest.raises(DomainError) as error:
            stub.ForgetReader(pb.ForgetReaderRequest(reader="no name"))
        assert error.value.code == grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize(
    ("method", "message"),
    [
        ("ListReaders", pb.ListReadersRequest()),
        ("ForgetReader", pb.ForgetReaderRequest(reader="user", force=True)),
    ],
)
def test_services_may_not_ask_what_operators_may(
    channel: MeshChannel, auth: Auth, method: str, message: Any
) -> None:
    with pytest.raises(grpc.RpcError) as error:
        getattr(EventServiceStub(channel), method)(message)
    assert error.value.code() == grpc.StatusCode.PERMISSION_DENIED
    with grpc.insecure_channel(f"127.0.0.1:{auth.port}") as plain:
        with pytest.raises(grpc.RpcError) as unknown:
            getattr(EventServiceStub(plain), method)(message)
        assert unknown.value.code() == grpc.StatusCode.UNAUTHENTICATED

"""What operators ask of a process about the work it gave up."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pytest
from structlog.testing import capture_logs

from services.kit.data.database import Database
from services.kit.errors import InvalidArgument
from services.kit.events import set_aside
from services.kit.rpc.clients import MeshChannel
from stellr.deadletters.v1 import dead_letter_service_pb2 as pb
from stellr.deadletters.v1.dead_letter_service_pb2_grpc import DeadLetterServiceStub
from tests.services.kit.harness import Kit, serving
from tests.services.kit.work.recorder import execute
from tests.support import free_port

KIND = "stellr.auth.v1.PersonErased"


@pytest.fixture
def database(database_of: Callable[[str], Database]) -> Database:
    """Of a service that gave up three jobs and three events."""
    database = database_of("user")
    for number in range(1, 4):
        args = json.dumps({"values": {}, "request_id": f"request {number}"})
        execute(
            database,
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, attempts)"
            f" VALUES ('normal', 'note', '{args}', 'failed', 10);"
            f" INSERT INTO dead_jobs (job_id, reason) VALUES ({number}, 'gone')",
        )
        with database.transaction():
            set_aside.keep(
                database,
                kind=KIND,
                position=f"{number}.1",
                payload=b"",
                request_id=f"request {number}",
                attempts=8,
                reason="ValueError",
            )
    return database


@pytest.fixture
def port(kit: Kit, database: Database) -> Iterator[int]:
    chosen = free_port()
    runtime = kit.runtime(None, name="user", url=database.url)
    with serving(runtime, f"127.0.0.1:{chosen}"):
        yield chosen


@pytest.fixture
def channel(kit: Kit, port: int) -> Iterator[MeshChannel]:
    with kit.channel("operator", "user", port) as opened:
        yield opened


def listed(stub: Any, size: int = 100) -> list[str]:
    """The ids of all, in pages of a size."""
    found, request = [], pb.ListDeadLettersRequest(page_size=size)
    while True:
        page = stub.ListDeadLetters(request)
        found += [each.dead_letter_id for each in page.dead_letters]
        assert len(page.dead_letters) <= size
        if not page.next_page_token:
            return found
        request.page_token = page.next_page_token


ALL = ["1", "2", "3", "event-1", "event-2", "event-3"]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6, 100])
def test_jobs_and_events_are_one_list(channel: MeshChannel, size: int) -> None:
    assert listed(DeadLetterServiceStub(channel), size) == ALL


def test_each_tells_what_it_was(channel: MeshChannel) -> None:
    found = DeadLetterServiceStub(channel).ListDeadLetters(pb.ListDeadLettersRequest())
    job, event = found.dead_letters[0], found.dead_letters[5]
    assert (job.work, job.attempts, job.reason, job.request_id) == ("note", 10, "gone", "request 1")
    told = (event.work, event.attempts, event.reason, event.request_id)
    assert told == (KIND, 8, "ValueError", "request 3")
    assert job.give_up_time.seconds > 0
    assert event.give_up_time.seconds > 0


def test_they_are_tried_again_by_their_ids_or_all(channel: MeshChannel, database: Database) -> None:
    stub = DeadLetterServiceStub(channel)
    ids = pb.DeadLetterIds(ids=["event-2", "2", "999", "event-999"])
    answer = stub.RetryDeadLetters(pb.RetryDeadLettersRequest(ids=ids))
    assert sorted(answer.dead_letter_ids) == ["2", "event-2"]
    # An event stays in the list until it is dealt with.
    assert listed(stub) == ["1", "3", "event-1", "event-2", "event-3"]
    answer = stub.RetryDeadLetters(pb.RetryDeadLettersRequest(all=True))
    assert sorted(answer.dead_letter_ids) == ["1", "3", "event-1", "event-2", "event-3"]
    with database.transaction():
        assert set_aside.take(database, [KIND])


def test_they_are_discarded_with_a_line_in_the_log(channel: MeshChannel) -> None:
    stub = DeadLetterServiceStub(channel)
    request = pb.DiscardDeadLettersRequest(ids=pb.DeadLetterIds(ids=["3", "event-1", "7"]))
    with capture_logs() as logs:
        assert sorted(stub.DiscardDeadLetters(request).dead_letter_ids) == ["3", "event-1"]
        assert list(stub.DiscardDeadLetters(request).dead_letter_ids) == []
    told = [line for line in logs if line["event"] == "dead letter discarded"]
    assert [(line["dead_letter_id"], line["work"], line["request_id"]) for line in told] == [
        ("3", "note", "request 3"),
        ("event-1", KIND, "request 1"),
    ]
    assert listed(stub) == ["1", "2", "event-2", "event-3"]


def test_a_job_that_waits_is_not_discarded(channel: MeshChannel) -> None:
    stub = DeadLetterServiceStub(channel)
    ids = pb.DeadLetterIds(ids=["1"])
    stub.RetryDeadLetters(pb.RetryDeadLettersRequest(ids=ids))
    assert not stub.DiscardDeadLetters(pb.DiscardDeadLettersRequest(ids=ids)).dead_letter_ids


@pytest.mark.parametrize(
    ("method", "message"),
    [
        ("ListDeadLetters", pb.ListDeadLettersRequest(page_token="event-")),
        ("ListDeadLetters", pb.ListDeadLettersRequest(page_size=101)),
        ("RetryDeadLetters", pb.RetryDeadLettersRequest()),
        ("RetryDeadLetters", pb.RetryDeadLettersRequest(ids=pb.DeadLetterIds(ids=["job-1"]))),
        ("DiscardDeadLetters", pb.DiscardDeadLettersRequest()),
        ("DiscardDeadLetters", pb.DiscardDeadLettersRequest(ids=pb.DeadLetterIds())),
        ("DiscardDeadLetters", pb.DiscardDeadLettersRequest(ids=pb.DeadLetterIds(ids=["9" * 19]))),
    ],
)
def test_nonsense_is_refused(channel: MeshChannel, method: str, message: Any) -> None:
    with pytest.raises(InvalidArgument):
        getattr(DeadLetterServiceStub(channel), method)(message)


@pytest.mark.parametrize(
    ("method", "message"),
    [
        ("ListDeadLetters", pb.ListDeadLettersRequest()),
        ("RetryDeadLetters", pb.RetryDeadLettersRequest(all=True)),
        ("DiscardDeadLetters", pb.DiscardDeadLettersRequest(ids=pb.DeadLetterIds(ids=["1"]))),
    ],
)
def test_only_operators_may_ask(kit: Kit, port: int, method: str, message: Any) -> None:
    with kit.channel("auth", "user", port) as service, pytest.raises(grpc.RpcError) as error:
        getattr(DeadLetterServiceStub(service), method)(message)
    assert error.value.code() == grpc.StatusCode.PERMISSION_DENIED
    with grpc.insecure_channel(f"127.0.0.1:{port}") as plain, pytest.raises(grpc.RpcError) as who:
        getattr(DeadLetterServiceStub(plain), method)(message)
    assert who.value.code() == grpc.StatusCode.UNAUTHENTICATED

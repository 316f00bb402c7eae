"""How a process tells what it keeps of a person, and how it forgets them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import grpc
import pytest

from services.kit.data import persons
from services.kit.data.database import Database
from services.kit.errors import InvalidArgument
from services.kit.process.personal_data import PersonalData, forgetting
from services.kit.process.personal_data_servicer import PIECE_BYTES, pieces
from services.kit.rpc.clients import MeshChannel, collect
from stellr.auth.v1.events_pb2 import PersonErased
from stellr.personaldata.v1.personal_data_service_pb2 import ExportPersonRequest
from stellr.personaldata.v1.personal_data_service_pb2_grpc import PersonalDataServiceStub
from tests.services.kit.harness import Kit, serving

PERSON = UUID("01a2040b-0000-7000-8000-000000000002")
MANY = 10_000


def notes(user_id: UUID) -> dict[str, Any]:
    """What the service under test keeps: one note, or very many."""
    if user_id != PERSON:
        return {"notes": iter(())}
    return {"notes": ({"number": number, "text": "x" * 1000} for number in range(MANY))}


@pytest.fixture
def database(database_of: Callable[[str], Database]) -> Database:
    return database_of("user")


@pytest.fixture
def port(kit: Kit, database: Database) -> Iterator[int]:
    runtime = kit.runtime(None, name="user", url=database.url)
    personal = PersonalData(notes, lambda _: None)
    with serving(runtime, personal=personal) as chosen:
        yield chosen


def exported(channel: MeshChannel, user_id: object = PERSON) -> tuple[Any, list[int]]:
    """The answer, and how long its pieces are."""
    request = ExportPersonRequest(user_id=str(user_id))
    stream = PersonalDataServiceStub(channel).ExportPerson(request, timeout=20)
    found = [piece.json for piece in collect(stream, "user")]
    return json.loads(b"".join(found)), [len(piece) for piece in found]


def test_values_are_written_as_the_contracts_have_them() -> None:
    at = datetime(2026, 11, 22, 12, 0, 0, 5000, timezone(timedelta(hours=2)))
    record = {
        "id": PERSON,
        "time": at,
        "day": date(2026, 11, 22),
        "name": 'Zoë "Z"\n星',
        "none": None,
        "list": iter([{"deep": [UTC is None]}, 1]),
        "empty": iter(()),
    }
    assert json.loads(b"".join(pieces(record))) == {
        "id": str(PERSON),
        "time": "2026-11-22T10:00:00.005000Z",
        "day": "2026-11-22",
        "name": 'Zoë "Z"\n星',
        "none": None,
        "list": [{"deep": [False]}, 1],
        "empty": [],
    }
    assert b"".join(pieces({})) == b"{}"


@pytest.mark.parametrize("value", [object(), float("nan"), b"bytes"])
def test_what_is_no_json_is_a_fault_and_never_half_a_truth(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        list(pieces({"value": value}))


def test_a_list_without_end_is_read_only_as_far_as_it_is_sent() -> None:
    read = []

    def endless() -> Iterator[str]:
        for number in count():
            read.append(number)
            yield "x" * 1000

    first = next(pieces({"list": endless()}))
    assert PIECE_BYTES <= len(first) < PIECE_BYTES + 2000
    assert len(read) < 70


def test_ten_thousand_records_come_in_pieces(kit: Kit, port: int) -> None:
    with kit.channel("gateway", "user", port) as channel:
        answer, sizes = exported(channel)
    assert [each["number"] for each in answer["notes"]] == list(range(MANY))
    assert sum(sizes) > 4 * 1024**2
    assert max(sizes) < PIECE_BYTES + 2000


def test_of_an_unknown_person_there_is_nothing(kit: Kit, port: int) -> None:
    with kit.channel("gateway", "user", port) as channel:
        assert exported(channel, uuid4())[0] == {"notes": []}
        with pytest.raises(InvalidArgument):
            exported(channel, "nobody")


def test_only_the_gateway_may_ask(kit: Kit, port: int) -> None:
    for caller in ("auth", "operator"):
        with kit.channel(caller, "user", port) as channel, pytest.raises(grpc.RpcError) as error:
            exported(channel)
        assert error.value.code() == grpc.StatusCode.PERMISSION_DENIED
    with grpc.insecure_channel(f"127.0.0.1:{port + 1}") as plain:
        stub = PersonalDataServiceStub(plain)
        with pytest.raises(grpc.RpcError) as who:
            next(stub.ExportPerson(ExportPersonRequest(user_id=str(PERSON))))
    assert who.value.code() == grpc.StatusCode.UNAUTHENTICATED


def test_who_is_erased_is_forgotten_with_the_domain_in_one_transaction(database: Database) -> None:
    forgotten: list[UUID] = []
    consumer = forgetting(database, PersonalData(notes, forgotten.append))
    assert consumer.kind == "stellr.auth.v1.PersonErased"
    for _ in range(2):
        with database.transaction():
            consumer.deal_with(PersonErased(user_id=str(PERSON)).SerializeToString())
    assert forgotten == [PERSON, PERSON]
    assert persons.is_erased(database, PERSON)


def test_where_the_domain_fails_nobody_is_forgotten(database: Database) -> None:
    def fail(user_id: UUID) -> None:
        raise KeyError(user_id)

    def forget() -> None:
        consumer = forgetting(database, PersonalData(notes, fail))
        with database.transaction():
            consumer.deal_with(PersonErased(user_id=str(PERSON)).SerializeToString())

    with pytest.raises(KeyError):
        forget()
    assert not persons.is_erased(database, PERSON)

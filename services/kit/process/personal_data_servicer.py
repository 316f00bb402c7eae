"""What the service keeps of a person, told as JSON in pieces."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import grpc

from services.kit.process.personal_data import PersonalData, Record
from stellr.personaldata.v1 import personal_data_service_pb2 as pb
from stellr.personaldata.v1.personal_data_service_pb2_grpc import PersonalDataServiceServicer

PIECE_BYTES = 64 * 1024


class PersonalDataServicer(PersonalDataServiceServicer):
    """Answers the gateway."""

    def __init__(self, personal: PersonalData) -> None:
        self._personal = personal

    def ExportPerson(
        self, request: pb.ExportPersonRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.ExportPersonResponse]:
        """All that is kept of a person."""
        record = self._personal.export(UUID(request.user_id))
        return (pb.ExportPersonResponse(json=piece) for piece in pieces(record))


def pieces(record: Record) -> Iterator[bytes]:
    """The record as a JSON object, in pieces of 64 KiB and what an item is longer."""
    gathered = bytearray()
    for text in _object(record):
        gathered += text.encode()
        if len(gathered) >= PIECE_BYTES:
            yield bytes(gathered)
            gathered.clear()
    yield bytes(gathered)


def _object(record: Record) -> Iterator[str]:
    before = "{"
    for name, value in record.items():
        yield f"{before}{_json(name)}:"
        yield from _list(value) if isinstance(value, Iterator) else (_json(value),)
        before = ","
    yield "}" if record else "{}"


def _list(items: Iterator[Any]) -> Iterator[str]:
    yield "["
    for number, item in enumerate(items):
        yield f",{_json(item)}" if number else _json(item)
    yield "]"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, default=_plain)


def _plain(value: Any) -> str:
    """Ids as text, times as RFC 3339 in UTC, days as its full-date."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"no JSON value: {type(value).__name__}")

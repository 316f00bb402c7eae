"""Tells other services what happened in this one, and operators who reads it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import timedelta

import grpc
import structlog

from services.kit import call as calls
from services.kit.data.database import Database
from services.kit.data.tables import timestamp
from services.kit.events import readers
from services.kit.events.own import OwnFeed
from services.kit.events.position import read_position
from stellr.events.v1 import event_service_pb2 as pb
from stellr.events.v1.event_service_pb2_grpc import EventServiceServicer

log = structlog.get_logger("stellr.events")

HEARTBEAT_SECONDS = 10.0


class EventServicer(EventServiceServicer):
    """The event service of a process."""

    def __init__(self, feed: OwnFeed, database: Database) -> None:
        self._feed = feed
        self._database = database

    def Watch(
        self, request: pb.WatchRequest, context: grpc.ServicerContext
    ) -> AsyncGenerator[pb.WatchResponse, None]:
        """What happens, as it happens."""
        return self._feed.watch(request, HEARTBEAT_SECONDS)

    def Acknowledge(
        self, request: pb.AcknowledgeRequest, context: grpc.ServicerContext
    ) -> pb.AcknowledgeResponse:
        """Note how far the caller has read."""
        position = read_position(request.position)
        reader = calls.caller().service
        readers.acknowledge(self._database, reader, request.kind, position.event_id)
        return pb.AcknowledgeResponse()

    def ListReaders(
        self, request: pb.ListReadersRequest, context: grpc.ServicerContext
    ) -> pb.ListReadersResponse:
        """Who reads what, and how far behind."""
        found = readers.find_readers(self._database)
        return pb.ListReadersResponse(readers=[_reader(each) for each in found])

    def ForgetReader(
        self, request: pb.ForgetReaderRequest, context: grpc.ServicerContext
    ) -> pb.ForgetReaderResponse:
        """Forget a reader that is retired; what it reads still is told as well."""
        forgotten = readers.forget(self._database, request.reader, force=request.force)
        for kind in forgotten:
            log.warning("reader of events forgotten", reader=request.reader, kind=kind)
        left = readers.kinds_of(self._database, request.reader)
        return pb.ForgetReaderResponse(forgotten_kinds=forgotten, active_kinds=left)


def _reader(reader: readers.Reader) -> pb.Reader:
    message = pb.Reader(
        reader=reader.reader,
        kind=reader.kind,
        acknowledge_time=timestamp(reader.acknowledged_at),
    )
    message.behind.FromTimedelta(timedelta(seconds=reader.behind_seconds))
    return message

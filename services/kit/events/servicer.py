"""Tells other services what happened in this one."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import grpc

from services.kit import call as calls
from services.kit.data.database import Database
from services.kit.events import readers
from services.kit.events.own import OwnFeed
from services.kit.events.position import read_position
from stellr.events.v1 import event_service_pb2 as pb
from stellr.events.v1.event_service_pb2_grpc import EventServiceServicer

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

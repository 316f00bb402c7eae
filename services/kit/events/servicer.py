"""Tells other services what happened in this one, and operators what this one could not do."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import grpc

from services.kit import call as calls
from services.kit.data.database import Database
from services.kit.data.pages import page_size
from services.kit.data.tables import timestamp
from services.kit.events import readers, set_aside
from services.kit.events.own import OwnFeed
from services.kit.events.position import read_position
from services.kit.events.set_aside import SetAside
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

    def ListSetAsideEvents(
        self, request: pb.ListSetAsideEventsRequest, context: grpc.ServicerContext
    ) -> pb.ListSetAsideEventsResponse:
        """A page of what was set aside; the token is the id of the last one seen."""
        size = page_size(request.page_size)
        after = int(request.page_token or 0)
        found = set_aside.find(self._database, after=after, limit=size + 1)
        return pb.ListSetAsideEventsResponse(
            events=[_set_aside(event) for event in found[:size]],
            next_page_token=str(found[size - 1].failure_id) if len(found) > size else "",
        )

    def RetrySetAsideEvents(
        self, request: pb.RetrySetAsideEventsRequest, context: grpc.ServicerContext
    ) -> pb.RetrySetAsideEventsResponse:
        """Have what was set aside tried again."""
        wanted = set_aside.want(self._database, request.ids.ids, everything=request.all)
        return pb.RetrySetAsideEventsResponse(event_ids=wanted)


def _set_aside(event: SetAside) -> pb.SetAsideEvent:
    return pb.SetAsideEvent(
        event_id=event.failure_id,
        kind=event.kind,
        attempts=event.attempts,
        reason=event.reason,
        set_aside_time=timestamp(event.set_aside_at),
        request_id=event.request_id,
    )

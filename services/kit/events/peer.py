"""The events of another service, watched by its event service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from functools import cached_property
from typing import Any

import grpc

from services.kit.events.position import Position
from services.kit.rpc.clients import OPTIONS, MeshChannel, channel_name, streams_of
from services.kit.rpc.mesh_tls import names
from stellr.events.v1 import event_service_pb2 as pb
from stellr.events.v1.event_service_pb2_grpc import EventServiceStub


class PeerFeed:
    """Watches on the loop, so that no thread waits."""

    # Two heartbeats and a half.
    silence_seconds = 25.0

    def __init__(self, mesh: MeshChannel) -> None:
        self.service = mesh.service
        self._mesh = mesh

    async def watch(self, request: pb.WatchRequest) -> AsyncGenerator[pb.WatchResponse, None]:
        """The answers to a watch; grpc.RpcError where it breaks."""
        stream = self._streams.Watch(request, metadata=self._mesh.metadata())
        try:
            async for answer in stream:
                yield answer
        finally:
            stream.cancel()

    async def acknowledge(self, kind: str, position: Position) -> None:
        """Tell the service how far this one has dealt with a kind of its events."""
        request = pb.AcknowledgeRequest(kind=kind, position=str(position))
        await asyncio.to_thread(EventServiceStub(self._mesh).Acknowledge, request)

    async def close(self) -> None:
        """Close the channel; watches are cancelled."""
        if "_channel" in self.__dict__:
            await self._channel.close()

    @cached_property
    def _channel(self) -> grpc.aio.Channel:
        name = channel_name(streams_of(self._mesh.target))
        if self._mesh.tls is None:
            return grpc.aio.insecure_channel(name, options=OPTIONS)
        options = [*OPTIONS, *names(self.service)]
        return grpc.aio.secure_channel(name, self._mesh.tls.client(), options=options)

    @cached_property
    def _streams(self) -> Any:
        stub: Any = EventServiceStub
        return stub(self._channel)

"""What watches of a service's events have in common, whether it is this service or another."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Protocol

import grpc
import structlog

from services.kit.errors import DomainError, ServiceUnavailable
from services.kit.events.position import Position
from services.kit.work.failures import describe
from services.kit.work.pauses import growing_pause
from stellr.events.v1 import event_service_pb2 as pb

log = structlog.get_logger("stellr.events")

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 2.0


class Feed(Protocol):
    """The events of a service."""

    service: str
    # A watch that is silent for longer is lost.
    silence_seconds: float

    def watch(self, request: pb.WatchRequest) -> AsyncGenerator[pb.WatchResponse, None]:
        """The answers to a watch; DomainError or grpc.RpcError where it breaks."""

    async def acknowledge(self, kind: str, position: Position) -> None:
        """Tell how far this service has dealt with a kind of event."""


async def hear(feed: Feed, request: pb.WatchRequest) -> AsyncGenerator[pb.WatchResponse, None]:
    """The answers to a watch. TimeoutError where it is silent, and whatever breaks it."""
    async with aclosing(feed.watch(request)) as answers:
        while True:
            async with asyncio.timeout(feed.silence_seconds):
                answer = await anext(answers, None)
            if answer is None:
                raise ServiceUnavailable
            yield answer


async def again(what: str, watch: Callable[[], Awaitable[None]]) -> None:
    """Watch for ever: what breaks is begun anew after a pause, each process at its own moment."""
    failures = 0
    while True:
        began = asyncio.get_running_loop().time()
        try:
            await watch()
        except (grpc.RpcError, DomainError, TimeoutError) as error:
            log.info("watch broke", watch=what, error=describe(error))
        lasted = asyncio.get_running_loop().time() - began
        failures = 1 if lasted > LONGEST_PAUSE_SECONDS else failures + 1
        pause = growing_pause(failures, FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)
        await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads the load

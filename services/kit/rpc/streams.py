"""Server streams: served by an asyncio server beside the synchronous one, none holds a thread.

An open stream costs memory alone, also where its reader stops reading. Handlers stay plain
functions: one is called in a thread and returns the messages, either as an async iterator that
waits without a thread (feeds), or as an iterator whose next message is fetched in a thread when the
one before it has left (the parts of a file).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterator
from contextlib import aclosing
from typing import Any

import grpc

from services.kit.rpc.interceptors import Chain
from services.kit.rpc.interceptors.base import Method, Stream
from services.kit.rpc.policy import MethodPolicy

_END: Any = object()


class StreamContext:
    """What a handler sees of a stream while it opens it, as of grpc.ServicerContext."""

    def __init__(self, context: grpc.aio.ServicerContext[Any, Any]) -> None:
        self._context: Any = context
        self.initial_metadata: tuple[tuple[str, str], ...] = ()

    def invocation_metadata(self) -> Any:
        """The metadata that came with the request."""
        return self._context.invocation_metadata() or ()

    def peer(self) -> str:
        """Where the request came from."""
        return str(self._context.peer())

    def time_remaining(self) -> float | None:
        """Seconds until the caller stops waiting; None where no end is known."""
        left: float | None = self._context.time_remaining()
        return left

    def is_active(self) -> bool:
        """Whether the caller is still there."""
        return not self._context.done()

    def asks_for_headers(self) -> bool:
        """Whether the caller has no use for the body: HEAD in HTTP (RFC 9110, 9.3.2)."""
        return ("x-http-method", "HEAD") in self.invocation_metadata()

    def send_initial_metadata(self, metadata: tuple[tuple[str, str], ...]) -> None:
        """Have these metadata go before the first message."""
        self.initial_metadata = metadata

    async def abort(self, code: grpc.StatusCode, message: str, metadata: Any) -> None:
        """End the stream with a refusal."""
        await self._context.abort(code, message, metadata)


def served(handler: Method, chain: Chain, rpc: MethodPolicy) -> Callable[..., AsyncIterator[Any]]:
    """The behavior of a server-streaming RPC for a grpc.aio server."""
    messages: Any = chain.stream(_messages(chain.opening(handler, rpc)), rpc)

    async def behavior(
        request: Any, context: grpc.aio.ServicerContext[Any, Any]
    ) -> AsyncIterator[Any]:
        seen = StreamContext(context)
        first = True
        asked = _blocking(request) if rpc.streams_request else request
        async with aclosing(messages(asked, seen)) as sent:
            async for message in sent:
                if first and seen.initial_metadata:
                    await context.send_initial_metadata(seen.initial_metadata)
                first = False
                yield message
                if seen.asks_for_headers():
                    return
        if first and seen.initial_metadata:
            await context.send_initial_metadata(seen.initial_metadata)

    return behavior


def _messages(opening: Method) -> Stream:
    async def messages(request: Any, context: Any) -> AsyncIterator[Any]:
        opened = await asyncio.to_thread(opening, request, context)
        if isinstance(opened, AsyncIterable):
            async for message in opened:
                yield message
            return
        try:
            while (message := await asyncio.to_thread(next, opened, _END)) is not _END:
                yield message
        finally:
            _close(opened)

    return messages


def _close(iterator: Iterator[Any]) -> None:
    """Let a generator close its file, also where its reader went away.

    One that is at work in its thread then is closed when that is done, since nobody else holds it.
    """
    close = getattr(iterator, "close", None)
    if close is not None and not getattr(iterator, "gi_running", False):
        close()


def _blocking(requests: AsyncIterator[Any]) -> Iterator[Any]:
    """What the caller sends, for a handler that waits for it in a thread."""
    loop = asyncio.get_running_loop()

    def pulled() -> Iterator[Any]:
        while (
            request := asyncio.run_coroutine_threadsafe(_next(requests), loop).result()
        ) is not _END:
            yield request

    return pulled()


async def _next(requests: AsyncIterator[Any]) -> Any:
    return await anext(requests, _END)

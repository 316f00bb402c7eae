"""One HTTP request on its way through the chain, which sees it as it sees an RPC."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
from aiohttp import web
from google.protobuf.message import Message

from services.kit.rpc.interceptors.base import Method


class Refused(Exception):
    """The chain refused the request: the code, the message and the metadata of an RPC's refusal."""

    def __init__(self, code: grpc.StatusCode, message: str, metadata: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.metadata = tuple(metadata)


class HttpContext:
    """What the chain and a handler see of the request, as of grpc.ServicerContext."""

    def __init__(self, request: web.Request) -> None:
        self._request = request

    def invocation_metadata(self) -> list[tuple[str, str]]:
        """The headers."""
        return [(name.lower(), value) for name, value in self._request.headers.items()]

    def peer(self) -> str:
        """Where the request came from."""
        transport = self._request.transport
        address = transport.get_extra_info("peername") if transport else None
        return f"ipv4:{address[0]}:{address[1]}" if address else ""

    def time_remaining(self) -> float | None:
        """None: how long a file takes is its reader's to say."""
        return None

    def is_active(self) -> bool:
        """Whether the caller is still there."""
        return self._request.transport is not None

    async def abort(self, code: grpc.StatusCode, message: str, metadata: Any) -> None:
        """End the request with a refusal."""
        raise Refused(code, message, metadata)


class Exchange:
    """A request, and the handler of its RPC behind the inner links of the chain."""

    def __init__(self, request: web.Request, context: HttpContext, opening: Method) -> None:
        self.request = request
        self._context = context
        self._opening = opening

    async def ask(self, message: Message) -> Any:
        """What the handler says to a request of the RPC, once the chain has let it in.

        It runs in a thread, as handlers do, and raises what an RPC would be refused with.
        """
        return await asyncio.to_thread(self._opening, message, self._context)


Answer = Callable[[Exchange], Awaitable[web.StreamResponse]]
"""Answers a request: the answer is out, or at least its headers are, when it returns."""

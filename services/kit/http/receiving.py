"""Taking bytes in over HTTP: written to the disk as they come, and never whole in memory.

A sender that sends nothing, or hardly anything, costs a connection and no thread, and is cut off
after a while.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import web
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message

from services.kit.data.objects.store import Incoming
from services.kit.errors import BodyTooLarge, RequestTooSlow
from services.kit.http.exchange import Answer, Exchange
from services.kit.http.refusing import error_response

PIECE_BYTES = 256 * 1024
# So much must come within the patience, or the rest.
PROGRESS_BYTES = 64 * 1024
# Less than Envoy's idle timeout (edge/envoy/routes.py): so it is here that it is told.
PATIENCE_SECONDS = 30.0
Read = Callable[[], Awaitable[bytes]]
"""Some bytes, as they come; none at the end."""


async def receive(
    read: Read, incoming: Incoming, most: int, *, patience: float = PATIENCE_SECONDS
) -> None:
    """Take all bytes in; BodyTooLarge for more than `most`, TimeoutError for a slow sender."""
    left, held = most, bytearray()
    while piece := await _piece(read, patience):
        left -= len(piece)
        if left < 0:
            raise BodyTooLarge(f"more than {most:,} bytes")
        held += piece
        if len(held) >= PIECE_BYTES:
            await asyncio.to_thread(incoming.write, bytes(held))
            held.clear()
    if held:
        await asyncio.to_thread(incoming.write, bytes(held))


async def _piece(read: Read, patience: float) -> bytes:
    piece = bytearray()
    async with asyncio.timeout(patience):
        while len(piece) < PROGRESS_BYTES and (data := await read()):
            piece += data
    return bytes(piece)


def taking(answer: Answer) -> Answer:
    """The answer, with what no code of gRPC stands for said in HTTP: too large, too slow."""

    async def answered(exchange: Exchange) -> web.StreamResponse:
        try:
            return await answer(exchange)
        except BodyTooLarge as error:
            return error_response(error, http_status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        except TimeoutError:
            return error_response(RequestTooSlow(), http_status=HTTPStatus.REQUEST_TIMEOUT)

    return answered


def check_length(request: web.Request, most: int) -> None:
    """BodyTooLarge where the headers say so already: nothing of it is read."""
    if (request.content_length or 0) > most:
        raise BodyTooLarge(f"more than {most:,} bytes")


def message_response(message: Message) -> web.Response:
    """A message as Envoy's transcoder would write it."""
    text = MessageToJson(message, always_print_fields_with_no_presence=True, indent=None)
    return web.Response(
        text=text, content_type="application/json", headers={"cache-control": "no-store"}
    )

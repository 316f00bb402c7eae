"""Files that the gateway gives out: by HTTP with etags and ranges, and in parts by gRPC."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import IO, Any

from aiohttp import web
from google.api.httpbody_pb2 import HttpBody
from google.protobuf.message import Message

from services.kit.data.pieces import pieces
from services.kit.http.exchange import Exchange
from services.kit.http.routes import HttpRoute
from services.kit.http.sending import SentFile, send_file

_SERVICE = "/stellr.gateway.v1.GatewayService"
MIME_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
}
"""What is given out, by the end of its name; no other file is."""
# Envoy compresses texts; a 304 says it as well (RFC 9110, 15.4.5).
VARIES = {"vary": "Accept-Encoding"}


def file_route(
    rpc: str, path: str, asked: type[Message], found: Callable[[Any], SentFile]
) -> HttpRoute:
    """The path of an RPC of GatewayService that gives out a file.

    The variables of the path are the fields of its request, `asked`, from which `found` opens it.
    """

    async def answer(exchange: Exchange) -> web.StreamResponse:
        request = asked(**exchange.request.match_info)
        return await send_file(exchange.request, await exchange.ask(request))

    return HttpRoute(
        rpc=f"{_SERVICE}/{rpc}",
        verb="GET",
        path=path,
        handler=lambda request, _: found(request),
        answer=answer,
    )


def sent_parts(sent: SentFile) -> Iterator[HttpBody]:
    """A file for callers of gRPC, from its beginning."""
    sent.file.seek(0)
    return in_parts(sent.mime_type, sent.file)


def in_parts(content_type: str, file: IO[bytes]) -> Iterator[HttpBody]:
    """A body as a stream: one message could be too large for the transcoder."""
    with file:
        for data in pieces(file):
            yield HttpBody(content_type=content_type, data=data)

"""The HTTP paths of media: files with ranges, to whoever may read them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from services.kit.data.objects.store import ObjectStore
from services.kit.errors import LinkInvalid
from services.kit.http.exchange import Exchange
from services.kit.http.ranges import State
from services.kit.http.routes import HttpRoute
from services.kit.http.sending import SentFile, send_file
from services.media.content.headers import headers_of
from services.media.errors import MediaNotFound
from services.media.library import Library
from services.media.repository.media import Document
from stellr.media.v1 import media_service_pb2 as pb

# What the query of a link holds, each once.
TEXTS = ("learner", "session", "signature")
_EXPIRES = re.compile("[1-9][0-9]{0,11}", re.ASCII)
_TEXT = re.compile("[A-Za-z0-9_-]{0,100}", re.ASCII)
_SERVICE = "/stellr.media.v1.MediaService"


class FileServer:
    """Answers what gRPC has no ranges for."""

    def __init__(self, library: Library, store: ObjectStore) -> None:
        self._library = library
        self._store = store

    def routes(self) -> Sequence[HttpRoute]:
        """The paths, and whose RPCs they are."""
        return (
            HttpRoute(
                rpc=f"{_SERVICE}/GetContent",
                verb="GET",
                path="/media/content/{media_id}",
                handler=lambda request, _: self._opened(self._library.linked(request)),
                answer=self._content,
            ),
            HttpRoute(
                rpc=f"{_SERVICE}/GetPdf",
                verb="GET",
                path="/media/pdf/{media_id}",
                handler=lambda request, _: self._opened(self._library.readable(request.media_id)),
                answer=self._pdf,
            ),
        )

    async def _content(self, exchange: Exchange) -> web.StreamResponse:
        return await _sent(exchange, content_request(exchange.request))

    async def _pdf(self, exchange: Exchange) -> web.StreamResponse:
        media_id = exchange.request.match_info["media_id"]
        return await _sent(exchange, pb.GetPdfRequest(media_id=media_id))

    def _opened(self, document: Document) -> SentFile:
        """The document, opened; what the database has and the store has not is not there."""
        try:
            file = self._store.open(document.digest)
        except FileNotFoundError:
            raise MediaNotFound from None
        state = State(document.digest, document.created_at)
        return SentFile(file, document.mime_type, state, headers_of(document))


def content_request(request: web.Request) -> pb.GetContentRequest:
    """The request of the RPC, from path and query; LinkInvalid where it is none.

    What is not ours in the query is ignored: others add to links what they like.
    """
    query = request.query
    values = {name: query.getall(name, [""]) for name in ("expires", *TEXTS)}
    (expires, *others) = values["expires"]
    if others or not _EXPIRES.fullmatch(expires):
        raise LinkInvalid
    texts = {name: _only(values[name]) for name in TEXTS}
    return pb.GetContentRequest(
        media_id=request.match_info["media_id"], expires=int(expires), **texts
    )


def _only(values: Sequence[str]) -> str:
    (value, *others) = values
    if others or not _TEXT.fullmatch(value):
        raise LinkInvalid
    return value


async def _sent(exchange: Exchange, message: Any) -> web.StreamResponse:
    return await send_file(exchange.request, await exchange.ask(message))

"""The HTTP paths of media: files with ranges, to whoever may read them."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from http import HTTPStatus

from aiohttp import web
from google.protobuf.message import Message

from services.kit.data.objects.store import ObjectStore
from services.kit.errors import LinkInvalid
from services.kit.http.exchange import Exchange
from services.kit.http.ranges import State
from services.kit.http.routes import HttpRoute
from services.kit.http.sending import SentFile, send_file
from services.kit.identity.links import Link
from services.kit.rpc.interceptors.base import this_call
from services.kit.turns import Turns
from services.media.addresses import Addresses
from services.media.content.headers import headers_of
from services.media.errors import MediaNotFound
from services.media.library import Library
from services.media.repository.media import Document
from stellr.media.v1 import media_service_pb2 as pb

# Envoy has 2048 connections for files (edge/envoy/clusters.py), and who reads slowly keeps one for
# long. A browser opens six, or a hundred streams.
MOST_OF_READER = 256
MOST_OF_ADDRESS = 1024
# What the query of a link holds, each once.
TEXTS = ("learner", "session", "signature")
_EXPIRES = re.compile("[1-9][0-9]{0,11}", re.ASCII)
_TEXT = re.compile("[A-Za-z0-9_-]{0,100}", re.ASCII)
_SERVICE = "/stellr.media.v1.MediaService"


class FileServer:
    """Answers what gRPC has no ranges for."""

    def __init__(self, library: Library, store: ObjectStore, addresses: Addresses) -> None:
        self._library = library
        self._store = store
        self._addresses = addresses
        self._of_reader = Turns("files at once", MOST_OF_READER)
        self._of_address = Turns("files at once", MOST_OF_ADDRESS)

    def routes(self) -> Sequence[HttpRoute]:
        """The paths, and whose RPCs they are."""
        return (
            HttpRoute(
                rpc=f"{_SERVICE}/GetContent",
                verb="GET",
                path="/media/content/{media_id}",
                handler=lambda request, _: self._found(self._library.linked(request)),
                answer=self._content,
            ),
            HttpRoute(
                rpc=f"{_SERVICE}/GetPdf",
                verb="GET",
                path="/media/pdf/{media_id}",
                handler=lambda request, _: self._found(self._library.readable(request.media_id)),
                answer=self._pdf,
            ),
        )

    def _found(self, document: Document) -> SentFile | Link:
        """The document, opened, or where the store gives it out itself.

        What the database has and the store has not is not there.
        """
        elsewhere = self._addresses.elsewhere(document, time.time())
        if elsewhere is not None:
            return elsewhere
        try:
            file = self._store.open(document.digest)
        except FileNotFoundError:
            raise MediaNotFound from None
        state = State(document.digest, document.created_at)
        return SentFile.of(file, document.mime_type, state, headers_of(document))

    async def _content(self, exchange: Exchange) -> web.StreamResponse:
        asked = content_request(exchange.request)
        return await self._sent(exchange, asked, asked.learner)

    async def _pdf(self, exchange: Exchange) -> web.StreamResponse:
        asked = pb.GetPdfRequest(media_id=exchange.request.match_info["media_id"])
        return await self._sent(exchange, asked, str(this_call().caller.user_id or ""))

    async def _sent(self, exchange: Exchange, message: Message, reader: str) -> web.StreamResponse:
        """Send what is asked for to a reader, who has no name where nobody is signed in."""
        found = await exchange.ask(message)
        if isinstance(found, Link):
            # Not to be kept: it is good for minutes, and for whoever may read this alone.
            headers = {"location": found.url, "cache-control": "no-store"}
            return web.Response(status=HTTPStatus.FOUND, headers=headers)
        address = this_call().address
        with found.file, self._of_address.of(address), self._of_reader.of(reader or address):
            return await send_file(exchange.request, found)


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

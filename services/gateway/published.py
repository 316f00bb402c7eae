"""What the academy publishes of itself: its documentation, made when it was built.

The files lie beside the stubs, since both are made from the contracts; nothing changes them while a
process runs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import web
from google.api.httpbody_pb2 import HttpBody
from google.protobuf.message import Message

from services.gateway.errors import NotPublished
from services.kit.http.exchange import Exchange
from services.kit.http.ranges import State
from services.kit.http.routes import HttpRoute
from services.kit.http.sending import SentFile, send_file
from stellr.gateway.v1 import gateway_service_pb2 as pb

FOLDER = Path(pb.__file__).parents[3] / "published"
OPENAPI, POSTMAN, DOCS = "openapi.json", "postman.json", "docs"
# The page of the documentation, and that of all reasons, by the last part of their paths.
PAGES = {"": "index.html", "errors": "errors.html"}
MIME_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
# Asked again each time, by the etag: after an update all files are of one version.
CACHING = "no-cache"
# Swagger UI sets styles on elements, and has its icons in its style sheet.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
PART_BYTES = 64 * 1024
_SERVICE = "/stellr.gateway.v1.GatewayService"


class Published:
    """The files that lie in the folder when a process starts."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._states = {
            str(path.relative_to(folder)): _state(path)
            for path in folder.rglob("*")
            if path.suffix in MIME_TYPES
        }
        self._folder = folder

    def file(self, name: str) -> SentFile:
        """A file, opened, by its path in the folder; NotPublished."""
        if name not in self._states:
            raise NotPublished
        path = self._folder / name
        headers = {"cache-control": CACHING, "x-content-type-options": "nosniff"}
        if path.suffix == ".html":
            headers["content-security-policy"] = CONTENT_SECURITY_POLICY
        return SentFile.of(path.open("rb"), MIME_TYPES[path.suffix], self._states[name], headers)

    def parts(self, name: str) -> Iterator[HttpBody]:
        """The same for callers of gRPC."""
        sent = self.file(name)
        with sent.file as file:
            file.seek(0)
            while data := file.read(PART_BYTES):
                yield HttpBody(content_type=sent.mime_type, data=data)

    def routes(self) -> Sequence[HttpRoute]:
        """The paths, and whose RPCs they are."""
        return (
            self._route("GetOpenApi", "/openapi.json", pb.GetOpenApiRequest, _always(OPENAPI)),
            self._route(
                *("GetPostmanCollection", "/postman.json"),
                *(pb.GetPostmanCollectionRequest, _always(POSTMAN)),
            ),
            self._route("GetDocs", "/docs", pb.GetDocsRequest, _always(DOCS_PAGE)),
            self._route(
                *("GetDocsFile", "/docs/{file}", pb.GetDocsFileRequest),
                lambda request: docs_file(request.file),
            ),
        )

    def _route(
        self, rpc: str, path: str, asked: type[Message], name: Callable[[Any], str]
    ) -> HttpRoute:
        async def answer(exchange: Exchange) -> web.StreamResponse:
            request = asked(**exchange.request.match_info)
            return await send_file(exchange.request, await exchange.ask(request))

        return HttpRoute(
            rpc=f"{_SERVICE}/{rpc}",
            verb="GET",
            path=path,
            handler=lambda request, _: self.file(name(request)),
            answer=answer,
        )


def docs_file(name: str) -> str:
    """Where a file of the documentation lies, by the last part of its path."""
    return f"{DOCS}/{PAGES.get(name, name)}"


DOCS_PAGE = docs_file("")


def _always(name: str) -> Callable[[Any], str]:
    return lambda _: name


def _state(path: Path) -> State:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return State(digest[:32], datetime.fromtimestamp(path.stat().st_mtime, UTC))

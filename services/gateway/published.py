"""What the academy publishes of itself: its documentation, made when it was built.

The files lie beside the stubs, since both are made from the contracts; nothing changes them while a
process runs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from services.gateway.errors import NotPublished
from services.gateway.files import MIME_TYPES, VARIES, file_route
from services.kit.http.ranges import State
from services.kit.http.routes import HttpRoute
from services.kit.http.sending import SentFile
from stellr.gateway.v1 import gateway_service_pb2 as pb

FOLDER = Path(pb.__file__).parents[2] / "published"
OPENAPI, POSTMAN, DOCS = "openapi.json", "postman.json", "docs"
# The page of the documentation, and that of all reasons, by the last part of their paths.
PAGES = {"": "index.html", "errors": "errors.html"}
# Asked again each time, by the etag: after an update all files are of one version.
CACHING = "no-cache"
# Swagger UI sets styles on elements, and has its icons in its style sheet.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


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
        headers = {"cache-control": CACHING, "x-content-type-options": "nosniff", **VARIES}
        if path.suffix == ".html":
            headers["content-security-policy"] = CONTENT_SECURITY_POLICY
        return SentFile.of(path.open("rb"), MIME_TYPES[path.suffix], self._states[name], headers)

    def routes(self) -> Sequence[HttpRoute]:
        """The paths, and whose RPCs they are."""
        return (
            file_route(
                "GetOpenApi", "/openapi.json", pb.GetOpenApiRequest, lambda _: self.file(OPENAPI)
            ),
            file_route(
                "GetPostmanCollection",
                "/postman.json",
                pb.GetPostmanCollectionRequest,
                lambda _: self.file(POSTMAN),
            ),
            file_route("GetDocs", "/docs", pb.GetDocsRequest, lambda _: self.file(DOCS_PAGE)),
            file_route(
                "GetDocsFile",
                "/docs/{file}",
                pb.GetDocsFileRequest,
                lambda request: self.file(docs_file(request.file)),
            ),
        )


def docs_file(name: str) -> str:
    """Where a file of the documentation lies, by the last part of its path."""
    return f"{DOCS}/{PAGES.get(name, name)}"


DOCS_PAGE = docs_file("")


def _state(path: Path) -> State:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return State(digest[:32], datetime.fromtimestamp(path.stat().st_mtime, UTC))

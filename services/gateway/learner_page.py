"""The learner page: its files, under addresses that change whenever any of them does."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from services.gateway.errors import PageFileNotFound
from services.gateway.files import MIME_TYPES, VARIES, file_route
from services.kit.http.ranges import State
from services.kit.http.routes import HttpRoute
from services.kit.http.sending import SentFile
from services.kit.pages.look import STYLE_SHEET
from stellr.gateway.v1 import gateway_service_pb2 as pb

FOLDER = Path(__file__).parent / "web"
INDEX = "index.html"
# What stands in the page where the version belongs.
VERSION_MARK = b"{{version}}"
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        # Lessons show pictures from wherever their authors found them, and so do profiles.
        "img-src 'self' data: https:",
        "media-src 'self' https:",
        "connect-src 'self'",
        "manifest-src 'self'",
        # Films of these providers, once the learner has asked for one.
        "frame-src https://www.youtube-nocookie.com https://player.vimeo.com",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        # DOMPurify's policy is the only one that makes HTML of a text.
        "require-trusted-types-for 'script'",
        "trusted-types dompurify",
    )
)
"""Sent with the page (Content Security Policy Level 3, Trusted Types)."""
PAGE_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=()",
    # Asked for at each visit, and answered by 304 as long as it is the same.
    "cache-control": "no-cache",
}
FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class PageFile:
    """A file as it is sent."""

    data: bytes
    mime_type: str
    state: State

    def sent(self, headers: dict[str, str]) -> SentFile:
        """The file, to be sent with these headers."""
        told = {**headers, **VARIES}
        return SentFile.of(io.BytesIO(self.data), self.mime_type, self.state, told)


class LearnerPage:
    """Answers with what it read when it was made."""

    def __init__(self, folder: Path = FOLDER) -> None:
        contents = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.suffix in MIME_TYPES
        }
        # The look that all pages of the academy share.
        contents[STYLE_SHEET.name] = STYLE_SHEET.read_bytes()
        self.version = _version(contents)
        contents[INDEX] = contents[INDEX].replace(VERSION_MARK, self.version.encode())
        changed = max(path.stat().st_mtime for path in (STYLE_SHEET, *folder.rglob("*")))
        modified = datetime.fromtimestamp(changed, UTC)
        self._files = {name: _file(name, data, modified) for name, data in contents.items()}

    def routes(self) -> Sequence[HttpRoute]:
        """The paths, and whose RPCs they are."""
        return (
            file_route("GetLearnerPage", "/", pb.GetLearnerPageRequest, lambda _: self.index()),
            file_route(
                "GetLearnerPageFile",
                "/app/{version}/{path:.+}",
                pb.GetLearnerPageFileRequest,
                lambda request: self.file(request.version, request.path),
            ),
        )

    def index(self) -> SentFile:
        """The page itself."""
        return self._files[INDEX].sent(PAGE_HEADERS)

    def file(self, version: str, path: str) -> SentFile:
        """What the page asks for by its name; PageFileNotFound.

        Of another version, as when processes are exchanged one by one, it is the file of now, which
        is then not kept.
        """
        found = self._files.get(path)
        if found is None or path == INDEX:
            raise PageFileNotFound
        is_this = version == self.version
        return found.sent({"cache-control": FOR_EVER if is_this else "no-cache"})


def _version(contents: dict[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, data in sorted(contents.items()):
        digest.update(f"{name}\0{len(data)}\0".encode())
        digest.update(data)
    return digest.hexdigest()[:16]


def _file(name: str, data: bytes, modified: datetime) -> PageFile:
    etag = hashlib.sha256(data).hexdigest()[:32]
    return PageFile(data, MIME_TYPES[Path(name).suffix], State(etag, modified))

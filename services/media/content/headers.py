"""What browsers are told of a file beside its bytes, over HTTP and in gRPC alike."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Protocol

from services.kit.data.file_types import FILMS, MP4, PICTURES, SVG, VTT, WEBM
from services.kit.data.file_types import PDF as PDF_TYPE
from services.media.disposition import disposition
from services.media.kinds import ATTACHMENT

# What browsers may show in their window. An SVG may hold scripts: it is shown in pages only.
SHOWN = (PICTURES | FILMS | {PDF_TYPE, VTT}) - {SVG}
# Content Security Policy Level 3, 6: whatever a file holds, it is no page of the academy. A browser
# shows a film by a page that it makes for it, and which fetches the film once more.
NOTHING_RUNS = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; media-src 'self'; sandbox"
)
_EXTENSIONS = {PDF_TYPE: ".pdf", MP4: ".mp4", WEBM: ".webm", VTT: ".vtt"}


class File(Protocol):
    """A medium whose bytes are in the object store."""

    @property
    def kind(self) -> str:
        """What it is to its lesson."""

    @property
    def title(self) -> str:
        """What people call it; of an attachment its file's name."""

    @property
    def mime_type(self) -> str | None:
        """What its bytes are."""

    @property
    def digest(self) -> str | None:
        """What the store calls them."""


def headers_of(file: File) -> dict[str, str]:
    """The headers of a file, but for its type and what it is known again by."""
    return {
        "content-disposition": file_name(file),
        "content-security-policy": NOTHING_RUNS,
        # Kept, and asked for each time: who may read may do so no longer, a session ends.
        "cache-control": "private, no-cache",
        "x-content-type-options": "nosniff",
    }


def file_name(file: File) -> str:
    """The Content-Disposition: an attachment under its file's name, all else under its title."""
    shown = file.mime_type in SHOWN
    if file.kind == ATTACHMENT:
        name = PurePosixPath(file.title)
        return disposition(name.stem, name.suffix, shown=shown)
    return disposition(file.title, _EXTENSIONS.get(file.mime_type or "", ""), shown=shown)

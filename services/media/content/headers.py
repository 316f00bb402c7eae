"""What browsers are told of a file beside its bytes, over HTTP and in gRPC alike."""

from __future__ import annotations

from pathlib import PurePosixPath

from services.kit.data.file_types import PDF as PDF_TYPE
from services.kit.data.file_types import PICTURES, SVG
from services.media.disposition import disposition
from services.media.kinds import PDF
from services.media.repository.media import Document

# What browsers may show in their window. An SVG may hold scripts: it is shown in pages only.
SHOWN = (PICTURES | {PDF_TYPE}) - {SVG}
# Content Security Policy Level 3, 6: whatever a file holds, it is no page of the academy.
NOTHING_RUNS = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


def headers_of(document: Document) -> dict[str, str]:
    """The headers of a document, but for its type and what it is known again by."""
    return {
        "content-disposition": file_name(document),
        "content-security-policy": NOTHING_RUNS,
        "cache-control": "private",
        "x-content-type-options": "nosniff",
    }


def file_name(document: Document) -> str:
    """A PDF under its title, anything else under its file's name."""
    shown = document.mime_type in SHOWN
    if document.kind == PDF:
        return disposition(document.title, ".pdf", shown=shown)
    name = PurePosixPath(document.title)
    return disposition(name.stem, name.suffix, shown=shown)

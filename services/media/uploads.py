"""Taking objects in: checked while they stream, and never whole in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from services.kit.errors import InvalidFields, Violation
from services.media.errors import ObjectTooLarge
from stellr.media.v1 import media_internal_service_pb2 as pb

LIMIT_BYTES = 50 * 1024 * 1024
# What the first bytes of a file of each type are (ISO 32000-2 7.5.2 for PDF).
_BEGINNINGS = {"application/pdf": b"%PDF-"}


def read_header(parts: Iterator[pb.UploadObjectRequest]) -> pb.ObjectHeader:
    """The header, which comes first; InvalidFields where something else does."""
    first = next(parts, None)
    if first is None or not first.HasField("header"):
        raise InvalidFields([Violation("header", "comes first")])
    return first.header


def read_chunks(parts: Iterable[pb.UploadObjectRequest]) -> Iterator[bytes]:
    """The bytes after the header; InvalidFields where another header comes."""
    for part in parts:
        if part.HasField("header"):
            raise InvalidFields([Violation("header", "comes only once")])
        yield part.chunk


def checked(chunks: Iterable[bytes], mime_type: str) -> Iterator[bytes]:
    """The bytes themselves, as long as they are of the type and not too many.

    InvalidFields: they do not begin like the type. ObjectTooLarge.
    """
    beginning, head, size = _BEGINNINGS[mime_type], b"", 0
    for chunk in chunks:
        if len(head) < len(beginning):
            head += chunk[: len(beginning) - len(head)]
            _check_beginning(head, beginning[: len(head)], mime_type)
        size += len(chunk)
        if size > LIMIT_BYTES:
            raise ObjectTooLarge(f"more than {LIMIT_BYTES:,} bytes")
        yield chunk
    _check_beginning(head, beginning, mime_type)


def _check_beginning(head: bytes, expected: bytes, mime_type: str) -> None:
    if head != expected:
        raise InvalidFields([Violation("chunk", f"the bytes are no {mime_type}")])

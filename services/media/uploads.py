"""Taking objects in: checked while they stream, and never whole in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from services.kit.data.file_types import FILMS, begins_like, head_size
from services.kit.errors import InvalidFields, Violation
from services.media.errors import ObjectTooLarge
from stellr.media.v1 import media_internal_service_pb2 as pb

LIMIT_BYTES = 50 * 1024 * 1024
FILM_LIMIT_BYTES = 500 * 1024 * 1024


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
    head, head_bytes, size = b"", head_size(mime_type), 0
    limit = FILM_LIMIT_BYTES if mime_type in FILMS else LIMIT_BYTES
    for chunk in chunks:
        if len(head) < head_bytes:
            head += chunk[: head_bytes - len(head)]
            if len(head) == head_bytes:
                _check_beginning(head, mime_type)
        size += len(chunk)
        if size > limit:
            raise ObjectTooLarge(f"more than {limit:,} bytes")
        yield chunk
    _check_beginning(head, mime_type)


def _check_beginning(head: bytes, mime_type: str) -> None:
    if not begins_like(head, mime_type):
        raise InvalidFields([Violation("chunk", f"the bytes are no {mime_type}")])

"""Forms with a file (multipart/form-data, RFC 7578)."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from aiohttp import BodyPartReader, MultipartReader, StreamReader, web
from aiohttp.http_exceptions import BadHttpMessage

from services.kit.data.objects.store import Incoming
from services.kit.errors import RequestMalformed
from services.kit.http.receiving import PATIENCE_SECONDS, receive

FIELD_BYTES = 4096
MOST_PARTS = 20
# Of all lines that are not of a part's content: before the first part, between them, headers.
LINES_BYTES = 64 * 1024


async def read_form(
    request: web.Request, name: str, incoming: Incoming, most: int
) -> dict[str, str]:
    """Take in the file that a form has under the name, and return the other fields.

    They may come in any order. `fileName` and `mimeType` are the file's own, unless there are
    fields of these names. RequestMalformed; BodyTooLarge and TimeoutError as `receive`.
    """
    fields: dict[str, str] = {}
    own: dict[str, str] | None = None
    try:
        reader = MultipartReader(request.headers, cast(StreamReader, _FewLines(request.content)))
        for _ in range(MOST_PARTS):
            async with asyncio.timeout(PATIENCE_SECONDS):
                part = await reader.next()
            if part is None:
                break
            if not isinstance(part, BodyPartReader) or not part.name:
                raise RequestMalformed("a part of the form has no name")
            if part.name != name:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    fields[part.name] = await _text(part)
                continue
            if own is not None:
                raise RequestMalformed(f"the form has several files under {name!r}")
            own = _described(part)
            await receive(part.read_chunk, incoming, most)
        else:
            raise RequestMalformed(f"the form has more than {MOST_PARTS} parts")
    except (ValueError, AssertionError, BadHttpMessage) as error:
        raise RequestMalformed("the body is no form: multipart/form-data") from error
    if own is None:
        raise RequestMalformed(f"the form has no file under {name!r}")
    return {**own, **fields}


class _FewLines:
    """A body, and so many bytes of lines: aiohttp looks for the first part without an end."""

    def __init__(self, content: StreamReader) -> None:
        self._content = content
        self._left = LINES_BYTES

    def __getattr__(self, name: str) -> Any:
        return getattr(self._content, name)

    async def readline(self, **options: Any) -> bytes:
        """As StreamReader.readline; ValueError once they are too many."""
        line = await self._content.readline(**options)
        self._left -= len(line)
        if self._left < 0:
            raise ValueError("too many lines")
        return line


def _described(part: BodyPartReader) -> dict[str, str]:
    found = {"mimeType": part.headers.get("Content-Type", "").partition(";")[0].strip().lower()}
    return {**found, "fileName": part.filename} if part.filename else found


async def _text(part: BodyPartReader) -> str:
    data = bytearray()
    while chunk := await part.read_chunk(FIELD_BYTES):
        data += chunk
        if len(data) > FIELD_BYTES:
            raise RequestMalformed(f"the field {part.name!r} has more than {FIELD_BYTES:,} bytes")
    return data.decode()

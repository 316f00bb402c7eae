"""Forms with a file (multipart/form-data, RFC 7578)."""

from __future__ import annotations

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import BadHttpMessage

from services.kit.data.objects.store import Incoming
from services.kit.errors import RequestMalformed
from services.kit.http.receiving import receive

FIELD_BYTES = 4096
MOST_PARTS = 20


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
        reader = await request.multipart()
        for _ in range(MOST_PARTS):
            part = await reader.next()
            if part is None:
                break
            if not isinstance(part, BodyPartReader) or not part.name:
                raise RequestMalformed("a part of the form has no name")
            if part.name != name:
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

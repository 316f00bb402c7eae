"""The HTTP paths of media that take bytes: of uploads at their URLs, and files with requests."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Sequence
from contextvars import ContextVar
from typing import Any, NamedTuple

from aiohttp import web
from google.protobuf.wrappers_pb2 import StringValue

from services.kit import call
from services.kit.data.file_types import OCTETS, PDF
from services.kit.data.objects.store import Incoming
from services.kit.errors import InvalidFields, LinkInvalid, Violation
from services.kit.http.exchange import Exchange
from services.kit.http.forms import read_form
from services.kit.http.receiving import check_length, message_response, receive, taking
from services.kit.http.routes import HttpRoute
from services.kit.rpc.interceptors.base import Method, this_call
from services.kit.rpc.interceptors.validation import validated
from services.media import file_checks
from services.media.file_checks import DIRECT_BYTES, LIMITS
from services.media.repository.uploads import UploadRow
from services.media.uploading import Uploading, signed_upload
from stellr.media.v1 import media_authoring_service_pb2 as pb

_SERVICE = "/stellr.media.v1.MediaAuthoringService"
# What a form may have beside its file.
FORM_BYTES = 1024 * 1024
FILE = "file"
FORM_TYPE = "multipart/form-data"
_EXPIRES = re.compile("[1-9][0-9]{0,11}", re.ASCII)


class _Brought(NamedTuple):
    """A file that came with the request that a handler answers, and the upload that it is."""

    incoming: Incoming
    upload: pb.CreateUploadRequest


_brought: ContextVar[_Brought] = ContextVar("stellr_brought")


class UploadServer:
    """Takes bytes in, without a thread for each sender.

    `attach_pdf` handles AttachPdf.
    """

    def __init__(self, uploading: Uploading, attach_pdf: Method) -> None:
        self._uploading = uploading
        self._attach_pdf = attach_pdf

    def routes(self) -> Sequence[HttpRoute]:
        """The paths, and whose RPCs they are."""
        return (
            HttpRoute(
                rpc=f"{_SERVICE}/SendUpload",
                verb="PUT",
                path="/media/uploads/{upload_id}",
                handler=lambda request, _: self._uploading.opened(signed_upload(request)),
                answer=taking(self._send),
            ),
            HttpRoute(
                rpc=f"{_SERVICE}/CreateUpload",
                verb="POST",
                path="/media/uploads",
                handler=self._created,
                answer=taking(self._create),
            ),
            HttpRoute(
                rpc=f"{_SERVICE}/AttachPdf",
                verb="POST",
                path="/media/lesson/{lesson_id}/pdfs",
                handler=self._attached,
                answer=taking(self._attach),
            ),
        )

    async def _send(self, exchange: Exchange) -> web.StreamResponse:
        """Take the bytes of an upload."""
        request = exchange.request
        upload: UploadRow = await exchange.ask(_send_request(request))
        _check_headers(request, upload)
        with await asyncio.to_thread(self._uploading.incoming) as incoming:
            # A byte too many is enough to see that they are too many.
            await receive(request.content.readany, incoming, upload.size_bytes + 1)
            finished = await asyncio.to_thread(self._uploading.finish, upload, incoming)
        return message_response(self._uploading.shown(finished))

    async def _create(self, exchange: Exchange) -> web.StreamResponse:
        """Take a file in, as an upload that is finished."""
        lesson_id = exchange.request.query.get("lessonId", "")
        await _admit(exchange, lesson_id)
        with await asyncio.to_thread(self._uploading.incoming) as incoming:
            fields = await _taken(exchange.request, incoming)
            asked = _upload(fields, fields.get("lessonId", lesson_id), incoming)
            _brought.set(_Brought(incoming, asked))
            return message_response(await exchange.ask(asked))

    async def _attach(self, exchange: Exchange) -> web.StreamResponse:
        """Take a file in, as a PDF of a lesson."""
        lesson_id = exchange.request.match_info["lesson_id"]
        await _admit(exchange, lesson_id)
        with await asyncio.to_thread(self._uploading.incoming) as incoming:
            fields = await _taken(exchange.request, incoming)
            upload = _upload(fields, lesson_id, incoming)
            if upload.mime_type != PDF:
                raise InvalidFields([Violation(FILE, f"is no PDF but {upload.mime_type}")])
            _brought.set(_Brought(incoming, upload))
            asked = pb.AttachPdfRequest(lesson_id=lesson_id, title=fields.get("title", ""))
            # Whether a request is the same again is seen by its bytes: they stand for the upload.
            asked.upload_id = hashlib.sha256(upload.SerializeToString()).hexdigest()
            return message_response(await exchange.ask(asked))

    def _created(self, request: Any, _: Any) -> Any:
        if isinstance(request, StringValue):
            return self._admitted(request)
        brought = self._uploading.bring(request, call.caller(), _brought.get().incoming)
        return self._uploading.shown(brought)

    def _attached(self, request: Any, context: Any) -> Any:
        if isinstance(request, StringValue):
            return self._admitted(request)
        incoming, upload = _brought.get()
        brought = self._uploading.bring(validated(upload), call.caller(), incoming)
        asked = pb.AttachPdfRequest()
        asked.CopyFrom(request)
        asked.upload_id = str(brought.upload_id)
        return self._attach_pdf(asked, context)

    def _admitted(self, lesson_id: StringValue) -> None:
        if lesson_id.value:
            self._uploading.check_lesson(lesson_id.value, call.caller())


async def _admit(exchange: Exchange, lesson_id: str) -> None:
    """Refuse who may not, before the body is read. That keeps no reply: the last question does."""
    this = this_call()
    key, this.idempotency_key = this.idempotency_key, ""
    await exchange.ask(StringValue(value=lesson_id))
    this.idempotency_key = key


async def _taken(request: web.Request, incoming: Incoming) -> dict[str, str]:
    """Take the file of a request in: the fields beside it, with its `fileName` and `mimeType`."""
    if request.content_type == FORM_TYPE:
        check_length(request, DIRECT_BYTES + FORM_BYTES)
        return await read_form(request, FILE, incoming, DIRECT_BYTES)
    check_length(request, DIRECT_BYTES)
    await receive(request.content.readany, incoming, DIRECT_BYTES)
    fields = {name: request.query[name] for name in ("fileName", "title") if name in request.query}
    return {**fields, "mimeType": request.content_type}


def _upload(fields: dict[str, str], lesson_id: str, incoming: Incoming) -> pb.CreateUploadRequest:
    """The upload that a file is. What it is, its bytes say, unless something of ours is said."""
    stored = incoming.stored
    seen = file_checks.seen_type(incoming.file, FILE)
    said = fields.get("mimeType", OCTETS)
    return pb.CreateUploadRequest(
        lesson_id=lesson_id,
        file_name=fields.get("fileName") or FILE,
        mime_type=said if said in LIMITS else seen,
        size_bytes=stored.size,
        digest=stored.digest,
    )


def _send_request(request: web.Request) -> pb.SendUploadRequest:
    expires, signature = request.query.get("expires", ""), request.query.get("signature", "")
    if not _EXPIRES.fullmatch(expires) or not signature.isascii():
        raise LinkInvalid
    return pb.SendUploadRequest(
        upload_id=request.match_info["upload_id"], expires=int(expires), signature=signature[:100]
    )


def _check_headers(request: web.Request, upload: UploadRow) -> None:
    """InvalidFields where it is told before that other bytes come than were to."""
    wrong = []
    length = request.content_length
    if length is not None and length != upload.size_bytes:
        reason = f"{length:,} bytes come, and it was created for {upload.size_bytes:,}"
        wrong.append(Violation("sizeBytes", reason))
    if request.content_type not in (OCTETS, upload.mime_type):
        reason = f"{request.content_type} comes, and it was created for {upload.mime_type}"
        wrong.append(Violation("mimeType", reason))
    if wrong:
        raise InvalidFields(wrong)

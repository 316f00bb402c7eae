"""Sending a file: whole or a part of it, from the disk to the socket without passing by here.

A reader that stops reading costs a connection and no memory, and is cut off after a while.
"""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO, Self

from aiohttp import web

from services.kit.errors import EtagStale, RangeNotSatisfiable
from services.kit.http.ranges import Span, State, Verdict, asked_span, check_preconditions
from services.kit.http.refusing import error_response
from services.kit.rpc.interceptors.base import this_call

# So much must leave within the patience; Envoy reads in lumps of half a MiB where its own reader is
# slow (per_connection_buffer_limit_bytes in envoy.yaml), and gives up on that one before.
PIECE_BYTES = 512 * 1024
PATIENCE_SECONDS = 90.0
STOPPED = "READER_STOPPED"


@dataclass(frozen=True)
class SentFile:
    """An open file, for whoever sends it to close, and what is told of it."""

    file: BinaryIO
    size: int
    mime_type: str
    state: State
    headers: Mapping[str, str]

    @classmethod
    def of(cls, file: BinaryIO, mime_type: str, state: State, headers: Mapping[str, str]) -> Self:
        """The file, its size found out; one that can seek."""
        return cls(file, file.seek(0, io.SEEK_END), mime_type, state, headers)


async def send_file(
    request: web.Request, sent: SentFile, *, patience: float = PATIENCE_SECONDS
) -> web.StreamResponse:
    """Answer a GET or HEAD with the file, as its conditions and its range ask.

    The connection is broken off where the reader takes nothing for `patience` seconds.
    """
    with sent.file as file:
        response, span = _answer(request, sent, sent.size)
        if span is None or request.method == "HEAD":
            await response.prepare(request)
            return response
        response.content_length = span.length
        await response.prepare(request)
        try:
            if is_local(file) and not _is_encrypted(request):
                await _copy(request, file, span, patience)
            else:
                await _pass_on(response, file, span, patience)
        except TimeoutError:
            this_call().reason = STOPPED
            _break_off(request)
        return response


def _answer(
    request: web.Request, sent: SentFile, size: int
) -> tuple[web.StreamResponse, Span | None]:
    """The answer but for its body, and the bytes that are its body; None where it has its own."""
    known = {"etag": sent.state.quoted, "last-modified": sent.state.http_date}
    told = {**sent.headers, **known, "accept-ranges": "bytes"}
    verdict = check_preconditions(request.headers, sent.state)
    if verdict is Verdict.FAILED:
        return error_response(EtagStale(), http_status=412, headers=known), None
    if verdict is Verdict.NOT_MODIFIED:
        return web.Response(status=304, headers=told), None
    try:
        # A range is a matter of GET alone (RFC 9110, 14.2).
        span = asked_span(request.headers, sent.state, size) if request.method == "GET" else None
    except RangeNotSatisfiable as error:
        whole = {"content-range": f"bytes */{size}", "accept-ranges": "bytes"}
        return error_response(error, headers=whole), None
    told["content-type"] = sent.mime_type
    if span is None:
        response = web.StreamResponse(status=200, headers=told)
        response.content_length = size
        return response, Span(0, size)
    told["content-range"] = f"bytes {span.start}-{span.start + span.length - 1}/{size}"
    return web.StreamResponse(status=206, headers=told), span


def is_local(file: BinaryIO) -> bool:
    """Whether the file lies on a disk of this machine, so that the kernel can send it."""
    return isinstance(file, io.BufferedReader) and isinstance(file.raw, io.FileIO)


def _is_encrypted(request: web.Request) -> bool:
    """Whether bytes must pass by here for TLS. (asyncio's own way around that never ends.)"""
    return request.transport is not None and bool(request.transport.get_extra_info("sslcontext"))


async def _copy(request: web.Request, file: BinaryIO, span: Span, patience: float) -> None:
    """Have the kernel copy the bytes to the socket, a piece at a time; TimeoutError."""
    loop = asyncio.get_running_loop()
    at, end = span.start, span.start + span.length
    while at < end:
        if request.transport is None:
            raise ConnectionResetError
        async with asyncio.timeout(patience):
            count = min(PIECE_BYTES, end - at)
            sent = await loop.sendfile(request.transport, file, at, count)
        if sent < count:
            # A file that is shorter than it was is our fault; else the reader is gone.
            is_whole = os.fstat(file.fileno()).st_size >= end
            raise ConnectionResetError if is_whole else OSError("the file ended early")
        at += sent


async def _pass_on(
    response: web.StreamResponse, file: BinaryIO, span: Span, patience: float
) -> None:
    """Read what is on no disk of ours, a piece at a time, and send it; TimeoutError."""
    await asyncio.to_thread(file.seek, span.start)
    left = span.length
    while left:
        data = await asyncio.to_thread(file.read, min(PIECE_BYTES, left))
        if not data:
            raise OSError("the file ended early")
        async with asyncio.timeout(patience):
            await response.write(data)
        left -= len(data)


def _break_off(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()

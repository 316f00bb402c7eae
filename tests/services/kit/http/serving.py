"""An HTTP server that sends one file, in a process of its own or on a loop in a thread."""

from __future__ import annotations

import asyncio
import ssl
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web

from services.kit import call as calls
from services.kit.http.ranges import State
from services.kit.http.sending import SentFile, send_file

STATE = State("abc", datetime(2026, 3, 4, tzinfo=UTC))


@contextmanager
def serving(
    path: Path, reasons: list[str], patience: float, tls: ssl.SSLContext | None = None
) -> Iterator[int]:
    """Serve the file at any path, and note how each request ended; the port."""
    loop, ready, port = asyncio.new_event_loop(), threading.Event(), 0

    async def answer(request: web.Request) -> web.StreamResponse:
        call = calls.Call(method="test")
        calls.enter(call)
        headers = {"x-content-type-options": "nosniff"}
        sent = SentFile.of(path.open("rb"), "video/mp4", STATE, headers)
        try:
            return await send_file(request, sent, patience=patience)
        except ConnectionError:
            call.reason = "GONE"
            return web.Response()
        finally:
            reasons.append(call.reason)

    async def serve() -> web.AppRunner:
        nonlocal port
        app = web.Application()
        app.router.add_get("/{name}", answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
        await site.start()
        port = runner.addresses[0][1]
        return runner

    def run() -> None:
        runner = loop.run_until_complete(serve())
        ready.set()
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(10)
    try:
        yield port
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


if __name__ == "__main__":
    with serving(Path(sys.argv[1]), [], patience=30) as listening:
        print(listening, flush=True)
        sys.stdin.read()

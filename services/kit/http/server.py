"""The HTTP server of a service process: on the port after that of its streams, on its loop."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from typing import Any

from aiohttp import web

from services.kit.http.paths import ALIVE, HEALTH
from services.kit.http.refusing import not_open_response
from services.kit.http.routes import HttpRoute, application
from services.kit.rpc.interceptors import Chain
from services.kit.rpc.mesh_tls import MeshTls

Submit = Callable[[Coroutine[Any, Any, Any]], Future[Any]]
# Longer than Envoy keeps a connection that nothing is asked on: so none is closed under a request.
KEEPALIVE_SECONDS = 75.0
LONGEST_HEADER_BYTES = 64 * 1024


class HttpServer:
    """Serves routes over HTTP/1.1, as Envoy asks, and paths for those who ask how it is."""

    def __init__(
        self,
        routes: Sequence[HttpRoute],
        chain: Chain,
        submit: Submit,
        grace_seconds: float,
        tls: MeshTls | None = None,
    ) -> None:
        self._submit = submit
        self._tls = tls.http_server() if tls else None
        self._serving = False
        self._left = False
        self._was_open = False
        app = application(routes, chain)
        app.middlewares.append(self._once_open())
        app.router.add_get(HEALTH, self._health)
        app.router.add_get(ALIVE, self._alive)
        self._runner = web.AppRunner(
            app,
            access_log=None,
            shutdown_timeout=grace_seconds,
            keepalive_timeout=KEEPALIVE_SECONDS,
            max_line_size=LONGEST_HEADER_BYTES,
            max_field_size=LONGEST_HEADER_BYTES,
        )

    def start(self, address: str) -> None:
        """Listen on host:port; OSError where that cannot be had."""
        self._submit(self._start(address)).result()

    def set_serving(self, serving: bool) -> None:
        """Tell health checks whether requests are welcome; the first time nothing is answered
        before."""
        self._serving = serving
        self._was_open |= serving

    def leave(self) -> None:
        """Tell health checks for good that requests are no longer welcome."""
        self._left = True

    def stop(self) -> Future[None]:
        """Take nothing new, and finish what is under way within the grace; done when it is."""
        self._left = True
        return self._submit(self._runner.cleanup())

    async def _start(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, int(port), backlog=1024, ssl_context=self._tls)
        await site.start()

    def _once_open(self) -> Any:
        """Until it is known which sessions ended, no link can be told to be good."""

        @web.middleware
        async def once_open(request: web.Request, handler: Any) -> web.StreamResponse:
            if not self._was_open and request.path not in (HEALTH, ALIVE):
                return not_open_response()
            response: web.StreamResponse = await handler(request)
            return response

        return once_open

    async def _health(self, _: web.Request) -> web.Response:
        welcome = self._serving and not self._left
        return web.Response(status=200 if welcome else 503)

    async def _alive(self, _: web.Request) -> web.Response:
        return web.Response()

"""The provider over HTTP, on the loopback address alone."""

from __future__ import annotations

import base64
import json
from functools import cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import jinja2
import structlog

from edge.local.openid.client import Client
from edge.local.openid.provider import Person, Provider, RequestError, TokenError
from services.kit.logs import configure_logs
from services.kit.pages import look
from services.kit.urls import LOOPBACK, parts_of

log = structlog.get_logger("stellr.openid")

MAX_BODY_BYTES = 16_384
IDLE_SECONDS = 5
_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # No form-action: browsers would hold the redirect after the form to it as well.
    "Content-Security-Policy": look.content_security_policy(form=""),
}


def serve(host: str, port: int, client: Client) -> int:
    """Serve until the process ends."""
    configure_logs("openid", "INFO")
    with make_server(host, port, client) as server:
        server.serve_forever()
    return 0


def make_server(host: str, port: int, client: Client) -> ThreadingHTTPServer:
    """A server that listens, for `serve_forever`."""
    provider = Provider(client)

    class Handler(_Handler):
        """Answers for this provider."""

        openid = provider

    return ThreadingHTTPServer((host, port), Handler)


class _Handler(BaseHTTPRequestHandler):
    openid: Provider
    timeout = IDLE_SECONDS
    protocol_version = "HTTP/1.1"
    server_version = "stellr-openid"
    sys_version = ""

    def do_GET(self) -> None:
        path = self._target().path
        if not self._is_asked_as_itself():
            return
        if path == "/.well-known/openid-configuration":
            self._json(HTTPStatus.OK, self.openid.metadata())
        elif path == "/jwks.json":
            self._json(HTTPStatus.OK, self.openid.keys())
        elif path == "/authorize":
            self._authorize()
        else:
            self._page(HTTPStatus.NOT_FOUND, fault="There is nothing here.")

    def do_POST(self) -> None:
        path = self._target().path
        if not self._is_asked_as_itself():
            return
        form = self._form()
        if path == "/authorize":
            self._sign_in(form)
        elif path == "/token":
            self._redeem(form)
        else:
            self._page(HTTPStatus.NOT_FOUND, fault="There is nothing here.")

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log an answer, by its path alone: the query has states and codes in it."""
        # A request that cannot be read has none.
        path = self._target().path if getattr(self, "path", "") else ""
        log.info("http", method=self.command, path=path, code=int(code))

    def log_error(self, format: str, *args: Any) -> None:
        """Say no more of an error than its answer, which is logged."""

    def _authorize(self) -> None:
        try:
            self.openid.read_request(self._query())
        except RequestError as error:
            self._page(HTTPStatus.BAD_REQUEST, fault=str(error))
            return
        self._page(HTTPStatus.OK, asks=True)

    def _sign_in(self, form: dict[str, str]) -> None:
        person = Person(form.get("email", "").strip(), form.get("name", "").strip())
        try:
            request = self.openid.read_request(self._query())
        except RequestError as error:
            self._page(HTTPStatus.BAD_REQUEST, fault=str(error))
            return
        try:
            target = self.openid.sign_in(request, person, form.get("key", ""))
        except RequestError as error:
            self._page(HTTPStatus.FORBIDDEN, fault=str(error), asks=True, person=person)
            return
        self._answer(HTTPStatus.SEE_OTHER, b"", "text/plain", {"Location": target})

    def _redeem(self, form: dict[str, str]) -> None:
        try:
            self._json(HTTPStatus.OK, self.openid.redeem(form, self._credentials()))
        except TokenError as error:
            is_client = str(error) == "invalid_client"
            status = HTTPStatus.UNAUTHORIZED if is_client else HTTPStatus.BAD_REQUEST
            self._json(status, {"error": str(error)})

    def _is_asked_as_itself(self) -> bool:
        """Whether the caller means this server, not a name that somebody led here (DNS rebinding);
        others are answered."""
        host = parts_of(f"//{self.headers.get('Host', '')}")
        if host is not None and host.hostname in LOOPBACK:
            return True
        self._page(HTTPStatus.MISDIRECTED_REQUEST, fault="This is a provider for one machine.")
        return False

    def _query(self) -> dict[str, str]:
        return dict(parse_qsl(self._target().query))

    def _target(self) -> SplitResult:
        return parts_of(self.path) or urlsplit("")

    def _form(self) -> dict[str, str]:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MAX_BODY_BYTES:
            self.close_connection = True
            return {}
        return dict(parse_qsl(self.rfile.read(int(length)).decode(errors="replace")))

    def _credentials(self) -> tuple[str, str]:
        kind, _, encoded = self.headers.get("Authorization", "").partition(" ")
        try:
            name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
        except ValueError:
            return "", ""
        return (unquote(name), unquote(secret)) if kind.lower() == "basic" else ("", "")

    def _json(self, status: HTTPStatus, content: dict[str, Any]) -> None:
        self._answer(status, json.dumps(content).encode(), "application/json")

    def _page(
        self,
        status: HTTPStatus,
        *,
        fault: str = "",
        asks: bool = False,
        person: Person = Person("", ""),  # noqa: B008 - a tuple
    ) -> None:
        html = _template().render(fault=fault, asks=asks, person=person)
        self._answer(status, html.encode(), "text/html; charset=utf-8")

    def _answer(
        self, status: HTTPStatus, body: bytes, kind: str, more: dict[str, str] | None = None
    ) -> None:
        headers = {"Content-Type": kind, "Content-Length": str(len(body)), **_HEADERS}
        headers |= more or {}
        if not all(map(str.isprintable, headers.values())):
            raise ValueError("a header must be one line")
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@cache
def _template() -> jinja2.Template:
    return look.templates(Path(__file__).parent).get_template("sign_in.html")

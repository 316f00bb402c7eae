"""The mailbox as pages, on the operations listener alone and only where nobody else can come."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import jinja2
from aiohttp import web
from google.protobuf.message import Message

from services.gateway.errors import MailboxClosed
from services.gateway.mailbox import outbox
from services.gateway.mailbox.outbox import OutboxMessage
from services.kit.http.exchange import Exchange
from services.kit.http.routes import HttpRoute
from services.kit.pages import look
from services.kit.urls import LOOPBACK, parts_of
from stellr.gateway.v1 import operations_service_pb2 as pb

_SERVICE = "/stellr.gateway.v1.OperationsService"
# Of a mail: it may look as it likes, but it does nothing, and asks nobody for anything; its links
# open beside it.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)


def is_open(smtp_url: str, public_url: str) -> bool:
    """Whether there is a mailbox: mails go to files, and the academy is on this machine alone.

    Codes lie in it. So where others reach the academy there is none, whatever listens.
    """
    return not smtp_url and urlsplit(public_url).hostname in LOOPBACK


class Mailbox:
    """Shows what lies in the outbox; to nobody where it is closed."""

    def __init__(self, folder: Path, *, is_open: bool) -> None:
        self._folder = folder
        self._is_open = is_open

    def routes(self) -> Sequence[HttpRoute]:
        """The paths, and whose RPCs they are."""
        return (
            HttpRoute(
                rpc=f"{_SERVICE}/GetMailbox",
                verb="GET",
                path="/mailbox",
                handler=lambda _, __: self.list_page(),
                answer=_list,
            ),
            HttpRoute(
                rpc=f"{_SERVICE}/GetMailboxMessage",
                verb="GET",
                path="/mailbox/{name}",
                handler=lambda request, _: self.message_page(request.name),
                answer=_message,
            ),
            HttpRoute(
                rpc=f"{_SERVICE}/GetMailboxHtml",
                verb="GET",
                path="/mailbox/{name}/html",
                handler=lambda request, _: self.html(request.name),
                answer=_html,
            ),
        )

    def list_page(self) -> str:
        """The newest messages, as HTML; MailboxClosed."""
        self._check()
        return _render("list.html", messages=outbox.newest(self._folder), most=outbox.MOST)

    def message_page(self, name: str) -> str:
        """One message, as HTML; MailboxClosed also where there is none of that name."""
        return _render("message.html", each=self._message(name))

    def html(self, name: str) -> str:
        """What a mail says in HTML; MailboxClosed as `message_page`."""
        return self._message(name).html

    def _message(self, name: str) -> OutboxMessage:
        self._check()
        found = outbox.find(self._folder, name)
        if found is None:
            raise MailboxClosed
        return found

    def _check(self) -> None:
        if not self._is_open:
            raise MailboxClosed


async def _list(exchange: Exchange) -> web.StreamResponse:
    return _answer(await _ask(exchange, pb.GetMailboxRequest()), _page_policy())


async def _message(exchange: Exchange) -> web.StreamResponse:
    request = pb.GetMailboxMessageRequest(name=exchange.request.match_info["name"])
    return _answer(await _ask(exchange, request), _page_policy())


async def _html(exchange: Exchange) -> web.StreamResponse:
    request = pb.GetMailboxHtmlRequest(name=exchange.request.match_info["name"])
    return _answer(await _ask(exchange, request), MAIL_POLICY)


async def _ask(exchange: Exchange, request: Message) -> str:
    # A page of somebody else's whose name was bound to this machine comes with that name.
    host = parts_of(f"//{exchange.request.headers.get('host', '')}")
    if host is None or host.hostname not in LOOPBACK:
        raise MailboxClosed
    html: str = await exchange.ask(request)
    return html


def _page_policy() -> str:
    return f"{look.content_security_policy()}; frame-src 'self'"


def _render(template: str, **values: object) -> str:
    return _templates().get_template(template).render(values)


def _answer(html: str, policy: str) -> web.Response:
    headers = {
        "content-security-policy": policy,
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
    }
    return web.Response(text=html, content_type="text/html", headers=headers)


@cache
def _templates() -> jinja2.Environment:
    return look.templates(Path(__file__).parent / "templates")

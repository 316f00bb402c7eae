"""A mail server that tests send to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from aiosmtpd.controller import Controller

from tests.support import free_port


@contextmanager
def mail_server(mailbox: object) -> Iterator[int]:
    """The port of a server that hands what it is sent to a mailbox, by the hooks of aiosmtpd."""
    port = free_port()
    server = Controller(mailbox, hostname="127.0.0.1", port=port)
    server.start()
    try:
        yield port
    finally:
        server.stop()

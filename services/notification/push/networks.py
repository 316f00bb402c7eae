"""Connections to public addresses alone.

Where a browser's push service is, the browser says: whoever registers one may name any host. So it
is looked at which address that is at the very moment of connecting to it, and what was looked at is
what is connected to.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from ssl import SSLContext
from typing import Any

import httpcore

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# An address of IPv4 in disguise (RFC 6052, 8215): who translates it may reach what we must not.
_TRANSLATED = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"))
_until: ContextVar[float] = ContextVar("stellr_push_until", default=float("inf"))


class NotPublic(Exception):
    """The host has no address that may be connected to."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Have all that is asked of the network within take no longer than so together."""
    token = _until.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _until.reset(token)


def networks(setting: str) -> tuple[Network, ...]:
    """The networks that a setting names, by commas; ValueError where one is none."""
    return tuple(ip_network(part.strip()) for part in setting.split(",") if part.strip())


def is_public(address: Address) -> bool:
    """Whether the address is one of the public internet, and not of IPv4 in disguise."""
    if isinstance(address, IPv6Address):
        hidden = address.ipv4_mapped or address.sixtofour or address.teredo
        if hidden or address.is_site_local or any(address in network for network in _TRANSLATED):
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


class PublicNetwork(httpcore.NetworkBackend):
    """Connects to public addresses, and to those of `others`."""

    def __init__(self, others: Sequence[Network] = ()) -> None:
        self._others = others
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address that answers of those that may be; NotPublic where there is
        none, httpcore.ConnectError."""
        found = [address for address in _addresses(host, port) if self._may(address)]
        if not found:
            raise NotPublic
        error: Exception | None = None
        for address in found:
            try:
                stream = self._backend.connect_tcp(str(address), port, _left(timeout))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as failed:
                error = failed
            else:
                return _Bounded(stream)
        raise httpcore.ConnectError("no address answers") from error

    def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.NetworkStream:
        """Never."""
        raise NotPublic

    def _may(self, address: Address) -> bool:
        return is_public(address) or any(address in network for network in self._others)


class _Bounded(httpcore.NetworkStream):
    """A stream whose reader waits no longer than `within` lets it."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(timeout)
        return _Bounded(self._stream.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(timeout: float | None) -> float | None:
    """The seconds that a step may take; httpcore.ReadTimeout where the time is over."""
    left = _until.get() - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the time is over")
    return left if timeout is None else min(timeout, left)


def _addresses(host: str, port: int) -> list[Address]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError("the host has no address") from error
    # A zone ("%eth0") makes an address local.
    named = dict.fromkeys(str(entry[4][0]) for entry in found)
    return [ip_address(name) for name in named if "%" not in name]

"""The ports of a process, in a row: for calls, for streams, and for HTTP where it serves that."""

from __future__ import annotations

PORTS = 3


def stream_address(address: str) -> str:
    """Where the process that listens at host:port serves its streams."""
    return _after(address, 1)


def http_address(address: str) -> str:
    """Where the process that listens at host:port serves HTTP, if it does."""
    return _after(address, 2)


def _after(address: str, number: int) -> str:
    host, _, port = address.rpartition(":")
    return f"{host}:{int(port) + number}"

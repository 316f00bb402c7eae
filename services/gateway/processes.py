"""Every process of every service, each asked by itself: a balanced channel would choose one."""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

import grpc

from services.kit.process.settings import Settings
from services.kit.rpc.clients import open_channel
from services.kit.rpc.mesh_tls import MeshTls

# How long the addresses of a name are taken to be the same.
KNOWN_SECONDS = 2.0


class Process:
    """One process of a service, and the channel to it, which opens at the first question."""

    def __init__(self, service: str, address: str, tls: MeshTls | None = None) -> None:
        self.service = service
        self.address = address
        self.channel = open_channel(address, service=service, tls=tls)


class Processes(Iterable[Process]):
    """The processes of services, as their names resolve when somebody iterates.

    A name may stand for any number of processes, which come and go; where it is unknown it counts
    as one that does not answer.
    """

    def __init__(self, settings: Settings, services: Iterable[str]) -> None:
        """ValueError where the settings do not say where a service is."""
        self._tls = settings.mesh_tls()
        self._targets = [
            (service, address)
            for service in services
            for address in settings.target(service).split(",")
        ]
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], Process] = {}
        self._good_until = 0.0

    def __iter__(self) -> Iterator[Process]:
        with self._lock:
            if time.monotonic() >= self._good_until:
                self._known = self._looked_up()
                self._good_until = time.monotonic() + KNOWN_SECONDS
            return iter(list(self._known.values()))

    def _looked_up(self) -> dict[tuple[str, str], Process]:
        found = [(service, each) for service, named in self._targets for each in resolved(named)]
        for gone in self._known.keys() - set(found):
            self._known[gone].channel.close()
        return {
            key: self._known.get(key) or Process(*key, self._tls) for key in dict.fromkeys(found)
        }


def resolved(address: str) -> list[str]:
    """The host:port of everything that host:port stands for now, or itself where nothing does."""
    host, _, port = address.rpartition(":")
    if is_ip(host):
        return [address]
    try:
        found = socket.getaddrinfo(host, int(port), socket.AF_INET, socket.SOCK_STREAM)
    except (OSError, ValueError):
        return [address]
    return sorted({f"{where[0]}:{port}" for *_, where in found})


def is_ip(host: str) -> bool:
    """Whether a host is named by its number."""
    with suppress(ValueError):
        return bool(ipaddress.ip_address(host))
    return False


def is_own(address: str, listen: str) -> bool:
    """Whether a process that listens at `listen` is the one at an address."""
    host, _, port = address.rpartition(":")
    own, _, listened = listen.rpartition(":")
    if port != listened or own != "0.0.0.0":  # noqa: S104  compared, not bound
        return address == listen
    try:
        with socket.socket() as tried:
            tried.bind((host, 0))
    except OSError:
        return False
    return True


def ask(
    asked: Iterable[Process], question: Callable[[Process], Any]
) -> list[tuple[Process, Any | None]]:
    """Each process with its answer, None where it gave none.

    `question` sends a request and returns its future: all are on their way at the same time.
    """
    pending = [(process, question(process)) for process in asked]
    return [(process, _answer(future)) for process, future in pending]


def _answer(future: Any) -> Any | None:
    try:
        return future.result()
    except grpc.RpcError:
        return None

"""Every process of every service, each asked by itself: a balanced channel would choose one."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import grpc

from services.kit.process.settings import Settings
from services.kit.rpc.clients import open_channel
from services.kit.rpc.mesh_tls import MeshTls

# A name that stands for several processes is looked up anew after so long.
LOOK_UP_SECONDS = 2.0


class Process:
    """One process of a service, and the channel to it, which opens at the first question."""

    def __init__(self, service: str, address: str, tls: MeshTls | None = None) -> None:
        self.service = service
        self.address = address
        self.channel = open_channel(address, service=service, tls=tls)


class Processes:
    """The processes of services. A name may stand for several (DNS), and for others later."""

    def __init__(self, targets: Mapping[str, Sequence[str]], tls: MeshTls | None = None) -> None:
        """`targets` are host:port by service."""
        self._targets = targets
        self._tls = tls
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], Process] = {}
        self._good_until = 0.0

    @classmethod
    def of(cls, settings: Settings, services: Iterable[str]) -> Processes:
        """Those of the services as the settings name them; ValueError where one is not set."""
        targets = {service: settings.target(service).split(",") for service in services}
        return cls(targets, settings.mesh_tls())

    def __call__(self) -> list[Process]:
        """All of them, in the order of their services."""
        with self._lock:
            if time.monotonic() >= self._good_until:
                self._look_up()
                self._good_until = time.monotonic() + LOOK_UP_SECONDS
            return list(self._known.values())

    def _look_up(self) -> None:
        found = {
            (service, address): self._known.get((service, address))
            for service, targets in self._targets.items()
            for target in targets
            for address in addresses(target)
        }
        for key, gone in self._known.items():
            if key not in found:
                gone.channel.close()
        self._known = {key: known or Process(*key, self._tls) for key, known in found.items()}


def addresses(target: str) -> list[str]:
    """What host:port stands for, by the addresses of the host; itself where it has none."""
    host, _, port = target.rpartition(":")
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    except OSError:
        return [target]
    hosts = sorted({str(address[0]) for *_, address in found})
    return [f"[{each}]:{port}" if ":" in each else f"{each}:{port}" for each in hosts]


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


class Answer(NamedTuple):
    """What a process said, None where it said nothing, and after how many seconds."""

    process: Process
    reply: Any | None
    seconds: float


def ask(asked: Iterable[Process], question: Callable[[Process], Any]) -> list[Answer]:
    """The answers of processes, in their order.

    `question` sends a request and returns its future: all are on their way at the same time.
    """
    pending = [_Pending(process, question) for process in asked]
    return [each.answer() for each in pending]


class _Pending:
    """A question that is on its way."""

    def __init__(self, process: Process, question: Callable[[Process], Any]) -> None:
        self._process = process
        # Before it is sent: the answer may be there by the time that sending returns.
        self._asked_at = time.monotonic()
        self._answered_at: float | None = None
        self._future = question(process)
        self._future.add_done_callback(self._note)

    def _note(self, _: object) -> None:
        self._answered_at = time.monotonic()

    def answer(self) -> Answer:
        """Wait for it."""
        try:
            reply = self._future.result()
        except grpc.RpcError:
            reply = None
        # Who waits may be woken before the time was noted.
        seconds = (self._answered_at or time.monotonic()) - self._asked_at
        return Answer(self._process, reply, seconds)

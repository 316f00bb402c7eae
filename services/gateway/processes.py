"""Every process of every service, each asked by itself: a balanced channel would choose one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import grpc

from services.kit.process.settings import Settings
from services.kit.rpc.clients import open_channel


class Process:
    """One process of a service, and the channel to it, which opens at the first question."""

    def __init__(self, service: str, address: str) -> None:
        self.service = service
        self.address = address
        self.channel = open_channel(address)


def processes(settings: Settings, services: Iterable[str]) -> list[Process]:
    """The processes of the services as the settings name them; ValueError where one is not set."""
    return [
        Process(service, address)
        for service in services
        for address in settings.target(service).split(",")
    ]


def ask(
    asked: Sequence[Process], question: Callable[[Process], Any]
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

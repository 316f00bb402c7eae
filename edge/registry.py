"""The nine services by name, and where each one's `SERVICE` stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # Most commands need the names alone, and it is a second of work to import.
    from services.kit.process.service import Service

ROOT = Path(__file__).resolve().parent.parent
SERVICES: dict[str, str] = {
    "auth": "services.auth.service",
    "user": "services.user.service",
    "course": "services.course.service",
    "progress": "services.progress.service",
    "quiz": "services.quiz.service",
    "certificate": "services.certificate.service",
    "notification": "services.notification.service",
    "media": "services.media.service",
    "gateway": "services.gateway.service",
}


def load(name: str) -> Service:
    """Import one service. Raises KeyError for a name that is not in `SERVICES`."""
    service: Service = import_module(SERVICES[name]).SERVICE
    return service


def has_database(name: str) -> bool:
    """Whether a service has a database, without importing it. Raises KeyError as `load`."""
    package = SERVICES[name].rpartition(".")[0].split(".")
    return (ROOT.joinpath(*package) / "migrations").is_dir()


def load_all() -> dict[str, Service]:
    """Import all nine services, in the order of `SERVICES`."""
    return {name: load(name) for name in SERVICES}


def stop_order(calls: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Batches of names in which each service comes before everything it calls.

    Takes who calls whom; whatever is in one batch may stop at the same time.
    Raises graphlib.CycleError where services call each other in a circle.
    """
    callers: dict[str, set[str]] = {name: set() for name in calls}
    for name, called in calls.items():
        for other in called:
            callers.setdefault(other, set()).add(name)
    order = TopologicalSorter(callers)
    order.prepare()
    batches = []
    while order.is_active():
        batches.append(sorted(order.get_ready()))
        order.done(*batches[-1])
    return batches

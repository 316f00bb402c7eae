"""What a domain declares of itself: `SERVICE` in its service.py, its composition root."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.kit.rpc.server import Registration

if TYPE_CHECKING:
    from services.kit.process.runtime import Runtime

__all__ = ["Loop", "Registration", "Service"]


@dataclass(frozen=True)
class Loop:
    """Periodic work that takes the runtime, as `services.kit.work.periodic.Periodic` otherwise."""

    name: str
    every: float
    work: Callable[[Runtime], bool | None]
    everywhere: bool = False


@dataclass(frozen=True)
class Service:
    """One service: its name, its servicers, and all it is built with."""

    name: str
    build: Callable[[Runtime], Sequence[Registration]]
    # The services it may call. No circle: a test walks them.
    calls: tuple[str, ...] = ()
    # The folder of its Alembic migrations; a service without one has no database.
    migrations: str | None = None
    loops: tuple[Loop, ...] = ()

    @property
    def database(self) -> bool:
        """Whether the service has a database of its own."""
        return self.migrations is not None

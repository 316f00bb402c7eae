"""What a domain declares of itself: `SERVICE` in its service.py, its composition root."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from services.kit.events.consumer import Consumer
from services.kit.http.routes import HttpRoute
from services.kit.process.personal_data import KEEPS_NOTHING, PersonalData
from services.kit.process.runtime import IDENTITY_SERVICE, Runtime
from services.kit.process.settings import Settings
from services.kit.rpc.server import Registration
from services.kit.work.periodic import Periodic

__all__ = [
    "KEEPS_NOTHING",
    "Domain",
    "HttpRoute",
    "Periodic",
    "PersonalData",
    "Registration",
    "Service",
]


@dataclass(frozen=True)
class Domain:
    """What a domain consists of, put together: what it serves, hears of, and does by itself."""

    servicers: Sequence[Registration]
    consumers: Sequence[Consumer] = ()
    periodic: Sequence[Periodic] = ()
    # What of its RPCs is answered over HTTP; only where its Service says `http`.
    http: Sequence[HttpRoute] = ()
    # What it keeps of a person. A test has every domain with a database say it.
    personal: PersonalData | None = None


@dataclass(frozen=True)
class Service:
    """One service: its name, whom it calls and follows, and how it is put together."""

    name: str
    build: Callable[[Runtime], Domain]
    # The services it may call. No circle: a test walks them.
    calls: tuple[str, ...] = ()
    # The services whose events it hears, besides its own and those of who is signed out.
    follows: tuple[str, ...] = ()
    # The folder of its Alembic migrations; a service without one has no database.
    migrations: str | None = None
    # Whether its processes serve HTTP as well, each on the second port after its own.
    http: bool = False

    @property
    def database(self) -> bool:
        """Whether the service has a database of its own."""
        return self.migrations is not None

    def runtime(self, settings: Settings) -> Runtime:
        """What a process of the service is made of."""
        return Runtime(self.name, settings, self.calls, self.follows, has_database=self.database)

    def require(self, settings: Settings) -> None:
        """ValueError names all settings that a process which serves lacks."""
        settings.require(self._targets(), database=self.database)

    def _targets(self) -> set[str]:
        """The services that a process must find: those that it calls or follows, and identity."""
        return {*self.calls, *self.follows, IDENTITY_SERVICE}

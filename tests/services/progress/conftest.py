from __future__ import annotations

from collections.abc import Callable

import pytest

from services.kit.data.database import Database
from services.kit.events.events import Events
from services.kit.metrics import Metrics


@pytest.fixture
def database(database_of: Callable[[str], Database]) -> Database:
    return database_of("progress")


def _no_channel(service: str) -> None:
    raise AssertionError(f"nobody follows {service}")


@pytest.fixture
def events(database: Database) -> Events:
    return Events("progress", database, _no_channel, Metrics("progress", "test"))  # type: ignore[arg-type]

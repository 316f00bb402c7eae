from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from services.kit.data.database import Database
from services.kit.metrics import Metrics
from services.kit.work.supervisor import Supervisor


@pytest.fixture
def database(database_of: Callable[[str], Database]) -> Database:
    return database_of("auth")


@pytest.fixture
def metrics() -> Metrics:
    return Metrics("auth", "test")


@pytest.fixture
def supervisor(metrics: Metrics) -> Iterator[Supervisor]:
    running = Supervisor(metrics)
    running.start()
    yield running
    running.stop(5)

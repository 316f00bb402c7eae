from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from services.kit.data.database import Database
from services.kit.data.liveness import HEARD_SECONDS, Liveness
from services.kit.events.hub import LONGEST_PAUSE_SECONDS, Hub
from services.kit.metrics import Metrics
from services.kit.work.supervisor import Supervisor
from tests.support import eventually, free_port


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    running = Supervisor(Metrics("user", "test"))
    running.start()
    yield running
    running.stop(5)


@pytest.fixture
def away() -> Iterator[Database]:
    database = Database(f"postgresql://nobody@127.0.0.1:{free_port()}/nothing", 1)
    yield database
    database.close()


def test_a_database_that_was_heard_of_lately_is_not_asked(away: Database) -> None:
    assert Liveness(away, time.monotonic).answers()


@pytest.mark.parametrize("heard", [None, lambda: time.monotonic() - 2 * HEARD_SECONDS])
def test_one_that_was_not_is_asked(
    heard: Callable[[], float] | None, away: Database, database_of: Callable[[str], Database]
) -> None:
    assert Liveness(database_of("user"), heard).answers()
    assert not Liveness(away, heard).answers()


def test_a_hub_is_heard_of_often_enough(
    database_of: Callable[[str], Database], supervisor: Supervisor
) -> None:
    assert LONGEST_PAUSE_SECONDS < HEARD_SECONDS
    hub = Hub(database_of("user").url)
    assert hub.looked_at == float("-inf")
    supervisor.add("hub", hub.run)
    eventually(lambda: time.monotonic() - hub.looked_at < HEARD_SECONDS)
    hub.stop()
    eventually(lambda: hub.looked_at == float("-inf"))

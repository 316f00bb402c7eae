from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from services.kit.data.database import Database
from services.kit.data.liveness import HEARD_SECONDS, Liveness
from tests.support import free_port


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

import time
from collections.abc import Callable

import pytest
from psycopg_pool import PoolTimeout

from services.kit import call as calls
from services.kit.data import database as data
from services.kit.data.database import Database
from services.kit.errors import DeadlineExceeded


@pytest.fixture
def exhausted(database_of: Callable[[str], Database]) -> Database:
    """A pool whose one connection is lent already."""
    database = Database(database_of("user").url, 1)
    database.borrow(autocommit=True)
    return database


def test_a_caller_hears_in_time_that_no_connection_was_free(
    exhausted: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    # More than a busy machine needs from the end of the wait to the answer.
    monkeypatch.setattr(calls, "MARGIN_SECONDS", 2.0)
    deadline = time.monotonic() + 2.4
    token = calls.enter(calls.Call("/test", deadline=deadline))
    try:
        with pytest.raises(DeadlineExceeded):
            exhausted.borrow(autocommit=True)
        assert time.monotonic() < deadline
    finally:
        calls.leave(token)
        exhausted.close()


def test_without_a_deadline_the_wait_has_an_end_too(
    exhausted: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "POOL_WAIT_SECONDS", 0.1)
    try:
        with pytest.raises(PoolTimeout):
            exhausted.borrow(autocommit=True)
    finally:
        exhausted.close()

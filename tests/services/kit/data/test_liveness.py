from __future__ import annotations

import threading
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


def test_one_that_cannot_be_asked_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, database_of: Callable[[str], Database]
) -> None:
    liveness = Liveness(database_of("user"))
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refused)
        assert not liveness.answers()
    assert liveness.answers()


@pytest.mark.parametrize("error", [TimeoutError, MemoryError, OSError])
def test_whatever_a_question_ends_with_the_next_one_is_asked(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch, database_of: Callable[[str], Database]
) -> None:
    database = database_of("user")
    liveness = Liveness(database)
    with monkeypatch.context() as patched:
        patched.setattr(database, "ping", lambda: raised(error))
        assert not liveness.answers()
    assert liveness.answers()


def refused(_: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


def raised(error: type[Exception]) -> None:
    raise error

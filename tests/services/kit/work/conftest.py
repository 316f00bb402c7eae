from collections.abc import Callable

import pytest

from services.kit.data.database import Database
from services.kit.process.runtime import Runtime
from services.kit.work import retries
from tests.services.kit.harness import Kit
from tests.services.kit.work.recorder import Recorder

Databases = Callable[[str], Database]


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def database(database_of: Databases) -> Database:
    return database_of("user")


@pytest.fixture
def runtime(kit: Kit, database: Database) -> Runtime:
    return kit.runtime(None, name="user", url=database.url)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What no retry can change is given up at the second try."""
    monkeypatch.setattr(retries, "TRIES_OF_WHAT_STAYS", 2)

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.certificate import repository
from services.certificate.serials import new_serial
from services.kit.data.database import Database

LEARNER, COURSE = uuid4(), uuid4()
FEED = "progress.completions"


@pytest.fixture
def database(database_of: Callable[[str], Database]) -> Database:
    return database_of("certificate")


def values(user_id: UUID = LEARNER) -> dict[str, Any]:
    return {
        "user_id": user_id,
        "course_id": COURSE,
        "serial": new_serial(),
        "learner_name": "Zoë",
        "course_title": "The Night Sky",
    }


def create(database: Database) -> str | None:
    with database.transaction() as unit:
        issued = repository.create_certificate(unit.session, values())
        return issued.serial if issued else None


def move(database: Database, before: str, after: str) -> bool:
    with database.transaction() as unit:
        return repository.move_position(unit.session, FEED, before, after)


def test_a_learner_has_one_certificate_of_a_course(database: Database) -> None:
    with ThreadPoolExecutor(5) as pool:
        serials = list(pool.map(lambda _: create(database), range(20)))
    (issued,) = [serial for serial in serials if serial]
    with database.transaction() as unit:
        assert repository.get_certificate(unit.session, LEARNER, COURSE).serial == issued
        found = repository.find_by_serial(unit.session, issued)
        assert found is not None
        assert found.user_id == LEARNER
        assert repository.find_certificate(unit.session, uuid4(), COURSE) is None


def test_a_cursor_begins_once_and_moves_on_once(database: Database) -> None:
    with database.transaction() as unit:
        assert repository.find_position(unit.session, FEED) == ""
    with ThreadPoolExecutor(5) as pool:
        begun = list(pool.map(lambda _: move(database, "", "7"), range(5)))
        moved = list(pool.map(lambda _: move(database, "7", "9"), range(5)))
    assert sorted(begun) == sorted(moved) == [False] * 4 + [True]
    with database.transaction() as unit:
        assert repository.find_position(unit.session, FEED) == "9"


def test_a_cursor_that_is_rolled_back_stays(database: Database) -> None:
    with database.transaction() as unit:
        assert repository.move_position(unit.session, FEED, "", "7")
        unit.close()
    assert move(database, "", "7")

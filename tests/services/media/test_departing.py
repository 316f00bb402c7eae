"""Media go with their lessons, and with nothing less."""

from __future__ import annotations

import pytest

from services.kit.data.database import Database
from services.kit.data.statements import Statement, scalar
from services.media.departing import Departing
from stellr.course.v1.course_internal_service_pb2_grpc import CourseInternalServiceStub
from stellr.course.v1.events_pb2 import OutlineChanged
from tests.services.media.authored import Authored, make_authored
from tests.support import Stack

_COUNT = Statement("SELECT count(*) FROM media WHERE lesson_id = :lesson_id", scalar)


@pytest.fixture(name="database")
def _database(stack: Stack) -> Database:
    return Database(stack.run["databases"]["media"], 2)


def look(stack: Stack, database: Database, own: Authored, settle: float = 0.0) -> None:
    """Have the course looked at as if some minutes were over."""
    with stack.mesh("media", "course") as channel:
        departing = Departing(database, CourseInternalServiceStub(channel), settle)
        with database.transaction():
            departing.outline_changed(OutlineChanged(course_id=own.course_id))
        for _ in range(20):
            with database.transaction():
                if not departing.look():
                    return


def count(database: Database, own: Authored) -> int:
    found: int = database.one(_COUNT, lesson_id=own.lesson_id)
    return found


def test_media_go_with_their_lesson(stack: Stack, database: Database) -> None:
    own, other = make_authored(stack), make_authored(stack)
    for each in (own, other):
        each.linked(url="https://video.example/a")
    look(stack, database, own)
    assert count(database, own) == 1
    assert own.author.delete(f"/lessons/{own.lesson_id}").status_code == 200
    look(stack, database, own, settle=300.0)
    assert count(database, own) == 1, "what came a moment ago may be of a lesson that is coming"
    look(stack, database, own)
    assert (count(database, own), count(database, other)) == (0, 1)


def test_a_course_that_is_not_shown_keeps_its_media(stack: Stack, database: Database) -> None:
    own = make_authored(stack)
    own.linked(url="https://video.example/a")
    assert own.author.post(f"/courses/{own.course_id}:unpublish").status_code == 200
    look(stack, database, own)
    assert own.author.delete(f"/courses/{own.course_id}").status_code == 200
    look(stack, database, own)
    assert count(database, own) == 1

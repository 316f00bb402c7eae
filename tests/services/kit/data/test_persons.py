"""A person who was erased stays so, whatever comes late and whoever is at work meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import psycopg
import pytest

from services.kit.data import idempotency, persons
from services.kit.data.database import Database
from services.kit.data.idempotency import Claim
from services.kit.data.statements import Statement, WholeWrite, Write, nothing, scalar
from stellr.course.v1.course_service_pb2 import EnrollCourseRequest

_INSERT = "INSERT INTO notes (user_id) VALUES (:user_id)"
_NOTE, _NOTE_IN_TRANSACTION = WholeWrite(_INSERT, nothing), Write(_INSERT, nothing)
_COUNT = Statement("SELECT count(*) FROM notes WHERE user_id = :user_id", scalar)
_DELETE = Write("DELETE FROM notes WHERE user_id = :user_id", nothing)
_KEYS = Statement("SELECT caller FROM idempotency_keys ORDER BY caller", scalar)


@pytest.fixture
def database(database_of: Callable[[str], Database]) -> Database:
    """With a table of persons' notes."""
    database = database_of("media")
    with psycopg.connect(database.url) as connection:
        connection.execute("CREATE TABLE notes (user_id uuid)")
        connection.execute(
            "CREATE TRIGGER keep_out_the_erased BEFORE INSERT ON notes"
            " FOR EACH ROW EXECUTE FUNCTION keep_out_the_erased()"
        )
    return database


def erase(database: Database, user_id: UUID) -> None:
    with database.transaction():
        persons.erase(database, user_id)
        database.run(_DELETE, user_id=user_id)


def test_nothing_is_written_of_who_was_erased(database: Database) -> None:
    erased, other = uuid4(), uuid4()
    for user_id in (erased, other):
        assert database.run(_NOTE, user_id=user_id) == 1
    erase(database, erased)
    assert [database.run(_NOTE, user_id=each) for each in (erased, other)] == [0, 1]
    assert [database.one(_COUNT, user_id=each) for each in (erased, other)] == [0, 2]
    assert [persons.is_erased(database, each) for each in (erased, other)] == [True, False]


def test_again_is_harmless(database: Database) -> None:
    erased = uuid4()
    for _ in range(2):
        erase(database, erased)
    assert persons.is_erased(database, erased)


def test_an_erasure_that_fails_erases_nobody(database: Database) -> None:
    user_id = uuid4()
    database.run(_NOTE, user_id=user_id)

    def fail() -> None:
        with database.transaction():
            persons.erase(database, user_id)
            database.run(_DELETE, user_id=user_id)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert not persons.is_erased(database, user_id)
    assert database.one(_COUNT, user_id=user_id) == 1


def test_who_writes_at_this_moment_is_waited_for(database: Database) -> None:
    user_id = uuid4()
    with ThreadPoolExecutor(1) as pool:
        with database.transaction():
            assert database.run(_NOTE_IN_TRANSACTION, user_id=user_id) == 1
            erasing = pool.submit(erase, database, user_id)
            with pytest.raises(TimeoutError):
                erasing.result(0.2)
        erasing.result(5)
    assert database.one(_COUNT, user_id=user_id) == 0


def test_who_writes_while_the_person_is_erased_waits_and_writes_nothing(database: Database) -> None:
    user_id = uuid4()
    with ThreadPoolExecutor(1) as pool:
        with database.transaction():
            persons.erase(database, user_id)
            writing = pool.submit(database.run, _NOTE, user_id=user_id)
            with pytest.raises(TimeoutError):
                writing.result(0.2)
            # Others are not held up.
            with ThreadPoolExecutor(1) as others:
                assert others.submit(database.run, _NOTE, user_id=uuid4()).result(5) == 1
        assert writing.result(5) == 0


def test_a_hundred_writers_and_an_erasure_leave_nothing(database: Database) -> None:
    user_id, begin = uuid4(), threading.Barrier(5)

    def write(_: int) -> Iterator[int]:
        begin.wait(5)
        return iter([database.run(_NOTE, user_id=user_id) for _ in range(25)])

    with ThreadPoolExecutor(5) as pool:
        writing = [pool.submit(write, number) for number in range(4)]
        begin.wait(5)
        erase(database, user_id)
        written = [count for future in writing for count in future.result(10)]
    assert len(written) == 100
    assert database.one(_COUNT, user_id=user_id) == 0


def test_the_replies_kept_for_a_person_are_forgotten(database: Database) -> None:
    erased, other = uuid4(), uuid4()
    request = EnrollCourseRequest(course="the-night-sky")
    for user_id in (erased, other):
        with database.transaction():
            claim = Claim(str(user_id), "/stellr.course.v1.CourseService/EnrollCourse", "key")
            idempotency.claim(database, claim, request)
            idempotency.keep(database, claim, request)
    erase(database, erased)
    assert database.all(_KEYS) == [str(other)]

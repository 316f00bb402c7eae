"""A person is erased in every service, and nothing that comes late brings them back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from psycopg import sql

from stellr.auth.v1.events_pb2 import PersonErased
from stellr.progress.v1.events_pb2 import CourseCompleted
from stellr.quiz.v1.events_pb2 import QuizPassed
from tests.services import outbox
from tests.services.gateway.test_exporting import graduate
from tests.services.own_course import OwnCourse, make_course
from tests.services.quiz.quizzes import import_quiz, right_answers
from tests.services.test_personal_data import KEEPING, MISSING
from tests.support import PATIENCE, Learner, Stack, Visitor, eventually

ERASING = sorted(set(KEEPING) - MISSING)
# What happened is deleted after 30 days, once all have read it; a reader's place is among it.
KEPT = {"events"}


@pytest.fixture(name="own", scope="module")
def _own(stack: Stack) -> OwnCourse:
    own = make_course(stack.mesh, has_quiz=True)
    for lesson_id in (own.lesson_id, own.preview_id):
        import_quiz(stack, lesson_id)
    return own


def url_of(stack: Stack, service: str) -> str:
    return str(stack.run["databases"][service])


def traces(stack: Stack, somebody: Learner) -> set[tuple[str, str]]:
    """Where anything names a person, by id, address or name: the service and the table."""
    texts = (somebody.user_id, somebody.email, somebody.name)
    # In a column of bytes too.
    wanted = [f"%{each}%" for text in texts for each in (text, text.encode().hex())]
    found = set()
    for service in ERASING:
        with psycopg.connect(url_of(stack, service)) as connection:
            for table in set(tables(connection)) - KEPT:
                row = sql.Identifier(table)
                query = sql.SQL("SELECT FROM {} WHERE {}::text LIKE ANY(%s) LIMIT 1")
                if connection.execute(query.format(row, row), [wanted]).rowcount:
                    found.add((service, table))
    return found


def tables(connection: psycopg.Connection[Any]) -> Iterator[str]:
    rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return (str(name) for (name,) in rows.fetchall())


def erase(stack: Stack, somebody: Learner) -> None:
    outbox.write(url_of(stack, "auth"), PersonErased(user_id=somebody.user_id))


def erased_in(stack: Stack) -> dict[str, int]:
    """How many persons each service has erased."""
    counts = {}
    for service in ERASING:
        with psycopg.connect(url_of(stack, service)) as connection:
            row = connection.execute("SELECT count(*) FROM erased_persons").fetchone()
            counts[service] = int(row[0]) if row else 0
    return counts


def erase_everywhere(stack: Stack, somebody: Learner) -> None:
    before = erased_in(stack)
    erase(stack, somebody)
    eventually(lambda: all(erased_in(stack)[name] > before[name] for name in ERASING), 15)


def keyed(somebody: Learner, own: OwnCourse) -> None:
    """A reply that names the person, kept for an Idempotency-Key."""
    path = f"/courses/{own.course_id}/enroll"
    assert somebody.post(path, Idempotency_Key="once").json()["userId"] == somebody.user_id


def test_nothing_is_left_of_a_person_and_others_stay(stack: Stack, own: OwnCourse) -> None:
    somebody, other = graduate(stack, own), graduate(stack, own)
    somebody.get(f"/certificate/{own.course_id}/download")
    for each in (somebody, other):
        keyed(each, own)
    kept = {("course", "enrollments"), ("course", "idempotency_keys"), ("quiz", "results")}
    kept |= {("progress", "course_progress"), ("certificate", "certificates")}
    assert kept < traces(stack, somebody)
    eventually(lambda: not jobs(stack, "certificate"), 15)
    before = traces(stack, other)
    erase_everywhere(stack, somebody)
    assert traces(stack, somebody) == set()
    assert traces(stack, other) == before


def jobs(stack: Stack, service: str) -> int:
    with psycopg.connect(url_of(stack, service)) as connection:
        row = connection.execute("SELECT count(*) FROM procrastinate_jobs").fetchone()
        assert row is not None
        return int(row[0])


def test_a_certificate_is_verified_without_the_name(
    stack: Stack, own: OwnCourse, visitor: Visitor
) -> None:
    somebody = graduate(stack, own)
    issued = somebody.get(f"/certificate/{own.course_id}").json()["certificate"]
    before = visitor.get(f"/certificates/{issued['serial']}").json()
    assert before["learnerName"] == somebody.name
    erase_everywhere(stack, somebody)
    after = visitor.get(f"/certificates/{issued['serial']}").json()
    assert after == {**before, "learnerName": ""}
    page = visitor.get(f"/verify/{issued['serial']}")
    assert page.status_code == 200
    assert "This certificate is valid" in page.text
    assert "no longer keeps the name" in page.text
    assert somebody.name not in page.text


def test_what_comes_late_brings_nobody_back(stack: Stack, own: OwnCourse) -> None:
    somebody = graduate(stack, own)
    erase_everywhere(stack, somebody)
    passed = QuizPassed(user_id=somebody.user_id, course_id=own.course_id, lesson_id=own.lesson_id)
    passed.pass_time.FromDatetime(datetime.now(UTC))
    completed = CourseCompleted(user_id=somebody.user_id, course_id=own.course_id)
    outbox.write(url_of(stack, "quiz"), passed)
    outbox.write(url_of(stack, "progress"), completed)
    # By another learner who does the same later, one sees that these were dealt with.
    graduate(stack, own)
    assert traces(stack, somebody) <= {("certificate", "procrastinate_jobs")}
    eventually(lambda: not jobs(stack, "certificate"), 15)
    assert traces(stack, somebody) == set()


def test_who_is_still_signed_in_leaves_nothing_more(stack: Stack, own: OwnCourse) -> None:
    somebody = graduate(stack, own)
    quiz = somebody.get(f"/quiz/{own.lesson_id}").json()
    erase_everywhere(stack, somebody)
    answers = [
        somebody.post(f"/courses/{own.course_id}/enroll"),
        somebody.post(f"/certificate/{own.course_id}"),
        somebody.post("/progress/mark-complete", {"lessonId": own.lesson_id}),
        somebody.post(f"/quiz/{own.lesson_id}/submit", {"answers": right_answers(quiz)}),
    ]
    assert [answer.status_code < 500 for answer in answers] == [True] * len(answers)
    assert traces(stack, somebody) == set()


def test_a_person_is_erased_in_seconds(stack: Stack, own: OwnCourse) -> None:
    somebody = graduate(stack, own)
    began = time.monotonic()
    erase_everywhere(stack, somebody)
    assert time.monotonic() - began < 5 * PATIENCE

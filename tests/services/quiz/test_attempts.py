"""A process of quiz that keeps quizzes at hand, beside another that changes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from services.kit import call as calls
from services.kit.data.database import Database
from services.kit.errors import NotFound
from services.kit.events.events import Events
from services.kit.process.runtime import Runtime
from services.kit.rpc.clients import MeshChannel
from services.quiz.importing import Importing
from services.quiz.saving import Saving
from services.quiz.service import SERVICE
from stellr.quiz.v1 import quiz_internal_service_pb2 as internal
from stellr.quiz.v1 import quiz_service_pb2 as pb
from tests.services.in_process import runtime_of
from tests.services.own_course import OwnCourse, make_course
from tests.support import Learner, Stack, eventually


@pytest.fixture
def own(mesh: Callable[[str, str], MeshChannel]) -> OwnCourse:
    return make_course(mesh, has_quiz=True)


@pytest.fixture
def runtime(stack: Stack, database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runtime]:
    made = runtime_of(SERVICE, stack, database, monkeypatch)
    yield made
    made.supervisor.stop(5)
    made.close()


@pytest.fixture
def title(runtime: Runtime, own: OwnCourse, learner: Callable[..., Learner]) -> Callable[[], str]:
    """The title of the quiz as an enrolled learner reads it; its refusal where there is none."""
    somebody = learner()
    somebody.post(f"/courses/{own.course_id}/enroll")
    servicer: Any = SERVICE.build(runtime).servicers[0].servicer
    runtime.supervisor.start()
    runtime.events.start(runtime.supervisor)

    def read() -> str:
        caller = calls.Caller(user_id=UUID(somebody.user_id))
        token = calls.enter(calls.Call(method="GetQuiz", caller=caller))
        try:
            return str(servicer.GetQuiz(pb.GetQuizRequest(lesson_id=own.lesson_id), None).title)
        except NotFound as error:
            return error.message
        finally:
            calls.leave(token)

    return read


def bring(database: Database, events: Events, lesson_id: str, title: str) -> None:
    request = internal.ImportQuizzesRequest(course_id=str(uuid4()), pass_percentage=60)
    request.quizzes.add(lesson_id=lesson_id, title=title, gift="Q {T}")
    with database.transaction():
        Importing(Saving(database, events)).run(request)


def take_away_unheard(database: Database) -> None:
    """As nothing is told of it, only who reads anew finds out."""
    with psycopg.connect(database.url) as connection:
        connection.execute("UPDATE quizzes SET removed_at = now()")


def test_a_quiz_is_kept_until_it_is_told_that_it_changed(
    database: Database, events: Events, own: OwnCourse, title: Callable[[], str]
) -> None:
    bring(database, events, own.lesson_id, "First")
    eventually(lambda: title() == "First")
    bring(database, events, own.lesson_id, "Second")
    eventually(lambda: title() == "Second")
    with database.transaction():
        Importing(Saving(database, events)).remove(uuid4(), [UUID(own.lesson_id)])
    eventually(lambda: title() == "there is no such quiz")
    bring(database, events, own.lesson_id, "Third")
    assert title() == "Third"


def test_a_quiz_that_is_kept_is_not_read_again(
    database: Database, runtime: Runtime, own: OwnCourse, title: Callable[[], str]
) -> None:
    """The process itself writes, so it knows at its commit."""
    eventually(lambda: runtime.events.listener("quiz").live_until > 0)

    def is_kept() -> bool:
        bring(database, runtime.events, own.lesson_id, "First")
        assert title() == "First"
        take_away_unheard(database)
        return title() == "First"

    # Not while the process has not heard for a moment whether anything changed.
    eventually(is_kept)
    bring(database, runtime.events, own.lesson_id, "Second")
    assert title() == "Second"

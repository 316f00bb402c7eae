"""The servicers of quiz on a database of their own, with a course that may refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import grpc
import grpc_testing
import pytest
import sqlalchemy as sa

from services.kit.data.database import Database
from services.kit.errors import ServiceUnavailable
from services.kit.process.runtime import Runtime
from services.kit.process.settings import Settings
from services.quiz.importing import Importing
from services.quiz.internal_servicer import QuizInternalServicer
from services.quiz.lessons import Lessons
from services.quiz.models import Question, Quiz
from services.quiz.service import SERVICE
from stellr.course.v1 import course_internal_service_pb2 as course_pb
from stellr.quiz.v1 import quiz_internal_service_pb2 as pb
from tests.support import Stack

INTERNAL = pb.DESCRIPTOR.services_by_name["QuizInternalService"]
LESSON = str(uuid4())


class Course:
    """A course that takes note of what it is told, or is away."""

    def __init__(self) -> None:
        self.away = False
        self.told: list[bool] = []

    def SetLessonQuiz(self, request: course_pb.SetLessonQuizRequest) -> None:
        if self.away:
            raise ServiceUnavailable
        self.told.append(request.has_quiz)


class InTransaction:
    """Calls a servicer's methods in a transaction each, as the chain does."""

    def __init__(self, servicer: QuizInternalServicer, database: Database) -> None:
        self._servicer = servicer
        self._database = database

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def handle(request: Any, context: grpc.ServicerContext) -> Any:
            try:
                with self._database.transaction():
                    return getattr(self._servicer, name)(request, context)
            except ServiceUnavailable as error:
                context.abort(error.code, error.message)

        return handle


class World:
    """A server of grpc-testing, the course beside it and the database below."""

    def __init__(self, stack: Stack, database: Database) -> None:
        keys = stack.state / "keys"
        settings = Settings(
            database_url=database.url,
            key_file=keys / "quiz.pem",
            mesh_keys_file=keys / "mesh.json",
            secret_file=keys / "secret",
        )
        self.course, self.database = Course(), database
        runtime = Runtime(SERVICE, settings)
        runtime.__dict__["database"] = database
        importing = Importing(runtime, Lessons(self.course))  # type: ignore[arg-type]
        servicer = InTransaction(QuizInternalServicer(importing), database)
        clock = grpc_testing.strict_real_time()
        self.server = grpc_testing.server_from_dictionary({INTERNAL: servicer}, clock)

    def call(self, name: str, request: Any) -> tuple[Any, grpc.StatusCode]:
        rpc = self.server.invoke_unary_unary(INTERNAL.methods_by_name[name], (), request, 10)
        reply, _, code, _ = rpc.termination()
        return reply, code

    def import_quiz(self, gift: str) -> tuple[Any, grpc.StatusCode]:
        request = pb.ImportQuizRequest(
            lesson_id=LESSON, title="Quiz", gift=gift, pass_percentage=60
        )
        return self.call("ImportQuiz", request)

    def rows(self) -> list[Any]:
        statement = sa.select(Question.question_id, Question.text, Quiz.updated_at).join(
            Quiz, Quiz.quiz_id == Question.quiz_id
        )
        with self.database.transaction() as unit:
            return [tuple(row) for row in unit.session.execute(statement.order_by(Question.text))]


@pytest.fixture(name="world")
def _world(stack: Stack, database_of: Callable[[str], Database]) -> World:
    return World(stack, database_of("quiz"))


def test_an_import_is_kept_and_told(world: World) -> None:
    reply, code = world.import_quiz("Q1 {=a ~b}\n\nQ2 {T}")
    assert code is grpc.StatusCode.OK
    assert (reply.question_count, reply.changed) == (2, True)
    assert [text for _, text, _ in world.rows()] == ["Q1", "Q2"]
    assert world.course.told == [True]


def test_the_same_again_writes_nothing_and_is_told_again(world: World) -> None:
    world.import_quiz("Q1 {=a ~b}")
    before = world.rows()
    reply, _ = world.import_quiz("Q1 {=a ~b}")
    assert not reply.changed
    assert world.rows() == before
    assert world.course.told == [True, True]


def test_nothing_is_kept_while_course_is_away(world: World) -> None:
    world.course.away = True
    assert world.import_quiz("Q1 {=a ~b}")[1] is grpc.StatusCode.UNAVAILABLE
    assert world.rows() == []
    world.course.away = False
    assert world.import_quiz("Q1 {=a ~b}")[0].changed


def test_the_old_version_stays_while_course_is_away(world: World) -> None:
    world.import_quiz("Q1 {=a ~b}")
    before = world.rows()
    world.course.away = True
    assert world.import_quiz("Q2 {=a ~b}")[1] is grpc.StatusCode.UNAVAILABLE
    removal = pb.RemoveQuizRequest(lesson_id=LESSON)
    assert world.call("RemoveQuiz", removal)[1] is grpc.StatusCode.UNAVAILABLE
    assert world.rows() == before
    world.course.away = False
    assert world.call("RemoveQuiz", removal)[0].changed
    assert world.course.told == [True, False]


def test_check_gift_keeps_nothing(world: World) -> None:
    reply, _ = world.call("CheckGift", pb.CheckGiftRequest(gift="Q1 {=a ~b}"))
    assert reply.question_count == 1
    assert world.rows() == []

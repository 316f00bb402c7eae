"""The servicers of quiz on a database of their own."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import grpc
import pytest
import sqlalchemy as sa

from services.kit.data.database import Database
from services.kit.events.events import Events
from services.quiz.exporting import Exporting
from services.quiz.importing import Importing
from services.quiz.internal_servicer import QuizInternalServicer
from services.quiz.models import Quiz, QuizVersion
from services.quiz.saving import Saving
from stellr.quiz.v1 import quiz_internal_service_pb2 as pb
from stellr.quiz.v1.events_pb2 import QuizChanged
from tests.services.in_process import invoke
from tests.services.outbox import written

INTERNAL = pb.DESCRIPTOR.services_by_name["QuizInternalService"]
COURSE, LESSON = str(uuid4()), str(uuid4())


class World:
    """A server of grpc-testing, and the database below."""

    def __init__(self, database: Database, events: Events) -> None:
        self.database = database
        importing = Importing(Saving(database, events))
        self.servicer = QuizInternalServicer(importing, Exporting(database))

    def call(self, name: str, request: Any) -> tuple[Any, grpc.StatusCode]:
        reply, _, code, _ = invoke(INTERNAL, self.servicer, self.database, name, request)
        return reply, code

    def changes(self) -> int:
        """How often it was told that the quiz changed."""
        told = written(self.database, QuizChanged)
        assert {event.lesson_id for event in told} <= {LESSON}
        return len(told)

    def import_quiz(self, gift: str) -> tuple[Any, grpc.StatusCode]:
        request = pb.ImportQuizzesRequest(course_id=COURSE, pass_percentage=60)
        request.quizzes.add(lesson_id=LESSON, title="Quiz", gift=gift)
        reply, code = self.call("ImportQuizzes", request)
        return reply.quizzes[0] if reply else None, code

    def rows(self) -> list[Any]:
        statement = sa.select(QuizVersion.version_id, QuizVersion.document, Quiz.updated_at).join(
            Quiz, Quiz.version_id == QuizVersion.version_id
        )
        with self.database.transaction() as unit:
            return [tuple(row) for row in unit.session.execute(statement)]

    def texts(self) -> list[str]:
        return [each["text"] for _, document, _ in self.rows() for each in document["questions"]]


@pytest.fixture(name="world")
def _world(database: Database, events: Events) -> World:
    return World(database, events)


def test_an_import_is_kept(world: World) -> None:
    reply, code = world.import_quiz("Q1 {=a ~b}\n\nQ2 {T}")
    assert code is grpc.StatusCode.OK
    assert (reply.question_count, reply.changed) == (2, True)
    assert world.texts() == ["Q1", "Q2"]
    assert world.changes() == 1


def test_the_same_again_writes_nothing(world: World) -> None:
    world.import_quiz("Q1 {=a ~b}")
    before = world.rows()
    reply, _ = world.import_quiz("Q1 {=a ~b}")
    assert not reply.changed
    assert world.rows() == before
    assert world.changes() == 1


def test_a_quiz_is_removed_once(world: World) -> None:
    world.import_quiz("Q1 {=a ~b}")
    removal = pb.RemoveQuizzesRequest(course_id=COURSE, lesson_ids=[LESSON])
    removed = [world.call("RemoveQuizzes", removal)[0].removed_count for _ in range(2)]
    assert removed == [1, 0]
    assert world.changes() == 2
    assert world.import_quiz("Q1 {=a ~b}")[0].changed
    assert world.changes() == 3


def test_an_export_imported_again_changes_nothing(world: World) -> None:
    world.import_quiz("::A::Q1 {=a#yes ~b}\n\nQ2 {#3:1}\n\nQ3 {=x -> y =z -> w}")
    asked = pb.ExportQuizzesRequest(lesson_ids=[str(uuid4()), LESSON])
    (quiz,) = world.call("ExportQuizzes", asked)[0].quizzes
    assert (quiz.lesson_id, quiz.title, quiz.pass_percentage) == (LESSON, "Quiz", 60)
    assert not world.import_quiz(quiz.gift)[0].changed
    world.call("RemoveQuizzes", pb.RemoveQuizzesRequest(course_id=COURSE, lesson_ids=[LESSON]))
    assert not world.call("ExportQuizzes", asked)[0].quizzes


def test_check_gift_keeps_nothing(world: World) -> None:
    reply, _ = world.call("CheckGift", pb.CheckGiftRequest(gift="Q1 {=a ~b}"))
    assert reply.question_count == 1
    assert world.rows() == []

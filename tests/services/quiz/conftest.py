from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from services.kit.data.database import Database
from services.kit.events.events import Events
from services.kit.metrics import Metrics
from stellr.quiz.v1.quiz_internal_service_pb2_grpc import QuizInternalServiceStub
from tests.services.own_course import OwnCourse, make_course
from tests.services.quiz.quizzes import enroll, import_quiz
from tests.support import Learner, Stack


@pytest.fixture
def database(database_of: Callable[[str], Database]) -> Database:
    return database_of("quiz")


def _no_channel(service: str) -> None:
    raise AssertionError(f"nobody follows {service}")


@pytest.fixture
def events(database: Database) -> Events:
    return Events("quiz", database, _no_channel, Metrics("quiz", "test"))  # type: ignore[arg-type]


@pytest.fixture(name="own", scope="module")
def _own(stack: Stack) -> OwnCourse:
    own = make_course(stack.mesh, has_quiz=True)
    import_quiz(stack, own.lesson_id)
    import_quiz(stack, own.preview_id)
    return own


@pytest.fixture(name="pupil")
def _pupil(stack: Stack, own: OwnCourse) -> Learner:
    return enroll(stack, own)


@pytest.fixture(name="quizzes")
def _quizzes(stack: Stack) -> Iterator[QuizInternalServiceStub]:
    with stack.mesh("gateway", "quiz") as channel:
        yield QuizInternalServiceStub(channel)

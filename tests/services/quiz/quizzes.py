"""A quiz of three questions, and what tests do with it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from stellr.quiz.v1 import quiz_internal_service_pb2 as pb
from stellr.quiz.v1.quiz_internal_service_pb2_grpc import QuizInternalServiceStub
from tests.services.own_course import OwnCourse
from tests.support import Learner, Stack, register

GIFT = """
::Capital::The capital of France is {=Paris#Yes, on the Seine. ~Lyon ~Nice ####Look at a map.}

::Primes::Which are primes? {~%50%2 ~%50%3 ~%-100%4}

::Earth::The earth is flat {F#Look at the horizon.#Well seen.}
"""
# Only imports of one course wait for each other.
COURSE = str(uuid4())
RIGHT = {
    "The capital of France is": {"Paris"},
    "Which are primes?": {"2", "3"},
    "The earth is flat": {"False"},
}


def enroll(stack: Stack, own: OwnCourse) -> Learner:
    somebody = register(stack)
    assert somebody.post(f"/courses/{own.course_id}/enroll").status_code == 200
    return somebody


def import_quiz(stack: Stack, lesson_id: str, gift: str = GIFT) -> pb.ImportedQuiz:
    with stack.mesh("gateway", "quiz") as channel:
        stub = QuizInternalServiceStub(channel)
        (quiz,) = stub.ImportQuizzes(quiz_request(lesson_id, gift)).quizzes
        return quiz


def quiz_request(
    lesson_id: str, gift: str = GIFT, *more: pb.ImportQuiz, pass_percentage: int = 60
) -> pb.ImportQuizzesRequest:
    return pb.ImportQuizzesRequest(
        course_id=COURSE,
        pass_percentage=pass_percentage,
        quizzes=[pb.ImportQuiz(lesson_id=lesson_id, title="Quiz", gift=gift), *more],
    )


def right_answers(quiz: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "questionId": question["questionId"],
            "optionIds": [
                option["optionId"]
                for option in question["options"]
                if option["text"] in RIGHT[question["text"]]
            ],
        }
        for question in quiz["questions"]
    ]


def no_answers(quiz: dict[str, Any]) -> list[dict[str, Any]]:
    """What somebody hands in who knows nothing."""
    return [{"questionId": question["questionId"]} for question in quiz["questions"]]


def ids(quiz: dict[str, Any]) -> dict[str, str]:
    found = {}
    for question in quiz["questions"]:
        found[question["text"]] = question["questionId"]
        for option in question["options"]:
            found[f"{question['text']}/{option['text']}"] = option["optionId"]
    return found

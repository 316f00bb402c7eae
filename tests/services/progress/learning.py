"""What learners do in courses, through the door, and what quiz tells of them."""

from __future__ import annotations

from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from stellr.quiz.v1.events_pb2 import QuizPassed
from tests.services import outbox
from tests.support import Learner, Stack, Visitor, eventually

Lessons = list[dict[str, Any]]


def mark(learner: Visitor, lesson_id: str) -> dict[str, Any]:
    answer = learner.post("/progress/mark-complete", {"lessonId": lesson_id})
    assert answer.status_code == 200, answer.text
    progress: dict[str, Any] = answer.json()
    return progress


def pass_quizzes(stack: Stack, learner: Learner, course_id: str, *lesson_ids: str) -> None:
    """Have quiz tell that the learner passed these quizzes, and wait until progress knows."""
    now = Timestamp()
    now.GetCurrentTime()
    told = [
        QuizPassed(user_id=learner.user_id, lesson_id=each, course_id=course_id, pass_time=now)
        for each in lesson_ids
    ]
    outbox.write(stack.run["databases"]["quiz"], *told)

    def known() -> bool:
        lessons = learner.get(f"/progress/me/courses/{course_id}").json()["lessons"]
        return {*lesson_ids} <= {each["lessonId"] for each in lessons if each["quizPassed"]}

    eventually(known)


def quizzes_of(lessons: Lessons) -> list[str]:
    return [lesson["lessonId"] for lesson in lessons if lesson["hasQuiz"]]


def finish(stack: Stack, learner: Learner, course: dict[str, Any], lessons: Lessons) -> None:
    for lesson in lessons:
        mark(learner, lesson["lessonId"])
    pass_quizzes(stack, learner, course["courseId"], *quizzes_of(lessons))

"""Results graded anew, through Envoy."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests import support
from tests.support import Learner, Stack, Visitor, eventually, reason

PARIS = {"text": "Paris", "correct": False}
LYON = {"text": "Lyon", "correct": True}
TEXT = "Capital of France?"


def quiz(*options: dict[str, Any], **more: Any) -> dict[str, Any]:
    question = {"text": TEXT, "type": "QUESTION_TYPE_SINGLE_CHOICE", "options": list(options)}
    return {"title": "Capitals", "questions": [question], **more}


WRONG = quiz(PARIS, LYON)
MENDED = quiz({**PARIS, "correct": True, "feedback": "Indeed"}, {**LYON, "correct": False})


class Course:
    """A course with one lesson, and a quiz that is wrong."""

    def __init__(self, stack: Stack, author: Learner) -> None:
        self.author = author
        self.course = author.post("/courses", {"title": "Stars"}).json()["courseId"]
        lesson = author.post(f"/courses/{self.course}/lessons", {"title": "One"}).json()
        self.path = f"/quiz/{lesson['lessonId']}"
        self.etag = self.write(WRONG)
        assert author.post(f"/courses/{self.course}:publish").status_code == 200
        self.pupil = support.register(stack)
        assert self.pupil.post(f"/courses/{self.course}/enroll").status_code == 200

    def write(self, quiz: dict[str, Any]) -> str:
        answer = self.author.put(f"{self.path}/edit", quiz)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["etag"])

    def submit(self, text: str) -> dict[str, Any]:
        (question,) = self.pupil.get(self.path).json()["questions"]
        chosen = [each["optionId"] for each in question["options"] if each["text"] == text]
        answers = [{"questionId": question["questionId"], "optionIds": chosen}]
        found: dict[str, Any] = self.pupil.post(f"{self.path}/submit", {"answers": answers}).json()
        return found

    def regrade(self, **body: Any) -> Any:
        return self.author.post(f"{self.path}:regrade", body)

    def result(self) -> dict[str, Any]:
        (found,) = self.pupil.get(f"{self.path}/results").json()["results"]
        return dict(found)


@pytest.fixture(name="author", scope="module")
def _author(stack: Stack) -> Learner:
    return support.author(stack)


@pytest.fixture(name="course")
def _course(stack: Stack, author: Learner) -> Course:
    return Course(stack, author)


def test_who_may_not(stack: Stack, course: Course) -> None:
    path = f"{course.path}:regrade"
    assert Visitor(stack).http.post(path, json={}).status_code == 401
    for learner in (course.pupil, support.register(stack)):
        refused = learner.post(path, {})
        assert (refused.status_code, reason(refused)) == (403, "ROLE_REQUIRED")
    refused = support.author(stack).post(path, {})
    assert (refused.status_code, reason(refused)) == (403, "NOT_YOUR_COURSE")
    admin = support.register(stack)
    support.grant(stack, admin, "admin")
    assert admin.post(path, {}).json() == {"resultCount": 0}


def test_a_mended_quiz_reaches_results_and_says_so(course: Course) -> None:
    before = course.submit("Paris")
    assert (before["percentage"], before["passed"]) == (0, False)
    assert before.get("regradeTime") is before.get("previousPercentage") is None
    course.write(MENDED)
    assert course.result() == before
    answer = course.regrade()
    assert (answer.status_code, answer.json()) == (200, {"resultCount": 1})
    now = eventually(lambda: found if (found := course.result()).get("regradeTime") else None)
    (question,) = now["questionResults"]
    changed = {"score", "percentage", "passed", "questionResults", "regradeTime"}
    changed.add("previousPercentage")
    assert {name: now[name] for name in now if name not in changed} == {
        name: before[name] for name in before if name not in changed
    }
    assert (now["score"], now["percentage"], now["passed"]) == (1, 100, True)
    assert now["previousPercentage"] == 0
    assert (question["correct"], question["points"], question["text"]) == (True, 1, TEXT)
    assert (question["answers"], question["correctAnswers"]) == (["Paris"], ["Paris"])
    assert question["feedback"] == "Indeed"
    shown = course.pupil.get(course.path).json()
    assert (shown["bestPercentage"], shown["percentage"], shown["passed"]) == (100, 100, True)

    def passed() -> int:
        found = course.pupil.get(f"/progress/me/courses/{course.course}").json()
        return int(found["quizzesPassed"])

    eventually(lambda: passed() == 1)
    assert course.regrade().json() == {"resultCount": 0}
    assert course.result() == now


def test_what_is_never_shown_stays_hidden(course: Course) -> None:
    course.submit("Paris")
    course.write({**MENDED, "reviewPolicy": "REVIEW_NEVER"})
    course.regrade()
    now = eventually(lambda: found if (found := course.result()).get("regradeTime") else None)
    (question,) = now["questionResults"]
    hidden = ("correctAnswers", "correctOptionIds", "feedback")
    assert not any(question.get(name) for name in hidden)


def test_what_cannot_be(course: Course) -> None:
    course.submit("Paris")
    course.write(MENDED)
    stale = course.regrade(etag=course.etag)
    assert (stale.status_code, reason(stale)) == (409, "ETAG_STALE")
    assert course.regrade(etag="x" * 101).status_code == 400
    for unknown in (str(uuid4()), "no-id"):
        gone = course.author.post(f"/quiz/{unknown}:regrade", {})
        assert (gone.status_code, reason(gone)) == (404, "LESSON_NOT_FOUND")
    course.author.delete(f"{course.path}/edit")
    gone = course.regrade()
    assert (gone.status_code, reason(gone)) == (404, "QUIZ_NOT_FOUND")

"""Who enrolled is in the course at once, whichever service is asked, also one that knew better."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support import Learner

ASK = {
    "course": lambda learner, lesson: learner.get(f"/lessons/{lesson}"),
    "media": lambda learner, lesson: learner.get(f"/media/lesson/{lesson}"),
    "quiz": lambda learner, lesson: learner.get(f"/quiz/{lesson}"),
    "progress": lambda learner, lesson: learner.post(
        "/progress/mark-complete", {"lessonId": lesson}
    ),
}


@pytest.mark.parametrize("service", ASK)
def test_a_learner_is_let_in_at_once(
    learner: Callable[..., Learner],
    course: dict[str, Any],
    lessons: list[dict[str, Any]],
    service: str,
) -> None:
    closed = next(x for x in lessons if not x.get("preview") and x.get("hasQuiz"))["lessonId"]
    for _ in range(5):
        somebody = learner()
        assert ASK[service](somebody, closed).status_code == 404
        assert somebody.get("/progress/me").json().get("courses", []) == []
        assert somebody.post(f"/courses/{course['courseId']}/enroll").status_code == 200
        assert ASK[service](somebody, closed).status_code == 200
        assert len(somebody.get("/progress/me").json()["courses"]) == 1

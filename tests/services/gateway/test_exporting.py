"""A person's data from every service, through the door and beside it."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.gateway.exporting import EXPORTS, Exporter
from services.kit.errors import ServiceUnavailable
from tests import support
from tests.services.own_course import OwnCourse, make_course
from tests.services.quiz.quizzes import enroll, import_quiz, right_answers
from tests.support import Learner, Stack, Visitor, reason, started

KEEPING = ["auth", "user", "course", "progress", "quiz", "certificate", "notification", "media"]


@pytest.fixture(name="own", scope="module")
def _own(stack: Stack) -> OwnCourse:
    own = make_course(stack.mesh, has_quiz=True)
    for lesson_id in (own.lesson_id, own.preview_id):
        import_quiz(stack, lesson_id)
    return own


def graduate(stack: Stack, own: OwnCourse) -> Learner:
    """A learner who completed a course with its quizzes, and has the certificate."""
    somebody = enroll(stack, own)
    for lesson_id in (own.lesson_id, own.preview_id):
        somebody.post("/progress/mark-complete", {"lessonId": lesson_id})
        answers = right_answers(somebody.get(f"/quiz/{lesson_id}").json())
        passed = somebody.post(f"/quiz/{lesson_id}/submit", {"answers": answers}).json()
        assert passed["passed"] is True
    support.eventually(
        lambda: somebody.get(f"/certificate/{own.course_id}").json().get("certificate"), 10
    )
    return somebody


def export(somebody: Visitor) -> dict[str, Any]:
    answer = somebody.get("/me/export")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_learner_takes_everything_along(stack: Stack, own: OwnCourse) -> None:
    somebody = graduate(stack, own)
    found = export(somebody)
    assert list(found) == ["exportTime", "userId", *KEEPING]
    assert found["userId"] == somebody.user_id
    exported = datetime.fromisoformat(found["exportTime"])
    assert timedelta(0) <= datetime.now(UTC) - exported < timedelta(seconds=10)
    (enrollment,) = found["course"]["enrollments"]
    assert (enrollment["courseId"], enrollment["courseSlug"]) == (own.course_id, own.slug)
    assert enrollment["courseTitle"] == "A course of its own"
    progress = found["progress"]
    (course,) = progress["courses"]
    assert course["courseId"] == own.course_id
    assert course["completeTime"]
    lessons = {own.lesson_id, own.preview_id}
    assert {each["lessonId"] for each in progress["lessonCompletions"]} == lessons
    assert {each["lessonId"] for each in progress["quizPasses"]} == lessons
    results = found["quiz"]["results"]
    assert {each["lessonId"] for each in results} == lessons
    assert {each["percentage"] for each in results} == {100.0}
    assert all(len(each["answers"]) == len(each["questionResults"]) == 3 for each in results)
    assert {each["bestPercentage"] for each in found["quiz"]["standings"]} == {100.0}
    (certificate,) = found["certificate"]["certificates"]
    issued = somebody.get(f"/certificate/{own.course_id}").json()["certificate"]
    assert certificate["serial"] == issued["serial"]
    assert certificate["learnerName"] == somebody.name


def test_nobody_sees_what_is_another_persons(
    stack: Stack, own: OwnCourse, learner: Callable[..., Learner], visitor: Visitor
) -> None:
    somebody, other = graduate(stack, own), learner()
    text = other.get("/me/export").text
    for secret in (somebody.user_id, somebody.email, own.course_id):
        assert secret not in text
    found = export(other)
    assert found["course"] == {"enrollments": [], "courses": []}
    assert found["quiz"] == {"standings": [], "attempts": [], "results": []}
    assert found["certificate"] == {"certificates": []}
    answer = visitor.get("/me/export")
    assert (answer.status_code, reason(answer)) == (401, "SIGN_IN_REQUIRED")
    bad = Visitor(stack, "no.token.this").get("/me/export")
    assert (bad.status_code, reason(bad)) == (401, "TOKEN_INVALID")


def test_it_is_a_file_to_be_saved_and_kept_by_nobody(
    stack: Stack, learner: Callable[..., Learner]
) -> None:
    somebody = learner()
    answer = somebody.http.get("/me/export", headers={"accept-encoding": "identity"})
    assert answer.headers["content-type"] == "application/json"
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert somebody.http.head("/me/export").headers["content-length"]
    assert somebody.http.get("/me/export").json().keys() == answer.json().keys()
    assert answer.headers["content-disposition"] == 'attachment; filename="stellr-export.json"'
    assert answer.headers["cache-control"] == "no-store"
    support.eventually(lambda: not list((stack.state / "exports").iterdir()))


def test_ten_a_minute_are_enough(learner: Callable[..., Learner]) -> None:
    somebody, other = learner(), learner()
    answers = [somebody.get("/me/export") for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert other.get("/me/export").status_code == 200


def test_many_at_once_get_a_whole_document_or_a_refusal(
    stack: Stack, learner: Callable[..., Learner]
) -> None:
    # Envoy asks again for who is refused.
    people = [learner() for _ in range(20)]
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda somebody: somebody.get("/me/export"), people))
    assert {answer.status_code for answer in answers} <= {200, 503}
    for somebody, answer in zip(people, answers, strict=True):
        if answer.status_code == 200:
            assert answer.json()["userId"] == somebody.user_id
            assert list(answer.json()) == ["exportTime", "userId", *KEEPING]
        else:
            assert reason(answer) == "SERVICE_UNAVAILABLE"
            assert answer.headers["retry-after"]
    assert any(answer.status_code == 200 for answer in answers)
    assert people[0].get("/healthz").status_code == 200


def test_who_does_not_wait_leaves_nothing_behind(
    stack: Stack, learner: Callable[..., Learner]
) -> None:
    somebody = learner()
    for seconds in (0.001, 0.003, 0.006, 0.01, 0.02, 0.03):
        # A quick machine may answer in time.
        with suppress(httpx.TimeoutException):
            httpx.get(
                f"{stack.url}/me/export",
                headers={"authorization": f"Bearer {somebody.token}"},
                timeout=httpx.Timeout(5, read=seconds),
            )
    support.eventually(lambda: not list((stack.state / "exports").iterdir()))
    assert export(somebody)["userId"] == somebody.user_id
    log = (stack.state / "logs" / "gateway-0.log").read_text()
    assert "generator already executing" not in log


def test_more_than_a_process_gathers_at_once_are_refused(stack: Stack, tmp_path: Path) -> None:
    """One more than may, while the others wait for a service that stands still."""
    with stack.mesh("gateway", "media") as channel:
        exporter = Exporter([channel])
        for _ in range(EXPORTS):
            exporter._free.acquire()
        with pytest.raises(ServiceUnavailable):
            exporter.gather(UUID(int=1), tmp_path)
        exporter._free.release()
        (part,) = exporter.gather(UUID(int=1), tmp_path)
        assert json.loads(part.path.read_bytes()) == {"views": [], "uploads": []}
        exporter.gather(UUID(int=1), tmp_path)


def test_without_one_service_there_is_no_document() -> None:
    with started() as own:
        somebody = support.register(own)
        assert export(somebody)["course"] == {"enrollments": [], "courses": []}
        with _gone(own, "quiz"):
            answer = somebody.get("/me/export")
            assert (answer.status_code, reason(answer)) == (503, "SERVICE_UNAVAILABLE")
            assert "content-disposition" not in answer.headers
            assert answer.headers["retry-after"]
            assert not list((own.state / "exports").iterdir())
        support.eventually(lambda: _is_whole(own), 30)
        assert export(somebody)["course"] == {"enrollments": [], "courses": []}


def _is_whole(stack: Stack) -> bool:
    """Whether everything serves; one may not ask for exports as often as one looks."""
    return Visitor(stack).get("/readyz").status_code == 200


@contextmanager
def _gone(stack: Stack, service: str) -> Iterator[None]:
    """Kill a service, and keep the launcher from starting it again meanwhile."""
    assert stack.process is not None
    os.kill(stack.process.pid, signal.SIGSTOP)
    try:
        os.kill(stack.part(f"{service}-0")["pid"], signal.SIGKILL)
        yield
    finally:
        os.kill(stack.process.pid, signal.SIGCONT)

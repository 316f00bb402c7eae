"""Learners see all of an import at once, also when it dies midway."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from services.gateway.importing.importer import Importer
from services.gateway.importing.work import Services
from services.kit.errors import ServiceUnavailable
from services.kit.rpc.clients import MeshChannel
from stellr.gateway.v1 import gateway_internal_service_pb2 as pb
from tests.support import Learner, Stack, Visitor, register

NIGHT_SKY = Path(__file__).parents[4] / "edge" / "demo" / "the-night-sky"
LAST = "lessons/04-"
STEPS = ("PlanImport", "ImportQuizzes", "SetCourseMedia", "CommitImport")


class Killed(BaseException):
    """Stands for the end of the process."""


@dataclass
class Process:
    """A process that dies right after one of its RPCs, and does nothing any more."""

    last: str
    is_dead: bool = False

    def importer(self, importer: Importer) -> Importer:
        """The importer of this process."""
        return Importer(Services(*(Dying(stub, self) for stub in importer.services)))  # type: ignore[arg-type]


class Dying:
    """A stub in a process that dies; what only checks is no step."""

    def __init__(self, stub: Any, process: Process) -> None:
        self._stub = stub
        self._process = process

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            reply = None if self._process.is_dead else getattr(self._stub, name)(*args, **kwargs)
            only_checks = getattr(args[0], "validate_only", False)
            self._process.is_dead |= name == self._process.last and not only_checks
            if self._process.is_dead:
                raise Killed
            return reply

        return call


@pytest.fixture(name="importer")
def _importer(mesh: Callable[[str, str], MeshChannel]) -> Importer:
    return Importer.over(
        *(mesh("gateway", name) for name in ("course", "quiz", "media", "progress"))
    )


@pytest.fixture(name="slug")
def _slug() -> str:
    return f"sky-{uuid4().hex}"


@pytest.fixture(name="old")
def _old(tmp_path: Path, slug: str) -> Path:
    root = tmp_path / "old"
    shutil.copytree(NIGHT_SKY, root)
    course = root / "course.yaml"
    course.write_text(course.read_text().replace("slug: the-night-sky", f"slug: {slug}"))
    return root


@pytest.fixture(name="new")
def _new(old: Path) -> Path:
    """The course with a quiz in its last lesson too, and a new lesson with a quiz behind it."""
    root = old.with_name("new")
    shutil.copytree(old, root)
    (root / "quizzes" / "new.gift").write_text("Is it new? {T}\n")
    (last,) = root.glob(f"{LAST}*.md")
    last.write_text(last.read_text().replace("\n---\n", "\nquiz: quizzes/new.gift\n---\n", 1))
    new = "---\ntitle: New\nquiz: quizzes/new.gift\n---\nNew.\n"
    (root / "lessons" / "05-new.md").write_text(new)
    course = (root / "course.yaml").read_text()
    item = f"- {last.relative_to(root)}\n"
    assert item in course
    indent = course[course.rindex("\n", 0, course.index(item)) :].split("-")[0]
    more = course.replace(item, f"{item.rstrip()}{indent}- lessons/05-new.md\n")
    (root / "course.yaml").write_text(more)
    return root


def bring(importer: Importer, root: Path) -> list[pb.ImportEvent]:
    return list(importer.run(importer.check(root).course, False, lambda _: True))


def lessons(visitor: Visitor, slug: str) -> list[dict[str, Any]]:
    sections = visitor.get(f"/courses/{slug}").json()["sections"]
    return [lesson for section in sections for lesson in section["lessons"]]


def quizzes(visitor: Visitor, slug: str) -> list[bool]:
    return [lesson["hasQuiz"] for lesson in lessons(visitor, slug)]


def enroll(stack: Stack, slug: str) -> Learner:
    learner = register(stack)
    assert learner.post(f"/courses/{slug}/enroll").status_code == 200
    return learner


def expire_plans(stack: Stack) -> None:
    with psycopg.connect(stack.run["databases"]["course"], autocommit=True) as connection:
        connection.execute("UPDATE import_plans SET expires_at = now() WHERE changed IS NULL")


BEFORE, AFTER = [True, True, True, False], [True] * 5


def test_a_reader_sees_the_old_course_or_the_new_one(
    stack: Stack, importer: Importer, old: Path, new: Path, slug: str
) -> None:
    bring(importer, old)
    learner, done = enroll(stack, slug), Event()

    def read() -> Iterator[list[bool]]:
        while not done.is_set():
            seen = lessons(learner, slug)
            for lesson in seen:
                if lesson["hasQuiz"]:
                    answer = learner.get(f"/quiz/{lesson['lessonId']}")
                    assert answer.status_code == 200, answer.text
            yield [lesson["hasQuiz"] for lesson in seen]

    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(lambda: list(read()))
        try:
            bring(importer, new)
        finally:
            done.set()
        seen = reading.result(30)
    assert all(each in (BEFORE, AFTER) for each in seen)
    assert quizzes(learner, slug) == AFTER


@pytest.mark.parametrize("step", STEPS)
def test_an_import_that_dies_midway_leaves_one_course_and_is_completed_by_the_next(
    stack: Stack, importer: Importer, new: Path, slug: str, step: str
) -> None:
    bring(importer, new.with_name("old"))
    learner = enroll(stack, slug)
    before = lessons(learner, slug)
    with pytest.raises(Killed):
        bring(Process(step).importer(importer), new)
    if step == STEPS[-1]:
        assert quizzes(learner, slug) == AFTER
    else:
        assert lessons(learner, slug) == before
    if step != STEPS[-1]:
        with pytest.raises(ServiceUnavailable):
            bring(importer, new)
        expire_plans(stack)
    assert bring(importer, new)[-1].summary.lesson_count == 5
    assert quizzes(learner, slug) == AFTER
    after = lessons(learner, slug)
    assert [each["lessonId"] for each in after[:4]] == [each["lessonId"] for each in before]
    assert all(learner.get(f"/quiz/{each['lessonId']}").status_code == 200 for each in after)
    assert not bring(importer, new)[-1].summary.changed


def test_an_import_that_is_left_midway_keeps_nobody_waiting(
    importer: Importer, old: Path, new: Path, slug: str, visitor: Visitor
) -> None:
    bring(importer, old)
    events = importer.run(importer.check(new).course, False, lambda _: True)
    assert [next(events).step.done for _ in range(3)] == [1, 2, 3]
    events.close()
    assert quizzes(visitor, slug) == BEFORE
    assert bring(importer, old)[-1].summary.lesson_count == 4


def test_a_quiz_is_removed_after_the_lesson_lost_it(
    stack: Stack, importer: Importer, old: Path, new: Path, slug: str
) -> None:
    bring(importer, new)
    learner = enroll(stack, slug)
    (root := new.with_name("without")).mkdir()
    shutil.copytree(new, root, dirs_exist_ok=True)
    lesson = root / "lessons" / "05-new.md"
    lesson.write_text(lesson.read_text().replace("quiz: quizzes/new.gift\n", ""))
    with pytest.raises(Killed):
        bring(Process("CommitImport").importer(importer), root)
    *_, last = lessons(learner, slug)
    assert last["hasQuiz"] is False
    assert bring(importer, root)[-1].summary.changed
    assert learner.get(f"/quiz/{last['lessonId']}").status_code == 404
    assert not bring(importer, root)[-1].summary.changed

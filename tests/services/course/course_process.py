"""The course service without a network."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID, uuid4

import psycopg
import pytest
from google.protobuf.message import Message

from services.course.service import build
from services.kit import call as calls
from services.kit.events.kinds import kind_of
from services.kit.process.runtime import Runtime
from services.kit.rpc.policy import MethodPolicy, policies
from stellr.course.v1 import authoring_service_pb2 as authoring
from stellr.course.v1 import course_internal_service_pb2 as internal

SERVICES = (
    "stellr.course.v1.CourseService",
    "stellr.course.v1.AuthoringService",
    "stellr.course.v1.CourseInternalService",
)
Told = TypeVar("Told", bound=Message)
_EVENTS = "SELECT payload FROM events WHERE kind = %s ORDER BY event_id"


@dataclass
class Context:
    """What a servicer is told of a call, and the headers that it sends."""

    asked: tuple[tuple[str, str], ...] = ()
    sent: tuple[tuple[str, str], ...] = ()

    def invocation_metadata(self) -> tuple[tuple[str, str], ...]:
        """The headers of the call."""
        return self.asked

    def send_initial_metadata(self, headers: tuple[tuple[str, str], ...]) -> None:
        """Keep the headers of the answer."""
        self.sent = headers


@dataclass
class Process:
    """A process of the course service; calls go to its servicers directly."""

    runtime: Runtime
    context: Context = field(default_factory=Context)

    def __post_init__(self) -> None:
        registrations = build(self.runtime).servicers
        self._servicers = [registration.servicer for registration in registrations]
        self._policies = {path.split("/")[-1]: rpc for path, rpc in policies(SERVICES).items()}
        self.runtime.events.start(self.runtime.supervisor)
        self.runtime.supervisor.start()

    def __call__(self, rpc: str, request: Any, user_id: UUID | None = None, *roles: str) -> Any:
        """Handle one RPC as the chain does: a call, a transaction for what writes, the handler."""
        caller = calls.Caller(user_id=user_id, roles=frozenset(roles))
        policy = self._policies[rpc]
        token = calls.enter(calls.Call(method=rpc, caller=caller))
        servicer = next(found for found in self._servicers if rpc in type(found).__dict__)
        try:
            with self._transaction(policy):
                reply = getattr(servicer, rpc)(request, self.context)
        finally:
            calls.leave(token)
        return policy.reply.FromString(reply) if isinstance(reply, bytes) else reply

    def _transaction(self, policy: MethodPolicy) -> Any:
        return nullcontext() if policy.reads_only else self.runtime.database.transaction()

    def told(self, kind: type[Told]) -> list[Told]:
        """The events of a kind that were ever written, in order."""
        with psycopg.connect(self.runtime.database.url) as connection:
            rows = connection.execute(_EVENTS, [kind_of(kind())]).fetchall()
        return [kind.FromString(payload) for (payload,) in rows]

    def stop(self) -> None:
        """End what runs in it, and its connections."""
        self.runtime.stopping.set()
        self.runtime.events.stop()
        self.runtime.supervisor.stop(5)
        self.runtime.close()

    def at_once(self, times: int, work: Callable[[int], Any]) -> list[Any]:
        """The results of as many calls of `work`, sixteen at a time."""
        with ThreadPoolExecutor(16) as threads:
            return list(threads.map(work, range(times)))


@dataclass
class Statements:
    """Counts the statements that the test's own thread sends to databases."""

    count: int = 0
    _thread: int = field(default_factory=threading.get_ident)

    def watch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Begin to count."""
        # RawCursor inherits it.
        monkeypatch.setattr(psycopg.Cursor, "execute", self._counting(psycopg.Cursor.execute))

    def _counting(self, execute: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **kwargs: Any) -> Any:
            self.count += threading.get_ident() == self._thread
            return execute(*args, **kwargs)

        return counted


def lesson(key: str, **values: Any) -> internal.ImportLesson:
    """A lesson to import, its title made from its key."""
    return internal.ImportLesson(
        **{"key": key, "title": key.title(), "body": f"# {key}", "minutes": 10, **values}
    )


def content(slug: str = "stars", **values: Any) -> internal.CourseContent:
    """A course to import: two sections with two and one lessons, the first a preview."""
    sections = [
        internal.ImportSection(title="One", lessons=[lesson("a", preview=True), lesson("b")]),
        internal.ImportSection(title="Two", lessons=[lesson("c")]),
    ]
    facts = {
        "title": "Stars",
        "summary": "What shines at night.",
        "language": "en",
        "category": "Science",
        "tags": ["Sky", "Night"],
        "authors": ["Ada"],
        "license": "CC0-1.0",
        "sections": sections,
    }
    return internal.CourseContent(slug=slug, **{**facts, **values})


@dataclass(frozen=True)
class Imported:
    """What came of an import; `lessons` are the ids by key, in order."""

    course_id: str
    lessons: dict[str, str]
    changed: bool

    @property
    def ids(self) -> list[str]:
        """The ids of the lessons, in order."""
        return list(self.lessons.values())


def plan(process: Process, course: internal.CourseContent, **values: Any) -> internal.ImportPlan:
    """Plan an import. A new course is then there, and not published."""
    values = {"plan_id": str(uuid4()), "remove_lessons": True, **values}
    planned: internal.ImportPlan = process(
        "PlanImport", internal.PlanImportRequest(content=course, **values)
    )
    return planned


def draft(process: Process, title: str, owner: UUID | None = None) -> str:
    """A draft with a lesson, of a person or of the administrators; its id."""
    roles = ("author",) if owner else ("admin",)
    create = authoring.CreateCourseRequest(course=authoring.CourseChange(title=title))
    course_id: str = process("CreateCourse", create, owner, *roles).course_id
    lesson = authoring.LessonChange(title="First")
    add = authoring.CreateLessonRequest(course=course_id, lesson=lesson)
    process("CreateLesson", add, owner, *roles)
    return course_id


def bring(process: Process, course: internal.CourseContent) -> Imported:
    """Import a course, whatever lessons it loses by that."""
    plan_id = str(uuid4())
    planned = plan(process, course, plan_id=plan_id)
    done = process("CommitImport", internal.CommitImportRequest(plan_id=plan_id))
    lessons = {each.key: each.lesson_id for each in planned.lessons}
    return Imported(planned.course_id, lessons, done.changed)

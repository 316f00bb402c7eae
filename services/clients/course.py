"""What services ask of course: what a course consists of, and who is in it.

It is kept at hand while course tells of its changes, so that a call costs nothing most of the time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

from services.kit.data.tables import as_uuid
from services.kit.errors import NotFound
from services.kit.events.cache import EventCache, Loaded
from services.kit.events.events import Drops
from services.kit.process.runtime import Runtime
from stellr.course.v1 import course_internal_service_pb2 as pb
from stellr.course.v1.course_internal_service_pb2_grpc import CourseInternalServiceStub
from stellr.course.v1.events_pb2 import EnrollmentChanged, OutlineChanged

OUTLINES = 20_000
LEARNERS = 50_000
Enrollments = Mapping[UUID, datetime]
"""The courses that a learner is in, newest first, and since when."""


class Lesson(NamedTuple):
    """A lesson of a course."""

    lesson_id: str
    title: str
    has_quiz: bool
    preview: bool


@dataclass(frozen=True)
class Outline:
    """A course and its lessons, in order; one that is not published has no slug, title, lessons."""

    course_id: UUID
    slug: str
    title: str
    lessons: tuple[Lesson, ...]

    @property
    def is_published(self) -> bool:
        """Whether learners see the course."""
        return bool(self.slug)

    @cached_property
    def lesson_ids(self) -> frozenset[str]:
        """The ids of all lessons."""
        return frozenset(lesson.lesson_id for lesson in self.lessons)

    @cached_property
    def quiz_ids(self) -> frozenset[str]:
        """The ids of the lessons that have a quiz."""
        return frozenset(lesson.lesson_id for lesson in self.lessons if lesson.has_quiz)

    @cached_property
    def previews(self) -> frozenset[str]:
        """The ids of the lessons that anyone may read."""
        return frozenset(lesson.lesson_id for lesson in self.lessons if lesson.preview)


class Courses:
    """Course's NOT_FOUND, for what does not exist and what is not published alike, passes through.

    Of a course it is remembered where an empty outline is told instead, till course tells of a
    change: who is asked to let somebody in asks anew.
    """

    def __init__(
        self,
        course: CourseInternalServiceStub,
        outlines: EventCache[Outline],
        enrollments: EventCache[Enrollments],
    ) -> None:
        self._course = course
        self._outlines = outlines
        self._enrollments = enrollments

    @classmethod
    def of(cls, runtime: Runtime) -> Courses:
        """What a process keeps of course."""
        outlines: Drops = {OutlineChanged: lambda event: event.course_id}
        enrollments: Drops = {EnrollmentChanged: lambda event: event.user_id}
        return cls(
            CourseInternalServiceStub(runtime.channel("course")),
            runtime.events.cache("outlines", size=OUTLINES, drops=outlines),
            runtime.events.cache("enrollments", size=LEARNERS, drops=enrollments),
        )

    def of_lesson(self, lesson_id: str) -> Outline:
        """The outline of the course that a lesson is in."""
        return self._outlines.get(
            _lesson_key(lesson_id), lambda: self._ask(pb.GetOutlineRequest(lesson_id=lesson_id))
        )

    def find(self, course: str) -> Outline:
        """The outline of a course, by its id or slug."""
        key = str(as_uuid(course) or course)
        return self._outlines.get(key, lambda: self._ask(pb.GetOutlineRequest(course=course)))

    def find_or_empty(self, course_id: str) -> Outline:
        """The outline of a course; an empty one while it is not published."""
        key = _any_key(course_id)
        return self._outlines.get(key, lambda: self._ask_or_empty(course_id))

    def enrollments(self, user_id: UUID) -> Enrollments:
        """The courses that a learner is in; of more than a thousand the newest."""
        key = str(user_id)
        return self._enrollments.get(key, lambda: self._ask_enrollments(key))

    def enrolled_since(self, user_id: UUID, course_id: UUID) -> datetime | None:
        """Since when a learner is in a course, or None.

        None is what course itself says, a second ago at most: the event of who has just enrolled
        may still be under way.
        """
        key = str(user_id)
        found = self._enrollments.get_sure(
            key, lambda courses: course_id in courses, lambda: self._ask_enrollments(key)
        )
        return found.get(course_id)

    def may_read(self, lesson_id: str, user_id: UUID | None) -> bool:
        """Whether a learner, or a visitor, may read a lesson; False where there is none."""
        try:
            outline = self.of_lesson(lesson_id)
        except NotFound:
            return False
        if lesson_id in outline.previews:
            return True
        if user_id is None:
            return False
        return self.enrolled_since(user_id, outline.course_id) is not None

    def _ask(self, request: pb.GetOutlineRequest) -> Loaded[Outline]:
        outline = outline_of(self._course.GetOutline(request))
        return Loaded(outline, tuple(_keys(outline)), (str(outline.course_id),))

    def _ask_or_empty(self, course_id: str) -> Loaded[Outline]:
        try:
            return self._ask(pb.GetOutlineRequest(course=course_id))
        except NotFound:
            empty = Outline(UUID(course_id), "", "", ())
            return Loaded(empty, (_any_key(course_id),), (course_id,))

    def _ask_enrollments(self, key: str) -> Loaded[Enrollments]:
        request = pb.ListLearnerEnrollmentsRequest(user_id=key)
        answer = self._course.ListLearnerEnrollments(request)
        found = {
            UUID(each.course_id): each.enroll_time.ToDatetime(UTC) for each in answer.enrollments
        }
        return Loaded(found, (key,), (key,))


def outline_of(message: pb.Outline) -> Outline:
    """What course tells of a course."""
    lessons = tuple(
        Lesson(each.lesson_id, each.title, each.has_quiz, each.preview) for each in message.lessons
    )
    return Outline(UUID(message.course_id), message.slug, message.title, lessons)


def _keys(outline: Outline) -> Iterable[str]:
    """An id is never a slug; lessons are told apart by their kind."""
    yield str(outline.course_id)
    yield _any_key(str(outline.course_id))
    yield outline.slug
    for lesson in outline.lessons:
        yield _lesson_key(lesson.lesson_id)


def _any_key(course_id: str) -> str:
    return f"any {course_id}"


def _lesson_key(lesson_id: str) -> str:
    return f"lesson {lesson_id}"

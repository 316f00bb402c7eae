"""The outlines of courses and who is in them, asked of course and remembered while it watches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID

from services.kit.events.followed import FollowedCache
from services.kit.identity.tokens import Bounded
from services.kit.process.runtime import Runtime
from stellr.course.v1 import course_internal_service_pb2 as pb
from stellr.course.v1.course_internal_service_pb2_grpc import CourseInternalServiceStub

# Each course has its id, its slug and the ids of its lessons as keys, told apart by their kind.
KEYS = 50_000
LEARNERS = 5_000
SECONDS = 60.0


class _Enrolled(NamedTuple):
    """A learner's outline, good for as long as `course` is what is remembered of the course."""

    course: pb.Outline
    outline: pb.Outline


class Outlines:
    """Finds outlines. Course's NOT_FOUND, for what is not there and what the learner may not see
    alike, passes through, and is never remembered."""

    def __init__(self, runtime: Runtime) -> None:
        self._course = CourseInternalServiceStub(runtime.channel("course"))
        self._courses: FollowedCache[pb.Outline] = FollowedCache(
            self._changes, runtime.stopping, size=KEYS, seconds=SECONDS
        )
        self._learners = Bounded(LEARNERS)

    def of_lesson(self, user_id: UUID, lesson_id: str) -> pb.Outline:
        """The outline of the course of a lesson, with the learner's enrollment."""
        request = pb.GetOutlineRequest(user_id=str(user_id), lesson_id=lesson_id)
        return self._known(user_id, _lesson(lesson_id)) or self._ask(user_id, request)

    def of_course(self, user_id: UUID, course_id: str) -> pb.Outline:
        """The outline of a course (id or slug), with the learner's enrollment."""
        request = pb.GetOutlineRequest(user_id=str(user_id), course=course_id)
        return self._known(user_id, _course(course_id)) or self._ask(user_id, request)

    def _known(self, user_id: UUID, key: str) -> pb.Outline | None:
        course = self._courses.find(key)
        enrolled = course and self._learners.get(f"{user_id} {course.course_id}")
        return enrolled.outline if enrolled and enrolled.course is course else None

    def _ask(self, user_id: UUID, request: pb.GetOutlineRequest) -> pb.Outline:
        generation = self._courses.generation
        outline: pb.Outline = self._course.GetOutline(request)
        course_id = outline.course_id
        course = self._courses.find(_course(course_id))
        if course is None:
            self._courses.keep(course_id, _keys(outline), outline, generation)
            course = self._courses.find(_course(course_id))
        if course is not None and generation == self._courses.generation:
            self._learners.keep(f"{user_id} {course_id}", _Enrolled(course, outline))
        return outline

    def _changes(self) -> Iterator[str]:
        for change in self._course.WatchOutlines(pb.WatchOutlinesRequest()):
            yield change.course_id


def _lesson(lesson_id: str) -> str:
    return f"lesson {lesson_id}"


def _course(reference: str) -> str:
    return f"course {reference}"


def _keys(outline: pb.Outline) -> list[str]:
    lessons = [_lesson(lesson.lesson_id) for lesson in outline.lessons]
    return [_course(outline.course_id), _course(outline.slug), *lessons]

"""Courses as their callers know them, told by a stub that has the courses of a test."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.clients.course import Courses
from services.clients.errors import CourseNotFound, LessonNotFound
from services.kit.events.cache import EventCache
from stellr.course.v1 import course_internal_service_pb2 as pb
from stellr.course.v1.course_pb2 import LessonSummary

ENROLLED_AT = datetime(2026, 11, 22, tzinfo=UTC)


@dataclass
class Feed:
    """A feed that is live for as long as a test says."""

    live_until: float = float("inf")


class CourseStub:
    """Answers as course does, and notes what it was asked."""

    def __init__(self) -> None:
        self.outlines: dict[str, pb.Outline] = {}
        self.enrolled: dict[str, dict[str, datetime]] = {}
        self.hours_apart = 1
        self.asked: list[Any] = []

    def publish(self, course_id: UUID, *lessons: LessonSummary) -> None:
        """Make a published course, or bring it to these lessons."""
        name = str(course_id)
        self.outlines[name] = pb.Outline(course_id=name, slug=f"slug-{name}", lessons=lessons)

    def withdraw(self, course_id: UUID) -> None:
        """Have a course published no more."""
        del self.outlines[str(course_id)]

    def enroll(self, user_id: UUID, *courses: UUID) -> None:
        """Bring a learner into courses, one after the other."""
        mine = self.enrolled.setdefault(str(user_id), {})
        for course_id in courses:
            apart = timedelta(hours=self.hours_apart) * (len(mine) + 1)
            mine[str(course_id)] = ENROLLED_AT + apart

    def leave(self, user_id: UUID, course_id: UUID) -> None:
        """Have a learner be in a course no more; what others were told stays as it was."""
        del self.enrolled[str(user_id)][str(course_id)]

    def GetOutline(self, request: pb.GetOutlineRequest) -> pb.Outline:
        self.asked.append(request)
        for outline in self.outlines.values():
            if request.course in (outline.course_id, outline.slug):
                return outline
            if request.lesson_id in {lesson.lesson_id for lesson in outline.lessons}:
                return outline
        raise LessonNotFound if request.lesson_id else CourseNotFound

    def ListLearnerEnrollments(
        self, request: pb.ListLearnerEnrollmentsRequest
    ) -> pb.ListLearnerEnrollmentsResponse:
        self.asked.append(request)
        answer = pb.ListLearnerEnrollmentsResponse()
        for course_id, at in reversed(self.enrolled.get(request.user_id, {}).items()):
            answer.enrollments.add(course_id=course_id).enroll_time.FromDatetime(at)
        return answer


def known_courses(stub: CourseStub, *, live: bool = True) -> Courses:
    """What a process keeps of the stub's courses; nothing where it is not told of changes."""
    feeds = [Feed() if live else Feed(0.0)]
    return Courses(stub, EventCache(100, feeds), EventCache(100, feeds))  # type: ignore[arg-type]


def lesson(lesson_id: UUID, *, has_quiz: bool = False, preview: bool = False) -> LessonSummary:
    """A lesson of an outline."""
    return LessonSummary(lesson_id=str(lesson_id), has_quiz=has_quiz, preview=preview)

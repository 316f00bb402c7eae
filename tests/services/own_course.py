"""A course of a test's own, taken in as the import takes courses in."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from services.kit.rpc.clients import MeshChannel
from stellr.course.v1 import course_internal_service_pb2 as pb
from stellr.course.v1.course_internal_service_pb2_grpc import CourseInternalServiceStub


@dataclass(frozen=True)
class OwnCourse:
    """A published course with a lesson for the enrolled and a preview."""

    course_id: str
    lesson_id: str
    preview_id: str


def make_course(mesh: Callable[[str, str], MeshChannel]) -> OwnCourse:
    """A new course that no other test knows."""
    course = CourseInternalServiceStub(mesh("gateway", "course"))
    lessons = [
        pb.ImportLesson(key="lesson.md", title="Lesson", body="Read this.", minutes=5),
        pb.ImportLesson(key="preview.md", title="Preview", body="A taste.", preview=True),
    ]
    made = course.ImportCourse(
        pb.ImportCourseRequest(
            slug=f"own-{secrets.token_hex(6)}",
            title="A course of its own",
            language="en",
            sections=[pb.ImportSection(title="Section", lessons=lessons)],
        )
    )
    course.PublishCourse(pb.PublishCourseRequest(course_id=made.course_id))
    ids = {lesson.key: lesson.lesson_id for lesson in made.lessons}
    return OwnCourse(made.course_id, ids["lesson.md"], ids["preview.md"])

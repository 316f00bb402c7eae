"""A course of a test's own, taken in as the import takes courses in."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

from services.kit.rpc.clients import MeshChannel
from stellr.course.v1 import course_internal_service_pb2 as pb
from stellr.course.v1.course_internal_service_pb2_grpc import CourseInternalServiceStub


@dataclass(frozen=True)
class OwnCourse:
    """A published course with a lesson for the enrolled and a preview."""

    course_id: str
    slug: str
    lesson_id: str
    preview_id: str


def make_course(mesh: Callable[[str, str], MeshChannel], *, has_quiz: bool = False) -> OwnCourse:
    """A new course that no other test knows; with `has_quiz` both lessons are to have one."""
    slug = f"own-{secrets.token_hex(6)}"
    plan = import_course(mesh, _content(slug, has_quiz=has_quiz))
    ids = {lesson.key: lesson.lesson_id for lesson in plan.lessons}
    return OwnCourse(plan.course_id, slug, ids["lesson.md"], ids["preview.md"])


def change_course(
    mesh: Callable[[str, str], MeshChannel], own: OwnCourse, *, has_quiz: bool
) -> None:
    """Import the course again, both of its lessons with a quiz or without."""
    import_course(mesh, _content(own.slug, has_quiz=has_quiz))


def _content(slug: str, *, has_quiz: bool) -> pb.CourseContent:
    lessons = [
        pb.ImportLesson(key="lesson.md", title="Lesson", body="Read this.", minutes=5),
        pb.ImportLesson(key="preview.md", title="Preview", body="A taste.", preview=True),
    ]
    for lesson in lessons:
        lesson.has_quiz = has_quiz
    return pb.CourseContent(
        slug=slug,
        title="A course of its own",
        language="en",
        sections=[pb.ImportSection(title="Section", lessons=lessons)],
    )


def import_course(
    mesh: Callable[[str, str], MeshChannel], content: pb.CourseContent
) -> pb.ImportPlan:
    """Make a course, or bring it to this content, and publish it."""
    course, plan_id = CourseInternalServiceStub(mesh("gateway", "course")), str(uuid4())
    plan = course.PlanImport(
        pb.PlanImportRequest(plan_id=plan_id, content=content, remove_lessons=True)
    )
    course.CommitImport(pb.CommitImportRequest(plan_id=plan_id))
    return plan

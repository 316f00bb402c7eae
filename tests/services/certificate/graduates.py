"""Learners who have just completed a course of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from services.kit.rpc.clients import MeshChannel
from tests.services.own_course import make_course
from tests.support import Learner, Stack, register

Mesh = Callable[[str, str], MeshChannel]


def graduate(stack: Stack, mesh: Mesh, name: str = "Grace Hopper") -> tuple[Learner, str]:
    """A new learner, and the id of the course."""
    somebody, course = register(stack, name=name), make_course(mesh)
    somebody.post(f"/courses/{course.course_id}/enroll")
    for lesson_id in (course.lesson_id, course.preview_id):
        somebody.post("/progress/mark-complete", {"lessonId": lesson_id})
    return somebody, course.course_id


def issued_to(learner: Learner, course: str) -> dict[str, Any]:
    """The learner's certificate, issued now."""
    answer = learner.post(f"/certificate/{course}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found

"""What course keeps of a person: where they enrolled, and which courses they may change.

A course names its authors as they want to be credited, beside that.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from services.course.repository import authoring, enrollments
from services.kit.data.database import Database
from services.kit.data.pages import every

PAGE = 500
_BEGINNING = UUID(int=0)


def export_person(db: Database, user_id: UUID) -> dict[str, Any]:
    """All enrollments of a person, oldest first, and the courses that are theirs."""
    owned = authoring.export_owned(db, user_id)
    return {
        "enrollments": _enrollments(db, user_id),
        "courses": [
            {"courseId": course_id, "courseSlug": slug, "courseTitle": title}
            for course_id, slug, title in owned
        ],
    }


def erase_person(db: Database, user_id: UUID) -> None:
    """Delete it. Their courses stay, and are the administrators' then.

    Nobody is told of it: no other service lets the person in any more, and an event would name them
    anew.
    """
    enrollments.erase_enrollments(db, user_id)
    authoring.erase_owner(db, user_id)


def _enrollments(db: Database, user_id: UUID) -> Iterator[dict[str, Any]]:
    found = every(
        lambda after: enrollments.export_enrollments(db, user_id, after, PAGE),
        _BEGINNING,
        lambda row: row.enrollment_id,
    )
    for row in found:
        yield {
            "enrollmentId": row.enrollment_id,
            "courseId": row.course_id,
            "courseSlug": row.slug,
            "courseTitle": row.title,
            "state": row.state,
            "enrollTime": row.created_at,
            "updateTime": row.updated_at,
        }

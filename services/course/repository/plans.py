"""Imports that are planned. Whoever writes a plan holds its course, so there is one at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session as Db

from services.course.matching import KnownLesson

_FIND_PLAN = """
SELECT plan_id, course_id, content, lesson_ids, changed,
    changed IS NULL AND expires_at > clock_timestamp() AS under_way, etag
FROM import_plans WHERE
"""
_FIND_BY_ID = sa.text(f"{_FIND_PLAN} plan_id = :plan_id")
_FIND_BY_COURSE = sa.text(f"{_FIND_PLAN} course_id = :course_id")
_SAVE_PLAN = sa.text("""
INSERT INTO import_plans (course_id, plan_id, content, lesson_ids, expires_at, etag)
VALUES (:course_id, :plan_id, :content, CAST(:lesson_ids AS uuid[]),
    clock_timestamp() + make_interval(secs => :seconds), :etag)
ON CONFLICT (course_id) DO UPDATE SET
    plan_id = EXCLUDED.plan_id, content = EXCLUDED.content, lesson_ids = EXCLUDED.lesson_ids,
    expires_at = EXCLUDED.expires_at, etag = EXCLUDED.etag, changed = NULL
""")
_FINISH_PLAN = sa.text("""
UPDATE import_plans SET changed = :changed, content = '', lesson_ids = '{}'
WHERE plan_id = :plan_id
""")
_CANCEL_PLAN = sa.text(
    "UPDATE import_plans SET expires_at = now() WHERE plan_id = :plan_id AND changed IS NULL"
)
_LIST_KNOWN = sa.text("""
SELECT lesson_id, author_id, key, title, body, archived_at IS NOT NULL
FROM lessons WHERE course_id = :course_id ORDER BY archived_at DESC NULLS FIRST, position
""")
_NEW_IDS = sa.text("SELECT uuidv7() FROM generate_series(1, :count)")


class Plan(NamedTuple):
    """An import that was planned last for a course.

    `content` is a CourseContent of the contract, `lesson_ids` are those of its lessons, in order.
    `changed` says whether the commit changed anything, None before it.
    """

    plan_id: UUID
    course_id: UUID
    content: bytes
    lesson_ids: list[UUID]
    changed: bool | None
    under_way: bool
    # Of the course as it was found.
    etag: str


def find_plan(db: Db, plan_id: UUID) -> Plan | None:
    """The plan of this id, unless another took its place."""
    row = db.execute(_FIND_BY_ID, {"plan_id": plan_id}).first()
    return Plan(*row) if row else None


def find_plan_of(db: Db, course_id: UUID) -> Plan | None:
    """The last plan of a course."""
    row = db.execute(_FIND_BY_COURSE, {"course_id": course_id}).first()
    return Plan(*row) if row else None


def save_plan(
    db: Db,
    course_id: UUID,
    *,
    plan_id: UUID,
    content: bytes,
    lesson_ids: Sequence[UUID],
    seconds: float,
    etag: str,
) -> None:
    """Put a plan that is good for so many seconds in the place of the course's last one."""
    values = {
        "course_id": course_id,
        "plan_id": plan_id,
        "content": content,
        "lesson_ids": list(lesson_ids),
        "seconds": seconds,
        "etag": etag,
    }
    db.execute(_SAVE_PLAN, values)


def finish_plan(db: Db, plan_id: UUID, changed: bool) -> None:
    """Note that a plan was committed, and whether that changed anything."""
    db.execute(_FINISH_PLAN, {"plan_id": plan_id, "changed": changed})


def cancel_plan(db: Db, plan_id: UUID) -> None:
    """Let the next import of the course begin at once."""
    db.execute(_CANCEL_PLAN, {"plan_id": plan_id})


def list_known(db: Db, course_id: UUID) -> list[KnownLesson]:
    """All lessons of a course: the live ones in order, then the archived, the newest first."""
    rows = db.execute(_LIST_KNOWN, {"course_id": course_id})
    return [KnownLesson(*row) for row in rows]


def new_ids(db: Db, count: int) -> list[UUID]:
    """So many new ids."""
    return list(db.scalars(_NEW_IDS, {"count": count}))

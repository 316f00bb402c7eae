"""Rows of the database as messages of the contract."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.course.models import ACTIVE
from services.course.repository.catalogue import SummaryRow
from services.course.repository.courses import CourseRow
from services.course.repository.enrollments import EnrollmentRow
from services.course.repository.label_lists import LabelRow
from services.course.repository.lessons import LessonRow
from services.kit.data.tables import timestamp
from stellr.course.v1 import course_internal_service_pb2 as internal
from stellr.course.v1 import course_pb2 as pb


def course_summary(row: SummaryRow) -> pb.CourseSummary:
    """A course as the catalogue shows it."""
    return pb.CourseSummary(**_facts(row))


def course(row: CourseRow) -> pb.Course:
    """A course with its outline."""
    return pb.Course(
        **_facts(row),
        etag=row.etag,
        authors=row.authors,
        license=row.license,
        sections=[_section(section) for section in row.sections or ()],
        capacity=row.capacity or 0,
    )


def outline(of: pb.Course) -> internal.Outline:
    """What the mesh knows of a course, without a learner."""
    lessons = [lesson for section in of.sections for lesson in section.lessons]
    return internal.Outline(course_id=of.course_id, slug=of.slug, title=of.title, lessons=lessons)


def lesson(row: LessonRow, body: str) -> pb.Lesson:
    """A lesson to read."""
    return pb.Lesson(
        lesson_id=str(row.lesson_id),
        course_id=str(row.course_id),
        title=row.title,
        body=body,
        position=row.position,
        minutes=row.minutes,
        has_quiz=row.has_quiz,
        previous_lesson_id=str(row.previous_lesson_id or ""),
        next_lesson_id=str(row.next_lesson_id or ""),
        preview=row.preview,
        etag=row.etag,
        section_id=str(row.section_id or ""),
    )


def enrollment(row: EnrollmentRow) -> pb.Enrollment:
    """A learner's place in a course."""
    state = pb.Enrollment.STATE_ACTIVE if row.state == ACTIVE else pb.Enrollment.STATE_ENDED
    return pb.Enrollment(
        enrollment_id=str(row.enrollment_id),
        course_id=str(row.course_id),
        user_id=str(row.user_id),
        create_time=timestamp(row.created_at),
        state=state,
    )


def _facts(row: CourseRow | SummaryRow) -> dict[str, Any]:
    return {
        "course_id": str(row.course_id),
        "slug": row.slug,
        "title": row.title,
        "summary": row.summary,
        "category": row.category or "",
        "tags": row.tags,
        "language": row.language,
        "lesson_count": row.lesson_count,
        "duration_minutes": row.duration_minutes,
        "publish_time": timestamp(row.published_at),
        "state": state_of(row.published_at, row.archived_at),
    }


def _section(section: dict[str, Any]) -> pb.Section:
    lessons = [pb.LessonSummary(**values) for values in section["lessons"] or ()]
    return pb.Section(section_id=section["section_id"], title=section["title"], lessons=lessons)


def state_of(
    published_at: datetime | None, archived_at: datetime | None
) -> pb.CourseState.ValueType:
    """Whether learners see a course."""
    if archived_at:
        return pb.COURSE_STATE_ARCHIVED
    return pb.COURSE_STATE_PUBLISHED if published_at else pb.COURSE_STATE_DRAFT


def label(row: LabelRow) -> pb.Label:
    """A category or a tag."""
    return pb.Label(
        label_id=str(row.label_id), name=row.name, slug=row.slug, course_count=row.course_count
    )

"""What is known of a learner in a course, as messages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from services.clients.course import Outline
from services.kit.data.tables import timestamp
from services.progress import rules
from services.progress.steps import State
from services.progress.tracking import Standing
from stellr.progress.v1 import progress_internal_service_pb2 as internal_pb
from stellr.progress.v1.progress_pb2 import CourseProgress, LessonProgress

_WHAT = {
    rules.What.LESSON: internal_pb.Standing.Missing.WHAT_LESSON,
    rules.What.QUIZ: internal_pb.Standing.Missing.WHAT_QUIZ,
}


def progress_message(
    standing: Standing, times: Mapping[str, datetime] | None = None
) -> CourseProgress:
    """The progress; with the completion times by lesson id, each lesson's as well."""
    outline, state, enrolled_at = standing
    count = rules.tally(outline, state.done)
    completed = state.completed_at is not None
    return CourseProgress(
        course_id=str(outline.course_id),
        **count._asdict(),
        percentage=rules.percentage(count, completed),
        completed=completed,
        enroll_time=timestamp(enrolled_at),
        complete_time=timestamp(state.completed_at),
        last_lesson_id=str(state.last_lesson_id or ""),
        lessons=() if times is None else _lessons(outline, state, times),
    )


def standing_message(standing: Standing) -> internal_pb.Standing:
    """What is still to be done; nothing, once completed, even when lessons were added since."""
    outline, state, _ = standing
    completed = state.completed_at is not None
    lacking = () if completed else rules.missing(outline, state.done)
    return internal_pb.Standing(
        course_id=str(outline.course_id),
        completed=completed,
        complete_time=timestamp(state.completed_at),
        missing=[
            internal_pb.Standing.Missing(lesson_id=each.lesson_id, what=_WHAT[each.what])
            for each in lacking
        ],
    )


def _lessons(outline: Outline, state: State, times: Mapping[str, datetime]) -> list[LessonProgress]:
    return [
        LessonProgress(
            lesson_id=lesson.lesson_id,
            complete_time=timestamp(times.get(lesson.lesson_id)),
            quiz_passed=lesson.lesson_id in state.done.quizzes,
        )
        for lesson in outline.lessons
    ]

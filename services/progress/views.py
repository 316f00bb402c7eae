"""What is known of a learner in a course, as messages."""

from __future__ import annotations

from datetime import datetime

from services.clients.course import Outline
from services.kit.data.tables import timestamp
from services.progress import rules
from services.progress.activity import Activity
from services.progress.learners import Learner
from services.progress.steps import Lessons, State, Watched
from services.progress.tracking import Standing
from stellr.progress.v1 import progress_internal_service_pb2 as internal_pb
from stellr.progress.v1 import progress_service_pb2 as pb
from stellr.progress.v1.progress_pb2 import CourseProgress, LessonProgress

NOT_WATCHED = Watched(0, 0)
_WHAT = {
    rules.What.LESSON: internal_pb.Standing.Missing.WHAT_LESSON,
    rules.What.QUIZ: internal_pb.Standing.Missing.WHAT_QUIZ,
}


def progress_message(standing: Standing, lessons: Lessons | None = None) -> CourseProgress:
    """The progress; with what was done in lessons, each lesson's as well."""
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
        last_lesson_id=rules.last_lesson(outline, state),
        lessons=() if lessons is None else _lessons(outline, state, lessons),
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


def activity_message(activity: Activity) -> pb.Activity:
    """When a learner learnt."""
    return pb.Activity(
        days=[
            pb.Activity.Day(
                date=day.date.isoformat(),
                count=day.lessons + day.quizzes,
                lessons_completed=day.lessons,
                quizzes_passed=day.quizzes,
            )
            for day in activity.days
        ],
        current_streak=activity.current_streak,
        longest_streak=activity.longest_streak,
        timezone=activity.timezone,
    )


def learner_message(learner: Learner) -> pb.CourseLearner:
    """A learner of a course."""
    return pb.CourseLearner(
        user_id=str(learner.user_id),
        enrolled=learner.is_enrolled,
        progress=progress_message(learner.standing),
    )


def _lessons(outline: Outline, state: State, lessons: Lessons) -> list[LessonProgress]:
    return [
        _lesson(
            lesson.lesson_id,
            lessons.completed_at.get(lesson.lesson_id),
            lessons.watched.get(lesson.lesson_id, NOT_WATCHED),
            quiz_passed=lesson.lesson_id in state.done.quizzes,
        )
        for lesson in outline.lessons
    ]


def _lesson(
    lesson_id: str, completed_at: datetime | None, watched: Watched, *, quiz_passed: bool
) -> LessonProgress:
    return LessonProgress(
        lesson_id=lesson_id,
        complete_time=timestamp(completed_at),
        position_seconds=watched.seconds,
        time_spent_seconds=watched.spent_seconds,
        quiz_passed=quiz_passed,
    )

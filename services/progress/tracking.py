"""Keeping what learners do, and noticing when that completes a course."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from services.kit.data.database import Database
from services.kit.errors import NotFound
from services.kit.process.runtime import Runtime
from services.progress import repository, rules
from services.progress.outlines import Outlines
from services.progress.repository import State
from services.progress.views import progress_message, standing_message
from stellr.course.v1 import course_internal_service_pb2 as course_pb
from stellr.course.v1.course_internal_service_pb2_grpc import CourseInternalServiceStub
from stellr.progress.v1 import progress_internal_service_pb2 as internal_pb
from stellr.progress.v1.progress_pb2 import CourseProgress

Outline = course_pb.Outline


class Tracking:
    """What learners have done.

    Course is asked before the database is touched: no transaction is open meanwhile. Its
    NOT_FOUND, for what does not exist and what the learner may not see alike, passes through.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._database = runtime.database
        self._course = CourseInternalServiceStub(runtime.channel("course"))
        self._outlines = Outlines(runtime)

    def complete_lesson(self, user_id: UUID, lesson_id: str) -> CourseProgress:
        """Mark a lesson completed; NotFound where the learner is not in its course."""
        outline = self._outlines.of_lesson(user_id, lesson_id)
        course_id, db = UUID(outline.course_id), self._database.session
        state = repository.complete_lesson(db, user_id, course_id, UUID(lesson_id))
        return progress_message(outline, settle_one(self._database, user_id, outline, state))

    def undo_lesson(self, user_id: UUID, lesson_id: str) -> CourseProgress:
        """Mark a lesson not completed; NotFound where the learner is not in its course."""
        outline, db = self._outlines.of_lesson(user_id, lesson_id), self._database.session
        course_id = UUID(outline.course_id)
        repository.undo_lesson(db, user_id, course_id, UUID(lesson_id))
        return progress_message(outline, repository.find_state(db, user_id, course_id))

    def pass_quiz(self, user_id: UUID, lesson_id: str, passed_at: datetime) -> None:
        """Keep that the quiz of a lesson was passed."""
        try:
            outline = self._outlines.of_lesson(user_id, lesson_id)
        except NotFound:
            # The learner left the course, or the lesson is gone: the pass counts towards nothing
            # any more, and a refusal would not change that.
            return
        db, course_id = self._database.session, UUID(outline.course_id)
        state = repository.pass_quiz(db, user_id, course_id, UUID(lesson_id), passed_at)
        settle_one(self._database, user_id, outline, state)

    def list(
        self, user_id: UUID, page_size: int, page_token: str
    ) -> tuple[Sequence[CourseProgress], str]:
        """A page of a learner's courses, newest enrollment first, and the token of the next."""
        page = self._course.ListOutlines(
            course_pb.ListOutlinesRequest(
                user_id=str(user_id), page_size=page_size, page_token=page_token
            )
        )
        db = self._database.session
        courses = [UUID(outline.course_id) for outline in page.outlines]
        states = repository.find_states(db, user_id, courses)
        settled = settle(self._database, user_id, page.outlines, states)
        messages = [progress_message(*pair) for pair in zip(page.outlines, settled, strict=True)]
        return messages, page.next_page_token

    def get(self, user_id: UUID, course_id: str) -> CourseProgress:
        """A learner's progress in a course (id or slug), with each lesson's."""
        outline, state = self._find(user_id, course_id)
        db = self._database.session
        times = repository.completion_times(db, user_id, UUID(outline.course_id))
        return progress_message(outline, state, times)

    def get_standing(self, user_id: UUID, course_id: str) -> internal_pb.Standing:
        """What a learner still lacks in a course (id or slug)."""
        return standing_message(*self._find(user_id, course_id))

    def _find(self, user_id: UUID, course_id: str) -> tuple[Outline, State]:
        outline, db = self._outlines.of_course(user_id, course_id), self._database.session
        state = repository.find_state(db, user_id, UUID(outline.course_id))
        return outline, settle_one(self._database, user_id, outline, state)


def settle(
    database: Database, user_id: UUID, outlines: Sequence[Outline], states: Mapping[UUID, State]
) -> Sequence[State]:
    """The states of the courses in order; those that turn out completed become so, for good.

    Reads settle too: a course is also completed when the last thing missing leaves it.
    """
    found = [states.get(UUID(outline.course_id), State()) for outline in outlines]
    newly = [
        UUID(outline.course_id)
        for outline, state in zip(outlines, found, strict=True)
        if state.completed_at is None and rules.all_done(rules.tally(outline, state.done))
    ]
    if not newly:
        return found
    times = repository.complete_courses(database.session, user_id, newly)
    return [
        state._replace(completed_at=times.get(UUID(outline.course_id), state.completed_at))
        for outline, state in zip(outlines, found, strict=True)
    ]


def settle_one(database: Database, user_id: UUID, outline: Outline, state: State) -> State:
    """The state of one course, settled."""
    return settle(database, user_id, [outline], {UUID(outline.course_id): state})[0]

"""What progress does about what others tell: quizzes passed, courses that changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.clients.course import Courses
from services.kit.data.database import Database
from services.kit.events.cache import SETTLING_SECONDS
from services.kit.events.events import Events
from services.kit.work.jobs import Jobs
from services.progress.repository import learning, standing
from stellr.course.v1.events_pb2 import EnrollmentChanged, OutlineChanged
from stellr.quiz.v1.events_pb2 import QuizPassed

BATCH = 1_000
NOBODY = UUID(int=0)
# From then on every process of course tells the course as it is now.
SETTLING = timedelta(seconds=SETTLING_SECONDS)


class Settling:
    """Completes courses that no step of the learner completes."""

    def __init__(self, database: Database, events: Events, courses: Courses, jobs: Jobs) -> None:
        self._database = database
        self._events = events
        self._courses = courses
        self._settle = jobs.task("settle_course", self.settle_course)

    def quiz_passed(self, event: QuizPassed) -> None:
        """Keep the pass, whatever state the course is in; it counts for ever."""
        outline = self._courses.find_or_empty(event.course_id)
        learning.pass_quiz(self._database, self._events, outline, event)

    def enrollment_changed(self, event: EnrollmentChanged) -> None:
        """Know who is in a course and did nothing there yet, and who left it.

        Who comes back may lack nothing any more of a course that changed meanwhile.
        """
        user_id, course_id = UUID(event.user_id), UUID(event.course_id)
        since = self._courses.enrolled_since(user_id, course_id)
        outline = self._courses.find_or_empty(event.course_id)
        standing.set_active(self._database, user_id, course_id, since)
        if since is not None:
            learning.settle(self._database, self._events, user_id, outline)

    def outline_changed(self, event: OutlineChanged) -> None:
        """Soon look for learners whose last missing lesson left the course."""
        at = datetime.now(UTC) + SETTLING
        self._settle.defer(at=at, course_id=event.course_id, after=str(NOBODY))

    def settle_course(self, *, course_id: str, after: str) -> None:
        """Complete the course of a batch of learners in it for whom nothing is missing; then the
        next. Who left it is completed by nobody else's doing."""
        outline = self._courses.find_or_empty(course_id)
        if not outline.lessons:
            return
        learners = learning.open_learners(self._database, outline, UUID(after), BATCH)
        for learner in learners:
            if learner.is_done:
                learning.settle(self._database, self._events, learner.user_id, outline)
        if len(learners) == BATCH:
            self._settle.defer(course_id=course_id, after=str(learners[-1].user_id))

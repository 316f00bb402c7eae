"""Reminding learners who stand still, once until their next step."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from services.clients.course import Courses, Outline
from services.kit.data.database import Database
from services.kit.errors import NotFound
from services.kit.work.tasks import Delivery
from services.progress import rules
from services.progress.repository import learning, standing
from services.progress.repository.standing import StillLearner
from services.progress.rules import Missing, What
from stellr.notification.v1.notification_internal_service_pb2 import SendNotificationRequest
from stellr.notification.v1.template_pb2 import ReminderLesson, ReminderQuiz

BATCH = 200


class Reminding:
    """Asks notification to remind; who wants no reminders is known there."""

    def __init__(
        self,
        database: Database,
        courses: Courses,
        send_notification: Delivery[SendNotificationRequest],
        after: timedelta,
    ) -> None:
        """`after` so long without a step; zero: nobody is reminded."""
        self._database = database
        self._courses = courses
        self._send_notification = send_notification
        self._after = after

    def run(self) -> bool:
        """Remind a batch of learners; whether there may be more."""
        if not self._after:
            return False
        before = datetime.now(UTC) - self._after
        still = standing.take_still(self._database, before, BATCH)
        for learner in still:
            self._remind(learner)
        return len(still) == BATCH

    def _remind(self, learner: StillLearner) -> None:
        try:
            outline = self._courses.find(str(learner.course_id))
        except NotFound:
            return
        state = learning.find_state(self._database, learner.user_id, learner.course_id)
        lacking = next(rules.missing(outline, state.done), None)
        if lacking is not None:
            self._send_notification(_message(learner, outline, lacking))


def _message(learner: StillLearner, outline: Outline, lacking: Missing) -> SendNotificationRequest:
    # The same standstill is the same message.
    reason = f"{learner.user_id} {lacking.lesson_id} {lacking.what.name} {learner.last_active_at}"
    request = SendNotificationRequest(
        notification_id=str(uuid5(NAMESPACE_URL, f"stellr:reminder:{reason}")),
        user_id=str(learner.user_id),
    )
    title = next(
        lesson.title for lesson in outline.lessons if lesson.lesson_id == lacking.lesson_id
    )
    if lacking.what is What.QUIZ:
        quiz = ReminderQuiz(course_title=outline.title, lesson_title=title)
        request.reminder_quiz.CopyFrom(quiz)
    else:
        lesson = ReminderLesson(course_title=outline.title, lesson_title=title)
        request.reminder_lesson.CopyFrom(lesson)
    return request

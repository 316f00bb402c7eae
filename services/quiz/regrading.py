"""Results graded anew by the present version of their quiz, once its author asks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby, takewhile
from uuid import UUID

import structlog

from services.clients.authors import AuthoredLesson
from services.kit.data.database import Database
from services.kit.events.events import Events
from services.kit.work.jobs import Jobs
from services.kit.work.queues import Queue
from services.quiz.current import CurrentQuizzes
from services.quiz.kept import QuizVersion
from services.quiz.refitting import again
from services.quiz.repository import quizzes, regrades
from services.quiz.repository.quizzes import Current
from services.quiz.repository.regrades import DueResult, Place
from stellr.quiz.v1.events_pb2 import QuizPassed

log = structlog.get_logger("stellr.quiz")

# Results that one transaction looks at.
AT_ONCE = 100
_BEGINNING = Place(UUID(int=0), UUID(int=0))


class Regrading:
    """Goes through the results of a quiz, a batch a job; each job asks for the next in its own
    transaction, so that one which dies is done again by another process as if it had never begun.
    """

    def __init__(
        self, database: Database, events: Events, quizzes: CurrentQuizzes, jobs: Jobs
    ) -> None:
        self._database = database
        self._events = events
        self._quizzes = quizzes
        self._later = jobs.task("regrade_quiz", self.regrade, queue=Queue.BULK)

    def begin(self, lesson: AuthoredLesson, current: Current) -> int:
        """Have results of other versions graded anew; how many there are."""
        regrades.ask(self._database, current)
        count = regrades.count_due(self._database, current)
        if count:
            self._go_on(lesson.lesson_id, lesson.course_id, current.version_id, _BEGINNING)
        return count

    def regrade(
        self, *, lesson_id: str, course_id: str, version_id: str, after: Sequence[str]
    ) -> None:
        """Grade a batch. Those of one lesson take turns, and each goes by what is the quiz then: so
        an older one never overtakes. Where that changed, all begins anew."""
        lesson, course = UUID(lesson_id), UUID(course_id)
        regrades.take_turn(self._database, lesson)
        current = quizzes.find_current(self._database, lesson)
        if current is None:
            log.info("no quiz to grade by", lesson_id=lesson_id)
            return
        same = str(current.version_id) == version_id
        place = Place(*map(UUID, after)) if same else _BEGINNING
        due = _by_learner(regrades.list_due(self._database, current, place, AT_ONCE))
        if not due:
            return
        locked = regrades.lock_standings(self._database, current.quiz_id, list(due))
        # Who submits at this moment is the first of the next batch, which waits.
        for user_id in takewhile(locked.__contains__, due):
            self._regrade_learner(lesson, course, current, due[user_id])
            place = due[user_id][-1].place
        self._go_on(lesson, course, current.version_id, place)

    def _go_on(self, lesson_id: UUID, course_id: UUID, version_id: UUID, after: Place) -> None:
        self._later.defer(
            lesson_id=str(lesson_id),
            course_id=str(course_id),
            version_id=str(version_id),
            after=[str(each) for each in after],
        )

    def _regrade_learner(
        self, lesson_id: UUID, course_id: UUID, current: Current, due: Sequence[DueResult]
    ) -> None:
        """Grade results of a learner whose standing is locked; a first pass is told of."""
        quiz = self._quizzes.find(current.version_id)
        regraded = [self._regrade_result(quiz, each) for each in due]
        if not any(regraded):
            return
        user_id = due[0].user_id
        counting, enough = quiz.rules.grading, quiz.pass_percentage
        if regrades.add_up(self._database, quiz.quiz_id, user_id, counting, enough):
            passing = QuizPassed(
                user_id=str(user_id), lesson_id=str(lesson_id), course_id=str(course_id)
            )
            passing.pass_time.FromDatetime(datetime.now(UTC))
            self._events.append(passing)

    def _regrade_result(self, quiz: QuizVersion, due: DueResult) -> bool:
        """Grade a result; whether it fits."""
        seen = self._quizzes.find(due.version_id)
        graded = again(due.question_results, due.answers, seen, quiz)
        if graded:
            regrades.set_outcome(self._database, due.result_id, quiz.version_id, graded)
        return graded is not None


def _by_learner(page: Sequence[DueResult]) -> Mapping[UUID, Sequence[DueResult]]:
    """The results of each learner. The last one's may go on behind a page that is full: they are
    left for the next page, so that nobody passes by half of them, unless one page is too small."""
    learners = {user_id: list(due) for user_id, due in groupby(page, key=lambda each: each.user_id)}
    if len(page) == AT_ONCE and len(learners) > 1:
        learners.popitem()
    return learners

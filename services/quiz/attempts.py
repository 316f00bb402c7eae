"""Taking a quiz: reading it, attempts from start to end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.kit.data.database import Database
from services.kit.data.tables import as_uuid
from services.kit.events.events import Events
from services.quiz.answers import Answer, check_answers, check_any, merged
from services.quiz.current import CurrentQuizzes
from services.quiz.ending import Ending, Sitting
from services.quiz.errors import AttemptEnded, AttemptNotFound, AttemptNotStarted
from services.quiz.kept import KeptQuestion, QuizVersion
from services.quiz.layout import asked, draws
from services.quiz.lessons import Lessons, OwnLesson
from services.quiz.limits import are_limited, check_may_begin
from services.quiz.repository import attempts, results
from services.quiz.repository.attempts import Attempt, NewAttempt
from services.quiz.repository.results import KeptResult, Standing


class OwnQuiz(NamedTuple):
    """The quiz of a lesson as it is now, and how a learner stands in it."""

    lesson_id: UUID
    quiz: QuizVersion
    standing: Standing
    taken: Taken | None
    # What the order of things follows from where no attempt is open.
    seed: str


class Taken(NamedTuple):
    """An attempt that is open, by the version it was started on."""

    attempt: Attempt
    quiz: QuizVersion

    @property
    def seed(self) -> str:
        """What the order of things in it follows from."""
        return str(self.attempt.attempt_id)

    @property
    def questions(self) -> Sequence[KeptQuestion]:
        """What is asked in it."""
        return asked(self.quiz, self.seed)


class Saved(NamedTuple):
    """How far the learner has come in an attempt."""

    answered: int
    expires_at: datetime | None


class Attempts:
    """Shows quizzes to the enrolled and takes what they answer."""

    def __init__(
        self, database: Database, events: Events, lessons: Lessons, quizzes: CurrentQuizzes
    ) -> None:
        self._database = database
        self._lessons = lessons
        self._quizzes = quizzes
        self._ending = Ending(database, events, quizzes)

    def read(self, lesson_id: str, user_id: UUID) -> OwnQuiz:
        """The quiz of a lesson that the learner is enrolled in; QuizNotFound."""
        lesson = self._lessons.enrolled(lesson_id, user_id)
        quiz = self._quizzes.version(lesson.lesson_id)
        standing = results.find_standing(self._database, quiz.quiz_id, user_id)
        taken = None
        if standing.started > standing.results:
            found = attempts.find_open(self._database, quiz.quiz_id, user_id)
            taken = self._taken(found) if found and not found.late else None
        seed = f"{user_id}:{quiz.quiz_id}:{standing.started}"
        return OwnQuiz(lesson.lesson_id, quiz, standing, taken, seed)

    def start(self, lesson_id: str, user_id: UUID) -> Taken:
        """Begin an attempt, or go on with the one that is open.

        QuizNotFound; AttemptsUsedUp, AttemptTooSoon.
        """
        lesson = self._lessons.enrolled(lesson_id, user_id)
        quiz = self._quizzes.version(lesson.lesson_id)
        found = attempts.lock_open(self._database, quiz.quiz_id, user_id)
        if found and not found.late:
            return self._taken(found)
        if found:
            self._ending.end(found)
        standing = results.lock_standing(self._database, quiz.quiz_id, user_id)
        # Somebody else may have begun one until the standing was locked.
        begun = attempts.find_open(self._database, quiz.quiz_id, user_id)
        if begun is None:
            check_may_begin(quiz.rules, standing.started, standing.seconds_since)
            seconds = quiz.rules.time_limit_seconds
            new = NewAttempt(quiz.quiz_id, quiz.version_id, user_id, lesson.course_id, seconds)
            begun = attempts.add_attempt(self._database, new)
        return self._taken(begun)

    def save(self, attempt_id: str, user_id: UUID, answers: Sequence[Answer]) -> Saved:
        """Keep answers of an open attempt; AttemptNotFound, AttemptEnded.

        InvalidFields names every answer that does not fit.
        """
        known = as_uuid(attempt_id)
        found = attempts.lock_attempt(self._database, known, user_id) if known else None
        if found is None:
            raise AttemptNotFound
        if found.ended or found.late:
            raise AttemptEnded
        check_answers(self._taken(found).questions, answers)
        kept = merged(found.answers, answers)
        attempts.save_answers(self._database, found.attempt_id, kept)
        return Saved(sum(bool(answer.given()) for answer in kept), found.expires_at)

    def submit(
        self, lesson_id: str, user_id: UUID, attempt_id: str, answers: Sequence[Answer]
    ) -> KeptResult:
        """Grade an attempt, or one that begins and ends with these answers, and keep the result.

        QuizNotFound, QuizChanged; AttemptNotFound, AttemptNotStarted, AttemptsUsedUp,
        AttemptTooSoon; InvalidFields names every answer that does not fit, or that there is none.
        """
        begun = self._begun(lesson_id, user_id, attempt_id)
        if begun:
            # The learner's own, whatever has become of the course or the quiz meanwhile.
            return self._submit_begun(begun, answers)
        lesson = self._lessons.enrolled(lesson_id, user_id)
        quiz = self._quizzes.version(lesson.lesson_id)
        if attempt_id:
            return self._result(quiz.quiz_id, user_id, as_uuid(attempt_id))
        return self._submit_at_once(lesson, quiz, user_id, answers)

    def _begun(self, lesson_id: str, user_id: UUID, attempt_id: str) -> Attempt | None:
        """The attempt of that id, else the one that is open; None where none was started."""
        lesson = as_uuid(lesson_id)
        if lesson and not attempt_id:
            return attempts.find_open_of(self._database, lesson, user_id)
        known = as_uuid(attempt_id)
        found = attempts.find_attempt(self._database, known, user_id) if known else None
        return found if found and found.lesson_id == lesson else None

    def _submit_begun(self, begun: Attempt, answers: Sequence[Answer]) -> KeptResult:
        if not begun.ended:
            found = attempts.lock_attempt(self._database, begun.attempt_id, begun.user_id)
            if found and not found.ended:
                if not found.late:
                    check_any(merged(found.answers, answers))
                return self._ending.end(found, answers)
        return self._result(begun.quiz_id, begun.user_id, begun.attempt_id)

    def _result(self, quiz_id: UUID, user_id: UUID, attempt_id: UUID | None) -> KeptResult:
        """The result of what was submitted before."""
        if attempt_id is not None:
            result = results.find_result(self._database, quiz_id, user_id, attempt_id)
            if result is not None:
                return result
        raise AttemptNotFound

    def _submit_at_once(
        self, lesson: OwnLesson, quiz: QuizVersion, user_id: UUID, answers: Sequence[Answer]
    ) -> KeptResult:
        if quiz.rules.time_limit_seconds or draws(quiz):
            raise AttemptNotStarted
        check_any(answers)
        if are_limited(quiz.rules):
            standing = results.lock_standing(self._database, quiz.quiz_id, user_id)
            check_may_begin(quiz.rules, standing.started, standing.seconds_since)
        seen = self._quizzes.seen(quiz, answers)
        return self._ending.grade(Sitting(lesson, user_id, seen), answers)

    def _taken(self, attempt: Attempt) -> Taken:
        return Taken(attempt, self._quizzes.find(attempt.version_id))

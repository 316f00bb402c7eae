"""How attempts end: submitted, or by their time; and what is told of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from services.kit.data.database import Database
from services.kit.errors import SessionEnded
from services.kit.events.events import Events
from services.quiz.answers import Answer, check_answers, merged
from services.quiz.current import CurrentQuizzes
from services.quiz.kept import KeptQuestion, QuizVersion
from services.quiz.layout import asked
from services.quiz.lessons import OwnLesson
from services.quiz.outcome import Outcome, outcome
from services.quiz.refitting import again
from services.quiz.repository import attempts, regrades, results
from services.quiz.repository.attempts import Attempt
from services.quiz.repository.results import KeptResult, Submission
from stellr.quiz.v1.events_pb2 import QuizPassed

# Attempts that one transaction ends of those whose time is over.
AT_ONCE = 100


class Sitting(NamedTuple):
    """Who answered what: all questions of a version, or those of an attempt that was started."""

    lesson: OwnLesson
    user_id: UUID
    quiz: QuizVersion
    questions: Sequence[KeptQuestion] | None = None
    attempt_id: UUID | None = None


class Ending:
    """Grades what was answered, keeps the result, and tells of a first pass with it."""

    def __init__(self, database: Database, events: Events, quizzes: CurrentQuizzes) -> None:
        self._database = database
        self._events = events
        self._quizzes = quizzes

    def end(self, attempt: Attempt, answers: Sequence[Answer] = ()) -> KeptResult:
        """End an attempt that is locked: by these answers and what was saved, or by that alone
        where they come late. InvalidFields names every answer that does not fit."""
        quiz = self._quizzes.find(attempt.version_id)
        questions = asked(quiz, str(attempt.attempt_id))
        check_answers(questions, answers)
        given = attempt.answers if attempt.late else merged(attempt.answers, answers)
        attempts.end_attempt(self._database, attempt.attempt_id)
        lesson = OwnLesson(attempt.lesson_id, attempt.course_id)
        sitting = Sitting(lesson, attempt.user_id, quiz, questions, attempt.attempt_id)
        return self.grade(sitting, given)

    def end_late(self) -> bool:
        """End attempts whose time is over; whether there may be more."""
        late = attempts.lock_late(self._database, AT_ONCE)
        for attempt in late:
            try:
                self.end(attempt)
            except SessionEnded:
                # The learner is being erased, and this with the learner.
                continue
        return len(late) == AT_ONCE

    def grade(self, sitting: Sitting, answers: Sequence[Answer]) -> KeptResult:
        """Grade answers and keep the result; InvalidFields names every one that does not fit."""
        lesson, user_id, quiz, questions, attempt_id = sitting
        graded = outcome(quiz, answers, questions)
        passing = QuizPassed(
            user_id=str(user_id), lesson_id=str(lesson.lesson_id), course_id=str(lesson.course_id)
        )
        passing.pass_time.FromDatetime(datetime.now(UTC))
        counting = self._quizzes.version_or(lesson.lesson_id, quiz)
        submission = Submission(
            quiz.quiz_id,
            quiz.version_id,
            attempt_id,
            counting.rules.grading,
            counting.pass_percentage,
        )
        if counting is not quiz:
            submission, graded = self._anew(quiz, submission, graded)
        return results.add_result(self._database, self._events, submission, graded, passing)

    def _anew(
        self, seen: QuizVersion, submission: Submission, graded: Outcome
    ) -> tuple[Submission, Outcome]:
        """By the version of now, where its author has had results graded anew by it."""
        version_id = regrades.lock_asked(self._database, seen.quiz_id)
        if version_id is None or version_id == seen.version_id:
            return submission, graded
        anew = again(graded.question_results, graded.answers, seen, self._quizzes.find(version_id))
        if anew is None:
            return submission, graded
        submission = submission._replace(
            regraded_version_id=version_id, previous_percentage=graded.percentage
        )
        return submission, replace(anew, answers=graded.answers)

"""How far a learner is, and what is missing: plain counting, without I/O."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from services.clients.course import Outline
from services.progress.steps import Done, State


class What(Enum):
    """What may be missing of a lesson."""

    LESSON = "the lesson is not completed"
    QUIZ = "its quiz is not passed"


class Missing(NamedTuple):
    """Something of a course that is still to be done."""

    lesson_id: str
    what: What


class Tally(NamedTuple):
    """What is done of a course as it stands now: lessons removed from it do not count."""

    completed_lessons: int
    total_lessons: int
    quizzes_passed: int
    quizzes_total: int


def tally(outline: Outline, done: Done) -> Tally:
    """Count what is done of the outline."""
    return Tally(
        completed_lessons=len(outline.lesson_ids & done.lessons),
        total_lessons=len(outline.lesson_ids),
        quizzes_passed=len(outline.quiz_ids & done.quizzes),
        quizzes_total=len(outline.quiz_ids),
    )


def percentage(count: Tally, completed: bool) -> int:
    """What is done of lessons and quizzes together, 0 to 100, rounded down; 100 once completed."""
    if completed:
        return 100
    total = count.total_lessons + count.quizzes_total
    return 100 * (count.completed_lessons + count.quizzes_passed) // total if total else 0


def last_lesson(outline: Outline, state: State) -> str:
    """Where the learner left off: the lesson of the last step or, where it left the course since,
    the last of the others that the learner completed; empty where there is none."""
    last = str(state.last_lesson_id or "")
    if not last or last in outline.lesson_ids:
        return last
    done = [each.lesson_id for each in outline.lessons if each.lesson_id in state.done.lessons]
    return done[-1] if done else ""


def missing(outline: Outline, done: Done) -> Iterator[Missing]:
    """What is still to be done, in the order of the course."""
    for lesson in outline.lessons:
        if lesson.lesson_id not in done.lessons:
            yield Missing(lesson.lesson_id, What.LESSON)
        if lesson.has_quiz and lesson.lesson_id not in done.quizzes:
            yield Missing(lesson.lesson_id, What.QUIZ)

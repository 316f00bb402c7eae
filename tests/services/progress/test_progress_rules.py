from __future__ import annotations

import pytest

from services.progress.rules import Done, What, all_done, missing, percentage, tally
from stellr.course.v1.course_internal_service_pb2 import Outline
from stellr.course.v1.course_pb2 import LessonSummary


def outline(**lessons: bool) -> Outline:
    """An outline of lessons by id; True has a quiz."""
    return Outline(
        lessons=[LessonSummary(lesson_id=key, has_quiz=quiz) for key, quiz in lessons.items()]
    )


def done(lessons: str = "", quizzes: str = "") -> Done:
    return Done(frozenset(lessons), frozenset(quizzes))


def test_lessons_and_quizzes_are_counted_apart() -> None:
    count = tally(outline(a=True, b=False, c=True), done("ab", "c"))
    assert count == (2, 3, 1, 2)
    assert percentage(count, completed=False) == 60
    assert not all_done(count)


def test_what_is_no_longer_in_the_outline_does_not_count() -> None:
    count = tally(outline(a=False, b=True), done("axyz", "axyz"))
    assert count == (1, 2, 0, 1)
    assert percentage(count, completed=False) == 33


def test_a_quiz_that_was_taken_away_does_not_count() -> None:
    assert tally(outline(a=False), done("", "a")) == (0, 1, 0, 0)


@pytest.mark.parametrize(
    ("lessons", "quizzes", "expected"),
    [("", "", False), ("ab", "", False), ("a", "b", False), ("", "b", False), ("ab", "b", True)],
)
def test_all_lessons_and_all_quizzes_make_it_done(
    lessons: str, quizzes: str, expected: bool
) -> None:
    assert all_done(tally(outline(a=False, b=True), done(lessons, quizzes))) is expected


def test_a_course_without_lessons_is_never_done() -> None:
    count = tally(outline(), done("a", "a"))
    assert not all_done(count)
    assert percentage(count, completed=False) == 0


def test_the_percentage_is_rounded_down_and_100_only_at_the_end() -> None:
    course = outline(**{str(number): False for number in range(300)})
    almost = Done(frozenset(map(str, range(299))))
    assert percentage(tally(course, almost), completed=False) == 99
    assert percentage(tally(course, Done(frozenset(map(str, range(2))))), completed=False) == 0


def test_completed_stays_100_when_lessons_are_added() -> None:
    assert percentage(tally(outline(a=False, b=False), done("a")), completed=True) == 100


def test_what_is_missing_comes_in_the_order_of_the_course() -> None:
    found = list(missing(outline(c=True, a=True, b=False), done("a", "c")))
    assert found == [("c", What.LESSON), ("a", What.QUIZ), ("b", What.LESSON)]

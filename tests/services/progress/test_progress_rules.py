from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from services.clients.course import Lesson, Outline
from services.progress.rules import What, last_lesson, missing, percentage, tally
from services.progress.steps import Done, State


def outline(**lessons: bool) -> Outline:
    """An outline of lessons by id; True has a quiz."""
    made = (Lesson(key, "", quiz, preview=False) for key, quiz in lessons.items())
    return Outline(UUID(int=1), "slug", "Title", tuple(made))


def done(lessons: str = "", quizzes: str = "") -> Done:
    return Done(frozenset(lessons), frozenset(quizzes))


def test_lessons_and_quizzes_are_counted_apart() -> None:
    count = tally(outline(a=True, b=False, c=True), done("ab", "c"))
    assert count == (2, 3, 1, 2)
    assert percentage(count, completed=False) == 60


def test_what_is_no_longer_in_the_outline_does_not_count() -> None:
    count = tally(outline(a=False, b=True), done("axyz", "axyz"))
    assert count == (1, 2, 0, 1)
    assert percentage(count, completed=False) == 33


def test_a_quiz_that_was_taken_away_does_not_count() -> None:
    assert tally(outline(a=False), done("", "a")) == (0, 1, 0, 0)


def test_of_a_course_without_lessons_nothing_is_done() -> None:
    count = tally(outline(), done("a", "a"))
    assert percentage(count, completed=False) == 0


def test_the_percentage_is_rounded_down_and_100_only_at_the_end() -> None:
    course = outline(**{str(number): False for number in range(300)})
    almost = Done(frozenset(map(str, range(299))))
    assert percentage(tally(course, almost), completed=False) == 99
    assert percentage(tally(course, Done(frozenset(map(str, range(2))))), completed=False) == 0


def test_completed_stays_100_when_lessons_are_added() -> None:
    assert percentage(tally(outline(a=False, b=False), done("a")), completed=True) == 100


@pytest.mark.parametrize(
    ("last", "completed", "told"),
    [("b", "a", "b"), ("gone", "ab", "b"), ("gone", "", ""), ("", "a", "")],
)
def test_one_continues_at_a_lesson_that_is_in_the_course(
    last: str, completed: str, told: str
) -> None:
    ids = {name: uuid4() for name in ("a", "b", "c", "gone")}
    course = outline(**{str(ids[name]): False for name in "abc"})
    lessons = frozenset(str(ids[name]) for name in completed)
    state = State(Done(lessons), ids.get(last))
    assert last_lesson(course, state) == (str(ids[told]) if told else "")


def test_what_is_missing_comes_in_the_order_of_the_course() -> None:
    found = list(missing(outline(c=True, a=True, b=False), done("a", "c")))
    assert found == [("c", What.LESSON), ("a", What.QUIZ), ("b", What.LESSON)]

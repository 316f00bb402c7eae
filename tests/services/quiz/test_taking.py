"""Attempts from start to end, on a database of the test's own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from uuid import UUID, uuid4

import pytest

from services.kit.data import persons
from services.kit.data.database import Database
from services.kit.errors import DomainError, InvalidFields, SessionEnded
from services.kit.events.events import Events
from services.quiz.answers import Answer
from services.quiz.errors import (
    AttemptEnded,
    AttemptNotFound,
    AttemptNotStarted,
    AttemptsUsedUp,
    AttemptTooSoon,
    QuizNotFound,
)
from services.quiz.personal import erase_person, export_person
from tests.services.quiz.classroom import Classroom, right, wrong

Outcome = TypeVar("Outcome")


@pytest.fixture(name="room")
def _room(database: Database, events: Events) -> Classroom:
    return Classroom(database, events)


def at_once(count: int, do: Callable[[int], Outcome]) -> list[Outcome | str]:
    """What each of so many calls at once gives, or the name of its refusal."""

    def tried(number: int) -> Outcome | str:
        try:
            return do(number)
        except DomainError as error:
            return type(error).__name__

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(tried, range(count)))


def test_a_hundred_submissions_at_once_use_no_more_than_is_allowed(room: Classroom) -> None:
    room.bring(max_attempts=3)
    made = at_once(100, lambda _: room.submit().result_id)
    assert sum(isinstance(each, UUID) for each in made) == room.results() == 3
    assert made.count("AttemptsUsedUp") == 97
    assert room.read().standing.started == 3


def test_a_hundred_starts_and_submissions_at_once_use_no_more_than_is_allowed(
    room: Classroom,
) -> None:
    room.bring(max_attempts=2)

    def do(number: int) -> object:
        return room.start().seed if number % 2 else room.submit().result_id

    at_once(100, do)
    standing = room.read().standing
    assert standing.started == 2
    assert standing.results <= 2


def test_a_hundred_submissions_of_one_attempt_are_one_result(room: Classroom) -> None:
    room.bring(max_attempts=1)
    taken = room.start()
    answers = right(taken.quiz)

    def submit(number: int) -> object:
        return room.submit(answers[: number % 4 + 1], taken.seed)

    made = at_once(100, submit)
    assert all(each == made[0] for each in made)
    assert room.results() == room.read().standing.started == 1


def test_a_start_again_gives_the_attempt_that_is_open(room: Classroom) -> None:
    room.bring(max_attempts=1)
    seeds = at_once(20, lambda _: room.start().seed)
    assert len(set(seeds)) == 1
    room.submit()
    with pytest.raises(AttemptsUsedUp):
        room.start()


def test_answers_are_saved_as_the_learner_goes(room: Classroom) -> None:
    room.bring()
    taken = room.start()
    one, two, three, four = right(taken.quiz)
    assert room.save(taken.seed, [one, two]).answered == 2
    room.save(taken.seed, [three, Answer(two.question_id)])
    assert room.start().attempt.answers == [one, Answer(two.question_id), three]
    result = room.submit([four], taken.seed)
    assert (result.score, result.max_score) == (3, 4)
    with pytest.raises(AttemptEnded):
        room.save(taken.seed, [two])
    assert room.submit([two], taken.seed) == result


def test_an_attempt_without_any_answer_is_not_ended(room: Classroom) -> None:
    room.bring()
    taken = room.start()
    with pytest.raises(InvalidFields) as refusal:
        room.submit([], taken.seed)
    assert [each.field for each in refusal.value.violations] == ["answers"]
    assert room.results() == 0
    room.save(taken.seed, right(taken.quiz)[:1])
    assert room.submit([], taken.seed).score == 1


def test_answers_saved_at_once_are_all_kept(room: Classroom) -> None:
    room.bring()
    taken = room.start()
    answers = right(taken.quiz)
    at_once(40, lambda number: room.save(taken.seed, [answers[number % 4]]))
    assert room.submit(attempt_id=taken.seed).score == 4


def test_what_does_not_fit_is_not_saved(room: Classroom) -> None:
    room.bring()
    taken = room.start()
    with pytest.raises(InvalidFields):
        room.save(taken.seed, [*right(taken.quiz), Answer(str(uuid4()))])
    assert room.start().attempt.answers == []


def test_an_attempt_of_somebody_else_is_not_there(room: Classroom) -> None:
    room.bring()
    taken = room.start()
    room.learner = uuid4()
    for attempt_id in (taken.seed, str(uuid4()), "no-id"):
        with pytest.raises(AttemptNotFound):
            room.save(attempt_id, [])
        with pytest.raises(AttemptNotFound):
            room.submit(attempt_id=attempt_id)


def test_what_was_saved_in_time_is_graded_when_the_time_is_over(room: Classroom) -> None:
    room.bring(time_limit_seconds=60)
    taken = room.start()
    assert taken.attempt.expires_at
    room.save(taken.seed, right(taken.quiz, 3))
    room.let_time_pass(50)
    assert not room.end_late()
    assert room.results() == 0
    room.let_time_pass(11)
    room.end_late()
    assert (room.results(), room.passes()) == (1, 1)
    late = room.submit(right(taken.quiz), taken.seed)
    assert (late.score, late.passed, room.results()) == (3, True, 1)
    assert room.read().taken is None


@pytest.mark.parametrize("by_id", [True, False])
def test_a_late_submission_is_graded_by_what_was_saved(room: Classroom, by_id: bool) -> None:
    room.bring(time_limit_seconds=60)
    taken = room.start()
    room.save(taken.seed, right(taken.quiz, 1))
    room.let_time_pass(61)
    with pytest.raises(AttemptEnded):
        room.save(taken.seed, right(taken.quiz))
    result = room.submit(right(taken.quiz), taken.seed if by_id else "")
    assert (result.score, str(result.attempt_id)) == (1, taken.seed)


def test_submissions_and_the_end_of_time_at_once_are_one_result(room: Classroom) -> None:
    room.bring(time_limit_seconds=60)
    taken = room.start()
    room.let_time_pass(61)

    def do(number: int) -> object:
        return (room.end_late, room.start, lambda: room.submit(attempt_id=taken.seed))[number % 3]()

    outcomes = at_once(30, do)
    assert not [each for each in outcomes if isinstance(each, str)]
    assert room.results() == 1


def test_a_start_after_the_time_ends_the_attempt_before(room: Classroom) -> None:
    room.bring(time_limit_seconds=60)
    first = room.start()
    room.let_time_pass(61)
    assert room.start().seed != first.seed
    assert room.results() == 1


def test_a_timed_quiz_is_started_first(room: Classroom) -> None:
    room.bring(time_limit_seconds=60)
    with pytest.raises(AttemptNotStarted):
        room.submit()
    room.bring(draw_count=2)
    with pytest.raises(AttemptNotStarted):
        room.submit()
    room.bring(draw_count=4)
    assert room.submit().max_score == 4


def test_there_is_a_wait_between_attempts(room: Classroom) -> None:
    room.bring(wait_seconds=100)
    room.submit()
    room.let_time_pass(40)
    for again in (room.start, room.submit):
        with pytest.raises(AttemptTooSoon) as refused:
            again()
        assert refused.value.retry_after == pytest.approx(60, abs=5)
    room.let_time_pass(61)
    room.start()


def test_an_attempt_is_graded_by_the_version_it_was_started_on(room: Classroom) -> None:
    room.bring("::One::One? {T}")
    taken = room.start()
    room.bring("::One::One, or not? {F}\n\n::Two::Two? {T}")
    shown = room.read().taken
    assert shown is not None
    assert [each.text for each in shown.questions] == ["One?"]
    result = room.submit(right(taken.quiz), taken.seed)
    assert (result.score, result.max_score) == (1, 1)
    assert len(room.start().questions) == 2


def test_an_attempt_ends_by_its_time_though_the_quiz_is_gone(room: Classroom) -> None:
    room.bring(time_limit_seconds=60)
    room.start()
    room.remove()
    with pytest.raises(QuizNotFound):
        room.start()
    room.let_time_pass(61)
    room.end_late()
    assert room.results() == 1


@pytest.mark.parametrize(
    ("grading", "told"),
    [
        ("best", [0, 0, 1, 1]),
        ("last", [0, 0, 1, 1]),
        ("first", [0, 0, 0, 0]),
        ("average", [0, 0, 0, 1]),
    ],
)
def test_the_attempt_that_counts_tells_whether_it_is_passed(
    room: Classroom, grading: str, told: list[int]
) -> None:
    room.bring("A {T}\n\nB {T}", pass_percentage=70, grading=grading)
    quiz = room.read().quiz
    seen = []
    for count in (1, 1, 2, 2):
        room.submit(right(quiz, count))
        seen.append(room.passes())
    standing = room.read().standing
    assert (standing.first, standing.last, standing.best) == (50, 100, 100)
    assert standing.total == 300
    # 75 % on average.
    assert seen == told


def test_a_pass_stays_whatever_comes_after(room: Classroom) -> None:
    for grading in ("last", "average", "first"):
        room.learner = uuid4()
        room.bring(grading=grading)
        quiz = room.read().quiz
        room.submit(right(quiz))
        for _ in range(3):
            room.submit(wrong(quiz))
        assert room.read().standing.passed


def test_of_who_was_erased_no_attempt_is_kept(room: Classroom) -> None:
    room.bring(max_attempts=5)
    taken = room.start()
    room.save(taken.seed, right(taken.quiz))
    exported = list(export_person(room.database, room.learner)["attempts"])
    assert [str(each["attemptId"]) for each in exported] == [taken.seed]
    assert len(exported[0]["answers"]) == 4
    with room.database.transaction():
        persons.erase(room.database, room.learner)
        erase_person(room.database, room.learner)
    assert not list(export_person(room.database, room.learner)["attempts"])
    with pytest.raises(SessionEnded):
        room.start()
    with pytest.raises(SessionEnded):
        room.submit()

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from services.kit.data import persons
from services.kit.data.database import Database
from services.kit.data.statements import Statement, scalar
from services.kit.errors import SessionEnded
from services.kit.events.events import Events
from services.kit.process.personal_data_servicer import pieces
from services.quiz.answers import Answer
from services.quiz.importing import Importing
from services.quiz.kept import QuizVersion
from services.quiz.outcome import Outcome, outcome
from services.quiz.personal import PAGE, erase_person, export_person
from services.quiz.repository import quizzes, results
from services.quiz.repository.results import KeptResult, Standing, Submission
from services.quiz.rules import Grading
from services.quiz.saving import Saving
from stellr.quiz.v1 import quiz_internal_service_pb2 as pb
from stellr.quiz.v1.events_pb2 import QuizPassed
from tests.services.outbox import written

LESSON, LEARNER, COURSE = uuid4(), uuid4(), uuid4()
_COUNT = Statement("SELECT count(*) FROM results", scalar)


@pytest.fixture
def quiz(database: Database, events: Events) -> QuizVersion:
    request = pb.ImportQuizzesRequest(course_id=str(COURSE), pass_percentage=60)
    request.quizzes.add(lesson_id=str(LESSON), title="Quiz", gift="One? {T}\n\nTwo? {T}")
    with database.transaction():
        Importing(Saving(database, events)).run(request)
    current = quizzes.find_current(database, LESSON)
    assert current is not None
    return quizzes.find_version(database, current.version_id)


def graded(quiz: QuizVersion, right: int) -> Outcome:
    """The outcome of so many right answers; two of two pass."""
    answers = []
    for place, question in enumerate(quiz.questions):
        chosen = [each.option_id for each in question.options if each.right == (place < right)]
        answers.append(Answer.of(question.question_id, chosen))
    return outcome(quiz, answers)


def passing(user_id: UUID = LEARNER) -> QuizPassed:
    event = QuizPassed(user_id=str(user_id), lesson_id=str(LESSON), course_id=str(COURSE))
    event.pass_time.FromDatetime(datetime.now(UTC))
    return event


def submission(quiz: QuizVersion, counting: Grading = Grading.BEST) -> Submission:
    return Submission(quiz.quiz_id, quiz.version_id, None, counting, quiz.pass_percentage)


def submit(
    database: Database, events: Events, quiz: QuizVersion, right: int, user_id: UUID = LEARNER
) -> KeptResult:
    with database.transaction():
        return results.add_result(
            database, events, submission(quiz), graded(quiz, right), passing(user_id)
        )


def standing(
    database: Database, quiz: QuizVersion, user_id: UUID = LEARNER
) -> tuple[int, float | None]:
    found = results.find_standing(database, quiz.quiz_id, user_id)
    assert found.started == found.results
    return found.results, found.best


def test_a_result_is_kept_as_it_was_graded(
    database: Database, events: Events, quiz: QuizVersion
) -> None:
    made = [submit(database, events, quiz, right) for right in (0, 2)]
    listed = results.list_results(database, quiz.quiz_id, LEARNER, None, 10)
    assert listed == made[::-1]
    assert results.list_results(database, quiz.quiz_id, uuid4(), None, 10) == []


def test_the_standing_counts_results_and_holds_the_best(
    database: Database, events: Events, quiz: QuizVersion
) -> None:
    assert results.find_standing(database, quiz.quiz_id, LEARNER) == Standing()
    seen = []
    for right in (1, 0, 2, 1):
        submit(database, events, quiz, right)
        seen.append(standing(database, quiz))
    assert seen == [(1, 50.0), (2, 50.0), (3, 100.0), (4, 100.0)]


def test_only_the_first_pass_is_told(database: Database, events: Events, quiz: QuizVersion) -> None:
    told = []
    for right in (0, 1, 2, 0, 2):
        submit(database, events, quiz, right)
        told.append(len(written(database, QuizPassed)))
    assert told == [0, 0, 1, 1, 1]
    (event,) = written(database, QuizPassed)
    assert (event.user_id, event.lesson_id) == (str(LEARNER), str(LESSON))
    assert event.course_id == str(COURSE)
    assert event.pass_time.ToDatetime(UTC) in {
        each.submitted_at
        for each in results.list_results(database, quiz.quiz_id, LEARNER, None, 10)
    }


def test_a_first_result_that_passes_is_told(
    database: Database, events: Events, quiz: QuizVersion
) -> None:
    others = [uuid4() for _ in range(3)]
    for user_id in others:
        submit(database, events, quiz, 2, user_id)
    assert [event.user_id for event in written(database, QuizPassed)] == list(map(str, others))


def test_a_hundred_submissions_at_once_are_counted_and_passed_once(
    database: Database, events: Events, quiz: QuizVersion
) -> None:
    with ThreadPoolExecutor(5) as pool:
        made = list(pool.map(lambda n: submit(database, events, quiz, n % 3), range(100)))
    assert len({result.result_id for result in made}) == database.one(_COUNT) == 100
    assert standing(database, quiz) == (100, 100.0)
    assert len(written(database, QuizPassed)) == 1


def test_what_is_rolled_back_leaves_neither_result_nor_standing_nor_event(
    database: Database, events: Events, quiz: QuizVersion
) -> None:
    def fail() -> None:
        with database.transaction() as unit:
            assert unit.connection
            results.add_result(database, events, submission(quiz), graded(quiz, 2), passing())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert database.one(_COUNT) == 0
    assert results.find_standing(database, quiz.quiz_id, LEARNER) == Standing()
    assert written(database, QuizPassed) == []


def test_results_go_on_before_a_result(
    database: Database, events: Events, quiz: QuizVersion
) -> None:
    made = [submit(database, events, quiz, 1).result_id for _ in range(4)]
    page = results.list_results(database, quiz.quiz_id, LEARNER, made[2], 2)
    assert [each.result_id for each in page] == [made[1], made[0]]


def test_of_who_was_erased_nothing_is_kept_and_nothing_told(
    database: Database, events: Events, quiz: QuizVersion
) -> None:
    other = uuid4()
    for user_id in (LEARNER, other):
        submit(database, events, quiz, 1, user_id)
    with database.transaction():
        persons.erase(database, LEARNER)
        erase_person(database, LEARNER)
    with pytest.raises(SessionEnded):
        submit(database, events, quiz, 2)
    assert database.one(_COUNT) == 1
    assert results.find_standing(database, quiz.quiz_id, LEARNER) == Standing()
    assert standing(database, quiz, other) == (1, 50.0)
    assert written(database, QuizPassed) == []


def test_an_export_has_every_submission_over_many_pages(
    database: Database, events: Events, quiz: QuizVersion
) -> None:
    made = [submit(database, events, quiz, number % 3) for number in range(2 * PAGE + 3)]
    submit(database, events, quiz, 2, uuid4())
    exported = json.loads(b"".join(pieces(export_person(database, LEARNER))))
    assert [each["resultId"] for each in exported["results"]] == [
        str(each.result_id) for each in made
    ]
    first, lesson_id = exported["results"][1], str(LESSON)
    assert (first["lessonId"], first["percentage"], first["passed"]) == (lesson_id, 50.0, False)
    assert len(first["answers"]) == len(first["questionResults"]) == 2
    assert exported["standings"] == [
        {
            "quizId": str(quiz.quiz_id),
            "lessonId": lesson_id,
            "attempts": len(made),
            "results": len(made),
            "bestPercentage": 100.0,
            "passed": True,
        }
    ]

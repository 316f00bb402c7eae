"""A quiz changes while learners take it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx

from stellr.quiz.v1 import quiz_internal_service_pb2 as pb
from stellr.quiz.v1.quiz_internal_service_pb2_grpc import QuizInternalServiceStub
from tests.services.own_course import make_course
from tests.services.quiz.quizzes import (
    COURSE,
    GIFT,
    enroll,
    ids,
    import_quiz,
    no_answers,
    right_answers,
)
from tests.support import Stack, reason, violations


def test_a_new_version_keeps_ids_and_old_results(stack: Stack) -> None:
    own = make_course(stack.mesh)
    first = import_quiz(stack, own.lesson_id)
    assert (first.question_count, first.changed) == (3, True)
    pupil = enroll(stack, own)
    before = pupil.get(f"/quiz/{own.lesson_id}").json()
    result = pupil.post(f"/quiz/{own.lesson_id}/submit", {"answers": right_answers(before)}).json()

    same = import_quiz(stack, own.lesson_id, f"// the same\n{GIFT}")
    assert (same.quiz_id, same.changed) == (first.quiz_id, False)
    assert ids(pupil.get(f"/quiz/{own.lesson_id}").json()) == ids(before)

    gift = "New {=a ~b}\n\nWhich are primes? {~%50%2 ~%50%5 ~4}\n"
    changed = import_quiz(stack, own.lesson_id, gift)
    assert (changed.quiz_id, changed.changed) == (first.quiz_id, True)
    after, known = ids(pupil.get(f"/quiz/{own.lesson_id}").json()), ids(before)
    kept = {"Which are primes?", "Which are primes?/2", "Which are primes?/4"}
    assert {text for text in after if after[text] == known.get(text)} == kept
    assert not {after[text] for text in after.keys() - kept} & set(known.values())
    listed = pupil.get(f"/quiz/{own.lesson_id}/results").json()["results"]
    assert listed == [result]


def test_a_slip_of_the_pen_is_mended_while_a_learner_has_the_quiz_open(stack: Stack) -> None:
    own = make_course(stack.mesh)
    import_quiz(
        stack, own.lesson_id, "::Q1::Capital of France? {=Paris ~Lyon ~Lile}\n\n::Q2::Yes {T}"
    )
    pupil = enroll(stack, own)
    path = f"/quiz/{own.lesson_id}"
    seen = pupil.get(path).json()
    gift = "::Q2::Yes {T}\n\n::Q1::What is the capital of France? {~Lille =Paris ~Lyon}"
    assert import_quiz(stack, own.lesson_id, gift).changed
    now = pupil.get(path).json()
    assert now["questions"][1]["text"] == "What is the capital of France?"
    assert {each["questionId"] for each in seen["questions"]} == {
        each["questionId"] for each in now["questions"]
    }
    answers = [
        {"questionId": each["questionId"], "optionIds": [each["options"][0]["optionId"]]}
        for each in seen["questions"]
    ]
    result = pupil.post(f"{path}/submit", {"answers": answers}).json()
    assert (result["score"], result["maxScore"]) == (2, 2)


def test_answers_are_graded_by_the_version_that_was_seen(stack: Stack) -> None:
    own = make_course(stack.mesh)
    import_quiz(stack, own.lesson_id, "::A::2 + 2 is 4. {T}\n\n::B::Which? {=a ~b}")
    pupil = enroll(stack, own)
    path = f"/quiz/{own.lesson_id}"
    first = pupil.get(path).json()["questions"]
    import_quiz(stack, own.lesson_id, "::A::2 + 2 is 5. {F}\n\n::B::Which? {~a =b}\n\n::C::New {T}")
    second = pupil.get(path).json()["questions"]

    def submit(*options: tuple[dict[str, Any], int]) -> httpx.Response:
        answers = [
            {"questionId": each["questionId"], "optionIds": [each["options"][place]["optionId"]]}
            for each, place in options
        ]
        return pupil.post(f"{path}/submit", {"answers": answers})

    assert submit((first[0], 0), (first[1], 0)).json()["maxScore"] == 2
    assert submit((first[0], 0), (first[1], 0)).json()["percentage"] == 100
    assert submit((second[0], 1), (second[1], 1), (second[2], 0)).json()["score"] == 3

    mixed = submit((first[0], 0), (second[2], 0))
    assert (mixed.status_code, reason(mixed)) == (409, "QUIZ_CHANGED")
    second[2]["options"][0]["optionId"] = str(uuid4())
    foreign = submit((second[0], 0), (second[2], 0))
    assert set(violations(foreign)) == {"answers[1].optionIds[0]"}
    assert pupil.get(path).json()["attemptsUsed"] == 3


def test_a_quiz_as_it_was_before_has_its_ids_again(stack: Stack) -> None:
    own = make_course(stack.mesh)
    import_quiz(stack, own.lesson_id)
    pupil = enroll(stack, own)
    before = pupil.get(f"/quiz/{own.lesson_id}").json()
    import_quiz(stack, own.lesson_id, "Another {T}")
    assert not ids(before).items() & ids(pupil.get(f"/quiz/{own.lesson_id}").json()).items()
    assert import_quiz(stack, own.lesson_id).changed
    assert pupil.get(f"/quiz/{own.lesson_id}").json() == before


def test_a_removed_quiz_is_gone_and_comes_back_with_its_results(
    stack: Stack, quizzes: QuizInternalServiceStub
) -> None:
    own = make_course(stack.mesh)
    import_quiz(stack, own.lesson_id)
    pupil = enroll(stack, own)
    before = pupil.get(f"/quiz/{own.lesson_id}").json()
    pupil.post(f"/quiz/{own.lesson_id}/submit", {"answers": no_answers(before)})

    gone = pb.RemoveQuizzesRequest(course_id=COURSE, lesson_ids=[own.lesson_id, str(uuid4())])
    assert quizzes.RemoveQuizzes(gone).removed_count == 1
    assert quizzes.RemoveQuizzes(gone).removed_count == 0
    assert reason(pupil.get(f"/quiz/{own.lesson_id}")) == "QUIZ_NOT_FOUND"
    assert reason(pupil.get(f"/quiz/{own.lesson_id}/results")) == "QUIZ_NOT_FOUND"

    assert import_quiz(stack, own.lesson_id).changed
    after = pupil.get(f"/quiz/{own.lesson_id}").json()
    assert ids(after) == ids(before)
    assert after["attemptsUsed"] == 1

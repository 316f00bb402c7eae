"""What learners do with a quiz, through Envoy."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from tests.services.own_course import OwnCourse, make_course
from tests.services.quiz.quizzes import enroll, import_quiz, no_answers, right_answers
from tests.support import Learner, Stack, Visitor, reason, violations


def test_the_quiz_shows_questions_and_no_answers(pupil: Learner, own: OwnCourse) -> None:
    answer = pupil.get(f"/quiz/{own.lesson_id}")
    assert answer.status_code == 200, answer.text
    quiz = answer.json()
    assert quiz["lessonId"] == own.lesson_id
    assert (quiz["title"], quiz["passPercentage"]) == ("Quiz", 60)
    assert (quiz["timeLimitSeconds"], quiz["maxAttempts"], quiz["attemptsUsed"]) == (0, 0, 0)
    assert "bestPercentage" not in quiz
    assert [question["type"] for question in quiz["questions"]] == [
        "QUESTION_TYPE_SINGLE_CHOICE",
        "QUESTION_TYPE_MULTIPLE_CHOICE",
        "QUESTION_TYPE_TRUE_FALSE",
    ]
    assert [option["text"] for option in quiz["questions"][2]["options"]] == ["True", "False"]
    shown = answer.text.replace('"rights"', "")
    for hint in ("correct", "right", "feedback", "weight", "Seine", "map"):
        assert hint not in shown


@pytest.mark.parametrize(("verb", "path"), [("get", ""), ("post", "/submit"), ("get", "/results")])
def test_only_the_enrolled_get_anywhere(
    visitor: Visitor, learner: Callable[..., Learner], own: OwnCourse, verb: str, path: str
) -> None:
    assert getattr(visitor, verb)(f"/quiz/{own.lesson_id}{path}").status_code == 401
    somebody = learner()
    answers = [
        getattr(somebody, verb)(f"/quiz/{lesson_id}{path}")
        for lesson_id in (own.lesson_id, own.preview_id, str(uuid4()), "no-id")
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert {json.dumps(answer.json(), sort_keys=True) for answer in answers} == {
        json.dumps(answers[0].json(), sort_keys=True)
    }
    assert reason(answers[0]) == "QUIZ_NOT_FOUND"


def test_right_answers_pass_and_are_told_in_the_authors_words(
    pupil: Learner, own: OwnCourse
) -> None:
    quiz = pupil.get(f"/quiz/{own.lesson_id}").json()
    answers = right_answers(quiz)
    answer = pupil.post(f"/quiz/{own.lesson_id}/submit", {"answers": answers})
    assert answer.status_code == 200, answer.text
    result = answer.json()
    assert (result["score"], result["maxScore"]) == (3, 3)
    assert (result["percentage"], result["passed"]) == (100, True)
    assert [each["feedback"] for each in result["questionResults"]] == [
        "Yes, on the Seine.",
        "",
        "Well seen.",
    ]
    assert [set(each["correctOptionIds"]) for each in result["questionResults"]] == [
        set(each["optionIds"]) for each in answers
    ]
    again = pupil.get(f"/quiz/{own.lesson_id}").json()
    assert (again["attemptsUsed"], again["bestPercentage"]) == (1, 100)


def test_ids_are_the_same_in_any_letter_case(pupil: Learner, own: OwnCourse) -> None:
    quiz = pupil.get(f"/quiz/{own.lesson_id}").json()
    answers = [
        {
            "questionId": answer["questionId"].upper(),
            "optionIds": [option.title() for option in answer["optionIds"]],
        }
        for answer in right_answers(quiz)
    ]
    answer = pupil.post(f"/quiz/{own.lesson_id.upper()}/submit", {"answers": answers})
    assert answer.status_code == 200, answer.text
    result = answer.json()
    assert (result["score"], result["maxScore"]) == (3, 3)
    told = [each["questionId"] for each in result["questionResults"]]
    assert told == [question["questionId"] for question in quiz["questions"]]


def test_nothing_answered_is_no_points_and_no_fault(pupil: Learner, own: OwnCourse) -> None:
    answers = no_answers(pupil.get(f"/quiz/{own.lesson_id}").json())
    result = pupil.post(f"/quiz/{own.lesson_id}/submit", {"answers": answers}).json()
    assert (result["score"], result["percentage"], result["passed"]) == (0, 0, False)
    assert result["questionResults"][0]["feedback"] == "Look at a map."


@pytest.mark.parametrize("body", [{}, {"answers": []}, {"answers": None}, {"attemptId": ""}])
def test_an_empty_submission_is_refused_and_costs_nothing(
    pupil: Learner, own: OwnCourse, body: dict[str, Any]
) -> None:
    refused = pupil.post(f"/quiz/{own.lesson_id}/submit", body)
    assert (refused.status_code, reason(refused)) == (400, "INVALID_FIELDS")
    assert violations(refused) == {"answers": "must not be empty"}
    assert pupil.get(f"/quiz/{own.lesson_id}").json()["attemptsUsed"] == 0


def test_answers_that_do_not_fit_are_all_told_and_cost_nothing(
    pupil: Learner, own: OwnCourse
) -> None:
    quiz = pupil.get(f"/quiz/{own.lesson_id}").json()
    answers = right_answers(quiz)
    capital = quiz["questions"][0]
    answers[0]["optionIds"] = [option["optionId"] for option in capital["options"]]
    answers[1]["optionIds"][1] = answers[2]["optionIds"][0]
    answers.append({"questionId": str(uuid4()), "optionIds": []})
    answers.append({"questionId": capital["questionId"], "optionIds": []})
    refused = pupil.post(f"/quiz/{own.lesson_id}/submit", {"answers": answers})
    assert refused.status_code == 400
    assert set(violations(refused)) == {
        "answers[0].optionIds",
        "answers[1].optionIds[1]",
        "answers[3].questionId",
        "answers[4].questionId",
    }
    assert pupil.get(f"/quiz/{own.lesson_id}").json()["attemptsUsed"] == 0


def test_a_pass_shows_in_progress_soon(
    pupil: Learner, own: OwnCourse, eventually: Callable[..., Any]
) -> None:
    def passed() -> int:
        path = f"/progress/me/courses/{own.course_id}"
        return int(pupil.get(path).json()["quizzesPassed"])

    assert passed() == 0
    quiz = pupil.get(f"/quiz/{own.lesson_id}").json()
    pupil.post(f"/quiz/{own.lesson_id}/submit", {"answers": right_answers(quiz)})
    assert eventually(passed) == 1


def test_results_come_in_pages_newest_first(pupil: Learner, own: OwnCourse, stack: Stack) -> None:
    quiz = pupil.get(f"/quiz/{own.lesson_id}").json()
    made = []
    for count in range(3):
        body = {"answers": right_answers(quiz)[: count + 1]}
        made.append(pupil.post(f"/quiz/{own.lesson_id}/submit", body).json())
    path = f"/quiz/{own.lesson_id}/results"
    first = pupil.get(path, pageSize=2).json()
    token = first["nextPageToken"]
    second = pupil.get(path, pageSize=2, pageToken=token).json()
    assert first["results"] + second["results"] == made[::-1]
    assert second["nextPageToken"] == ""
    assert pupil.get(path, pageSize=101).status_code == 400
    assert set(violations(pupil.get(path, pageToken=token[:-1] + "!"))) == {"pageToken"}
    other = enroll(stack, own)
    assert other.get(path).json()["results"] == []
    assert set(violations(other.get(path, pageToken=token))) == {"pageToken"}


def test_a_page_of_large_results_has_fewer(stack: Stack) -> None:
    own = make_course(stack.mesh)
    import_quiz(stack, own.lesson_id, "\n\n".join(f"{n} {'x' * 3_900} {{T}}" for n in range(200)))
    pupil = enroll(stack, own)
    path = f"/quiz/{own.lesson_id}"
    body = {"answers": no_answers(pupil.get(path).json())[:1]}
    made = [pupil.post(f"{path}/submit", body).json()["resultId"] for _ in range(6)]
    found: list[str] = []
    token = ""
    while len(found) < len(made):
        page = pupil.get(f"{path}/results", pageToken=token)
        assert page.status_code == 200, page.text
        found += [each["resultId"] for each in page.json()["results"]]
        token = page.json()["nextPageToken"]
    assert (found, token) == (made[::-1], "")


def test_a_hundred_submissions_at_once_are_a_hundred_results(
    pupil: Learner, own: OwnCourse
) -> None:
    quiz = pupil.get(f"/quiz/{own.lesson_id}").json()
    answers = right_answers(quiz)

    def submit(number: int) -> tuple[str, int, int]:
        body = {"answers": answers[: number % 4] or no_answers(quiz)}
        answer = pupil.post(f"/quiz/{own.lesson_id}/submit", body)
        assert answer.status_code == 200, answer.text
        return answer.json()["resultId"], answer.json()["score"], number % 4

    with ThreadPoolExecutor(20) as pool:
        results = list(pool.map(submit, range(100)))
    assert len({result_id for result_id, _, _ in results}) == 100
    assert all(score == expected for _, score, expected in results)
    assert pupil.get(f"/quiz/{own.lesson_id}").json()["attemptsUsed"] == 100


def test_the_same_key_is_one_submission(pupil: Learner, own: OwnCourse) -> None:
    key = str(uuid4())
    body = {"answers": no_answers(pupil.get(f"/quiz/{own.lesson_id}").json())}

    def submit(_: int) -> str:
        answer = pupil.post(f"/quiz/{own.lesson_id}/submit", body, Idempotency_Key=key)
        return str(answer.json()["resultId"])

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(submit, range(16)))) == 1
    assert pupil.get(f"/quiz/{own.lesson_id}").json()["attemptsUsed"] == 1

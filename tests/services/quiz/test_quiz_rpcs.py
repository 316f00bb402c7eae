"""The RPCs of quiz, through Envoy and over the mesh, on a course of the test's own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import grpc
import httpx
import pytest

from services.kit.errors import InvalidArgument
from stellr.quiz.v1 import quiz_internal_service_pb2 as pb
from stellr.quiz.v1.quiz_internal_service_pb2_grpc import QuizInternalServiceStub
from tests.services.own_course import OwnCourse, make_course
from tests.support import Learner, Stack, Visitor, reason, register, violations

GIFT = """
::Capital::The capital of France is {=Paris#Yes, on the Seine. ~Lyon ~Nice ####Look at a map.}

::Primes::Which are primes? {~%50%2 ~%50%3 ~%-100%4}

::Earth::The earth is flat {F#Look at the horizon.#Well seen.}
"""
# Only imports of one course wait for each other.
COURSE = str(uuid4())
RIGHT = {
    "The capital of France is": {"Paris"},
    "Which are primes?": {"2", "3"},
    "The earth is flat": {"False"},
}


@pytest.fixture(name="own", scope="module")
def _own(stack: Stack) -> OwnCourse:
    own = make_course(stack.mesh, has_quiz=True)
    import_quiz(stack, own.lesson_id)
    import_quiz(stack, own.preview_id)
    return own


@pytest.fixture(name="pupil")
def _pupil(stack: Stack, own: OwnCourse) -> Learner:
    return enroll(stack, own)


@pytest.fixture(name="quizzes")
def _quizzes(stack: Stack) -> Iterator[QuizInternalServiceStub]:
    with stack.mesh("gateway", "quiz") as channel:
        yield QuizInternalServiceStub(channel)


def enroll(stack: Stack, own: OwnCourse) -> Learner:
    somebody = register(stack)
    assert somebody.post(f"/courses/{own.course_id}/enroll").status_code == 200
    return somebody


def import_quiz(stack: Stack, lesson_id: str, gift: str = GIFT) -> pb.ImportedQuiz:
    with stack.mesh("gateway", "quiz") as channel:
        stub = QuizInternalServiceStub(channel)
        (quiz,) = stub.ImportQuizzes(request(lesson_id, gift)).quizzes
        return quiz


def request(
    lesson_id: str, gift: str = GIFT, *more: pb.ImportQuiz, pass_percentage: int = 60
) -> pb.ImportQuizzesRequest:
    return pb.ImportQuizzesRequest(
        course_id=COURSE,
        pass_percentage=pass_percentage,
        quizzes=[pb.ImportQuiz(lesson_id=lesson_id, title="Quiz", gift=gift), *more],
    )


def right_answers(quiz: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "questionId": question["questionId"],
            "optionIds": [
                option["optionId"]
                for option in question["options"]
                if option["text"] in RIGHT[question["text"]]
            ],
        }
        for question in quiz["questions"]
    ]


def ids(quiz: dict[str, Any]) -> dict[str, str]:
    found = {}
    for question in quiz["questions"]:
        found[question["text"]] = question["questionId"]
        for option in question["options"]:
            found[f"{question['text']}/{option['text']}"] = option["optionId"]
    return found


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
    for hint in ("correct", "right", "feedback", "weight", "Seine", "map"):
        assert hint not in answer.text


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
    assert {str(each["correctOptionIds"]) for each in result["questionResults"]} == {"[]"}
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
    result = pupil.post(f"/quiz/{own.lesson_id}/submit", {}).json()
    assert (result["score"], result["percentage"], result["passed"]) == (0, 0, False)
    assert result["questionResults"][0]["feedback"] == "Look at a map."


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


def test_a_pass_shows_in_progress_within_a_second(
    pupil: Learner, own: OwnCourse, eventually: Callable[..., Any]
) -> None:
    def passed() -> int:
        path = f"/progress/me/courses/{own.course_id}"
        return int(pupil.get(path).json()["quizzesPassed"])

    assert passed() == 0
    quiz = pupil.get(f"/quiz/{own.lesson_id}").json()
    pupil.post(f"/quiz/{own.lesson_id}/submit", {"answers": right_answers(quiz)})
    assert eventually(passed, 1.0) == 1


def test_results_come_in_pages_newest_first(pupil: Learner, own: OwnCourse, stack: Stack) -> None:
    quiz = pupil.get(f"/quiz/{own.lesson_id}").json()
    made = []
    for count in range(3):
        body = {"answers": right_answers(quiz)[:count]}
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


def test_a_hundred_submissions_at_once_are_a_hundred_results(
    pupil: Learner, own: OwnCourse
) -> None:
    quiz = pupil.get(f"/quiz/{own.lesson_id}").json()
    answers = right_answers(quiz)

    def submit(number: int) -> tuple[str, int, int]:
        body = {"answers": answers[: number % 4]}
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

    def submit(_: int) -> str:
        answer = pupil.post(f"/quiz/{own.lesson_id}/submit", {}, Idempotency_Key=key)
        return str(answer.json()["resultId"])

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(submit, range(16)))) == 1
    assert pupil.get(f"/quiz/{own.lesson_id}").json()["attemptsUsed"] == 1


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

    def submit(*options: dict[str, Any]) -> httpx.Response:
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


def test_ids_are_equal_in_any_case_and_answered_in_lower_case(
    pupil: Learner, own: OwnCourse
) -> None:
    path = f"/quiz/{own.lesson_id}"
    answers = right_answers(pupil.get(path).json())
    told = pupil.post(f"{path}/submit", {"answers": answers}).json()["questionResults"]
    upper = json.loads(
        json.dumps(answers)
        .upper()
        .replace("QUESTIONID", "questionId")
        .replace("OPTIONIDS", "optionIds")
    )
    upper[0]["questionId"] = upper[0]["questionId"][:18].lower() + upper[0]["questionId"][18:]
    answer = pupil.post(f"/quiz/{own.lesson_id.upper()}/submit", {"answers": upper})
    assert answer.json()["questionResults"] == told
    assert answer.json()["passed"] is True


def test_a_removed_quiz_is_gone_and_comes_back_with_its_results(
    stack: Stack, quizzes: QuizInternalServiceStub
) -> None:
    own = make_course(stack.mesh)
    import_quiz(stack, own.lesson_id)
    pupil = enroll(stack, own)
    before = pupil.get(f"/quiz/{own.lesson_id}").json()
    pupil.post(f"/quiz/{own.lesson_id}/submit", {})

    gone = pb.RemoveQuizzesRequest(course_id=COURSE, lesson_ids=[own.lesson_id, str(uuid4())])
    assert quizzes.RemoveQuizzes(gone).removed_count == 1
    assert quizzes.RemoveQuizzes(gone).removed_count == 0
    assert reason(pupil.get(f"/quiz/{own.lesson_id}")) == "QUIZ_NOT_FOUND"
    assert reason(pupil.get(f"/quiz/{own.lesson_id}/results")) == "QUIZ_NOT_FOUND"

    assert import_quiz(stack, own.lesson_id).changed
    after = pupil.get(f"/quiz/{own.lesson_id}").json()
    assert ids(after) == ids(before)
    assert after["attemptsUsed"] == 1


def test_imports_of_one_quiz_at_once_take_turns(stack: Stack) -> None:
    own = make_course(stack.mesh)
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: import_quiz(stack, own.lesson_id), range(16)))
    assert len({each.quiz_id for each in made}) == 1
    assert sum(each.changed for each in made) == 1


def test_quizzes_come_all_or_none(stack: Stack, quizzes: QuizInternalServiceStub) -> None:
    own = make_course(stack.mesh)
    pupil = enroll(stack, own)
    bad = pb.ImportQuiz(lesson_id=own.preview_id, title="Bad", gift="Q {~a ~b}")
    with pytest.raises(InvalidArgument) as refused:
        quizzes.ImportQuizzes(request(own.lesson_id, GIFT, bad))
    assert [each.field for each in refused.value.violations] == ["quizzes[1].gift"]
    assert reason(pupil.get(f"/quiz/{own.lesson_id}")) == "QUIZ_NOT_FOUND"

    good = pb.ImportQuiz(lesson_id=own.preview_id, title="Good", gift="Q {T}")
    both = request(own.lesson_id, GIFT, good)
    assert [each.question_count for each in quizzes.ImportQuizzes(both).quizzes] == [3, 1]
    both.quizzes[1].title = "New"
    assert [each.changed for each in quizzes.ImportQuizzes(both).quizzes] == [False, True]
    assert pupil.get(f"/quiz/{own.preview_id}").json()["title"] == "New"


def test_defects_are_told_with_their_lines(
    quizzes: QuizInternalServiceStub, own: OwnCourse
) -> None:
    bad = "Q1 {~a ~b}\n\nQ2 {=a ~a}\n"
    report = quizzes.CheckGift(pb.CheckGiftRequest(gift=bad))
    assert [defect.line for defect in report.defects] == [1, 3]
    assert report.question_count == 0
    good = quizzes.CheckGift(pb.CheckGiftRequest(gift=GIFT))
    assert (good.question_count, list(good.defects)) == (3, [])
    with pytest.raises(InvalidArgument) as refused:
        quizzes.ImportQuizzes(request(own.lesson_id, bad))
    told = [(each.field, each.description[:7]) for each in refused.value.violations]
    assert told == [("quizzes[0].gift", "line 1:"), ("quizzes[0].gift", "line 3:")]


@pytest.mark.parametrize(
    "wrong",
    [
        request("no-id"),
        request(str(uuid4()), GIFT, pb.ImportQuiz(lesson_id=str(uuid4()), gift=GIFT)),
        request(str(uuid4()), pass_percentage=101),
    ],
)
def test_imports_out_of_bounds_are_refused(
    quizzes: QuizInternalServiceStub, wrong: pb.ImportQuizzesRequest
) -> None:
    with pytest.raises(InvalidArgument):
        quizzes.ImportQuizzes(wrong)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("CheckGift", pb.CheckGiftRequest(gift=GIFT)),
        ("ImportQuizzes", request(str(uuid4()))),
        ("RemoveQuizzes", pb.RemoveQuizzesRequest(course_id=COURSE)),
    ],
)
def test_the_internal_rpcs_are_for_the_gateway_only(
    stack: Stack, mesh: Callable[..., grpc.Channel], name: str, message: Any
) -> None:
    with (
        grpc.insecure_channel(stack.target("quiz")) as channel,
        pytest.raises(grpc.RpcError) as nobody,
    ):
        getattr(QuizInternalServiceStub(channel), name)(message)
    assert nobody.value.code() is grpc.StatusCode.UNAUTHENTICATED
    with pytest.raises(grpc.RpcError) as progress:
        getattr(QuizInternalServiceStub(mesh("progress", "quiz")), name)(message)
    assert progress.value.code() is grpc.StatusCode.PERMISSION_DENIED

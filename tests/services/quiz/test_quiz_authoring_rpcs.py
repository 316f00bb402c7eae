"""Quizzes by their authors, through Envoy."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from tests import support
from tests.support import Learner, Stack, Visitor, eventually, reason, violations

GIFT = """$CATEGORY: stars

::Moon::What makes the Moon shine? {=Sunlight#Yes. ~Fire#No. ~%25%Stars ####Look up.}

// [points:3]
::Planets::Which are planets? {~%50%Mars ~%50%Venus ~%-100%Sirius}

Earth is flat {F#Look.#Well seen.}

::Word::The Sun is a {=star* =%50%sun#Nearly.}.

::Pi::Pi is {#=3.14:0.01#Good. =%50%3..4#Rough. ~#Far.}

::Pairs::Match {=Mars -> red =Earth -> blue = -> green}

::Order::Sort by distance {>
Mercury
Venus
Earth
}
"""
QUIZ: dict[str, Any] = {
    "title": "By hand",
    "questions": [
        {
            "text": "Capital of France?",
            "type": "QUESTION_TYPE_SINGLE_CHOICE",
            "options": [{"text": "Paris", "correct": True}, {"text": "Lyon"}],
        },
        {
            "text": "Primes?",
            "type": "QUESTION_TYPE_MULTIPLE_CHOICE",
            "points": 2,
            "options": [
                {"text": "2", "correct": True},
                {"text": "3", "correct": True, "feedback": "Yes"},
                {"text": "4"},
            ],
        },
    ],
}
CALLS = [
    ("GET", "/quiz/{}/edit", None),
    ("PUT", "/quiz/{}/edit", QUIZ),
    ("DELETE", "/quiz/{}/edit", None),
    ("POST", "/quiz/{}:importGift", {"gift": "Q {T}"}),
    ("GET", "/quiz/{}:exportGift", None),
    ("POST", "/quiz/{}:regrade", {}),
]


@pytest.fixture(name="author", scope="module")
def _author(stack: Stack) -> Learner:
    return support.author(stack)


def make_lesson(author: Learner, *, published: bool = True) -> tuple[str, str]:
    """A course of the author's with one lesson: both ids."""
    course = author.post("/courses", {"title": "Stars"}).json()["courseId"]
    lesson = author.post(f"/courses/{course}/lessons", {"title": "Planets"}).json()["lessonId"]
    if published:
        assert author.post(f"/courses/{course}:publish").status_code == 200
    return course, lesson


@pytest.fixture(name="lesson")
def _lesson(author: Learner) -> str:
    return make_lesson(author)[1]


def send(who: Visitor, call: tuple[str, str, Any], lesson: str) -> Any:
    method, path, body = call
    options: Any = {} if body is None else {"json": body}
    return who.http.request(method, path.format(lesson), **options)


def without_ids(quiz: dict[str, Any]) -> dict[str, Any]:
    own = {"quizId", "lessonId", "etag", "questionId", "optionId"}

    def strip(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: strip(each) for key, each in value.items() if key not in own}
        return [strip(each) for each in value] if isinstance(value, list) else value

    found: dict[str, Any] = strip(quiz)
    return found


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call[0]} {call[1]}")
def test_only_its_author_and_admins_may(
    stack: Stack, author: Learner, call: tuple[str, str, Any]
) -> None:
    lesson, draft = make_lesson(author)[1], make_lesson(author, published=False)[1]
    for each in (lesson, draft):
        assert author.put(f"/quiz/{each}/edit", QUIZ).status_code == 200
    assert send(Visitor(stack), call, lesson).status_code == 401
    learner = support.register(stack)
    assert reason(send(learner, call, lesson)) == "ROLE_REQUIRED"
    other = support.author(stack)
    mine = send(other, call, lesson)
    assert (mine.status_code, reason(mine)) == (403, "NOT_YOUR_COURSE")
    for hidden in (draft, str(uuid4()), "no-id"):
        gone = send(other, call, hidden)
        assert (gone.status_code, reason(gone)) == (404, "LESSON_NOT_FOUND")
    admin = support.register(stack)
    support.grant(stack, admin, "admin")
    assert send(admin, call, lesson).status_code == 200
    assert send(author, call, draft).status_code == 200


def test_a_quiz_by_hand_is_there_for_learners_at_once(author: Learner, stack: Stack) -> None:
    course, lesson = make_lesson(author)
    path = f"/quiz/{lesson}/edit"
    assert reason(author.get(path)) == "QUIZ_NOT_FOUND"
    made = author.put(path, QUIZ)
    assert made.status_code == 200, made.text
    quiz = made.json()
    assert quiz == author.get(path).json()
    assert (quiz["passPercentage"], quiz["grading"]) == (60, "GRADING_BEST")
    assert quiz["reviewPolicy"] == "REVIEW_AFTER_SUBMIT"
    assert [each["weight"] for each in quiz["questions"][1]["options"][:2]] == [50, 50]

    pupil = support.register(stack)
    pupil.post(f"/courses/{course}/enroll")
    assert pupil.get(f"/lessons/{lesson}").json()["hasQuiz"]
    shown = pupil.get(f"/quiz/{lesson}").json()
    assert [each["text"] for each in shown["questions"]] == ["Capital of France?", "Primes?"]

    assert author.delete(path).status_code == 200
    assert not pupil.get(f"/lessons/{lesson}").json()["hasQuiz"]
    assert reason(pupil.get(f"/quiz/{lesson}")) == "QUIZ_NOT_FOUND"
    assert reason(author.delete(path)) == "QUIZ_NOT_FOUND"


def test_ids_outlive_rewording(author: Learner, lesson: str) -> None:
    path = f"/quiz/{lesson}/edit"
    quiz = author.put(path, QUIZ).json()
    capital, primes = quiz["questions"]
    quiz["questions"] = [primes, capital]
    capital["text"], capital["options"][1]["text"] = "What is asked now?", "Marseille"
    again = author.put(path, quiz).json()
    assert again["etag"] != quiz["etag"]
    assert [each["questionId"] for each in again["questions"]] == [
        primes["questionId"],
        capital["questionId"],
    ]
    assert again["questions"][0]["options"] == primes["options"]
    assert author.put(path, again).json() == again


def test_who_was_overtaken_is_told(author: Learner, lesson: str) -> None:
    path = f"/quiz/{lesson}/edit"
    first = author.put(path, QUIZ).json()

    def change(number: int) -> int:
        body = {**QUIZ, "title": f"Title {number}", "etag": first["etag"]}
        return author.put(path, body).status_code

    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(change, range(8)))
    assert sorted(codes) == [200] + [409] * 7
    for stale in (
        author.put(path, {**QUIZ, "etag": first["etag"]}),
        author.http.delete(path, params={"etag": first["etag"]}),
        author.post(f"/quiz/{lesson}:importGift", {"gift": "Q {T}", "etag": "no"}),
    ):
        assert (stale.status_code, reason(stale)) == (409, "ETAG_STALE")


def test_all_that_is_wrong_is_told_at_once(author: Learner, lesson: str) -> None:
    def question(kind: str, **values: Any) -> dict[str, Any]:
        return {"text": "q", "type": f"QUESTION_TYPE_{kind}", **values}

    questions = [
        question("SINGLE_CHOICE", options=[{"text": "a"}, {"text": "b"}]),
        question(
            "SINGLE_CHOICE",
            options=[{"text": "a", "correct": True}, {"text": "a", "correct": True}],
        ),
        question("MULTIPLE_CHOICE", options=[{"text": "a", "weight": 40, "correct": True}]),
        question("TRUE_FALSE", options=[{"text": "Yes", "correct": True}, {"text": "No"}]),
        question("SHORT_TEXT", answers=[{"text": "a", "weight": 50}]),
        question("NUMERIC", answers=[{"text": "three"}]),
        question("MATCHING", pairs=[{"left": "a", "right": "b"}]),
        question("ORDERING", options=[{"text": "a"}]),
        question("NUMERIC", options=[{"text": "3"}], answers=[{"text": "3"}]),
        {**question("TRUE_FALSE"), "questionId": str(uuid4()), "text": "\u200b"},
    ]
    refused = author.put(
        f"/quiz/{lesson}/edit", {"title": "Q", "drawCount": 50, "questions": questions}
    )
    assert refused.status_code == 400
    told = violations(refused)
    for field in (
        "questions[0].options",
        "questions[1].options[1]",
        "questions[2].options",
        "questions[3].options",
        "questions[4].answers",
        "questions[5].answers[0]",
        "questions[6].pairs",
        "questions[7].options",
        "questions[8].options",
        "questions[9].questionId",
        "questions[9].text",
        "drawCount",
    ):
        assert field in told, told
    bounds = author.put(f"/quiz/{lesson}/edit", {**QUIZ, "passPercentage": 101, "title": ""})
    assert {field.rpartition(".")[2] for field in violations(bounds)} == {"passPercentage", "title"}
    assert author.put(f"/quiz/{lesson}/edit", {}).status_code == 400
    assert reason(author.get(f"/quiz/{lesson}/edit")) == "QUIZ_NOT_FOUND"


def test_gift_comes_in_and_goes_out(author: Learner, lesson: str) -> None:
    path = f"/quiz/{lesson}"
    imported = author.post(f"{path}:importGift", {"gift": GIFT})
    assert imported.status_code == 200, imported.text
    quiz = imported.json()
    assert quiz["title"] == "Planets"
    assert [each["type"].removeprefix("QUESTION_TYPE_") for each in quiz["questions"]] == [
        "SINGLE_CHOICE",
        "MULTIPLE_CHOICE",
        "TRUE_FALSE",
        "SHORT_TEXT",
        "NUMERIC",
        "MATCHING",
        "ORDERING",
    ]
    assert [each["points"] for each in quiz["questions"]][:2] == [1, 3]
    assert {each["category"] for each in quiz["questions"]} == {"stars"}
    gift = author.get(f"{path}:exportGift").json()["gift"]
    # The same again changes nothing, nor does what is shown put back.
    assert author.post(f"{path}:importGift", {"gift": gift}).json() == quiz
    assert author.put(f"{path}/edit", quiz).json() == quiz
    elsewhere = make_lesson(author)[1]
    other = author.post(f"/quiz/{elsewhere}:importGift", {"gift": gift}).json()
    assert without_ids(other) == without_ids(quiz)


def test_an_import_keeps_what_gift_does_not_say(author: Learner, lesson: str) -> None:
    rules = {"title": "Mine", "maxAttempts": 2, "grading": "GRADING_LAST", "passPercentage": 0}
    author.put(f"/quiz/{lesson}/edit", {**QUIZ, **rules})
    quiz = author.post(f"/quiz/{lesson}:importGift", {"gift": "New {T}"}).json()
    assert {name: quiz[name] for name in rules} == rules
    assert len(quiz["questions"]) == 1


def test_defects_of_gift_are_told_by_line(author: Learner, lesson: str) -> None:
    text = "Q1 {~a ~b}\n\nQ2 {\n=a\n=b\n~c\n}\n\nQ3 {\n=a\n~a\n}"
    refused = author.post(f"/quiz/{lesson}:importGift", {"gift": text})
    assert (refused.status_code, reason(refused)) == (400, "INVALID_FIELDS")
    details = next(d for d in refused.json()["details"] if "fieldViolations" in d)
    told = [(each["field"], each["description"]) for each in details["fieldViolations"]]
    assert [(field, said.partition(":")[0]) for field, said in told] == [
        ("gift", "line 1"),
        ("gift", "line 5"),
        ("gift", "line 11"),
    ]


def test_a_quiz_counts_in_progress_as_soon_as_it_is_there(author: Learner, stack: Stack) -> None:
    course, lesson = make_lesson(author)
    pupil = support.register(stack)
    pupil.post(f"/courses/{course}/enroll")
    author.put(f"/quiz/{lesson}/edit", QUIZ)

    def quizzes() -> Any:
        found = pupil.get(f"/progress/me/courses/{course}").json()
        return found["quizzesTotal"], found["quizzesPassed"]

    eventually(lambda: quizzes() == (1, 0))
    edited = author.get(f"/quiz/{lesson}/edit").json()
    answers = [
        {
            "questionId": question["questionId"],
            "optionIds": [each["optionId"] for each in question["options"] if each["correct"]],
        }
        for question in edited["questions"]
    ]
    assert pupil.post(f"/quiz/{lesson}/submit", {"answers": answers}).json()["passed"]
    eventually(lambda: quizzes() == (1, 1))

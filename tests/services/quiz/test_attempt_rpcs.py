"""Attempts and results, through Envoy."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from tests import support
from tests.services.quiz.test_quiz_authoring_rpcs import GIFT, make_lesson
from tests.support import Learner, Stack, Visitor, eventually, reason, violations

SAID = ("Yes.", "No.", "Look up.", "Well seen.", "Good.", "Nearly.")


@pytest.fixture(name="author", scope="module")
def _author(stack: Stack) -> Learner:
    return support.author(stack)


class Desk:
    """A quiz of all kinds, its author, and a learner who is enrolled."""

    def __init__(self, stack: Stack, author: Learner) -> None:
        self.author = author
        self.course, self.lesson = make_lesson(author)
        self.path = f"/quiz/{self.lesson}"
        self.quiz = author.post(f"{self.path}:importGift", {"gift": GIFT}).json()
        self.pupil = support.register(stack)
        self.pupil.post(f"/courses/{self.course}/enroll")

    def set(self, **rules: Any) -> None:
        put = self.author.put(f"{self.path}/edit", {**self.quiz, **rules, "etag": ""})
        assert put.status_code == 200, put.text

    def right(self, count: int = 7) -> list[dict[str, Any]]:
        return [self._right(each) for each in self.quiz["questions"][:count]]

    def _right(self, question: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = {"questionId": question["questionId"]}
        match question["type"].removeprefix("QUESTION_TYPE_"):
            case "SHORT_TEXT":
                answer["text"] = "  \uff33TAR of ours "
            case "NUMERIC":
                answer["number"] = 3.15
            case "MATCHING":
                answer["pairs"] = [each for each in question["pairs"] if each["left"]]
            case _:
                answer["optionIds"] = [
                    each["optionId"] for each in question["options"] if each["correct"]
                ]
        return answer


@pytest.fixture(name="desk")
def _desk(stack: Stack, author: Learner) -> Desk:
    return Desk(stack, author)


def test_every_kind_is_asked_without_a_hint(desk: Desk) -> None:
    answer = desk.pupil.get(desk.path)
    single, _, _, word, number, pairs, order = answer.json()["questions"]
    assert [each["text"] for each in single["options"]] == ["Sunlight", "Fire", "Stars"]
    for each in (word, number):
        assert not each["options"] + each["lefts"] + each["rights"]
    assert word["text"] == "The Sun is a _____."
    assert pairs["lefts"] == ["Mars", "Earth"]
    assert sorted(pairs["rights"]) == ["blue", "green", "red"]
    assert {each["text"] for each in order["options"]} == {"Mercury", "Venus", "Earth"}
    assert order["options"] == desk.pupil.get(desk.path).json()["questions"][6]["options"]
    shown = answer.text.replace('"rights"', "")
    for hint in ("correct", "right", "feedback", "weight", "3.14", "star*", *SAID):
        assert hint not in shown


def test_every_kind_is_graded(desk: Desk) -> None:
    result = desk.pupil.post(f"{desk.path}/submit", {"answers": desk.right()}).json()
    assert (result["score"], result["maxScore"], result["passed"]) == (9, 9, True)
    assert all(each["correct"] for each in result["questionResults"])
    assert [each["feedback"] for each in result["questionResults"]] == [
        "Yes.",
        "",
        "Well seen.",
        "",
        "Good.",
        "",
        "",
    ]
    pairs = result["questionResults"][5]
    assert pairs["answers"] == pairs["correctAnswers"] == ["Mars → red", "Earth → blue"]
    assert result["questionResults"][4]["answers"] == ["3.15"]
    assert desk.pupil.get(f"{desk.path}/results").json()["results"] == [result]


def test_partial_credit_is_a_setting(desk: Desk) -> None:
    answers = desk.right()
    answers[1]["optionIds"].pop()
    answers[3]["text"] = "sun"
    answers[4]["number"] = 3.5
    answers[5]["pairs"].pop()
    answers[6]["optionIds"].reverse()

    def points() -> list[float]:
        result = desk.pupil.post(f"{desk.path}/submit", {"answers": answers}).json()
        return [each["points"] for each in result["questionResults"]]

    assert points() == [1, 0, 1, 0.5, 0.5, 0, 0]
    desk.set(partialCredit=True)
    assert points() == pytest.approx([1, 1.5, 1, 0.5, 0.5, 0.5, 1 / 3], abs=0.001)


def test_an_answer_in_the_wrong_field_is_told(desk: Desk) -> None:
    answers = desk.right()
    wrong = [
        {"questionId": answers[0]["questionId"], "text": "Sunlight"},
        {"questionId": answers[3]["questionId"], "optionIds": [str(uuid4())]},
        {"questionId": answers[4]["questionId"], "pairs": [{"left": "a", "right": "b"}]},
        {
            "questionId": answers[5]["questionId"],
            "pairs": [
                {"left": "Mars", "right": "red"},
                {"left": "Mars", "right": "blue"},
                {"left": "Pluto", "right": "black"},
            ],
        },
    ]
    refused = desk.pupil.post(f"{desk.path}/submit", {"answers": wrong})
    assert set(violations(refused)) == {
        "answers[0].text",
        "answers[1].optionIds",
        "answers[2].pairs",
        "answers[3].pairs[1].left",
        "answers[3].pairs[2].left",
        "answers[3].pairs[2].right",
    }
    assert desk.pupil.get(desk.path).json()["attemptsUsed"] == 0


def seen_of(desk: Desk, count: int) -> tuple[str, dict[str, Any]]:
    """All that a learner is told of a submission with so many right answers."""
    submitted = desk.pupil.post(f"{desk.path}/submit", {"answers": desk.right(count)})
    listed = desk.pupil.get(f"{desk.path}/results")
    again = desk.pupil.post(
        f"{desk.path}/submit", {"attemptId": submitted.json()["attemptId"], "answers": []}
    )
    assert again.json() == submitted.json() == listed.json()["results"][0]
    bad = desk.pupil.post(f"{desk.path}/submit", {"answers": [{"questionId": str(uuid4())}]})
    texts = [submitted.text, listed.text, again.text, bad.text, desk.pupil.get(desk.path).text]
    return "".join(texts), submitted.json()


@pytest.mark.parametrize(
    ("policy", "failed", "passed"),
    [
        ("REVIEW_AFTER_SUBMIT", True, True),
        ("REVIEW_AFTER_PASSING", False, True),
        ("REVIEW_NEVER", False, False),
    ],
)
def test_answers_are_shown_as_the_author_says(
    desk: Desk, policy: str, failed: bool, passed: bool
) -> None:
    desk.set(reviewPolicy=policy)
    for count, shown in ((1, failed), (7, passed)):
        text, result = seen_of(desk, count)
        for each in result["questionResults"]:
            assert bool(each["correctAnswers"]) is shown
            assert not each["feedback"] or shown
        assert bool(result["questionResults"][0]["correctOptionIds"]) is shown
        if not shown:
            for said in (*SAID, "star*", "3.14"):
                assert said not in text


def test_an_attempt_takes_its_course(desk: Desk) -> None:
    desk.set(timeLimitSeconds=600, shuffle=True)
    started = desk.pupil.post(f"{desk.path}/start")
    assert started.status_code == 200, started.text
    attempt = started.json()
    start, expire = (datetime.fromisoformat(attempt[name]) for name in ("startTime", "expireTime"))
    assert (expire - start).total_seconds() == pytest.approx(600, abs=1)
    assert desk.pupil.post(f"{desk.path}/start").json() == attempt
    quiz = desk.pupil.get(desk.path).json()
    assert (quiz["attemptId"], quiz["attemptsUsed"]) == (attempt["attemptId"], 1)
    assert quiz["questions"] == attempt["questions"]
    saving = f"/quiz/attempts/{attempt['attemptId']}/answers"
    for answer in desk.right(6):
        saved = desk.pupil.put(saving, {"answers": [answer]})
        assert saved.status_code == 200, saved.text
    assert saved.json()["answeredCount"] == 6
    assert len(desk.pupil.post(f"{desk.path}/start").json()["answers"]) == 6
    body = {"attemptId": attempt["attemptId"], "answers": desk.right()[6:]}
    with ThreadPoolExecutor(10) as pool:
        results = list(pool.map(lambda _: desk.pupil.post(f"{desk.path}/submit", body), range(100)))
    assert all(each.json() == results[0].json() for each in results)
    assert results[0].json()["score"] == 9
    assert reason(desk.pupil.put(saving, {"answers": []})) == "ATTEMPT_ENDED"
    assert len(desk.pupil.get(f"{desk.path}/results").json()["results"]) == 1


def test_attempts_are_their_learners_own(desk: Desk, stack: Stack) -> None:
    attempt = desk.pupil.post(f"{desk.path}/start").json()["attemptId"]
    saving, body = f"/quiz/attempts/{attempt}/answers", {"attemptId": attempt}
    nobody, other = Visitor(stack), support.register(stack)
    assert nobody.put(saving, {}).status_code == 401
    assert nobody.post(f"{desk.path}/start").status_code == 401
    assert reason(other.put(saving, {})) == "ATTEMPT_NOT_FOUND"
    assert reason(other.post(f"{desk.path}/start")) == "QUIZ_NOT_FOUND"
    other.post(f"/courses/{desk.course}/enroll")
    assert reason(other.post(f"{desk.path}/submit", body)) == "ATTEMPT_NOT_FOUND"
    bad = desk.pupil.put(saving, {"answers": [{"questionId": str(uuid4())}]})
    assert set(violations(bad)) == {"answers[0].questionId"}


@pytest.mark.parametrize("named", [True, False], ids=["by its id", "as the one that is open"])
@pytest.mark.parametrize("change", ["unpublish", "remove", "leave"])
def test_an_attempt_can_be_submitted_whatever_becomes_of_the_course(
    desk: Desk, change: str, named: bool
) -> None:
    attempt = desk.pupil.post(f"{desk.path}/start").json()["attemptId"]
    match change:
        case "unpublish":
            changed = desk.author.post(f"/courses/{desk.course}:unpublish")
        case "remove":
            changed = desk.author.delete(f"{desk.path}/edit")
        case _:
            changed = desk.pupil.delete(f"/courses/{desk.course}/enroll")
    assert changed.status_code == 200, changed.text
    eventually(lambda: desk.pupil.get(desk.path).status_code == 404)
    assert reason(desk.pupil.post(f"{desk.path}/start")) == "QUIZ_NOT_FOUND"
    body = {"answers": desk.right(), "attemptId": attempt if named else ""}
    submitted = desk.pupil.post(f"{desk.path}/submit", body)
    assert submitted.status_code == 200, submitted.text
    assert submitted.json()["attemptId"] == attempt
    assert submitted.json()["passed"]
    again = desk.pupil.post(f"{desk.path}/submit", {"attemptId": attempt})
    assert again.json() == submitted.json()


def test_limits_are_told_with_their_reasons(desk: Desk) -> None:
    desk.set(maxAttempts=2)
    body = {"answers": desk.right(1)}
    with ThreadPoolExecutor(10) as pool:
        made = list(pool.map(lambda _: desk.pupil.post(f"{desk.path}/submit", body), range(100)))
    refused = [each for each in made if each.status_code != 200]
    assert len(refused) == 98
    assert {(each.status_code, reason(each)) for each in refused} == {(400, "ATTEMPTS_USED_UP")}
    quiz = desk.pupil.get(desk.path).json()
    assert (quiz["maxAttempts"], quiz["attemptsUsed"]) == (2, 2)
    desk.set(waitSeconds=3600)
    soon = desk.pupil.post(f"{desk.path}/start")
    assert (soon.status_code, reason(soon)) == (400, "ATTEMPT_TOO_SOON")
    assert 3500 < int(soon.headers["retry-after"]) <= 3600
    assert any("retryDelay" in each for each in soon.json()["details"])


def test_questions_are_drawn_from_all(desk: Desk, stack: Stack) -> None:
    desk.set(drawCount=3)
    assert desk.pupil.get(desk.path).json()["questions"] == []
    assert reason(desk.pupil.post(f"{desk.path}/submit")) == "ATTEMPT_NOT_STARTED"
    drawn = set()
    for _ in range(8):
        attempt = desk.pupil.post(f"{desk.path}/start").json()
        ids = [each["questionId"] for each in attempt["questions"]]
        assert len(ids) == 3
        drawn.add(frozenset(ids))
        answers = [each for each in desk.right() if each["questionId"] in ids]
        result = desk.pupil.post(f"{desk.path}/submit", {"answers": answers}).json()
        assert result["percentage"] == 100
        assert [each["questionId"] for each in result["questionResults"]] == ids
    assert len(drawn) > 1


def test_what_runs_out_is_graded_without_anybody_asking(desk: Desk, stack: Stack) -> None:
    desk.set(timeLimitSeconds=1)
    attempt = desk.pupil.post(f"{desk.path}/start").json()["attemptId"]
    saved = desk.pupil.put(f"/quiz/attempts/{attempt}/answers", {"answers": desk.right()})
    assert saved.status_code == 200, saved.text

    def passed() -> bool:
        found = desk.pupil.get(f"/progress/me/courses/{desk.course}").json()
        return bool(found["quizzesPassed"] == 1)

    eventually(passed, 6)
    (result,) = desk.pupil.get(f"{desk.path}/results").json()["results"]
    assert (result["attemptId"], result["score"]) == (attempt, 9)

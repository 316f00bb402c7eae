from typing import Any

import pytest

from edge.journey.guesses import Guesses, likely_sizes

SINGLE, MULTIPLE = "QUESTION_TYPE_SINGLE_CHOICE", "QUESTION_TYPE_MULTIPLE_CHOICE"


def question(name: str, kind: str, options: str) -> dict[str, Any]:
    return {
        "questionId": name,
        "type": kind,
        "options": [{"optionId": option} for option in options],
    }


def graded(answers: list[dict[str, Any]], key: dict[str, str]) -> list[dict[str, Any]]:
    given = {answer["questionId"]: set(answer["optionIds"]) for answer in answers}
    return [{"questionId": name, "correct": given[name] == set(key[name])} for name in key]


def tries_of(guesses: Guesses, key: dict[str, str]) -> int:
    for tries in range(1, 100):
        results = graded(guesses.answers(), key)
        if all(result["correct"] for result in results):
            return tries
        assert guesses.learn(results)
    raise AssertionError("never found")


@pytest.mark.parametrize(
    ("one", "several", "tries"), [("a", "ab", 1), ("d", "ab", 4), ("a", "abcd", 15), ("b", "c", 13)]
)
def test_every_answer_is_found_and_kept(one: str, several: str, tries: int) -> None:
    key = {"q1": one, "q2": several}
    guesses = Guesses([question("q1", SINGLE, "abcd"), question("q2", MULTIPLE, "abcd")])
    assert tries_of(guesses, key) <= tries


def test_says_when_nothing_is_left_to_try() -> None:
    guesses = Guesses([question("q", SINGLE, "ab")])
    wrong = [{"questionId": "q", "correct": False}]
    assert guesses.learn(wrong)
    assert not guesses.learn(wrong)
    assert guesses.answers() == []


def test_likely_numbers_of_right_options_come_first() -> None:
    assert likely_sizes(4) == [2, 3, 1, 4]
    assert likely_sizes(2) == [1, 2]
    assert likely_sizes(1) == [1]


TEXT, NUMBER, MATCHING, ORDERING = (
    f"QUESTION_TYPE_{kind}" for kind in ("SHORT_TEXT", "NUMERIC", "MATCHING", "ORDERING")
)


@pytest.mark.parametrize(
    ("kind", "told", "answer"),
    [
        (SINGLE, {"correctOptionIds": ["b"]}, {"optionIds": ["b"]}),
        (ORDERING, {"correctOptionIds": ["b", "a"]}, {"optionIds": ["b", "a"]}),
        (TEXT, {"correctAnswers": ["*sirius*", "Sirius"]}, {"text": "sirius"}),
        (TEXT, {"correctAnswers": ["*"]}, {"text": "x"}),
        (NUMBER, {"correctAnswers": ["3:0.5"]}, {"number": 3.0}),
        (NUMBER, {"correctAnswers": ["-1..5"]}, {"number": -1.0}),
        (MATCHING, {"correctAnswers": ["x → y"]}, {"pairs": [{"left": "x", "right": "y"}]}),
    ],
)
def test_what_a_result_shows_is_taken_from_it(
    kind: str, told: dict[str, Any], answer: dict[str, Any]
) -> None:
    asked = question("q", kind, "ab") | {"lefts": ["x", "z"], "rights": ["y", "w"]}
    guesses = Guesses([asked])
    wrong = {"questionId": "q", "correct": False, **told}
    assert guesses.learn([wrong])
    assert guesses.answers() == [{"questionId": "q", **answer}]
    # What is shown and was wrong all the same is not given for ever.
    assert not guesses.learn([wrong]) or kind == SINGLE


def test_each_attempt_may_draw_other_questions() -> None:
    one, other = question("one", SINGLE, "ab"), question("other", SINGLE, "cd")
    guesses = Guesses([one])
    guesses.see([one, other])
    assert guesses.answers([other]) == [{"questionId": "other", "optionIds": ["c"]}]

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

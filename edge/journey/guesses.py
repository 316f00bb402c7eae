"""Finding the answers of a quiz as a learner may: by trying, and by what the results tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

MULTIPLE_CHOICE = "QUESTION_TYPE_MULTIPLE_CHOICE"


class Guesses:
    """What is known of each question of a quiz, and what to try next.

    `questions` are those of GET /quiz/{lessonId}. A question is right or wrong as a whole, so one
    choice is found by elimination and several by trying the sets of options, likely ones first.
    """

    def __init__(self, questions: Iterable[Mapping[str, Any]]) -> None:
        self._left = {question["questionId"]: candidates(question) for question in questions}
        self._current = {question: next(left, None) for question, left in self._left.items()}

    def answers(self) -> list[dict[str, Any]]:
        """The answers to submit: what is known, and the next guess where nothing is."""
        return [
            {"questionId": question, "optionIds": list(options)}
            for question, options in self._current.items()
            if options is not None
        ]

    def learn(self, results: Iterable[Mapping[str, Any]]) -> bool:
        """Take in the questionResults of a submission; whether there is anything left to try."""
        wrong = [result["questionId"] for result in results if not result["correct"]]
        for question in wrong:
            self._current[question] = next(self._left[question], None)
        return any(self._current[question] is not None for question in wrong)


def candidates(question: Mapping[str, Any]) -> Iterator[Sequence[str]]:
    """The sets of option ids that may be the answer to a question."""
    options = [option["optionId"] for option in question["options"]]
    if question["type"] != MULTIPLE_CHOICE:
        yield from ([option] for option in options)
        return
    for size in likely_sizes(len(options)):
        yield from combinations(options, size)


def likely_sizes(options: int) -> list[int]:
    """How many options are right, likely first: authors rarely make it one, none or all."""
    return sorted(range(1, options + 1), key=lambda size: (size in (1, options), size))

"""Finding the answers of a quiz as a learner may: by trying, and by what the results tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

CHOICES = frozenset(
    f"QUESTION_TYPE_{kind}" for kind in ("SINGLE_CHOICE", "MULTIPLE_CHOICE", "TRUE_FALSE")
)
MULTIPLE_CHOICE, SHORT_TEXT, NUMERIC, MATCHING, ORDERING = (
    f"QUESTION_TYPE_{kind}"
    for kind in ("MULTIPLE_CHOICE", "SHORT_TEXT", "NUMERIC", "MATCHING", "ORDERING")
)
ARROW = " → "
Json = Mapping[str, Any]


class Guesses:
    """What is known of each question of a quiz, and what to try next.

    A question is right or wrong as a whole, so one choice is found by elimination and several by
    trying the sets of options, likely ones first. What a result says to be right is taken from it.
    """

    def __init__(self, questions: Iterable[Json]) -> None:
        """`questions` are those of GET /quiz/{lessonId}, or of an attempt that was started."""
        self._questions: dict[str, Json] = {}
        self._left: dict[str, Iterator[dict[str, Any]]] = {}
        self._current: dict[str, dict[str, Any] | None] = {}
        self.see(questions)

    def see(self, questions: Iterable[Json]) -> None:
        """Know of these questions too: each attempt may draw others."""
        for question in questions:
            name = question["questionId"]
            if name not in self._questions:
                self._questions[name] = question
                self._left[name] = candidates(question)
                self._current[name] = next(self._left[name], None)

    def answers(self, questions: Iterable[Json] | None = None) -> list[dict[str, Any]]:
        """The answers to submit, to all questions or to these: what is known, and the next guess
        where nothing is."""
        names = self._questions if questions is None else [q["questionId"] for q in questions]
        given = {name: self._current[name] for name in names}
        return [{"questionId": name, **said} for name, said in given.items() if said is not None]

    def learn(self, results: Iterable[Json]) -> bool:
        """Take in the questionResults of a submission; whether there is anything left to try."""
        wrong = [result for result in results if not result["correct"]]
        for result in wrong:
            name = result["questionId"]
            self._current[name] = self._told(result) or next(self._left[name], None)
        return any(self._current[result["questionId"]] is not None for result in wrong)

    def _told(self, result: Json) -> dict[str, Any] | None:
        """The answer that a result shows, unless it was given already."""
        told = right_answer(self._questions[result["questionId"]], result)
        return None if told == self._current[result["questionId"]] else told


def right_answer(question: Json, result: Json) -> dict[str, Any] | None:
    """The answer that a result says to be right, or None where it does not say."""
    options, words = result.get("correctOptionIds"), result.get("correctAnswers")
    if options:
        return {"optionIds": list(options)}
    if not words:
        return None
    if question["type"] == SHORT_TEXT:
        # What stands for any text may stand for none.
        return {"text": words[0].replace("*", "") or "x"}
    if question["type"] == NUMERIC:
        return {"number": number_in(words[0])}
    if question["type"] == MATCHING:
        return {"pairs": list(pairs_in(question, frozenset(words)))}
    return None


def number_in(written: str) -> float:
    """A number of a range as GIFT writes it: 3, 3:0.1 or 1..5."""
    return float(written.split("..", maxsplit=1)[0].split(":", maxsplit=1)[0])


def pairs_in(question: Json, words: frozenset[str]) -> Iterator[dict[str, str]]:
    """The pairs that are among those in words."""
    for left in question["lefts"]:
        for right in question["rights"]:
            if f"{left}{ARROW}{right}" in words:
                yield {"left": left, "right": right}


def candidates(question: Json) -> Iterator[dict[str, Any]]:
    """What may be the answer to a question, where that can be tried out."""
    options = [option["optionId"] for option in question["options"]]
    if question["type"] not in CHOICES:
        return
    sets: Iterable[Sequence[str]] = ([option] for option in options)
    if question["type"] == MULTIPLE_CHOICE:
        sets = (each for size in likely_sizes(len(options)) for each in combinations(options, size))
    yield from ({"optionIds": list(each)} for each in sets)


def likely_sizes(options: int) -> list[int]:
    """How many options are right, likely first: authors rarely make it one, none or all."""
    return sorted(range(1, options + 1), key=lambda size: (size in (1, options), size))

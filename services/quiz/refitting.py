"""What answers to one version of a quiz are worth by another, where they can be answers to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from services.kit.errors import InvalidFields
from services.quiz.answers import Answer
from services.quiz.kept import KeptQuestion, QuizVersion
from services.quiz.matching import options_now
from services.quiz.outcome import Outcome, outcome
from services.quiz.questions import BY_OPTIONS, QuestionKind

_ONE_OF = frozenset({QuestionKind.SINGLE_CHOICE, QuestionKind.TRUE_FALSE})


def graded_anew(
    asked: Sequence[str], answers: Sequence[Answer], before: QuizVersion, now: QuizVersion
) -> Outcome | None:
    """The outcome by the version of now of answers to these questions of the version before.

    None where they do not fit: a question is gone or answered in another way, an option that was
    chosen is gone, or what is right now could not be chosen then.
    """
    if not asked or not all(_is_still_asked(each, before, now) for each in asked):
        return None
    try:
        refitted = [_refitted(answer, before, now) for answer in answers]
        return outcome(now, refitted, [now.by_id[each] for each in asked])
    except (KeyError, InvalidFields):
        return None


def again(
    question_results: Sequence[Mapping[str, Any]],
    answers: Sequence[Mapping[str, Any]],
    before: QuizVersion,
    now: QuizVersion,
) -> Outcome | None:
    """The same of a result, as it is kept."""
    asked = [each["question_id"] for each in question_results]
    return graded_anew(asked, [Answer.kept(each) for each in answers], before, now)


def _is_still_asked(question_id: str, before: QuizVersion, now: QuizVersion) -> bool:
    then, present = before.by_id.get(question_id), now.by_id.get(question_id)
    if then is None or present is None:
        return False
    alike = then.kind is present.kind or {then.kind, present.kind} <= _ONE_OF
    return alike and _could_be_right(then, present)


def _could_be_right(then: KeptQuestion, present: KeptQuestion) -> bool:
    """Whether all that is right now was offered then."""
    if present.kind in BY_OPTIONS:
        offered = set(options_now(then, present).values())
        return all(each.option_id in offered for each in present.options if each.right)
    if present.kind is QuestionKind.MATCHING:
        lefts = {option.text for option in then.options}
        rights = {option.match for option in then.options}
        pairs = [option for option in present.options if option.text]
        return all(pair.text in lefts and pair.match in rights for pair in pairs)
    return True


def _refitted(answer: Answer, before: QuizVersion, now: QuizVersion) -> Answer:
    """The answer with the ids that its options have now; KeyError where one is gone."""
    then, present = before.by_id[answer.question_id], now.by_id[answer.question_id]
    ids = options_now(then, present)
    return replace(answer, option_ids=tuple(ids[each] for each in answer.option_ids))

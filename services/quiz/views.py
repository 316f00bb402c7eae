"""What learners are shown of quizzes and results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from services.kit.data.tables import timestamp
from services.quiz.answers import Answer
from services.quiz.attempts import OwnQuiz, Saved, Taken
from services.quiz.kept import KeptQuestion
from services.quiz.layout import asked, draws, shown
from services.quiz.questions import BY_OPTIONS, QuestionKind
from services.quiz.repository.results import Standing
from services.quiz.reviewing import OwnResult
from services.quiz.rules import Grading, Review
from stellr.quiz.v1 import quiz_pb2 as pb
from stellr.quiz.v1.quiz_service_pb2 import SaveAnswersResponse

TYPES = {
    QuestionKind.SINGLE_CHOICE: pb.QUESTION_TYPE_SINGLE_CHOICE,
    QuestionKind.MULTIPLE_CHOICE: pb.QUESTION_TYPE_MULTIPLE_CHOICE,
    QuestionKind.TRUE_FALSE: pb.QUESTION_TYPE_TRUE_FALSE,
    QuestionKind.SHORT_TEXT: pb.QUESTION_TYPE_SHORT_TEXT,
    QuestionKind.NUMERIC: pb.QUESTION_TYPE_NUMERIC,
    QuestionKind.MATCHING: pb.QUESTION_TYPE_MATCHING,
    QuestionKind.ORDERING: pb.QUESTION_TYPE_ORDERING,
}
GRADINGS = {
    Grading.BEST: pb.GRADING_BEST,
    Grading.LAST: pb.GRADING_LAST,
    Grading.FIRST: pb.GRADING_FIRST,
    Grading.AVERAGE: pb.GRADING_AVERAGE,
}
REVIEWS = {
    Review.AFTER_SUBMIT: pb.REVIEW_AFTER_SUBMIT,
    Review.AFTER_PASSING: pb.REVIEW_AFTER_PASSING,
    Review.NEVER: pb.REVIEW_NEVER,
}
ARROW = " → "


def quiz_message(own: OwnQuiz) -> pb.Quiz:
    """The quiz without its answers, and how the learner stands in it."""
    quiz, standing, taken = own.quiz, own.standing, own.taken
    return pb.Quiz(
        quiz_id=str(quiz.quiz_id),
        lesson_id=str(own.lesson_id),
        title=quiz.title,
        pass_percentage=quiz.pass_percentage,
        time_limit_seconds=quiz.rules.time_limit_seconds,
        max_attempts=quiz.rules.max_attempts,
        wait_seconds=quiz.rules.wait_seconds,
        draw_count=quiz.rules.draw_count,
        grading=GRADINGS[quiz.rules.grading],
        review_policy=REVIEWS[quiz.rules.review],
        attempts_used=standing.started,
        best_percentage=standing.best,
        percentage=counting_percentage(quiz.rules.grading, standing),
        passed=standing.passed,
        attempt_id=taken.seed if taken else "",
        expire_time=_time(taken.attempt.expires_at) if taken else None,
        questions=_questions(own),
    )


def counting_percentage(grading: Grading, standing: Standing) -> float | None:
    """What a learner has by the attempt that counts, or None before the first result."""
    if not standing.results:
        return None
    return {
        Grading.BEST: standing.best,
        Grading.LAST: standing.last,
        Grading.FIRST: standing.first,
        Grading.AVERAGE: round(standing.total / standing.results, 2),
    }[grading]


def attempt_message(taken: Taken) -> pb.Attempt:
    """An attempt that is open."""
    return pb.Attempt(
        attempt_id=taken.seed,
        start_time=timestamp(taken.attempt.started_at),
        expire_time=_time(taken.attempt.expires_at),
        questions=_taken_questions(taken),
        answers=[_answer(each) for each in taken.attempt.answers],
    )


def saved_message(saved: Saved) -> SaveAnswersResponse:
    """How far the learner has come."""
    return SaveAnswersResponse(answered_count=saved.answered, expire_time=_time(saved.expires_at))


def result_message(own: OwnResult) -> pb.Result:
    """A result as it was graded, and what is right only where that is shown."""
    result = own.result
    answers = {each["question_id"]: Answer.kept(each) for each in result.answers}
    asked_then, graded_by = own.asked.by_id, own.graded.by_id
    told = [
        _question_result(each, asked_then[each["question_id"]], answers.get(each["question_id"]))
        for each in result.question_results
    ]
    if own.reviewed:
        for message, kept in zip(told, result.question_results, strict=True):
            message.feedback = kept["feedback"]
            _add_what_is_right(message, graded_by[message.question_id])
    return pb.Result(
        result_id=str(result.result_id),
        attempt_id=str(result.attempt_id),
        score=result.score,
        max_score=result.max_score,
        percentage=result.percentage,
        passed=result.passed,
        submit_time=timestamp(result.submitted_at),
        question_results=told,
        regrade_time=_time(result.regraded_at),
        previous_percentage=result.previous_percentage,
    )


def _question_result(
    kept: Mapping[str, Any], question: KeptQuestion, answer: Answer | None
) -> pb.QuestionResult:
    return pb.QuestionResult(
        question_id=question.question_id,
        correct=kept["correct"],
        points=kept["points"],
        text=question.text,
        answers=_in_words(question, answer) if answer else (),
    )


def _add_what_is_right(message: pb.QuestionResult, question: KeptQuestion) -> None:
    message.correct_answers.extend(_right_in_words(question))
    if question.kind in BY_OPTIONS:
        message.correct_option_ids.extend(
            option.option_id for option in question.options if option.right
        )


def _in_words(question: KeptQuestion, answer: Answer) -> Iterator[str]:
    """What was answered."""
    texts = {option.option_id: option.text for option in question.options}
    yield from (texts[option_id] for option_id in answer.option_ids)
    if answer.text:
        yield answer.text
    if answer.number is not None:
        yield str(answer.number)
    yield from (ARROW.join(pair) for pair in answer.pairs)


def _right_in_words(question: KeptQuestion) -> Iterator[str]:
    """What is right."""
    for option in question.options:
        if option.right:
            matching = question.kind is QuestionKind.MATCHING
            yield option.text + (ARROW + option.match if matching else "")


def _questions(own: OwnQuiz) -> Sequence[pb.Question]:
    if own.taken:
        return _taken_questions(own.taken)
    if draws(own.quiz):
        return ()
    shuffle = own.quiz.rules.shuffle
    return [_question(each, own.seed, shuffle=shuffle) for each in asked(own.quiz, own.seed)]


def _taken_questions(taken: Taken) -> Sequence[pb.Question]:
    shuffle = taken.quiz.rules.shuffle
    return [_question(each, taken.seed, shuffle=shuffle) for each in taken.questions]


def _question(question: KeptQuestion, seed: str, *, shuffle: bool) -> pb.Question:
    offered = shown(question, seed, shuffle=shuffle)
    return pb.Question(
        question_id=question.question_id,
        text=question.text,
        type=TYPES[question.kind],
        points=question.points,
        options=[pb.Option(option_id=each.option_id, text=each.text) for each in offered.options],
        lefts=offered.lefts,
        rights=offered.rights,
    )


def _answer(answer: Answer) -> pb.Answer:
    return pb.Answer(
        question_id=answer.question_id,
        option_ids=answer.option_ids,
        text=answer.text,
        number=None if answer.number is None else float(answer.number),
        pairs=[pb.Pair(left=left, right=right) for left, right in answer.pairs],
    )


def _time(at: datetime | None) -> Timestamp | None:
    return None if at is None else timestamp(at)

"""What learners are shown of quizzes and results."""

from __future__ import annotations

from services.kit.data.tables import timestamp
from services.quiz.attempts import OwnQuiz
from services.quiz.kept import KeptQuestion
from services.quiz.questions import QuestionKind
from services.quiz.repository.results import KeptResult
from stellr.quiz.v1 import quiz_pb2 as pb

_TYPES = {
    QuestionKind.SINGLE_CHOICE: pb.QUESTION_TYPE_SINGLE_CHOICE,
    QuestionKind.MULTIPLE_CHOICE: pb.QUESTION_TYPE_MULTIPLE_CHOICE,
    QuestionKind.TRUE_FALSE: pb.QUESTION_TYPE_TRUE_FALSE,
}


def quiz_message(own: OwnQuiz) -> pb.Quiz:
    """The quiz without its answers, and how the learner stands in it."""
    lesson_id, quiz, standing = own
    return pb.Quiz(
        quiz_id=str(quiz.quiz_id),
        lesson_id=str(lesson_id),
        title=quiz.title,
        pass_percentage=quiz.pass_percentage,
        attempts_used=standing.results,
        best_percentage=standing.best,
        questions=[_question(each) for each in quiz.questions],
    )


def result_message(result: KeptResult) -> pb.Result:
    """A result as it was graded."""
    return pb.Result(
        result_id=str(result.result_id),
        attempt_id=str(result.attempt_id),
        score=result.score,
        max_score=result.max_score,
        percentage=result.percentage,
        passed=result.passed,
        submit_time=timestamp(result.submitted_at),
        question_results=[pb.QuestionResult(**each) for each in result.question_results],
    )


def _question(question: KeptQuestion) -> pb.Question:
    return pb.Question(
        question_id=question.question_id,
        text=question.text,
        type=_TYPES[question.kind],
        points=question.points,
        options=[pb.Option(option_id=each.option_id, text=each.text) for each in question.options],
    )

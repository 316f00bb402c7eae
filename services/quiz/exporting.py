"""Giving quizzes out as GIFT."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from services.kit.data.database import Database
from services.quiz import gift
from services.quiz.kept import KeptQuestion, QuizVersion
from services.quiz.questions import Option, Question
from services.quiz.quiz_settings import settings_of
from services.quiz.repository import quizzes
from stellr.quiz.v1 import quiz_internal_service_pb2 as pb


class Exporting:
    """Gives out what an import would take in."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def run(self, lesson_ids: Sequence[UUID]) -> Iterator[pb.ExportedQuiz]:
        """The quizzes of those lessons that have one."""
        latest = quizzes.find_latest(self._database, lesson_ids)
        for lesson_id in lesson_ids:
            found = latest.get(lesson_id)
            if found and not found.removed:
                quiz = quizzes.find_version(self._database, found.version_id)
                yield pb.ExportedQuiz(
                    lesson_id=str(lesson_id),
                    title=quiz.title,
                    pass_percentage=quiz.pass_percentage,
                    gift=gift_of(quiz),
                    settings=settings_of(quiz.rules),
                )


def gift_of(quiz: QuizVersion) -> str:
    """The questions of a quiz in GIFT."""
    return gift.write(map(_written, quiz.questions))


def _written(kept: KeptQuestion) -> Question:
    """A question as its author wrote it."""
    return Question(
        text=kept.text,
        kind=kept.kind,
        options=tuple(
            Option(each.text, each.right, each.weight, each.feedback, each.match)
            for each in kept.options
        ),
        line=0,
        title=kept.title,
        points=kept.points,
        feedback=kept.feedback,
        category=kept.category,
    )

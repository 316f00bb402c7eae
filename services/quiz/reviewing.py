"""Looking at results, as far as the quiz shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

from services.kit.data.database import Database
from services.kit.data.pages import PageTokens
from services.quiz.current import CurrentQuizzes
from services.quiz.kept import QuizVersion
from services.quiz.lessons import Lessons
from services.quiz.repository import results
from services.quiz.repository.results import KeptResult
from stellr.quiz.v1.quiz_pb2 import Result

# Of the results of a page: as JSON they are larger, and Envoy takes 4 MiB (max_response_body_size).
MOST_BYTES = 1_000_000


class OwnResult(NamedTuple):
    """A learner's result, and whether what is right is shown: what was asked is as in one version,
    what is right as in another where it was graded anew."""

    result: KeptResult
    asked: QuizVersion
    graded: QuizVersion
    reviewed: bool


class Reviewing:
    """Shows learners their results."""

    def __init__(
        self,
        database: Database,
        page_tokens: PageTokens,
        lessons: Lessons,
        quizzes: CurrentQuizzes,
    ) -> None:
        self._database = database
        self._page_tokens = page_tokens
        self._lessons = lessons
        self._quizzes = quizzes

    def page(
        self,
        lesson_id: str,
        user_id: UUID,
        size: int,
        page_token: str,
        show: Callable[[OwnResult], Result],
    ) -> tuple[Sequence[Result], str]:
        """A page of the learner's results, newest first, and the token of the next.

        They are so many as were asked for or, where those are large, as have 1 MB together.
        """
        lesson = self._lessons.enrolled(lesson_id, user_id)
        quiz_id = self._quizzes.current(lesson.lesson_id).quiz_id
        scope = f"results:{quiz_id}:{user_id}"
        seen = self._page_tokens.read(page_token, scope)
        before = UUID(seen[0]) if seen else None
        rows = results.list_results(self._database, quiz_id, user_id, before, size + 1)
        own = self._own(self._quizzes.version(lesson.lesson_id), user_id, rows[:size])
        shown = list(_fitting(map(show, own), MOST_BYTES))
        _, token = self._page_tokens.page(rows, len(shown), scope, lambda row: [str(row.result_id)])
        return shown, token

    def own(self, lesson_id: str, user_id: UUID, result: KeptResult) -> OwnResult:
        """A result as its learner may see it."""
        lesson, asked = UUID(lesson_id), self._quizzes.find(result.version_id)
        (own,) = self._own(self._quizzes.version_or(lesson, asked), user_id, [result])
        return own

    def _own(
        self, quiz: QuizVersion, user_id: UUID, page: Sequence[KeptResult]
    ) -> Sequence[OwnResult]:
        """The rule of now holds for results of any version: an author may have closed a gap."""
        standing = results.find_standing(self._database, quiz.quiz_id, user_id)
        reviewed = quiz.rules.review.shows(passed=standing.passed)
        find = self._quizzes.find
        return [
            OwnResult(
                each,
                find(each.version_id),
                find(each.regraded_version_id or each.version_id),
                reviewed,
            )
            for each in page
        ]


def _fitting(results: Iterable[Result], most: int) -> Iterator[Result]:
    """The first results, as many as have so many bytes together, and one in any case."""
    size = 0
    for result in results:
        size += result.ByteSize()
        if size > most and size > result.ByteSize():
            return
        yield result

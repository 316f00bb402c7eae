"""Every SQL statement of quiz."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session as Db

from services.quiz.kept import KeptOption, KeptQuestion, KeptQuiz, Row
from services.quiz.models import Option, Question, Quiz, Result
from services.quiz.questions import QuestionKind

# One statement, so that a quiz is never read half before and half after an import.
_FIND_QUIZ = sa.text("""
    SELECT quiz_id, title, pass_percentage, (
        SELECT json_agg(json_build_array(question_id, text, kind, points, feedback, (
            SELECT json_agg(json_build_array(option_id, text, is_right, feedback)
                ORDER BY position)
            FROM options WHERE options.question_id = questions.question_id
        )) ORDER BY position)
        FROM questions WHERE questions.quiz_id = quizzes.quiz_id
    ) AS questions
    FROM quizzes WHERE lesson_id = :lesson_id AND removed_at IS NULL
""")
_LOCK_COURSE = sa.text("SELECT pg_advisory_xact_lock(hashtextextended('quiz:' || :course_id, 0))")
_NEW_IDS = sa.text("SELECT uuidv7() FROM generate_series(1, :count)")
# All rows in one parameter: a quiz may have thousands of options.
_ADD_QUESTIONS = sa.text("""
    INSERT INTO questions (question_id, quiz_id, position, title, text, kind, points, feedback)
    SELECT question_id, quiz_id, position, title, text, kind, points, feedback
    FROM json_populate_recordset(NULL::questions, CAST(:rows AS json))
""")
_ADD_OPTIONS = sa.text("""
    INSERT INTO options (option_id, question_id, position, text, is_right, weight, feedback)
    SELECT option_id, question_id, position, text, is_right, weight, feedback
    FROM json_populate_recordset(NULL::options, CAST(:rows AS json))
""")


class Standing(NamedTuple):
    """How a learner stands in a quiz; `best` is a percentage, None before the first result."""

    results: int
    best: float | None


class Source(NamedTuple):
    """What a quiz was made from, as a hash."""

    quiz_id: UUID
    source_hash: str


def find_quiz(db: Db, lesson_id: UUID) -> KeptQuiz | None:
    """The quiz of a lesson with its answers, or None."""
    row = db.execute(_FIND_QUIZ, {"lesson_id": lesson_id}).first()
    if row is None:
        return None
    questions = tuple(_question(each) for each in row.questions)
    return KeptQuiz(row.quiz_id, row.title, row.pass_percentage, questions)


def find_quiz_id(db: Db, lesson_id: UUID) -> UUID | None:
    """The id of the quiz of a lesson, or None."""
    return db.scalar(sa.select(Quiz.quiz_id).where(_live([lesson_id])))


def find_standing(db: Db, quiz_id: UUID, user_id: UUID) -> Standing:
    """How a learner stands in a quiz."""
    own = sa.and_(Result.quiz_id == quiz_id, Result.user_id == user_id)
    figures = sa.select(sa.func.count(), sa.func.max(Result.percentage)).where(own)
    return Standing(*db.execute(figures).one())


def add_result(db: Db, values: dict[str, Any]) -> Result:
    """Keep a graded submission."""
    return db.scalars(insert(Result).values(values).returning(Result)).one()


def list_results(
    db: Db, quiz_id: UUID, user_id: UUID, before: UUID | None, limit: int
) -> Sequence[Result]:
    """A learner's results in a quiz, newest first, from the one before `before` on."""
    statement = sa.select(Result).where(Result.quiz_id == quiz_id, Result.user_id == user_id)
    if before is not None:
        statement = statement.where(Result.result_id < before)
    return db.scalars(statement.order_by(Result.result_id.desc()).limit(limit)).all()


def lock_course(db: Db, course_id: UUID) -> None:
    """Wait until no other transaction takes in quizzes of the course, and keep others waiting."""
    db.execute(_LOCK_COURSE, {"course_id": str(course_id)})


def find_sources(db: Db, lesson_ids: Sequence[UUID]) -> dict[UUID, Source]:
    """What the quizzes of these lessons were made from, by lesson."""
    statement = sa.select(Quiz.lesson_id, Quiz.quiz_id, Quiz.source_hash).where(_live(lesson_ids))
    return {row.lesson_id: Source(row.quiz_id, row.source_hash) for row in db.execute(statement)}


def save_quiz(db: Db, values: dict[str, Any]) -> UUID:
    """Make the quiz of a lesson, or bring it to these values; its id."""
    statement = insert(Quiz).values(**values, removed_at=None)
    changed = {**values, "removed_at": None, "updated_at": sa.func.now()}
    return db.scalars(
        statement.on_conflict_do_update(index_elements=[Quiz.lesson_id], set_=changed).returning(
            Quiz.quiz_id
        )
    ).one()


def known_ids(db: Db, quiz_id: UUID) -> Iterator[tuple[Hashable, UUID]]:
    """The ids of a quiz in order: questions by their text, options by question and text."""
    questions = db.execute(
        sa.select(Question.text, Question.question_id)
        .where(Question.quiz_id == quiz_id)
        .order_by(Question.position)
    )
    yield from ((text, question_id) for text, question_id in questions)
    options = db.execute(
        sa.select(Option.question_id, Option.text, Option.option_id)
        .join(Question, Question.question_id == Option.question_id)
        .where(Question.quiz_id == quiz_id)
        .order_by(Option.position)
    )
    yield from (((question_id, text), option_id) for question_id, text, option_id in options)


def new_ids(db: Db, count: int) -> Iterator[UUID]:
    """So many new ids."""
    return iter(db.scalars(_NEW_IDS, {"count": count}).all())


def replace_questions(db: Db, quiz_id: UUID, questions: list[Row], options: list[Row]) -> None:
    """Put these questions in the place of a quiz's own; the rows bring their ids."""
    db.execute(sa.delete(Question).where(Question.quiz_id == quiz_id))
    db.execute(_ADD_QUESTIONS, {"rows": json.dumps(questions)})
    db.execute(_ADD_OPTIONS, {"rows": json.dumps(options)})


def remove_quizzes(db: Db, lesson_ids: Sequence[UUID]) -> int:
    """Take the quizzes of these lessons away; how many there were."""
    removed = sa.update(Quiz).where(_live(lesson_ids)).values(removed_at=sa.func.now())
    return len(db.scalars(removed.returning(Quiz.quiz_id)).all())


def _live(lesson_ids: Sequence[UUID]) -> sa.ColumnElement[bool]:
    return sa.and_(Quiz.lesson_id.in_(lesson_ids), Quiz.removed_at.is_(None))


def _question(values: Sequence[Any]) -> KeptQuestion:
    question_id, text, kind, points, feedback, options = values
    kept = tuple(KeptOption(*option) for option in options)
    return KeptQuestion(question_id, text, QuestionKind(kind), points, feedback, kept)

"""Course progress, lesson completions, quiz passes and the feed of completed courses."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from services.kit.data.schema import create_runtime_tables

revision = "progress_0001"
down_revision = None

NOW = sa.text("now()")
TIME = pg.TIMESTAMP(timezone=True)

# Of two last steps at the same moment each would miss the other's, and nobody would complete the
# course. So a step is written first, then the row of the learner in the course is locked, and only
# then is it read what is done: who comes second waits, and sees both. A single statement cannot do
# that, as it sees all as it was at its beginning; each statement of a function looks anew, and the
# function still costs one round trip.
STATES = """
CREATE VIEW course_states AS
    SELECT user_id, course_id, last_lesson_id, completed_at,
        ARRAY(
            SELECT lesson_id::text FROM lesson_completions done
            WHERE done.user_id = progress.user_id AND done.course_id = progress.course_id
        ) AS lessons,
        ARRAY(
            SELECT lesson_id::text FROM quiz_passes passed
            WHERE passed.user_id = progress.user_id AND passed.course_id = progress.course_id
        ) AS quizzes
    FROM course_progress progress
"""
COMPLETE_LESSON = """
CREATE FUNCTION complete_lesson(learner uuid, course uuid, lesson uuid)
RETURNS SETOF course_states LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO lesson_completions (user_id, course_id, lesson_id)
        VALUES (learner, course, lesson) ON CONFLICT DO NOTHING;
    IF FOUND THEN
        INSERT INTO course_progress (user_id, course_id, last_lesson_id)
            VALUES (learner, course, lesson)
            ON CONFLICT (user_id, course_id) DO UPDATE SET last_lesson_id = EXCLUDED.last_lesson_id;
    END IF;
    RETURN QUERY SELECT * FROM course_states WHERE user_id = learner AND course_id = course;
END
$$
"""
KEEP_QUIZ = """
CREATE FUNCTION pass_quiz(learner uuid, course uuid, lesson uuid, at timestamptz)
RETURNS SETOF course_states LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO quiz_passes (user_id, course_id, lesson_id, passed_at)
        VALUES (learner, course, lesson, at) ON CONFLICT DO NOTHING;
    IF FOUND THEN
        INSERT INTO course_progress AS progress (user_id, course_id)
            VALUES (learner, course)
            ON CONFLICT (user_id, course_id) DO UPDATE SET last_lesson_id = progress.last_lesson_id;
    END IF;
    RETURN QUERY SELECT * FROM course_states WHERE user_id = learner AND course_id = course;
END
$$
"""


def upgrade() -> None:
    create_runtime_tables()
    op.create_table(
        "course_progress",
        sa.Column("user_id", sa.Uuid, primary_key=True),
        sa.Column("course_id", sa.Uuid, primary_key=True),
        sa.Column("last_lesson_id", sa.Uuid),
        sa.Column("completed_at", TIME),
    )
    op.create_table(
        "lesson_completions",
        sa.Column("user_id", sa.Uuid, primary_key=True),
        sa.Column("course_id", sa.Uuid, primary_key=True),
        sa.Column("lesson_id", sa.Uuid, primary_key=True),
        sa.Column("completed_at", TIME, nullable=False, server_default=NOW),
    )
    op.create_table(
        "quiz_passes",
        sa.Column("user_id", sa.Uuid, primary_key=True),
        sa.Column("course_id", sa.Uuid, primary_key=True),
        sa.Column("lesson_id", sa.Uuid, primary_key=True),
        sa.Column("passed_at", TIME, nullable=False),
    )
    op.create_table(
        "completions",
        sa.Column("event_id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("course_id", sa.Uuid, nullable=False),
        sa.Column("completed_at", TIME, nullable=False),
        sa.UniqueConstraint("user_id", "course_id"),
    )
    for statement in (STATES, COMPLETE_LESSON, KEEP_QUIZ):
        op.execute(statement)

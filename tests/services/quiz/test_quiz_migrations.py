"""A database from before attempts goes on with what is in it."""

import shutil
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import psycopg

from services.kit.data import migrate
from services.kit.data.database import Database
from services.quiz.service import SERVICE

LEARNER, QUIZ, VERSION = uuid4(), uuid4(), uuid4()
DOCUMENT = '{"title": "Quiz", "pass_percentage": 60, "questions": []}'


def test_standings_follow_from_the_results_before(
    database_of: Callable[[str], Database], tmp_path: Path
) -> None:
    url, now = database_of("quiz").url, Path(str(SERVICE.migrations))
    before = tmp_path / "migrations"
    shutil.copytree(now, before, ignore=shutil.ignore_patterns("0002*", "0003*", "__pycache__"))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        migrate.upgrade(str(before), url)
        with connection.transaction():
            connection.execute(
                "INSERT INTO quizzes (quiz_id, lesson_id, version_id) VALUES (%s, %s, %s)",
                (QUIZ, uuid4(), VERSION),
            )
            connection.execute(
                "INSERT INTO quiz_versions VALUES (%s, %s, 'digest', %s, '{}')",
                (VERSION, QUIZ, DOCUMENT),
            )
        for percentage in (50, 100, 75):
            connection.execute(
                "INSERT INTO results (quiz_id, version_id, user_id, score, max_score, percentage,"
                " passed, answers, question_results)"
                " VALUES (%s, %s, %s, 1, 2, %s, true, '[]', '[]')",
                (QUIZ, VERSION, LEARNER, percentage),
            )
        connection.execute("INSERT INTO standings VALUES (%s, %s, 3, 100, true)", (LEARNER, QUIZ))
        migrate.upgrade(str(now), url)
        (row,) = connection.execute(
            "SELECT started, results, best, first, last, total, passed FROM standings"
        ).fetchall()
        assert row == (3, 3, 100, 50, 75, 225, True)

"""An academy of any size, written straight into the databases of a stack.

All follows from numbers: a course, a lesson or a person is one, and so is who learns what. The
first `BUSY` accounts are in `BUSY_COURSES` courses each, all others in a few.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

from tests import support

LESSONS = 24
A_SECTION = 4
CATEGORIES = 10
BUSY = 200
BUSY_COURSES = 50
BUSY_LESSONS = 4
# Every so many accounts one has a certificate, of the first of its courses.
CERTIFIED = 10
# Words that all courses have.
WORDS = [f"word{number}" for number in range(60)]
_BODY = "A paragraph that says a little about the matter. " * 20
_COURSE, _LESSON, _PERSON = (f"01900000-0000-7{kind:03}-8000-" for kind in (1, 2, 3))


@dataclass(frozen=True)
class Size:
    """How large it is. Those who are busy come on top of enrollments and completions."""

    courses: int
    accounts: int
    enrollments: int
    completions: int

    @property
    def a_learner(self) -> int:
        """The courses of a learner who is not busy."""
        return self.enrollments // self.accounts


def slug(course: int) -> str:
    """The slug of a course."""
    return f"course-{course}"


def course_id(course: int) -> UUID:
    """The id of a course."""
    return UUID(f"{_COURSE}{course:012x}")


def lesson_id(course: int, position: int) -> UUID:
    """The id of a lesson, by its position from 1 on."""
    return UUID(f"{_LESSON}{course * LESSONS + position - 1:012x}")


def user_id(account: int) -> UUID:
    """The id of a person."""
    return UUID(f"{_PERSON}{account:012x}")


def busy_course(size: Size, account: int, number: int) -> int:
    """The course of a busy learner, by its number from 0 on: the newest enrollment is the last."""
    return (account * BUSY_COURSES + number) % size.courses


def first_course(size: Size, account: int) -> int:
    """The first course of any learner."""
    return busy_course(size, account, 0) if account < BUSY else account % size.courses


def serial(account: int) -> str:
    """The serial of the certificate of an account."""
    digits = f"{account:016d}"
    return "-".join(digits[start : start + 4] for start in range(0, 16, 4))


def fill(stack: support.Stack, size: Size) -> None:
    """Write the academy; the databases are empty before, and vacuumed after."""
    values = {
        **{"lessons": LESSONS, "section": A_SECTION, "categories": CATEGORIES, "body": _BODY},
        **{"busy": BUSY, "busy_courses": BUSY_COURSES, "busy_lessons": BUSY_LESSONS},
        **{"courses": size.courses, "accounts": size.accounts, "a_learner": size.a_learner},
        **{"certified": CERTIFIED, "words": " ".join(WORDS)},
        "per": size.completions / max(1, size.enrollments),
    }
    for service, statements in _STATEMENTS.items():
        with _database(stack, service) as database:
            for statement in statements:
                database.execute(statement.encode(), values)
            database.execute("VACUUM (FREEZE, ANALYZE)")
            database.execute("CHECKPOINT")


@contextmanager
def _database(stack: support.Stack, service: str) -> Iterator[psycopg.Connection[Any]]:
    url = str(stack.run["databases"][service])
    with psycopg.connect(url, autocommit=True) as connection:
        # Foreign keys are right by themselves.
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET synchronous_commit = off")
        yield connection


def _id(prefix: str, number: str) -> str:
    return f"CAST('{prefix}' || lpad(to_hex({number}), 12, '0') AS uuid)"


_ALL_COURSES = "generate_series(0, %(courses)s - 1) AS n"
_ALL_ACCOUNTS = "generate_series(0, %(accounts)s - 1) AS n"
# Every learner in a course: the account, the course, and how many lessons of it are done.
_TAKEN = """
    SELECT a AS account, (a * %(busy_courses)s + k) %% %(courses)s AS course,
        %(busy_lessons)s AS done
    FROM generate_series(0, %(busy)s - 1) AS a, generate_series(0, %(busy_courses)s - 1) AS k
    UNION ALL
    SELECT a, (a + k * (%(courses)s / %(a_learner)s)) %% %(courses)s,
        CAST(floor((a * %(a_learner)s + k + 1) * CAST(%(per)s AS numeric))
            - floor((a * %(a_learner)s + k) * CAST(%(per)s AS numeric)) AS integer)
    FROM generate_series(%(busy)s, %(accounts)s - 1) AS a,
        generate_series(0, %(a_learner)s - 1) AS k
"""
_TITLE = "'Course ' || n || ', something worth an evening'"
_SUMMARY = "'As many lessons as a real one has: ' || %(words)s"
_MAIL = "'person-' || n || '@learner.example'"
_NAME = "'Person ' || n"
_SERIAL = r"regexp_replace(lpad(n::text, 16, '0'), '(....)(....)(....)(....)', '\1-\2-\3-\4')"

_STATEMENTS = {
    "course": [
        *(
            f"""
            INSERT INTO {table} (name, slug)
            SELECT '{name} ' || n, '{name}-' || n FROM generate_series(0, %(categories)s - 1) AS n
            """
            for table, name in (("categories", "category"), ("tags", "tag"))
        ),
        f"""
        INSERT INTO courses (course_id, slug, title, summary, language, license, authors,
            category_id, lesson_count, duration_minutes, search, etag, published_at)
        SELECT {_id(_COURSE, "n")}, 'course-' || n, {_TITLE}, {_SUMMARY}, 'en', 'CC0-1.0',
            '{{Stellr Academy}}', category_id, %(lessons)s, %(lessons)s * 25,
            to_tsvector('simple', {_TITLE} || ' ' || {_SUMMARY})
                || to_tsvector('english', {_TITLE} || ' ' || {_SUMMARY}),
            md5(n::text), now() - n * interval '1 minute'
        FROM {_ALL_COURSES} JOIN categories g ON g.slug = 'category-' || n %% %(categories)s
        """,
        "INSERT INTO course_slugs (slug, course_id) SELECT slug, course_id FROM courses"
        " ON CONFLICT DO NOTHING",
        f"""
        INSERT INTO course_tags (course_id, tag_id, position)
        SELECT {_id(_COURSE, "n")}, tag_id, k + 1 FROM {_ALL_COURSES}, generate_series(0, 1) AS k
        JOIN tags t ON true WHERE t.slug = 'tag-' || (n + 3 * k) %% %(categories)s
        """,
        f"""
        INSERT INTO sections (course_id, position, title)
        SELECT {_id(_COURSE, "n")}, k, 'Part ' || k
        FROM {_ALL_COURSES}, generate_series(1, %(lessons)s / %(section)s) AS k
        """,
        f"""
        INSERT INTO lessons (lesson_id, course_id, section_id, key, position, title, body,
            minutes, preview)
        SELECT {_id(_LESSON, "n * %(lessons)s + k - 1")}, course_id, section_id,
            'lessons/' || k || '.md', k, 'Lesson ' || k || ': something worth an evening',
            %(body)s, 25, false
        FROM {_ALL_COURSES}, generate_series(1, %(lessons)s) AS k
        JOIN sections s ON true
        WHERE s.course_id = {_id(_COURSE, "n")} AND s.position = (k - 1) / %(section)s + 1
        """,
        f"""
        INSERT INTO enrollments (course_id, user_id)
        SELECT {_id(_COURSE, "course")}, {_id(_PERSON, "account")} FROM ({_TAKEN}) taken
        """,
    ],
    "progress": [
        f"""
        INSERT INTO course_progress (user_id, course_id, last_lesson_id)
        SELECT {_id(_PERSON, "account")}, {_id(_COURSE, "course")},
            {_id(_LESSON, "course * %(lessons)s + done - 1")}
        FROM ({_TAKEN}) taken WHERE done > 0
        """,
        f"""
        INSERT INTO lesson_completions (user_id, course_id, lesson_id)
        SELECT {_id(_PERSON, "account")}, {_id(_COURSE, "course")},
            {_id(_LESSON, "course * %(lessons)s + k")}
        FROM ({_TAKEN}) taken, generate_series(0, done - 1) AS k
        """,
    ],
    "auth": [
        f"""
        INSERT INTO accounts (account_id, email, display_name, locale, roles)
        SELECT {_id(_PERSON, "n")}, {_MAIL}, {_NAME}, 'en', '{{learner}}'
        FROM {_ALL_ACCOUNTS}
        """
    ],
    "user": [
        f"""
        INSERT INTO profiles (user_id, email, phone, display_name, locale)
        SELECT {_id(_PERSON, "n")}, {_MAIL}, '', {_NAME}, 'en' FROM {_ALL_ACCOUNTS}
        """
    ],
    "notification": [
        f"""
        INSERT INTO contacts (user_id, email, name, locale)
        SELECT {_id(_PERSON, "n")}, {_MAIL}, {_NAME}, 'en' FROM {_ALL_ACCOUNTS}
        """
    ],
    "certificate": [
        f"""
        INSERT INTO certificates (user_id, course_id, serial, learner_name, course_title,
            issued_at, issue_day, timezone)
        SELECT {_id(_PERSON, "n")}, {_id(_COURSE, "course")}, {_SERIAL}, {_NAME},
            'Course ' || course || ', something worth an evening', now(), current_date, 'UTC'
        FROM (
            SELECT n, CASE WHEN n < %(busy)s THEN n * %(busy_courses)s ELSE n END %% %(courses)s
                AS course
            FROM generate_series(0, %(accounts)s - 1, %(certified)s) AS n
        ) certified
        """
    ],
}

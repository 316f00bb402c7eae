from __future__ import annotations

import psycopg
import pytest

from stellr.course.v1 import course_service_pb2 as pb
from tests.services.course.course_process import Process, bring, content

# As many copies of a course as are needed.
_COPY = """
    INSERT INTO courses (slug, title, summary, language, search, etag, published_at)
    SELECT slug || n, title, summary, language, search, etag, now()
    FROM courses, generate_series(1, %s) AS n
"""


@pytest.fixture(scope="module")
def crowd(lasting_process: Process) -> Process:
    """2,001 courses about the same, and one about something else."""
    bring(lasting_process, content("common", title="Nebulae in C#", tags=[]))
    with psycopg.connect(lasting_process.runtime.database.url, autocommit=True) as connection:
        connection.execute(_COPY, [2_000])
        bring(lasting_process, content("rare", title="Quasar", tags=[]))
        connection.execute("ANALYZE courses")
    return lasting_process


@pytest.mark.parametrize("query", ["neb", "nebulae", "nebulae -comets", "C# nebulae"])
def test_a_search_that_finds_very_much_says_about_how_much(crowd: Process, query: str) -> None:
    answer = crowd("ListCourses", pb.ListCoursesRequest(q=query, page_size=2))
    assert 1_000 < answer.total_size <= 4_000
    assert len(answer.courses) == 2


def test_what_finds_less_is_counted(crowd: Process) -> None:
    assert crowd("ListCourses", pb.ListCoursesRequest(q="quasar")).total_size == 1
    assert crowd("ListCourses", pb.ListCoursesRequest()).total_size == 2_002

from __future__ import annotations

from collections.abc import Callable

import pytest

from services.clients.errors import CourseNotFound
from stellr.course.v1 import course_internal_service_pb2 as internal
from stellr.course.v1 import course_service_pb2 as pb
from tests.services.course.course_process import Process, Statements, bring, content, plan
from tests.support import eventually


def title(process: Process, reference: str = "stars") -> str:
    found = process("GetCourse", pb.GetCourseRequest(course=reference))
    return str(found.title)


def costs_nothing(process: Process, statements: Statements, reference: str = "stars") -> bool:
    statements.count = 0
    title(process, reference)
    return statements.count == 0


def test_a_course_at_hand_costs_no_statement(process: Process, statements: Statements) -> None:
    course_id = bring(process, content()).course_id
    eventually(lambda: costs_nothing(process, statements))
    assert costs_nothing(process, statements, course_id)
    assert costs_nothing(process, statements, course_id.upper())


def test_who_wrote_reads_what_was_written(process: Process, statements: Statements) -> None:
    bring(process, content())
    eventually(lambda: costs_nothing(process, statements))
    for number in range(10):
        bring(process, content(title=f"Title {number}"))
        assert title(process) == f"Title {number}"


def test_other_processes_follow(start: Callable[[], Process], statements: Statements) -> None:
    one, other = start(), start()
    bring(one, content())
    eventually(lambda: costs_nothing(other, statements))
    bring(one, content(title="Suns"))
    eventually(lambda: title(other) == "Suns", 2)


@pytest.mark.parametrize(
    "reference", ["draft", "none", "a\0b", "0198c0de-0000-7000-8000-000000000001"]
)
def test_what_is_not_published_does_not_exist(process: Process, reference: str) -> None:
    draft = plan(process, content("draft"))
    for asked in (reference, draft.course_id):
        with pytest.raises(CourseNotFound):
            title(process, asked)
    known = process("GetCourseTitle", internal.GetCourseTitleRequest(course="draft"))
    assert known.course_id == draft.course_id

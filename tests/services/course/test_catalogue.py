from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from services.kit.errors import InvalidArgument
from stellr.course.v1 import authoring_service_pb2 as authoring
from stellr.course.v1 import course_service_pb2 as pb
from tests.services.course.course_process import Process, Statements, bring, content, draft, plan
from tests.support import eventually


@pytest.fixture
def catalogue(process: Process) -> Process:
    bring(process, content("stars", title="Star gazing", category="Night Sky"))
    bring(process, content("sterne", title="Die Sterne", language="de-AT", tags=["Sky"]))
    bring(process, content("sea", title="The sea", summary="Of waves", tags=["Water Life"]))
    plan(process, content("draft", title="Star drafts"))
    return process


def slugs(process: Process, **values: Any) -> list[str]:
    answer = process("ListCourses", pb.ListCoursesRequest(**values))
    assert answer.total_size >= len(answer.courses)
    return [course.slug for course in answer.courses]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, ["sea", "sterne", "stars"]),
        ({"order_by": "publishTime"}, ["stars", "sterne", "sea"]),
        ({"order_by": "title"}, ["sterne", "stars", "sea"]),
        ({"category": "night-sky"}, ["stars"]),
        ({"category": "NIGHT SKY"}, ["stars"]),
        ({"tags": ["sky"]}, ["sterne", "stars"]),
        ({"tags": ["Sky", "night"]}, ["stars"]),
        ({"tags": ["water-life"]}, ["sea"]),
        ({"tags": ["sky", "none"]}, []),
        ({"language": "DE"}, ["sterne"]),
        ({"language": "d"}, []),
        ({"q": "gaze"}, ["stars"]),
        ({"q": "stern", "language": "de"}, ["sterne"]),
        ({"q": "wave -star"}, ["sea"]),
        ({"q": '"water life"'}, ["sea"]),
        ({"q": "water or gazing", "order_by": "publishTime desc"}, ["sea", "stars"]),
        ({"q": "draft"}, []),
        ({"q": "!!! ( & '"}, []),
        ({"q": "\0"}, ["sea", "sterne", "stars"]),
    ],
)
def test_filters(catalogue: Process, asked: dict[str, Any], expected: list[str]) -> None:
    assert slugs(catalogue, **asked) == expected


def test_labels_are_found_by_their_names_in_every_script(process: Process) -> None:
    tags = ["Cafe\u0301 Noir", "\u0130stanbul Tarihi"]
    bring(process, content("cosmos", category="ΝΕΟΣ ΚΟΣΜΟΣ", tags=tags))
    for asked in (
        *({"category": name} for name in ("ΝΕΟΣ ΚΟΣΜΟΣ", "νεος-κοσμος")),
        *({"tags": [name]} for name in (*tags, "caf\u00e9 noir", "CAFE\u0301 NOIR", "Café-Noir")),
    ):
        assert slugs(process, **asked) == ["cosmos"], asked


@pytest.mark.parametrize("order", ["", "publishTime", "title", "title desc", "durationMinutes"])
def test_pages_hold_every_course_once(process: Process, statements: Statements, order: str) -> None:
    for number in range(5):
        bring(process, content(f"course-{number}", title=f"Title {number // 2}"))
    token, found = "", []
    while True:
        statements.count = 0
        request = pb.ListCoursesRequest(page_size=2, page_token=token, order_by=order)
        answer = process("ListCourses", request)
        assert statements.count <= 3
        assert answer.total_size == 5
        found += [course.slug for course in answer.courses]
        if not (token := answer.next_page_token):
            break
    assert sorted(found) == [f"course-{number}" for number in range(5)]


def test_a_token_is_good_only_for_its_list(catalogue: Process) -> None:
    page = catalogue("ListCourses", pb.ListCoursesRequest(page_size=1))
    token = page.next_page_token
    assert slugs(catalogue, page_token=token) == ["sterne", "stars"]
    for other in ({"q": "star"}, {"order_by": "title"}, {"tags": ["sky"]}, {"language": "en"}):
        with pytest.raises(InvalidArgument):
            slugs(catalogue, page_token=token, **other)
    with pytest.raises(InvalidArgument):
        slugs(catalogue, page_token=f"x{token}")


def test_a_page_at_hand_costs_no_statement(catalogue: Process, statements: Statements) -> None:
    eventually(lambda: _cost(catalogue, statements) == 0)
    assert _cost(catalogue, statements, q="star") > 0
    assert _cost(catalogue, statements, q="star") == 0
    assert _cost(catalogue, statements, q="  STAR ") == 0


def test_pages_of_one_list_count_its_courses_once(
    catalogue: Process, statements: Statements
) -> None:
    eventually(lambda: _cost(catalogue, statements) == 0)
    assert _cost(catalogue, statements, q="star", page_size=1) == 2
    assert _cost(catalogue, statements, q="star", page_size=2) == 1


@pytest.mark.parametrize("wanted", [{}, {"q": "star"}, {"category": "Science"}])
def test_pages_go_with_every_change_of_a_course(
    catalogue: Process, statements: Statements, wanted: dict[str, str]
) -> None:
    eventually(lambda: _cost(catalogue, statements, **wanted) == 0)
    bring(catalogue, content("new", title="New stars"))
    assert slugs(catalogue, **wanted)[0] == "new"
    later = draft(catalogue, "Later stars")
    publish = authoring.PublishCourseRequest(course=later)
    assert catalogue("PublishCourse", publish, None, "admin").slug == "later-stars"
    assert _cost(catalogue, statements, **wanted) > 0


def test_pages_of_other_processes_go_too(
    start: Callable[[], Process], statements: Statements
) -> None:
    one, other = start(), start()
    bring(one, content("stars"))
    eventually(lambda: slugs(other) == ["stars"])
    eventually(lambda: _cost(other, statements) == 0)
    bring(one, content("suns"))
    eventually(lambda: slugs(other) == ["suns", "stars"], 2)


def _cost(process: Process, statements: Statements, **values: Any) -> int:
    statements.count = 0
    slugs(process, **values)
    return statements.count

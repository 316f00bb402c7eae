from __future__ import annotations

from typing import Any

import pytest

from services.course import catalogue
from services.kit.errors import InvalidFields
from stellr.course.v1 import course_internal_service_pb2 as internal
from stellr.course.v1 import course_service_pb2 as pb
from tests.services.course.course_process import Process, bring, content, lesson


@pytest.fixture(scope="module")
def library(lasting_process: Process) -> Process:
    """Courses whose words are not those of English alone."""

    def shelve(slug: str, lesson_title: str = "Begin here", **values: Any) -> None:
        lessons = [lesson("first", title=lesson_title)]
        sections = [internal.ImportSection(title="One", lessons=lessons)]
        bring(lasting_process, content(slug, sections=sections, **values))

    shelve("data", title="Python数据分析", language="zh", tags=[])
    shelve("coffee", "Über Brücken", title="Ein Café von Größe", language="de")
    shelve("code", title="From C++ to C#", summary="Of the IT trade.")
    shelve("talk", title="कल की बात", language="hi")
    shelve("art", title="भारतीय कला", language="hi")
    shelve("plain", title="The language C", tags=["Café Noir"])
    return lasting_process


def found(process: Process, query: str, language: str = "") -> set[str]:
    answer = process("ListCourses", pb.ListCoursesRequest(q=query, language=language))
    assert answer.total_size == len(answer.courses)
    return {course.slug for course in answer.courses}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("数据", {"data"}),
        ("数据分析", {"data"}),
        ("据分析", {"data"}),
        ("析", {"data"}),
        ("分数", set()),
        ("Python", {"data"}),
        ("python数据", {"data"}),
        ("数据 python", {"data"}),
        ("cafe", {"coffee", "plain"}),
        ("Café", {"coffee", "plain"}),
        ("Cafe\u0301", {"coffee", "plain"}),
        ("CAFE\u0301", {"coffee", "plain"}),
        ("C++ trades", {"code"}),
        ("trades C", {"code"}),
        ("grosse", {"coffee"}),
        ("Größe", {"coffee"}),
        ("GRÖSSE", {"coffee"}),
        ("uber brucken", {"coffee"}),
        ("C++", {"code"}),
        ("c#", {"code"}),
        ("C++ C#", {"code"}),
        ("C", {"code", "plain"}),
        ("कला", {"art"}),
        ("भारतीय कला", {"art"}),
        ("IT", {"code"}),
        ("it trade", {"code"}),
        ("C++ cafe", set()),
    ],
)
def test_words_of_every_script_are_found(library: Process, query: str, expected: set[str]) -> None:
    assert found(library, query) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('"café noir"', {"plain"}),
        ('"noir café"', set()),
        ("cafe -noir", {"coffee"}),
        ("CAFÉ -GRÖSSE", {"plain"}),
        ("grosse or noir", {"coffee", "plain"}),
        ("python OR trade", {"data", "code"}),
        ("数据 or noir", {"data", "plain"}),
        ("数据 -python", set()),
        ("well-known", set()),
    ],
)
def test_operators_go_on_working(library: Process, query: str, expected: set[str]) -> None:
    assert found(library, query) == expected


def test_forms_are_those_of_the_language_asked_for(library: Process) -> None:
    assert found(library, "brücke", "de") == {"coffee"}
    assert found(library, "trades") == {"code"}
    assert found(library, "数据", "zh") == {"data"}
    assert found(library, "数据", "de") == set()


@pytest.mark.parametrize(
    "query", ["'", "\\", "a' & 'b", "!!", "&|", ":*", "x" * 200, "數" * 200, "-" * 200, "- " * 99]
)
def test_odd_searches_find_nothing(library: Process, query: str) -> None:
    assert found(library, query) == set()


@pytest.mark.parametrize(
    ("query", "expected"), [("anal", set()), ("brüc", {"coffee"}), ("br", set())]
)
def test_the_last_word_may_be_the_beginning_of_one(
    library: Process, query: str, expected: set[str]
) -> None:
    assert found(library, query) == expected


def test_what_fits_best_comes_first(process: Process) -> None:
    bring(process, content("lesson", title="Other", summary="", tags=[], category=""))
    first = [internal.ImportSection(title="One", lessons=[lesson("a", title="About nebulae")])]
    bring(process, content("below", title="Below", summary="", tags=[], sections=first))
    bring(process, content("within", title="Within", summary="Of nebulae.", tags=[]))
    bring(process, content("above", title="Nebulae", summary="", tags=[]))
    asked = {"q": "nebulae", "page_size": 1}
    slugs, token = [], ""
    while True:
        page = process("ListCourses", pb.ListCoursesRequest(**asked, page_token=token))
        slugs += [course.slug for course in page.courses]
        token = page.next_page_token
        if not token:
            break
    assert slugs == ["above", "within", "below"]
    (newest, *_) = process("ListCourses", pb.ListCoursesRequest(q="nebulae")).courses
    assert newest.highlight == "<mark>Nebulae</mark>"
    by_title = process("ListCourses", pb.ListCoursesRequest(q="nebulae", order_by="title")).courses
    assert [course.slug for course in by_title] == ["below", "above", "within"]
    with pytest.raises(InvalidFields):
        process("ListCourses", pb.ListCoursesRequest(order_by="relevance"))


def test_what_is_found_everywhere_is_listed_by_age_and_whole(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "RANKED_AT_MOST", 2)
    for number in range(4):
        title = "Nebulae" if number == 0 else f"Course {number}"
        bring(process, content(f"course-{number}", title=title, summary="Of nebulae."))
    slugs, token = [], ""
    while True:
        request = pb.ListCoursesRequest(q="nebulae", page_size=1, page_token=token)
        page = process("ListCourses", request)
        slugs += [course.slug for course in page.courses]
        token = page.next_page_token
        if not token:
            break
        # The order of a list stays, also where fewer are found by now.
        monkeypatch.setattr(catalogue, "RANKED_AT_MOST", 100)
    assert slugs == [f"course-{number}" for number in (3, 2, 1, 0)]

from __future__ import annotations

import pytest

from services.course.imported import MOST_LESSONS, content_of
from services.kit.errors import InvalidArgument
from stellr.course.v1 import course_internal_service_pb2 as pb
from tests.services.course.course_process import content, lesson


def refused(request: pb.ImportCourseRequest) -> list[str]:
    with pytest.raises(InvalidArgument) as refusal:
        content_of(request)
    return [violation.field for violation in refusal.value.violations]


def test_lessons_know_their_section() -> None:
    found = content_of(content(tags=["Sky", "sky ", "Night"], category="  Big   Science "))
    assert [(item.section, item.key) for item in found.lessons] == [(1, "a"), (1, "b"), (2, "c")]
    assert found.tags == ("Sky", "Night")
    assert found.category == "Big Science"


def test_all_defects_are_told_at_once() -> None:
    sections = [
        pb.ImportSection(title=" ", lessons=[lesson("a"), lesson("a", title=" ")]),
        pb.ImportSection(title="x", lessons=[lesson("c", body="a\0b")]),
    ]
    request = content(
        "0198c0de000070008000000000000001",
        title=" ",
        language="e n",
        tags=["ok", " "],
        authors=["a\0b"],
        sections=sections,
    )
    assert sorted(refused(request)) == [
        "authors[0]",
        "language",
        "sections[0].lessons[1].key",
        "sections[0].lessons[1].title",
        "sections[0].title",
        "sections[1].lessons[0].body",
        "slug",
        "tags[1]",
        "title",
    ]


@pytest.mark.parametrize("count", [0, MOST_LESSONS + 1])
def test_a_course_has_some_lessons_and_not_too_many(count: int) -> None:
    lessons = [lesson(str(number)) for number in range(count)]
    assert refused(content(sections=[pb.ImportSection(title="x", lessons=lessons)])) == ["sections"]

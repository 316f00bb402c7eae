from __future__ import annotations

import pytest

from services.course.imported import MOST_LESSONS, content_of
from services.kit.errors import InvalidFields
from stellr.course.v1 import course_internal_service_pb2 as pb
from tests.services.course.course_process import content, lesson


def refused(request: pb.CourseContent) -> list[str]:
    with pytest.raises(InvalidFields) as refusal:
        content_of(request)
    return [violation.field for violation in refusal.value.violations]


def test_lessons_know_their_section() -> None:
    found = content_of(content(tags=["Sky", "sky ", "Night"], category="  Big   Science "))
    assert [(item.section, item.key) for item in found.lessons] == [(1, "a"), (1, "b"), (2, "c")]
    assert found.tags == ("Sky", "Night")
    assert found.category == "Big Science"


def test_all_keys_that_are_there_twice_are_told_at_once() -> None:
    sections = [
        pb.ImportSection(title="x", lessons=[lesson("a"), lesson("a")]),
        pb.ImportSection(title="y", lessons=[lesson("c"), lesson("a")]),
    ]
    assert refused(content(sections=sections)) == [
        "sections[0].lessons[1].key",
        "sections[1].lessons[1].key",
    ]


@pytest.mark.parametrize("count", [0, MOST_LESSONS + 1])
def test_a_course_has_some_lessons_and_not_too_many(count: int) -> None:
    lessons = [lesson(str(number)) for number in range(count)]
    assert refused(content(sections=[pb.ImportSection(title="x", lessons=lessons)])) == ["sections"]

import pytest

from services.kit.rpc.bounds import largest, longest, most
from services.kit.rpc.interceptors.validation import validated
from stellr.course.v1.course_internal_service_pb2 import CourseContent, ImportLesson
from stellr.quiz.v1.quiz_internal_service_pb2 import CheckGiftRequest
from tests.services.course.course_process import content, lesson
from tests.services.kit.rpc.test_rules import violations


def test_what_just_fits_is_taken_and_one_more_is_not() -> None:
    title, tag = longest(CourseContent, "title"), longest(CourseContent, "tags")
    tags, minutes = most(CourseContent, "tags"), most(ImportLesson, "minutes")
    assert validated(content(title="x" * title, tags=["x" * tag] * tags))
    assert validated(lesson("a", minutes=minutes))
    assert violations(content(title="x" * (title + 1))) == {"title"}
    assert violations(content(tags=["x" * (tag + 1)])) == {"tags[0]"}
    assert violations(content(tags=["x"] * (tags + 1))) == {"tags"}
    assert violations(lesson("a", minutes=minutes + 1)) == {"minutes"}


def test_bytes_are_counted_in_utf_8() -> None:
    size = largest(CheckGiftRequest, "gift")
    assert violations(CheckGiftRequest(gift="\u00e9" * (size // 2))) == set()
    assert violations(CheckGiftRequest(gift="\u00e9" * (size // 2 + 1))) == {"gift"}


def test_a_bound_that_is_not_set_is_an_error() -> None:
    with pytest.raises(LookupError, match=r"CourseContent\.title has no such bound"):
        most(CourseContent, "title")

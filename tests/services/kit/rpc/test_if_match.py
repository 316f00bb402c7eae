"""The header If-Match as the etag of a request."""

from typing import Any

import pytest

import stellr.quiz.v1.quiz_authoring_service_pb2  # noqa: F401  its service is looked up
from services.kit import call as calls
from services.kit.errors import EtagStale, InvalidFields
from services.kit.rpc.interceptors.if_match import IfMatch
from services.kit.rpc.policy import MethodPolicy, policies
from stellr.course.v1.authoring_service_pb2 import ArchiveCourseRequest, UpdateCourseRequest

SERVICE = "stellr.course.v1.AuthoringService"
QUIZ = "stellr.quiz.v1.QuizAuthoringService"


def policy(method: str, service: str = SERVICE) -> MethodPolicy:
    return policies([service])[f"/{service}/{method}"]


def passed_on(request: Any, method: str, header: str) -> Any:
    """The request as the next link gets it."""
    token = calls.enter(calls.Call(method, if_match=header))
    try:
        return IfMatch().bind(lambda request, _: request, policy(method))(request, None)
    finally:
        calls.leave(token)


def test_the_contract_says_where_the_etag_is() -> None:
    assert policy("ArchiveCourse").etag_path == ("etag",)
    assert policy("UpdateCourse").etag_path == ("change", "etag")
    assert policy("ReplaceQuiz", QUIZ).etag_path == ("quiz", "etag")
    assert policy("CreateCategory").etag_path == ()
    assert policy("CreateCourse").etag_path == ()


@pytest.mark.parametrize(
    ("header", "etag"), [('"7"', "7"), ('W/"7"', "7"), ("7", "7"), ("*", ""), ("", "")]
)
def test_it_is_put_there(header: str, etag: str) -> None:
    assert passed_on(ArchiveCourseRequest(course="x"), "ArchiveCourse", header).etag == etag
    changed = passed_on(UpdateCourseRequest(course="x"), "UpdateCourse", header)
    assert changed.change.etag == etag


def test_a_method_without_an_etag_has_no_such_link() -> None:
    def proceed(request: Any, context: Any) -> Any:
        return request

    assert IfMatch().bind(proceed, policy("CreateCategory")) is proceed


def test_two_that_differ_cannot_both_be_the_present_one() -> None:
    with pytest.raises(EtagStale):
        passed_on(ArchiveCourseRequest(course="x", etag='"8"'), "ArchiveCourse", '"7"')
    same = ArchiveCourseRequest(course="x", etag='"7"')
    assert passed_on(same, "ArchiveCourse", '"7"').etag == "7"


def test_a_list_is_refused() -> None:
    with pytest.raises(InvalidFields):
        passed_on(ArchiveCourseRequest(course="x"), "ArchiveCourse", '"7", "8"')

"""A path and a query or body that name different things."""

from typing import Any

import pytest

from services.kit import call as calls
from services.kit.errors import InvalidFields
from services.kit.rpc.interceptors.path_fields import PathFields
from services.kit.rpc.policy import MethodPolicy, policies
from stellr.course.v1.authoring_service_pb2 import UpdateCourseRequest
from stellr.progress.v1 import progress_service_pb2 as pb

AUTHORING = "stellr.course.v1.AuthoringService"
PROGRESS = "stellr.progress.v1.ProgressService"


def policy(service: str, method: str) -> MethodPolicy:
    return policies([service])[f"/{service}/{method}"]


def passed_on(request: Any, rpc: MethodPolicy, path: str) -> Any:
    """The request as the next link gets it."""
    token = calls.enter(calls.Call(rpc.method, http_path=path))
    try:
        return PathFields().bind(lambda request, _: request, rpc)(request, None)
    finally:
        calls.leave(token)


@pytest.mark.parametrize(
    "path",
    ["", "/courses/a", "/courses/a/", "/courses/a?course=a", "/courses/%61", "/courses/a?x=/b/c"],
)
def test_the_same_is_passed_on(path: str) -> None:
    request = UpdateCourseRequest(course="a")
    assert passed_on(request, policy(AUTHORING, "UpdateCourse"), path) is request


def test_all_that_differ_are_told_by_their_names_in_json() -> None:
    request = pb.GetCourseProgressRequest(user_id="b", course="d")
    with pytest.raises(InvalidFields) as refused:
        passed_on(request, policy(PROGRESS, "GetCourseProgress"), "/progress/me/courses/c?course=d")
    assert [each.field for each in refused.value.violations] == ["userId", "course"]

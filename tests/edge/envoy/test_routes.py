import pytest

from edge.envoy import routes
from edge.envoy.methods import Method
from edge.envoy.routes import Json, known_path_routes, rpc_routes

SERVICE = "stellr.course.v1.CourseService"
READ = Method(SERVICE, "FindCourse", (("GET", "/courses/{id}"),), reads=True, streams=False)
WRITE = Method(SERVICE, "GetEnrolled", (("POST", "/enroll"),), reads=False, streams=False)
STREAM = Method(SERVICE, "GetFile", (("GET", "/files/{id}"),), reads=True, streams=True)


def only(method: Method) -> Json:
    (route,) = rpc_routes([method])
    return route


def retried(method: Method) -> set[str]:
    return set(only(method)["route"]["retry_policy"]["retry_on"].split(","))


def test_each_rpc_has_a_route_of_its_own() -> None:
    assert [route["match"] for route in rpc_routes([READ, WRITE])] == [
        {"path": f"/{SERVICE}/FindCourse"},
        {"path": f"/{SERVICE}/GetEnrolled"},
    ]
    assert only(READ)["route"]["cluster"] == "course"


def test_the_contract_says_what_is_retried_and_not_the_name() -> None:
    assert "unavailable" in retried(READ)
    assert retried(WRITE) == {"connect-failure", "refused-stream", "reset-before-request"}


def test_a_stream_has_no_request_timeout() -> None:
    assert only(STREAM)["route"]["timeout"] == "0s"
    assert only(READ)["route"]["timeout"] == "15s"


@pytest.mark.parametrize(("apart", "cluster"), [(False, "course"), (True, "course_streams")])
def test_streams_go_to_their_own_port_once_it_is_there(
    monkeypatch: pytest.MonkeyPatch, apart: bool, cluster: str
) -> None:
    monkeypatch.setattr(routes, "STREAMS_APART", apart)
    assert only(STREAM)["route"]["cluster"] == cluster
    assert only(READ)["route"]["cluster"] == "course"


def test_a_known_path_tells_the_methods_it_takes() -> None:
    change = Method(SERVICE, "Change", (("PATCH", "/courses/{id}"),), reads=False, streams=False)
    route, other = known_path_routes([READ, change, WRITE])
    assert route["response_headers_to_add"] == [{"header": {"key": "allow", "value": "GET, PATCH"}}]
    assert route["match"] == {"safe_regex": {"regex": "/courses/[^/]+"}}
    assert other["match"] == {"safe_regex": {"regex": "/enroll"}}

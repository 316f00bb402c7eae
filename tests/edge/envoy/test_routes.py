import pytest

from edge.envoy import routes
from edge.envoy.methods import Method
from edge.envoy.routes import TRANSCODER, Json, http_routes, known_path_routes, rpc_routes

SERVICE = "stellr.course.v1.CourseService"
READ = Method(SERVICE, "FindCourse", (("GET", "/courses/{id}"),), repeatable=True, streams=False)
WRITE = Method(SERVICE, "GetEnrolled", (("POST", "/enroll"),), repeatable=False, streams=False)
STREAM = Method(SERVICE, "GetFile", (("GET", "/files/{id}"),), repeatable=True, streams=True)

LENIENT = {"ignore_unknown_query_parameters": True}


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
    assert {"unavailable", "cancelled"} <= retried(READ)
    assert retried(WRITE) == {"connect-failure", "refused-stream", "reset-before-request"}


def test_the_callers_deadline_counts_up_to_a_limit() -> None:
    for method, longest in ((READ, "15s"), (STREAM, "3600s")):
        assert only(method)["route"]["max_stream_duration"] == {
            "max_stream_duration": longest,
            "grpc_timeout_header_max": longest,
        }


def test_a_service_has_more_time_than_the_door_waits() -> None:
    told = only(READ)["request_headers_to_add"]
    assert [each["header"] for each in told] == [
        {"key": "grpc-timeout", "value": "15200m"},
        {"key": "grpc-timeout", "value": "%REQ(x-service-timeout)%"},
    ]
    assert only(STREAM)["request_headers_to_add"][0]["header"]["value"] == "3600200m"


@pytest.mark.parametrize(("apart", "cluster"), [(False, "course"), (True, "course_streams")])
def test_streams_go_to_their_own_port_once_it_is_there(
    monkeypatch: pytest.MonkeyPatch, apart: bool, cluster: str
) -> None:
    monkeypatch.setattr(routes, "STREAMS_APART", apart)
    assert only(STREAM)["route"]["cluster"] == cluster
    assert only(READ)["route"]["cluster"] == "course"


def test_a_known_path_tells_the_methods_it_takes() -> None:
    change = Method(
        SERVICE, "Change", (("PATCH", "/courses/{id}"),), repeatable=False, streams=False
    )
    options, route, allowed, _, other, _ = known_path_routes([READ, change, WRITE], LENIENT)
    for each, status in ((options, 204), (route, 405)):
        (allow,) = each["response_headers_to_add"]
        assert allow["header"] == {"key": "allow", "value": "GET, HEAD, OPTIONS, PATCH"}
        assert each["match"]["safe_regex"] == {"regex": "/courses/[^/]+/?"}
        assert each["direct_response"]["status"] == status
    assert options["match"]["headers"] == [
        {"name": ":method", "string_match": {"exact": "OPTIONS"}}
    ]
    (another,) = route["match"]["headers"]
    assert another["string_match"] == {"safe_regex": {"regex": "GET|HEAD|OPTIONS|PATCH"}}
    assert another["invert_match"]
    # Before any wider path, which may not take it.
    assert allowed["match"] == {"safe_regex": {"regex": "/courses/[^/]+/?"}}
    assert other["match"]["safe_regex"] == {"regex": "/enroll/?"}


def test_only_open_paths_ignore_unknown_parameters() -> None:
    page = Method(
        SERVICE, "Page", (("GET", "/page"),), repeatable=True, streams=False, is_open=True
    )
    *others, open_ = known_path_routes([READ, page], LENIENT)
    assert open_["match"] == {"safe_regex": {"regex": "/page/?"}}
    assert open_["typed_per_filter_config"] == {TRANSCODER: LENIENT}
    assert LENIENT not in [
        each.get("typed_per_filter_config", {}).get(TRANSCODER) for each in others
    ]


def test_what_is_answered_over_http_goes_there_as_it_came() -> None:
    file = Method(
        "stellr.media.v1.MediaService",
        "GetFile",
        (("GET", "/files/{id}"), ("PUT", "/files")),
        repeatable=True,
        streams=True,
        over_http=True,
    )
    get, put = http_routes([READ, file])
    assert get["match"]["safe_regex"] == {"regex": "/files/[^/]+/?"}
    # The service knows its paths without the slash.
    assert get["route"]["regex_rewrite"]["pattern"]["regex"] == "/$"
    verbs = [route["match"]["headers"][0]["string_match"] for route in (get, put)]
    assert [verb["safe_regex"]["regex"] for verb in verbs] == ["GET|HEAD", "PUT"]
    assert {route["route"]["cluster"] for route in (get, put)} == {"media_content"}
    assert get["route"]["idle_timeout"] == "60s"
    filters = get["typed_per_filter_config"]
    assert all(each["disabled"] for each in filters.values())
    # Its texts are compressed all the same.
    assert not set(routes.COMPRESSORS) & set(filters)


def test_a_token_is_not_compressed() -> None:
    login = Method(SERVICE, "Login", (), repeatable=False, streams=False, secret=True)
    assert set(only(login)["typed_per_filter_config"]) == set(routes.COMPRESSORS)
    assert "typed_per_filter_config" not in only(READ)


def test_what_is_there_for_everybody_may_be_read_from_every_page() -> None:
    keys = Method(SERVICE, "Keys", (), repeatable=True, streams=False, is_open=True, is_public=True)
    (header,) = only(keys)["response_headers_to_add"]
    assert header["header"] == {"key": "access-control-allow-origin", "value": "*"}
    assert "response_headers_to_add" not in only(READ)

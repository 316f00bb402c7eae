from google.rpc import code_pb2

from edge.envoy.replies import REPLIES, Reply, local_replies


def reply(status: int) -> Reply:
    return [each for each in REPLIES if each.status == status][-1]


def test_json_tells_the_code_that_grpc_has_for_the_status() -> None:
    codes = {404: code_pb2.NOT_FOUND, 503: code_pb2.UNAVAILABLE, 504: code_pb2.DEADLINE_EXCEEDED}
    assert {status: reply(status).code for status in codes} == codes


def test_an_unknown_path_is_an_unknown_method_in_grpc() -> None:
    assert reply(404).grpc_code == code_pb2.UNIMPLEMENTED


def test_every_answer_in_json_has_the_shape_of_a_status() -> None:
    mappers = local_replies()["mappers"]
    bodies = [mapper["body_format_override"].get("json_format") for mapper in mappers]
    found = [body for body in bodies if body]
    assert len(found) == len(REPLIES)
    for body in found:
        assert set(body) == {"code", "message", "details"}
        assert body["details"][0]["reason"]


def test_who_is_away_may_be_back_in_a_second() -> None:
    found = [
        (mapper["body_format_override"]["json_format"]["details"][-1], mapper["headers_to_add"])
        for mapper in local_replies()["mappers"]
        if mapper["body_format_override"].get("json_format", {}).get("code") == code_pb2.UNAVAILABLE
    ]
    retry = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1s"}
    assert found == [(retry, [{"header": {"key": "retry-after", "value": "1"}}])] * 2


def test_a_service_that_breaks_off_is_away_too() -> None:
    assert reply(502).told == 503
    assert reply(502).reason == reply(503).reason


def test_all_else_is_a_fault_of_ours() -> None:
    body = local_replies()["body_format"]["json_format"]
    assert (body["code"], body["details"][0]["reason"]) == (code_pb2.INTERNAL, "INTERNAL")

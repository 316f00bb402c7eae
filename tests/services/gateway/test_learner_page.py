"""The learner page for callers of gRPC; what browsers get is in tests/edge."""

from __future__ import annotations

import re

import grpc
import pytest

from stellr.gateway.v1 import gateway_service_pb2 as pb
from stellr.gateway.v1.gateway_service_pb2_grpc import GatewayServiceStub
from tests.support import Stack, Visitor


def test_callers_of_grpc_get_the_same(stack: Stack, visitor: Visitor) -> None:
    page = visitor.get("/")
    path = re.findall(r"/app/[^\"]+[.]js", page.text)[0]
    _, _, version, name = path.split("/", 3)
    with grpc.insecure_channel(f"127.0.0.1:{stack.port}") as channel:
        stub = GatewayServiceStub(channel)
        parts = list(stub.GetLearnerPage(pb.GetLearnerPageRequest(), timeout=20))
        assert {each.content_type for each in parts} == {page.headers["content-type"]}
        assert b"".join(each.data for each in parts) == page.content
        asked = pb.GetLearnerPageFileRequest(version=version, path=name)
        script = list(stub.GetLearnerPageFile(asked, timeout=20))
        assert b"".join(each.data for each in script) == visitor.get(path).content
        with pytest.raises(grpc.RpcError) as error:
            list(stub.GetLearnerPageFile(pb.GetLearnerPageFileRequest(version="x", path="x")))
        assert error.value.code() == grpc.StatusCode.NOT_FOUND

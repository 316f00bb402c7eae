from __future__ import annotations

from typing import Any

import grpc
import grpc_testing
import pytest

from services.kit.errors import NotFound
from stellr.course.v1 import course_service_pb2 as pb
from tests.services.course.course_process import Process, bring, content

SERVICE = pb.DESCRIPTOR.services_by_name["CourseService"]


def invoke(process: Process, method: str, request: Any) -> Any:
    """Call a method on grpcio's own test server."""
    handlers = _Handlers(process)
    server = grpc_testing.server_from_dictionary(
        {SERVICE: handlers}, grpc_testing.strict_real_time()
    )
    rpc = server.invoke_unary_unary(SERVICE.methods_by_name[method], (), request, 5)
    reply, _, code, _ = rpc.termination()
    return reply if code == grpc.StatusCode.OK else handlers.error


class _Handlers:
    """The servicers of a process, with what the chain would put around them."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self.error: Exception | None = None

    def __getattr__(self, method: str) -> Any:
        def handle(request: Any, context: grpc.ServicerContext) -> Any:
            try:
                return self._process(method, request)
            except Exception as error:
                self.error = error
                raise

        return handle


def test_a_course_through_grpc(process: Process) -> None:
    imported = bring(process, content())
    course = invoke(process, "GetCourse", pb.GetCourseRequest(course="stars"))
    assert course.course_id == imported.course_id


@pytest.mark.parametrize("reference", ["none", "a\0b"])
def test_no_course_through_grpc(process: Process, reference: str) -> None:
    refusal = invoke(process, "GetCourse", pb.GetCourseRequest(course=reference))
    assert isinstance(refusal, NotFound)

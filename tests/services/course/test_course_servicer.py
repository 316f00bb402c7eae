from __future__ import annotations

from typing import Any

import grpc
import grpc_testing
import pytest

from services.course.service import build
from services.kit.errors import NotFound
from stellr.course.v1 import course_service_pb2 as pb
from tests.services.course.course_process import Process, bring, content

SERVICE = pb.DESCRIPTOR.services_by_name["CourseService"]


def invoke(process: Process, method: str, request: Any) -> Any:
    """Call a method on grpcio's own test server, inside a transaction."""
    servicer = build(process.runtime)[0].servicer
    handler = _InTransaction(process, servicer)
    server = grpc_testing.server_from_dictionary(
        {SERVICE: handler}, grpc_testing.strict_real_time()
    )
    rpc = server.invoke_unary_unary(SERVICE.methods_by_name[method], (), request, 5)
    reply, _, code, _ = rpc.termination()
    return reply if code == grpc.StatusCode.OK else handler.error


class _InTransaction:
    """The servicer, with what the chain would put around it."""

    def __init__(self, process: Process, servicer: object) -> None:
        self._process = process
        self._servicer = servicer
        self.error: Exception | None = None

    def __getattr__(self, method: str) -> Any:
        def handle(request: Any, context: grpc.ServicerContext) -> Any:
            try:
                with self._process.runtime.database.transaction():
                    return getattr(self._servicer, method)(request, context)
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

"""Course, put together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from services.course.authoring import Authoring
from services.course.catalogue import Catalogue
from services.course.importing import Importing
from services.course.internal_servicer import CourseInternalServicer
from services.course.learning import Learning
from services.course.outlines import Outlines
from services.course.planning import Planning
from services.course.published import PublishedCourses
from services.course.servicer import CourseServicer
from services.kit.process.runtime import Runtime
from services.kit.process.service import Registration, Service
from stellr.course.v1.course_internal_service_pb2_grpc import (
    add_CourseInternalServiceServicer_to_server,
)
from stellr.course.v1.course_service_pb2_grpc import add_CourseServiceServicer_to_server


def build(runtime: Runtime) -> Sequence[Registration]:
    """The servicers of course."""
    published, learning = PublishedCourses(runtime), Learning(runtime)
    public = CourseServicer(Catalogue(runtime), published, learning)
    internal = CourseInternalServicer(
        runtime,
        learning=learning,
        outlines=Outlines(runtime, published),
        planning=Planning(runtime.database),
        importing=Importing(runtime.database, published),
        authoring=Authoring(runtime, published),
    )
    return [
        Registration(add_CourseServiceServicer_to_server, public),
        Registration(add_CourseInternalServiceServicer_to_server, internal),
    ]


SERVICE = Service(
    name="course",
    build=build,
    calls=(),
    migrations=str(Path(__file__).parent / "migrations"),
)

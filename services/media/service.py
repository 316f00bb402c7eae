"""Media, put together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from services.kit.identity.links import CONTENT, Links
from services.kit.process.runtime import Runtime
from services.kit.process.service import Loop, Registration, Service
from services.media.internal_servicer import MediaInternalServicer
from services.media.library import Library
from services.media.servicer import MediaServicer
from services.media.store import LocalStore
from stellr.course.v1.course_internal_service_pb2_grpc import CourseInternalServiceStub
from stellr.media.v1.media_internal_service_pb2_grpc import (
    add_MediaInternalServiceServicer_to_server,
)
from stellr.media.v1.media_service_pb2_grpc import add_MediaServiceServicer_to_server


def build(runtime: Runtime) -> Sequence[Registration]:
    """The servicers of media."""
    store = local_store(runtime)
    course = CourseInternalServiceStub(runtime.channel("course"))
    links = Links(runtime.shared_signer(CONTENT), runtime.settings.public_url)
    public = MediaServicer(Library(runtime, course, store, links))
    internal = MediaInternalServicer(runtime, store)
    return [
        Registration(add_MediaServiceServicer_to_server, public),
        Registration(add_MediaInternalServiceServicer_to_server, internal),
    ]


def local_store(runtime: Runtime) -> LocalStore:
    """The object store below the state directory."""
    return LocalStore(runtime.settings.state / "media")


def sweep(runtime: Runtime) -> None:
    """Remove what uploads of dead processes left."""
    local_store(runtime).sweep()


SERVICE = Service(
    name="media",
    build=build,
    calls=("course",),
    migrations=str(Path(__file__).parent / "migrations"),
    loops=(Loop("sweep", 600.0, sweep, everywhere=True),),
)

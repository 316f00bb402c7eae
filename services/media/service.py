"""Media, put together."""

from __future__ import annotations

from pathlib import Path

from services.clients.course import Courses
from services.kit.data.objects.opening import object_store
from services.kit.identity.links import CONTENT, Links
from services.kit.process.runtime import Runtime
from services.kit.process.service import (
    KEEPS_NOTHING,
    Domain,
    Periodic,
    Registration,
    Service,
)
from services.media.content.file_server import FileServer
from services.media.internal_servicer import MediaInternalServicer
from services.media.library import Library
from services.media.servicer import MediaServicer
from stellr.media.v1.media_internal_service_pb2_grpc import (
    add_MediaInternalServiceServicer_to_server,
)
from stellr.media.v1.media_service_pb2_grpc import add_MediaServiceServicer_to_server


def build(runtime: Runtime) -> Domain:
    """What media consists of."""
    settings = runtime.settings
    store = object_store("media", settings.gcs_bucket, settings.state)
    links = Links(runtime.shared_signer(CONTENT), settings.public_url)
    library = Library(runtime.database, Courses.of(runtime), store, links)
    internal = MediaInternalServicer(runtime.database, store)
    return Domain(
        servicers=[
            Registration(add_MediaServiceServicer_to_server, MediaServicer(library)),
            Registration(add_MediaInternalServiceServicer_to_server, internal),
        ],
        http=FileServer(library, store).routes(),
        periodic=[Periodic("sweep", 600.0, store.sweep, everywhere=True)],
        # It knows who may read what only as course tells it, at the moment of asking.
        personal=KEEPS_NOTHING,
    )


SERVICE = Service(
    name="media",
    build=build,
    calls=("course",),
    follows=("course",),
    http=True,
    migrations=str(Path(__file__).parent / "migrations"),
)

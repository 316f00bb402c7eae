"""Media, put together."""

from __future__ import annotations

from pathlib import Path

from services.clients.authors import Authors
from services.clients.course import Courses
from services.kit.data.objects.opening import object_store
from services.kit.events.consumer import on
from services.kit.identity.links import CONTENT, LinkCheck, Links
from services.kit.process.runtime import Runtime
from services.kit.process.service import (
    Domain,
    Periodic,
    PersonalData,
    Registration,
    Service,
)
from services.media.addresses import Addresses
from services.media.authoring_servicer import MediaAuthoringServicer
from services.media.content.file_server import FileServer
from services.media.content.upload_server import UploadServer
from services.media.departing import Departing
from services.media.editing import Editing
from services.media.internal_servicer import MediaInternalServicer
from services.media.library import Library
from services.media.personal import erase_person, export_person
from services.media.servicer import MediaServicer
from services.media.settings import MediaSettings
from services.media.shelf import Shelf
from services.media.uploading import Uploading
from services.media.viewing import Viewing
from stellr.course.v1.course_internal_service_pb2_grpc import CourseInternalServiceStub
from stellr.course.v1.events_pb2 import OutlineChanged
from stellr.media.v1.media_authoring_service_pb2_grpc import (
    add_MediaAuthoringServiceServicer_to_server,
)
from stellr.media.v1.media_internal_service_pb2_grpc import (
    add_MediaInternalServiceServicer_to_server,
)
from stellr.media.v1.media_service_pb2_grpc import add_MediaServiceServicer_to_server

DELETE_SECONDS = 10.0
FORGET_SECONDS = 60.0
AUDIT_SECONDS = 24 * 3600.0


def build(runtime: Runtime) -> Domain:
    """What media consists of."""
    settings, database = runtime.settings, runtime.database
    store = object_store("media", settings.gcs_bucket, settings.state)
    courses = Courses.of(runtime)
    signer = runtime.shared_signer(CONTENT)
    addresses = Addresses(store, Links(signer, settings.public_url))
    course = CourseInternalServiceStub(runtime.channel("course"))
    authors = Authors(course)
    library = Library(
        database,
        courses,
        authors,
        store,
        addresses=addresses,
        link_check=LinkCheck(signer, runtime.revocations),
    )
    own = runtime.settings_of(MediaSettings)
    shelf = Shelf(database, store, own.keep_deleted)
    uploading = Uploading(
        database,
        authors,
        store,
        shelf,
        signer=runtime.signer("upload"),
        revocations=runtime.revocations,
        public_url=settings.public_url,
        quota_bytes=own.quota_bytes,
    )
    authoring = MediaAuthoringServicer(uploading, Editing(database, authors, uploading), library)
    departing = Departing(database, course)
    return Domain(
        servicers=[
            Registration(
                add_MediaServiceServicer_to_server,
                MediaServicer(library, Viewing(database, courses)),
            ),
            Registration(add_MediaAuthoringServiceServicer_to_server, authoring),
            Registration(
                add_MediaInternalServiceServicer_to_server,
                MediaInternalServicer(database, store, shelf),
            ),
        ],
        http=[
            *FileServer(library, store, addresses).routes(),
            *UploadServer(uploading, authoring.AttachPdf).routes(),
        ],
        consumers=[on(OutlineChanged, departing.outline_changed)],
        periodic=[
            Periodic("sweep", 600.0, store.sweep, everywhere=True),
            Periodic("forget_uploads", FORGET_SECONDS, uploading.forget_expired),
            Periodic("delete_objects", DELETE_SECONDS, shelf.sweep),
            Periodic("audit_objects", AUDIT_SECONDS, shelf.audit),
            Periodic("forget_lessons", FORGET_SECONDS, departing.look),
        ],
        personal=PersonalData.over(database, export_person, erase_person),
    )


SERVICE = Service(
    name="media",
    build=build,
    calls=("course",),
    follows=("course",),
    http=True,
    migrations=str(Path(__file__).parent / "migrations"),
)

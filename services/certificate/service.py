"""Certificate, put together."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from services.certificate.credentials import Credentials
from services.certificate.documents import Documents
from services.certificate.internal_servicer import CertificateInternalServicer
from services.certificate.issuing import Issuing
from services.certificate.key_kinds import CREDENTIAL, DOCUMENT, credential_kind, document_kind
from services.certificate.personal import erase_person, export_person
from services.certificate.servicer import CertificateServicer
from services.certificate.shelves import DatabaseShelf, Shelf, StoreShelf
from services.certificate.signing_keys import PURPOSE, SigningKeys
from services.certificate.tasks import AutomaticIssuing
from services.kit.data.objects.google_cloud import GoogleCloudStore
from services.kit.events.consumer import on
from services.kit.process.runtime import Runtime
from services.kit.process.service import Domain, Periodic, PersonalData, Registration, Service
from stellr.auth.v1.auth_internal_service_pb2_grpc import AuthInternalServiceStub
from stellr.certificate.v1.certificate_internal_service_pb2_grpc import (
    add_CertificateInternalServiceServicer_to_server,
)
from stellr.certificate.v1.certificate_service_pb2_grpc import (
    add_CertificateServiceServicer_to_server,
)
from stellr.course.v1.course_internal_service_pb2_grpc import CourseInternalServiceStub
from stellr.notification.v1.notification_internal_service_pb2_grpc import (
    NotificationInternalServiceStub,
)
from stellr.progress.v1.events_pb2 import CourseCompleted
from stellr.progress.v1.progress_internal_service_pb2_grpc import ProgressInternalServiceStub
from stellr.user.v1.user_internal_service_pb2_grpc import UserInternalServiceStub


def build(runtime: Runtime) -> Domain:
    """What certificate consists of."""
    keys = make_keys(runtime)
    issuing = make_issuing(runtime)
    automatic = AutomaticIssuing(issuing, runtime.jobs)
    shelf = make_shelf(runtime)
    servicer = make_servicer(runtime, issuing, keys, shelf)
    internal = CertificateInternalServicer(keys)
    return Domain(
        servicers=[
            Registration(add_CertificateServiceServicer_to_server, servicer),
            Registration(add_CertificateInternalServiceServicer_to_server, internal),
        ],
        consumers=[on(CourseCompleted, automatic.course_completed)],
        # Also where auth's database was set back since.
        periodic=[
            Periodic("publish_keys", 600.0, keys[CREDENTIAL].publish),
            *sweeping(shelf),
        ],
        personal=PersonalData.over(runtime.database, export_person, erase_person),
    )


def make_keys(runtime: Runtime) -> dict[str, SigningKeys]:
    """The academy's own keys, by what they sign."""
    sealer = runtime.sealer(PURPOSE)
    auth = AuthInternalServiceStub(runtime.channel("auth"))
    kinds = (credential_kind(auth, runtime.settings.public_url), document_kind())
    return {kind.purpose: SigningKeys(runtime.database, sealer, kind) for kind in kinds}


def make_shelf(runtime: Runtime) -> Shelf:
    """Where PDFs are kept."""
    bucket = runtime.settings.gcs_bucket
    if not bucket:
        return DatabaseShelf(runtime.database)
    return StoreShelf(runtime.database, GoogleCloudStore(bucket, "certificate"))


def sweeping(shelf: Shelf) -> list[Periodic]:
    """What is done for a shelf now and then."""
    if not isinstance(shelf, StoreShelf):
        return []
    return [Periodic("sweep_documents", 60.0, shelf.sweep)]


def make_servicer(
    runtime: Runtime, issuing: Issuing, keys: Mapping[str, SigningKeys], shelf: Shelf
) -> CertificateServicer:
    """What answers the public."""
    database, public_url = runtime.database, runtime.settings.public_url
    return CertificateServicer(
        database,
        public_url=public_url,
        issuing=issuing,
        documents=Documents(shelf, keys[DOCUMENT], public_url),
        credentials=Credentials(database, keys[CREDENTIAL], public_url),
    )


def make_issuing(runtime: Runtime) -> Issuing:
    """Issuing, with the services that it asks."""
    notification = NotificationInternalServiceStub(runtime.channel("notification"))
    return Issuing(
        runtime.database,
        ProgressInternalServiceStub(runtime.channel("progress")),
        CourseInternalServiceStub(runtime.channel("course")),
        UserInternalServiceStub(runtime.channel("user")),
        runtime.jobs.delivery(notification.SendNotification),
        count=runtime.metrics.tally("certificates_issued", "Certificates of completed courses."),
    )


SERVICE = Service(
    name="certificate",
    build=build,
    calls=("auth", "progress", "course", "user", "notification"),
    follows=("progress",),
    migrations=str(Path(__file__).parent / "migrations"),
)

"""The RPCs of GatewayService and OperationsService: unpack, one call, repack."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import grpc
from google.api.httpbody_pb2 import HttpBody

from services.gateway import exposition, metrics
from services.gateway.course_imports import CourseImports
from services.gateway.errors import ArchiveTooLarge
from services.gateway.exporting import Document, Exporter
from services.gateway.files import in_parts, sent_parts
from services.gateway.importing.work import give_up_when
from services.gateway.learner_page import LearnerPage
from services.gateway.mailbox.server import Mailbox
from services.gateway.processes import Processes
from services.gateway.published import DOCS_PAGE, OPENAPI, POSTMAN, Published, docs_file
from services.gateway.readiness import Readiness
from services.gateway.scratch import scratch
from services.gateway.views import readiness_message
from services.kit import call
from services.kit.process.runtime import Runtime
from stellr.course.v1.course_pb2 import Course
from stellr.gateway.v1 import gateway_service_pb2 as pb
from stellr.gateway.v1 import operations_service_pb2 as operations
from stellr.gateway.v1.gateway_service_pb2_grpc import GatewayServiceServicer
from stellr.gateway.v1.operations_service_pb2_grpc import OperationsServiceServicer

HTML = "text/html; charset=utf-8"


class GatewayServicer(GatewayServiceServicer):
    """Tells whether the academy stands, and persons what it keeps of them."""

    def __init__(
        self,
        runtime: Runtime,
        *,
        readiness: Readiness,
        exporter: Exporter,
        exports: Path,
        imports: CourseImports,
        page: LearnerPage,
        published: Published,
    ) -> None:
        self._runtime = runtime
        self._readiness = readiness
        self._exporter = exporter
        self._exports = exports
        self._imports = imports
        self._page = page
        self._published = published

    def GetLearnerPage(
        self, request: pb.GetLearnerPageRequest, context: grpc.ServicerContext
    ) -> Iterator[HttpBody]:
        """The learner page, for who asks by gRPC."""
        return sent_parts(self._page.index())

    def GetLearnerPageFile(
        self, request: pb.GetLearnerPageFileRequest, context: grpc.ServicerContext
    ) -> Iterator[HttpBody]:
        """A file of the learner page, for who asks by gRPC."""
        return sent_parts(self._page.file(request.version, request.path))

    def GetHealth(self, request: pb.GetHealthRequest, context: grpc.ServicerContext) -> pb.Health:
        """Being able to answer is the answer."""
        return pb.Health(status="ok")

    def GetReadiness(
        self, request: pb.GetReadinessRequest, context: grpc.ServicerContext
    ) -> pb.Readiness:
        """The state of every service."""
        readiness = readiness_message(self._readiness.services())
        if not readiness.ready:
            context.send_initial_metadata((("x-http-code", "503"),))
        return readiness

    def ImportCourse(
        self, requests: Iterator[pb.ImportCourseRequest], context: grpc.ServicerContext
    ) -> Course:
        """Import a course for an author."""
        give_up = give_up_when(self._runtime.stopping, context.is_active)
        try:
            return self._imports.run(requests, give_up)
        except ArchiveTooLarge:
            context.send_initial_metadata((("x-http-code", "413"),))
            raise

    def ExportPersonalData(
        self, request: pb.ExportPersonalDataRequest, context: grpc.ServicerContext
    ) -> Iterator[HttpBody]:
        """All that the academy keeps of the caller."""
        user_id = call.user_id()
        with scratch(self._exports) as folder:
            document = Document(user_id, self._exporter.gather(user_id, folder))
            context.send_initial_metadata(
                (
                    ("content-disposition", 'attachment; filename="stellr-export.json"'),
                    ("cache-control", "no-store"),
                    # For the door: a stream of gRPC has no length.
                    ("x-stellr-content-length", str(document.size)),
                )
            )
            for data in document.pieces():
                yield HttpBody(content_type="application/json", data=data)

    def GetOpenApi(
        self, request: pb.GetOpenApiRequest, context: grpc.ServicerContext
    ) -> Iterator[HttpBody]:
        """The OpenAPI document."""
        return sent_parts(self._published.file(OPENAPI))

    def GetPostmanCollection(
        self, request: pb.GetPostmanCollectionRequest, context: grpc.ServicerContext
    ) -> Iterator[HttpBody]:
        """The Postman collection."""
        return sent_parts(self._published.file(POSTMAN))

    def GetDocs(
        self, request: pb.GetDocsRequest, context: grpc.ServicerContext
    ) -> Iterator[HttpBody]:
        """The page of the documentation."""
        return sent_parts(self._published.file(DOCS_PAGE))

    def GetDocsFile(
        self, request: pb.GetDocsFileRequest, context: grpc.ServicerContext
    ) -> Iterator[HttpBody]:
        """A file of the documentation."""
        return sent_parts(self._published.file(docs_file(request.file)))


class OperationsServicer(OperationsServiceServicer):
    """Answers operators."""

    def __init__(
        self, runtime: Runtime, envoy_admin: str, everyone: Processes, mailbox: Mailbox
    ) -> None:
        self._runtime = runtime
        self._mailbox = mailbox
        self._envoy_admin = envoy_admin
        self._everyone = everyone

    def GetMetrics(
        self, request: operations.GetMetricsRequest, context: grpc.ServicerContext
    ) -> Iterator[HttpBody]:
        """The metrics of all."""
        text = metrics.gather(self._runtime, self._envoy_admin, self._everyone())
        return in_parts(exposition.CONTENT_TYPE, BytesIO(text.encode()))

    def GetMailbox(
        self, request: operations.GetMailboxRequest, context: grpc.ServicerContext
    ) -> Iterator[HttpBody]:
        """What lies in the outbox."""
        return in_parts(HTML, BytesIO(self._mailbox.list_page().encode()))

    def GetMailboxJson(
        self, request: operations.GetMailboxJsonRequest, context: grpc.ServicerContext
    ) -> Iterator[HttpBody]:
        """What lies in the outbox, for programs."""
        return in_parts("application/json", BytesIO(self._mailbox.list_json().encode()))

    def GetMailboxMessage(
        self, request: operations.GetMailboxMessageRequest, context: grpc.ServicerContext
    ) -> Iterator[HttpBody]:
        """A message of the outbox."""
        return in_parts(HTML, BytesIO(self._mailbox.message_page(request.name).encode()))

    def GetMailboxHtml(
        self, request: operations.GetMailboxHtmlRequest, context: grpc.ServicerContext
    ) -> Iterator[HttpBody]:
        """The HTML of a mail of the outbox."""
        return in_parts(HTML, BytesIO(self._mailbox.html(request.name).encode()))

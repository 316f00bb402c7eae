"""The gateway, put together: what concerns all services at once."""

from __future__ import annotations

from services.gateway.course_exports import CourseExports
from services.gateway.course_imports import CourseImports
from services.gateway.exporting import Exporter
from services.gateway.importing.importer import Importer
from services.gateway.internal_servicer import GatewayInternalServicer
from services.gateway.learner_page import LearnerPage
from services.gateway.mailbox.server import Mailbox, is_open
from services.gateway.processes import Processes
from services.gateway.published import Published
from services.gateway.readiness import Found, Readiness, State
from services.gateway.scratch import clear_leftovers
from services.gateway.servicer import GatewayServicer, OperationsServicer
from services.gateway.settings import GatewaySettings
from services.kit.process.runtime import Runtime
from services.kit.process.service import Domain, Registration, Service
from stellr.course.v1.course_service_pb2_grpc import CourseServiceStub
from stellr.gateway.v1.gateway_internal_service_pb2_grpc import (
    add_GatewayInternalServiceServicer_to_server,
)
from stellr.gateway.v1.gateway_service_pb2_grpc import add_GatewayServiceServicer_to_server
from stellr.gateway.v1.operations_service_pb2_grpc import add_OperationsServiceServicer_to_server

NAME = "gateway"
IMPORTS, EXPORTS, OUTBOX = "imports", "exports", "outbox"


def build(runtime: Runtime) -> Domain:
    """The servicers of the gateway."""
    imports, exports = (runtime.settings.state / name for name in (IMPORTS, EXPORTS))
    for folder in (imports, exports):
        clear_leftovers(folder)
    others = Processes.of(runtime.settings, sorted(SERVICE.calls))
    everyone = Processes.of(runtime.settings, sorted([*SERVICE.calls, NAME]))
    holders = ("course", "quiz", "media", "progress")
    importer = Importer.over(*(runtime.channel(name) for name in holders))
    readiness = Readiness(others, lambda: Found(NAME, own_state(runtime), 0.0))
    exporter = Exporter([runtime.channel(name) for name in SERVICE.calls])
    own = runtime.settings_of(GatewaySettings)
    mailbox = Mailbox(
        runtime.settings.state / OUTBOX, is_open=is_open(own.smtp_url, runtime.settings.public_url)
    )
    page = LearnerPage()
    published = Published()
    public = GatewayServicer(
        runtime,
        readiness=readiness,
        exporter=exporter,
        exports=exports,
        imports=CourseImports(importer, CourseServiceStub(runtime.channel("course")), imports),
        page=page,
        published=published,
    )
    operations = OperationsServicer(runtime, own.envoy_admin, everyone, mailbox)
    internal = GatewayInternalServicer(
        runtime, importer, imports, CourseExports(importer.services, exports)
    )
    return Domain(
        servicers=[
            Registration(add_GatewayServiceServicer_to_server, public),
            Registration(add_OperationsServiceServicer_to_server, operations),
            Registration(add_GatewayInternalServiceServicer_to_server, internal),
        ],
        http=[*page.routes(), *mailbox.routes(), *published.routes()],
    )


def own_state(runtime: Runtime) -> State:
    """Whether this process serves: it knows who is signed in, and is not about to stop."""
    serves = runtime.events.listener("auth").caught_up.is_set() and not runtime.stopping.is_set()
    if not serves:
        return State.NOT_SERVING
    return State.SERVING if runtime.background.is_well else State.DEGRADED


SERVICE = Service(
    name=NAME,
    build=build,
    calls=("auth", "user", "course", "progress", "quiz", "certificate", "notification", "media"),
    http=True,
)

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from services.kit.data.database import Database
from services.kit.process.runtime import Runtime
from services.kit.rpc.clients import MeshChannel
from services.notification.service import SERVICE
from stellr.notification.v1.notification_internal_service_pb2_grpc import (
    NotificationInternalServiceStub,
)
from stellr.notification.v1.template_pb2 import CertificateReady
from tests.mail_server import mail_server
from tests.services.kit.harness import Kit
from tests.services.notification.desk import Desk, MakeDesk
from tests.services.notification.requests import Tell, to_person
from tests.services.notification.test_transports import Mailbox
from tests.support import Learner, Stack, Visitor, grant, register


@pytest.fixture
def desk(tmp_path: Path, database_of: Callable[[str], Database]) -> Iterator[MakeDesk]:
    runtimes: list[Runtime] = []

    def make(**own: Any) -> Desk:
        url = database_of("notification").url
        runtimes.append(SERVICE.runtime(Kit(tmp_path).settings("notification", url)))
        runtimes[-1].supervisor.start()
        runtimes[-1].supervisor.add("jobs", runtimes[-1].jobs.work)
        return Desk(runtimes[-1], **own)

    yield make
    for runtime in runtimes:
        runtime.supervisor.stop(5)
        runtime.close()


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, str]]:
    box = Mailbox()
    with mail_server(box) as port:
        yield box, f"smtp://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def admin(stack: Stack) -> Iterator[Learner]:
    person = register(stack, name="Ada Admin")
    grant(stack, person, "admin")
    return person


@pytest.fixture(scope="module")
def ann(stack: Stack) -> Iterator[Learner]:
    return register(stack, name="Ann Learner")


@pytest.fixture(scope="module")
def ben(stack: Stack) -> Iterator[Learner]:
    return register(stack, name="Ben Learner")


@pytest.fixture
def nobody(stack: Stack) -> Visitor:
    return Visitor(stack)


@pytest.fixture
def tell(mesh: Callable[[str, str], MeshChannel]) -> Tell:
    """Has a certificate be ready; the id of the message."""
    stub = NotificationInternalServiceStub(mesh("certificate", "notification"))

    def told(person: Learner, title: str = "The night sky") -> str:
        ready = CertificateReady(course_title=title, serial="S-1")
        request = to_person(person.user_id, certificate_ready=ready)
        stub.SendNotification(request)
        return request.notification_id

    return told

import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller

from services.kit.data.database import Database
from services.kit.errors import InvalidArgument
from services.kit.process.runtime import Runtime
from services.kit.rpc.clients import MeshChannel
from services.notification.delivery import Mailer
from services.notification.sending import Messages
from services.notification.service import SERVICE
from services.notification.settings import NotificationSettings
from stellr.notification.v1 import notification_internal_service_pb2 as pb
from stellr.notification.v1.notification_internal_service_pb2_grpc import (
    NotificationInternalServiceStub,
)
from stellr.notification.v1.template_pb2 import (
    Announcement,
    CertificateReady,
    NewDevice,
    VerificationCode,
)
from tests.services.kit.harness import Kit
from tests.services.notification.test_transports import Mailbox
from tests.support import Stack, body_of, eventually, free_port

Mesh = Callable[[str, str], MeshChannel]
REVISION = 1_700_000_000_000_000


def stub(channel: grpc.Channel) -> Any:
    return NotificationInternalServiceStub(channel)


def address() -> str:
    return f"{uuid4().hex}@learner.example"


def message(**fields: Any) -> pb.SendNotificationRequest:
    request = pb.SendNotificationRequest(notification_id=str(uuid4()), **fields)
    if request.WhichOneof("template") is None:
        request.welcome.SetInParent()
    return request


def to_address(email: str, **more: Any) -> pb.SendNotificationRequest:
    to = pb.MailAddress(email=email, name="Zoe", locale="en")
    return message(address=to, **more)


def to_person(user_id: str, **more: Any) -> pb.SendNotificationRequest:
    return message(user_id=user_id, **more)


def card(user_id: str, revision: int = REVISION, **fields: str) -> pb.SetContactRequest:
    return pb.SetContactRequest(user_id=user_id, revision_micros=revision, **fields)


def test_a_message_to_an_address_leaves(stack: Stack, mesh: Mesh) -> None:
    email = address()
    request = to_address(email, verification_code=VerificationCode(code="012345"))
    stub(mesh("auth", "notification")).SendNotification(request)
    (mail,) = eventually(lambda: stack.mails(email))
    assert mail["Message-ID"].startswith(f"<{request.notification_id}@")
    assert "012345" in body_of(mail)


def test_a_message_that_comes_often_leaves_once(stack: Stack, mesh: Mesh) -> None:
    email = address()
    request, rpc = to_address(email), stub(mesh("auth", "notification")).SendNotification
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda _: rpc(request), range(50)))
    eventually(lambda: stack.mails(email))
    time.sleep(0.5)
    assert len(stack.mails(email)) == 1


def test_a_message_waits_for_its_card_and_then_leaves(stack: Stack, mesh: Mesh) -> None:
    email, user_id = address(), str(uuid4())
    auth = stub(mesh("auth", "notification"))
    ready = CertificateReady(course_title="The Night Sky", serial="AAAA-BBBB")
    auth.SendNotification(to_person(user_id))
    auth.SendNotification(to_person(user_id, certificate_ready=ready))
    auth.SetContact(card(user_id, name="Zoe"))
    time.sleep(0.3)
    assert stack.mails(email) == []
    auth.SetContact(card(user_id, email=email))
    mails = eventually(lambda: found if len(found := stack.mails(email)) == 2 else [])
    assert all("Zoe" in body_of(mail) for mail in mails)
    assert any("AAAA-BBBB" in body_of(mail) for mail in mails)
    auth.SendNotification(to_person(user_id))
    eventually(lambda: len(stack.mails(email)) == 3)


def test_no_message_is_lost_between_sending_and_card(stack: Stack, mesh: Mesh) -> None:
    auth = stub(mesh("auth", "notification"))
    people = [(str(uuid4()), address()) for _ in range(30)]
    messages = [to_person(user_id) for user_id, _ in people]
    work: list[Any] = [(auth.SendNotification, message) for message in messages]
    work += [(auth.SetContact, card(user_id, email=email)) for user_id, email in people]
    work.sort(key=lambda pair: str(pair[1].user_id))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda pair: pair[0](pair[1]), work))
    files = [stack.state / "outbox" / f"{message.notification_id}.eml" for message in messages]
    eventually(lambda: all(file.exists() for file in files), 10)


@pytest.mark.parametrize(
    ("template", "fields"),
    [
        ({}, {"template"}),
        ({"verification_code": VerificationCode()}, {"verificationCode.code"}),
        ({"verification_code": VerificationCode(code="1234567")}, {"verificationCode.code"}),
        ({"verification_code": VerificationCode(code="١٢٣٤٥٦")}, {"verificationCode.code"}),
        (
            {"verification_code": VerificationCode(code="123456", link="javascript:alert(1)")},
            {"verificationCode.link"},
        ),
        ({"new_device": NewDevice(device="x")}, {"newDevice.address", "newDevice.time"}),
        (
            {"announcement": Announcement(title="x" * 151, body="y" * 10_001)},
            {"announcement.title", "announcement.body"},
        ),
    ],
)
def test_what_a_template_lacks_is_told(
    mesh: Mesh, template: dict[str, Any], fields: set[str]
) -> None:
    to = pb.MailAddress(email=address())
    request = pb.SendNotificationRequest(notification_id=str(uuid4()), address=to, **template)
    with pytest.raises(InvalidArgument) as refused:
        stub(mesh("auth", "notification")).SendNotification(request)
    assert {violation.field for violation in refused.value.violations} == fields


def test_a_message_needs_a_recipient(mesh: Mesh) -> None:
    with pytest.raises(InvalidArgument) as refused:
        stub(mesh("auth", "notification")).SendNotification(message())
    assert [violation.field for violation in refused.value.violations] == ["recipient"]


def test_only_some_services_may_speak_to_people(stack: Stack, mesh: Mesh) -> None:
    requests = (("SendNotification", to_address(address())), ("SetContact", card(str(uuid4()))))
    with grpc.insecure_channel(stack.target("notification")) as nobody:
        for name, request in requests:
            for channel, code in (
                (mesh("course", "notification"), grpc.StatusCode.PERMISSION_DENIED),
                (nobody, grpc.StatusCode.UNAUTHENTICATED),
            ):
                with pytest.raises(grpc.RpcError) as refused:
                    getattr(stub(channel), name)(request)
                assert refused.value.code() is code


# In the test's own process, on a database of its own


class Desk:
    """Notification without a server: what it takes in, and its worker."""

    def __init__(self, runtime: Runtime, smtp_url: str) -> None:
        self.runtime = runtime
        own = NotificationSettings(smtp_url=smtp_url)
        mailer = Mailer(runtime.database, runtime.settings, own)
        deliver_mail = runtime.jobs.task("deliver_mail", mailer.deliver)
        self._messages = Messages(runtime.database, deliver_mail)

    def send(self, request: pb.SendNotificationRequest) -> None:
        with self.runtime.database.transaction():
            self._messages.send(request)

    def set_contact(self, request: pb.SetContactRequest) -> None:
        with self.runtime.database.transaction():
            self._messages.set_contact(request)

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        with self.runtime.database.transaction() as unit:
            return [tuple(row) for row in unit.session.execute(sa.text(statement))]

    def states(self) -> list[str]:
        return [state for (state,) in self.query("SELECT state FROM notifications")]


MakeDesk = Callable[..., Desk]


@pytest.fixture
def desk(tmp_path: Path, database_of: Callable[[str], Database]) -> Iterator[MakeDesk]:
    runtimes: list[Runtime] = []

    def make(smtp_url: str = "") -> Desk:
        url = database_of("notification").url
        runtimes.append(SERVICE.runtime(Kit(tmp_path).settings("notification", url)))
        runtimes[-1].supervisor.start()
        runtimes[-1].supervisor.add("jobs", runtimes[-1].jobs.work)
        return Desk(runtimes[-1], smtp_url)

    yield make
    for runtime in runtimes:
        runtime.supervisor.stop(5)
        runtime.close()


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, str]]:
    box = Mailbox()
    port = free_port()
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    try:
        yield box, f"smtp://127.0.0.1:{port}"
    finally:
        server.stop()


def test_cards_in_any_order_end_the_same(desk: MakeDesk) -> None:
    here = desk()
    final = ("third@x.example", "Second", "de")
    for _ in range(6):
        user_id = str(uuid4())
        cards = [
            card(user_id, REVISION, email="first@x.example", name="First", locale="en"),
            card(user_id, REVISION + 1, name="Second", locale="fr"),
            card(user_id, REVISION + 2, email="third@x.example"),
            card(user_id, REVISION + 3, locale="de"),
            card(user_id, REVISION + 4),
        ] * 2
        random.shuffle(cards)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(here.set_contact, cards))
        found = here.query(f"SELECT email, name, locale FROM contacts WHERE user_id = '{user_id}'")
        assert found == [final]


def test_what_was_sent_is_forgotten(desk: MakeDesk, tmp_path: Path) -> None:
    here = desk()
    here.send(to_address(address(), verification_code=VerificationCode(code="314159")))
    eventually(lambda: here.states() == ["sent"])
    for table in ("notifications", "procrastinate_jobs"):
        assert "314159" not in str(here.query(f"SELECT * FROM {table}"))
    assert here.query("SELECT count(*) FROM notifications WHERE sent_at IS NOT NULL") == [(1,)]
    assert len(list((tmp_path / "outbox").glob("*.eml"))) == 1


def test_a_code_is_in_no_log(desk: MakeDesk, capfd: pytest.CaptureFixture[str]) -> None:
    here, email = desk(smtp_url="smtp://127.0.0.1:1"), address()
    here.send(to_address(email, verification_code=VerificationCode(code="314159")))
    said = eventually(lambda: found if "retried" in (found := "".join(capfd.readouterr())) else "")
    assert "314159" not in said
    assert email not in said


def test_mail_leaves_by_smtp_where_a_server_is_set(
    desk: MakeDesk, mailbox: tuple[Mailbox, str], tmp_path: Path
) -> None:
    box, url = mailbox
    here = desk(smtp_url=url)
    request = to_address("zoe@learner.example")
    here.send(request)
    eventually(lambda: here.states() == ["sent"])
    (taken,) = box.taken
    assert f"<{request.notification_id}@stellr.example>".encode() in taken
    assert not (tmp_path / "outbox").exists()


def test_a_mail_refused_for_good_is_dead_and_forgotten(
    desk: MakeDesk, mailbox: tuple[Mailbox, str]
) -> None:
    box, url = mailbox
    box.recipient_answer = "550 5.1.1 no such mailbox"
    here = desk(smtp_url=url)
    here.send(to_address("zoe@learner.example"))
    eventually(lambda: here.states() == ["dead"])
    eventually(lambda: here.query("SELECT id FROM procrastinate_jobs") == [])
    assert here.query("SELECT data, sent_at FROM notifications") == [(None, None)]


def test_a_mail_refused_for_now_is_sent_later(desk: MakeDesk, mailbox: tuple[Mailbox, str]) -> None:
    box, url = mailbox
    box.data_answer = "451 4.7.1 come again"
    here = desk(smtp_url=url)
    here.send(to_address("zoe@learner.example"))
    eventually(lambda: here.query("SELECT id FROM procrastinate_jobs WHERE attempts > 0"))
    assert here.states() == ["queued"]
    box.data_answer = "250 OK"
    eventually(lambda: here.states() == ["sent"], 10)
    assert len(box.taken) == 1

import json
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import grpc
import pytest

from services.kit.errors import InvalidArgument
from services.kit.rpc.clients import MeshChannel
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
from tests.services.notification.requests import (
    address,
    card,
    message,
    number,
    to_address,
    to_person,
    to_phone,
)
from tests.support import Stack, body_of, eventually

Mesh = Callable[[str, str], MeshChannel]
REVISION = 1_700_000_000_000_000


def stub(channel: grpc.Channel) -> Any:
    return NotificationInternalServiceStub(channel)


def test_a_message_to_an_address_leaves(stack: Stack, mesh: Mesh) -> None:
    email = address()
    request = to_address(email, verification_code=VerificationCode(code="012345"))
    stub(mesh("auth", "notification")).SendNotification(request)
    (mail,) = eventually(lambda: stack.mails(email))
    assert mail["Message-ID"].startswith(f"<{request.notification_id}@")
    assert "012345" in body_of(mail)


def test_a_message_to_a_number_leaves(stack: Stack, mesh: Mesh) -> None:
    to, rpc = number(), stub(mesh("auth", "notification")).SendNotification
    request = to_phone(to, verification_code=VerificationCode(code="012345"))
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda _: rpc(request), range(20)))
    path = stack.state / "outbox" / f"{request.notification_id}.sms.json"
    eventually(path.exists)
    kept = json.loads(path.read_bytes())
    assert kept["to"] == to
    assert re.findall(r"(?<![\w-])(\d{6})(?![\w-])", kept["body"]) == ["012345"]


@pytest.mark.parametrize(
    "text", ["", "12025550143", "+0202555", "+1 202 555 0143", "+1202", "+" + "1" * 16]
)
def test_a_number_is_e164(mesh: Mesh, text: str) -> None:
    rpcs = stub(mesh("auth", "notification"))
    with pytest.raises(InvalidArgument) as refused:
        rpcs.SendNotification(to_phone(text))
    assert [violation.field for violation in refused.value.violations] == ["phone.number"]
    if text:
        with pytest.raises(InvalidArgument) as refused:
            rpcs.SetContact(card(str(uuid4()), phone=text))
        assert [violation.field for violation in refused.value.violations] == ["phone"]


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
    requests = (
        ("SendNotification", to_address(address())),
        ("SendNotification", to_phone(number())),
        ("SetContact", card(str(uuid4()))),
    )
    with grpc.insecure_channel(stack.target("notification")) as nobody:
        for name, request in requests:
            for channel, code in (
                (mesh("course", "notification"), grpc.StatusCode.PERMISSION_DENIED),
                (nobody, grpc.StatusCode.UNAUTHENTICATED),
            ):
                with pytest.raises(grpc.RpcError) as refused:
                    getattr(stub(channel), name)(request)
                assert refused.value.code() is code

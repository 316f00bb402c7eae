"""What other services ask of notification."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from stellr.notification.v1 import notification_internal_service_pb2 as pb

Tell = Callable[..., str]
REVISION = 1_700_000_000_000_000


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


def to_phone(number: str, **more: Any) -> pb.SendNotificationRequest:
    return message(phone=pb.PhoneAddress(number=number, locale="en"), **more)


def number() -> str:
    return f"+1202{secrets.randbelow(10**7):07d}"


def to_person(user_id: str, **more: Any) -> pb.SendNotificationRequest:
    return message(user_id=user_id, **more)


def card(user_id: str, revision: int = REVISION, **fields: str) -> pb.SetContactRequest:
    return pb.SetContactRequest(user_id=user_id, revision_micros=revision, **fields)

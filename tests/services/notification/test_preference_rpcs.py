"""The notification switches, as user asks for them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.json_format import MessageToDict, ParseDict

from services.kit.errors import InvalidArgument
from services.kit.rpc.clients import MeshChannel
from services.notification.switches import SWITCHES
from stellr.notification.v1 import notification_internal_service_pb2 as pb
from stellr.notification.v1.notification_internal_service_pb2_grpc import (
    NotificationInternalServiceStub,
)
from stellr.notification.v1.preferences_pb2 import NotificationPreferences
from tests.support import Stack

Mesh = Callable[[str, str], MeshChannel]


@pytest.fixture
def rpc(mesh: Mesh) -> Any:
    return NotificationInternalServiceStub(mesh("user", "notification"))


def update(rpc: Any, user_id: str, asked: dict[str, Any], *mask: str) -> dict[str, Any]:
    request = pb.UpdatePreferencesRequest(
        user_id=user_id,
        preferences=ParseDict(asked, NotificationPreferences()),
        update_mask=FieldMask(paths=mask),
    )
    answer: dict[str, Any] = MessageToDict(rpc.UpdatePreferences(request))
    return answer


def get(rpc: Any, user_id: str) -> dict[str, Any]:
    request = pb.GetPreferencesRequest(user_id=user_id)
    answer: dict[str, Any] = MessageToDict(rpc.GetPreferences(request))
    return answer


def test_a_person_who_touched_nothing_has_the_defaults(rpc: Any) -> None:
    on = dict.fromkeys(("account", "reminders", "achievements", "announcements"), True)
    assert get(rpc, str(uuid4())) == {
        "channels": {"email": on, "push": {**on, "announcements": False}, "inApp": on},
        "digest": "DIGEST_OFF",
    }


def test_what_was_changed_is_kept_and_nothing_else(rpc: Any) -> None:
    user_id, other = str(uuid4()), str(uuid4())
    update(rpc, user_id, {"channels": {"email": {"reminders": False}}, "digest": "DIGEST_WEEKLY"})
    night = {"start": "22:00", "end": "07:00"}
    answer = update(rpc, user_id, {"quietHours": night, "channels": {"push": {"account": False}}})
    assert answer == get(rpc, user_id)
    assert answer["quietHours"] == night
    assert answer["digest"] == "DIGEST_WEEKLY"
    assert not answer["channels"]["email"]["reminders"]
    assert not answer["channels"]["push"]["account"]
    assert answer["channels"]["inApp"] == get(rpc, other)["channels"]["inApp"]
    assert "quietHours" not in get(rpc, other)


def test_a_mask_clears_what_is_absent(rpc: Any) -> None:
    user_id = str(uuid4())
    night = {"start": "22:00", "end": "07:00"}
    asked = {"channels": {"email": {"reminders": False}}, "digest": "DIGEST_DAILY"}
    update(rpc, user_id, {**asked, "quietHours": night})
    assert "quietHours" not in update(rpc, user_id, {}, "quiet_hours")
    assert update(rpc, user_id, {}, "channels.email")["channels"]["email"]["reminders"]
    assert update(rpc, user_id, {}, "digest")["digest"] == "DIGEST_OFF"
    assert get(rpc, user_id) == get(rpc, str(uuid4()))
    update(rpc, user_id, {"quietHours": night})
    assert "quietHours" not in update(rpc, user_id, {"quietHours": {}})


def test_nobody_loses_a_switch_to_somebody_else(rpc: Any) -> None:
    free = [switch for switch in SWITCHES if switch != "email.account"]
    for _ in range(5):
        user_id = str(uuid4())
        asked: list[dict[str, Any]] = []
        for switch in free:
            channel, category = switch.split(".")
            channel = "inApp" if channel == "in_app" else channel
            asked.append({"channels": {channel: {category: False}}})
        asked += [{"digest": "DIGEST_DAILY"}, {"quietHours": {"start": "22:00", "end": "07:00"}}]
        with ThreadPoolExecutor(12) as pool:
            list(pool.map(lambda one, who=user_id: update(rpc, who, one), asked))
        found = get(rpc, user_id)
        on = [each for channel in found["channels"].values() for each in channel.values()]
        assert on.count(True) == 1
        assert found["channels"]["email"]["account"]
        assert found["digest"] == "DIGEST_DAILY"
        assert found["quietHours"] == {"start": "22:00", "end": "07:00"}


@pytest.mark.parametrize(
    ("asked", "mask", "field"),
    [
        ({"channels": {"email": {"account": False}}}, (), "preferences.channels.email.account"),
        ({"digest": "DIGEST_DAILY"}, ("*",), "updateMask"),
        ({"digest": "DIGEST_DAILY"}, ("channels.sms",), "updateMask"),
        ({"digest": 9}, (), "preferences.digest"),
        ({"quietHours": {"start": "22:00"}}, (), "preferences.quietHours"),
        ({"quietHours": {"start": "22:00", "end": "22:00"}}, (), "preferences.quietHours"),
        ({"quietHours": {"start": "24:00", "end": "7:00"}}, (), "preferences.quietHours.start"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(
    rpc: Any, asked: dict[str, Any], mask: tuple[str, ...], field: str
) -> None:
    user_id = str(uuid4())
    with pytest.raises(InvalidArgument) as refused:
        update(rpc, user_id, asked, *mask)
    assert field in {violation.field for violation in refused.value.violations}
    assert get(rpc, user_id) == get(rpc, str(uuid4()))


def test_a_change_needs_a_person_and_something_to_change(rpc: Any) -> None:
    for request in (pb.UpdatePreferencesRequest(), pb.UpdatePreferencesRequest(user_id="me")):
        with pytest.raises(InvalidArgument) as refused:
            rpc.UpdatePreferences(request)
        assert {each.field for each in refused.value.violations} == {"userId", "preferences"}
    with pytest.raises(InvalidArgument):
        rpc.GetPreferences(pb.GetPreferencesRequest())


def test_only_user_may_ask(stack: Stack, mesh: Mesh) -> None:
    user_id = str(uuid4())
    requests = (
        ("GetPreferences", pb.GetPreferencesRequest(user_id=user_id)),
        (
            "UpdatePreferences",
            pb.UpdatePreferencesRequest(user_id=user_id, preferences=NotificationPreferences()),
        ),
    )
    with grpc.insecure_channel(stack.target("notification")) as nobody:
        for name, request in requests:
            for channel, code in (
                (mesh("auth", "notification"), grpc.StatusCode.PERMISSION_DENIED),
                (nobody, grpc.StatusCode.UNAUTHENTICATED),
            ):
                with pytest.raises(grpc.RpcError) as refused:
                    getattr(NotificationInternalServiceStub(channel), name)(request)
                assert refused.value.code() is code

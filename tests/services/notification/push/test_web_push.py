"""Push messages to browsers: a push service checks who sends, and the browser decrypts."""

from __future__ import annotations

import base64
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import http_ece
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from services.kit.data.database import Database
from services.kit.identity.secrets import Sealer
from services.notification.push.messages import PushDevice, PushMessage, Urgency
from services.notification.push.networks import networks
from services.notification.push.retry_after import retry_after
from services.notification.push.vapid import VapidHeaders, VapidKey
from services.notification.push.web import WebPush
from services.notification.refusals import DeviceGone, TransportError
from tests.services.notification.push.push_service import (
    Browser,
    PushService,
    decoded,
    encoded,
    push_service,
)
from tests.support import PATIENCE

SUBJECT = "mailto:academy@stellr.example"
LOOPBACK = networks("127.0.0.0/8, ::1/128")
SECRET = encoded((7).to_bytes(32, "big"))


def vapid(setting: str = SECRET) -> VapidHeaders:
    key: Any = VapidKey(None, None, setting)  # type: ignore[arg-type]  # it is given
    return VapidHeaders(key, SUBJECT)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[PushService]:
    with push_service(tmp_path) as running:
        yield running


@pytest.fixture
def push(service: PushService) -> WebPush:
    return WebPush(vapid(), LOOPBACK, trust=service.trust(), timeout=2.0)


def message(**more: Any) -> PushMessage:
    return PushMessage(uuid4(), "A title", "Ünïcode 漢字", **more)


def send(push: WebPush, device: PushDevice, told: PushMessage | None = None) -> None:
    taken: list[int] = []
    push.send(device, told or message(), lambda: taken.append(1))
    assert taken == [1]


def refused(push: WebPush, device: PushDevice) -> TransportError:
    with pytest.raises(TransportError) as caught:
        push.send(device, message(), lambda: pytest.fail("it was not taken"))
    assert device.endpoint not in str(caught.value)
    return caught.value


def test_the_browser_reads_what_was_sent(push: WebPush, service: PushService) -> None:
    browser = Browser()
    told = message(link="https://academy.example/x", urgency=Urgency.LOW, seconds=60)
    send(push, service.device(browser), told)
    (taken,) = service.taken
    assert browser.decrypt(taken.body) == {
        "title": "A title",
        "body": "Ünïcode 漢字",
        "data": {"notificationId": str(told.notification_id), "link": told.link},
    }
    assert taken.claims["sub"] == SUBJECT
    assert taken.key == VapidKey(None, None, SECRET).public  # type: ignore[arg-type]
    assert taken.headers["ttl"] == "60"
    assert taken.headers["urgency"] == "low"
    assert taken.headers["content-encoding"] == "aes128gcm"
    # At most 32 characters of the base64url alphabet (RFC 8030, 5.4).
    assert decoded(taken.headers["topic"]) == told.notification_id.bytes


def test_no_other_browser_reads_it(push: WebPush, service: PushService) -> None:
    send(push, service.device(Browser()))
    with pytest.raises(http_ece.ECEException):
        Browser().decrypt(service.taken[0].body)


def test_the_longest_message_fits_into_4_kilobytes(push: WebPush, service: PushService) -> None:
    told = PushMessage(uuid4(), "漢" * 150, "🎓" * 400, "https://a.example/" + "x" * 480)
    send(push, service.device(Browser()), told)
    assert len(service.taken[0].body) <= 4096


def test_messages_share_connections(push: WebPush, service: PushService) -> None:
    devices = [service.device(Browser(), f"/push/{number}") for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda device: send(push, device), devices))
    assert len(service.taken) == 40
    assert service.connections <= 8


@pytest.mark.parametrize("status", [404, 410])
def test_a_subscription_that_is_gone_is_told(
    push: WebPush, service: PushService, status: int
) -> None:
    service.status = status
    assert isinstance(refused(push, service.device(Browser())), DeviceGone)


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_what_passes_is_tried_again_when_it_is_told(
    push: WebPush, service: PushService, status: int
) -> None:
    service.status = status
    assert refused(push, service.device(Browser())).retry_after is None
    service.headers = {"Retry-After": "120"}
    error = refused(push, service.device(Browser()))
    assert not error.permanent
    assert error.retry_after == 120


@pytest.mark.parametrize("said", ["Mon, 1 Jan 99999999999999 00:00:00 GMT", "soon", "-1", "1e9"])
def test_a_nonsensical_time_to_come_again_is_none(said: str) -> None:
    assert retry_after(said) is None


@pytest.mark.parametrize("status", [301, 307, 400, 401, 403, 413])
def test_what_stays_is_given_up_and_no_redirect_is_followed(
    push: WebPush, service: PushService, status: int
) -> None:
    service.status, service.headers = status, {"Location": f"{service.origin}/push/2"}
    error = refused(push, service.device(Browser()))
    assert error.permanent
    assert not isinstance(error, DeviceGone)
    assert str(status) in str(error)
    assert service.asked == 1


def test_an_answer_without_end_is_not_read(push: WebPush, service: PushService) -> None:
    service.answer = b"x" * 50_000_000
    began = time.monotonic()
    send(push, service.device(Browser()))
    assert time.monotonic() - began < 2 * PATIENCE


def test_one_that_answers_byte_by_byte_is_not_waited_for(
    push: WebPush, service: PushService
) -> None:
    service.drip = 0.3
    began = time.monotonic()
    assert not refused(push, service.device(Browser())).permanent
    assert time.monotonic() - began < 4 * PATIENCE


def test_one_that_hangs_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        push = WebPush(vapid(), LOOPBACK, timeout=0.5)
        endpoint = f"https://localhost:{silent.getsockname()[1]}/"
        device = PushDevice(uuid4(), uuid4(), endpoint=endpoint, **Browser().keys)
        began = time.monotonic()
        assert not refused(push, device).permanent
        assert time.monotonic() - began < 3 * PATIENCE


def test_a_certificate_of_nobody_is_not_trusted(service: PushService) -> None:
    push = WebPush(vapid(), LOOPBACK)
    assert not refused(push, service.device(Browser())).permanent
    assert not service.asked


@pytest.mark.parametrize("keys", [{"p256dh": "AA"}, {"auth": ""}, {"p256dh": "A" * 87}])
def test_keys_that_are_none_make_a_device_that_is_gone(
    push: WebPush, service: PushService, keys: dict[str, str]
) -> None:
    known = Browser().keys | keys
    device = PushDevice(uuid4(), uuid4(), endpoint=f"{service.origin}/push/1", **known)
    assert isinstance(refused(push, device), DeviceGone)


def test_nothing_but_public_addresses_is_connected_to(service: PushService) -> None:
    push = WebPush(vapid(), trust=service.trust())
    device = service.device(Browser())
    assert isinstance(refused(push, device), DeviceGone)
    assert service.connections == 0


def test_a_name_that_changes_its_address_gains_nothing(
    service: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: public when it is looked at, this machine when it is connected to."""
    asked: list[str] = []

    real = socket.getaddrinfo

    def lookup(host: Any, port: Any, *more: Any, **named: Any) -> list[Any]:
        if host != "localhost":
            return real(host, port, *more, **named)
        asked.append(host)
        address = "192.0.2.1" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    push = WebPush(vapid(), networks("192.0.2.0/24"), trust=service.trust(), timeout=0.5)
    assert refused(push, service.device(Browser()))
    assert service.connections == 0
    # What is connected to is an address, which needs no lookup.
    assert asked == ["localhost"]


def test_a_key_is_made_once_and_kept_sealed(
    database_of: Callable[[str], Database], tmp_path: Path
) -> None:
    database, sealer = database_of("notification"), Sealer(b"s" * 32, "vapid")
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: VapidKey(database, sealer, "").public, range(8)))
    assert len(keys) == 1
    assert len(decoded(keys.pop())) == 65
    with pytest.raises(ValueError, match="vapid"):
        _ = VapidKey(database, Sealer(b"t" * 32, "vapid"), "").public


def test_a_key_by_setting() -> None:
    private = ec.derive_private_key(7, ec.SECP256R1())
    point = private.public_key().public_numbers()
    key = VapidKey(None, None, SECRET + "=")  # type: ignore[arg-type]
    assert decoded(key.public)[1:33] == point.x.to_bytes(32, "big")
    for bad in ("no key", base64.b64encode(b"short").decode(), encoded(bytes(32))):
        with pytest.raises(ValueError, match="STELLR_VAPID_PRIVATE_KEY"):
            VapidKey(None, None, bad)  # type: ignore[arg-type]

"""Which addresses a push service may have."""

from ipaddress import ip_address

import pytest

from services.kit.errors import InvalidFields
from services.notification.push.endpoints import check_subscription
from services.notification.push.networks import is_public, networks
from stellr.notification.v1.device_service_pb2 import PushSubscription, PushSubscriptionKeys
from tests.services.notification.push.push_service import Browser

INNER = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fc00::1",
    "fd00::1",
    "ff02::1",
    "2001:db8::1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2001:0:53aa:64c::1",
    "fec0::1",
]


@pytest.mark.parametrize("address", INNER)
def test_inner_addresses_are_not_connected_to(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "2a00:1450::1"])
def test_public_addresses_are(address: str) -> None:
    assert is_public(ip_address(address))


def test_a_setting_names_networks() -> None:
    assert not networks("")
    assert ip_address("10.1.2.3") in networks("10.0.0.0/8, fd00::/8")[0]
    with pytest.raises(ValueError, match="nonsense"):
        networks("nonsense")


def wrong(endpoint: str, *, anywhere: bool = False) -> list[str]:
    keys = PushSubscriptionKeys(**Browser().keys)
    try:
        check_subscription(PushSubscription(endpoint=endpoint, keys=keys), anywhere=anywhere)
    except InvalidFields as error:
        return [violation.field for violation in error.violations]
    return []


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://push.example.com/1",
        "https://",
        "https:///1",
        "https://localhost/1",
        "https://intranet/1",
        "https://printer.local/1",
        "https://127.0.0.1/1",
        "https://8.8.8.8/1",
        "https://[::1]/1",
        "https://0x7f.1/1",
        "https://2130706433/1",
        "https://127.1/1",
        "https://push.example.com:8443/1",
        "https://push.example.com:0/1",
        "https://push.example.com:99999/1",
        "https://user@push.example.com/1",
        "https://push.example.com@127.0.0.1/1",
        "https://push.example.com/1#part",
        "https://[::1/1",
    ],
)
def test_an_endpoint_has_a_public_host_name(endpoint: str) -> None:
    assert wrong(endpoint) == ["subscription.endpoint"]


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/abc:def",
        "https://updates.push.services.mozilla.com/wpush/v2/abc",
        "https://web.push.apple.com:443/abc",
        "https://wns2-par02p.notify.windows.com/w/?token=abc%3d",
    ],
)
def test_endpoints_of_browsers_are_taken(endpoint: str) -> None:
    assert wrong(endpoint) == []


def test_with_networks_of_its_own_an_academy_takes_any_host() -> None:
    assert wrong("https://localhost:8443/1", anywhere=True) == []
    assert wrong("http://localhost:8443/1", anywhere=True) == ["subscription.endpoint"]


def test_a_point_that_is_none_is_told() -> None:
    keys = PushSubscriptionKeys(p256dh="A" * 87, auth=Browser().keys["auth"])
    subscription = PushSubscription(endpoint="https://push.example.com/1", keys=keys)
    with pytest.raises(InvalidFields) as caught:
        check_subscription(subscription, anywhere=False)
    assert [violation.field for violation in caught.value.violations] == [
        "subscription.keys.p256dh"
    ]

"""The devices of learners, through the door."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from tests.services.notification.push.push_service import Browser, decoded
from tests.support import Learner, Stack, Visitor, eventually, reason, register, violations

PATH = "/notify/devices"


def phone(token: str = "") -> dict[str, Any]:
    return {"token": token or secrets.token_hex(20), "platform": "PLATFORM_ANDROID"}


def browser(endpoint: str = "") -> dict[str, Any]:
    endpoint = endpoint or f"https://push.example.com/{secrets.token_hex(20)}"
    subscription = {"endpoint": endpoint, "keys": Browser().keys}
    return {"subscription": subscription, "platform": "PLATFORM_WEB"}


def add(somebody: Visitor, body: dict[str, Any]) -> str:
    answer = somebody.post(PATH, body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["deviceId"])


def ids(somebody: Visitor) -> list[str]:
    return [device["deviceId"] for device in somebody.get(PATH).json()["devices"]]


def test_nobody_has_devices(nobody: Visitor) -> None:
    for answer in (
        nobody.get(PATH),
        nobody.post(PATH, {"token": ""}),
        nobody.delete(f"{PATH}/{uuid4()}"),
    ):
        assert (answer.status_code, reason(answer)) == (401, "SIGN_IN_REQUIRED")


def test_a_phone_and_a_browser(stack: Stack) -> None:
    somebody = register(stack)
    first, second = add(somebody, phone()), add(somebody, browser())
    assert ids(somebody) == [second, first]
    shown = somebody.get(PATH).json()["devices"][0]
    assert shown["platform"] == "PLATFORM_WEB"
    assert shown["current"] is True
    assert shown["createTime"] <= shown["lastUseTime"]
    assert "token" not in shown
    assert somebody.delete(f"{PATH}/{first}").status_code == 200
    assert ids(somebody) == [second]
    assert somebody.delete(f"{PATH}/{first}").status_code == 404


def test_the_same_again_is_the_same_device(stack: Stack) -> None:
    somebody = register(stack)
    known, address = phone(), "https://push.example.com/" + secrets.token_hex(9)
    assert add(somebody, known) == add(somebody, {**known, "platform": "PLATFORM_IOS"})
    # Browsers may give the same endpoint other keys.
    assert add(somebody, browser(address)) == add(somebody, browser(address))
    assert len(ids(somebody)) == 2


def test_a_hundred_at_once_are_one(stack: Stack) -> None:
    somebody, known = register(stack), phone()
    with ThreadPoolExecutor(32) as pool:
        found = set(pool.map(lambda _: add(somebody, known), range(100)))
    assert ids(somebody) == list(found)
    assert len(found) == 1


def test_of_more_than_twenty_the_oldest_leave(stack: Stack) -> None:
    somebody = register(stack)
    old = add(somebody, phone())
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: add(somebody, phone()), range(30)))
    assert len(ids(somebody)) == 20
    assert old not in ids(somebody)


def test_who_registers_a_device_of_another_has_it(ann: Learner, ben: Learner) -> None:
    known = phone()
    before = add(ann, known)
    now = add(ben, known)
    assert now != before
    assert now in ids(ben)
    assert before not in ids(ann)


def test_two_who_take_each_others_devices_do_not_stand_still(
    ann: Learner,
    ben: Learner,
) -> None:
    tokens = [phone() for _ in range(6)]
    with ThreadPoolExecutor(12) as pool:
        work = [(who, each) for each in tokens for who in (ann, ben)] * 3
        list(pool.map(lambda pair: add(*pair), work))
    both = [*ids(ann), *ids(ben)]
    assert len(set(both)) == len(both)


def test_a_device_of_another_is_not_there(ann: Learner, ben: Learner) -> None:
    device = add(ann, phone())
    for bad in (device, str(uuid4()), "nonsense"):
        answer = ben.delete(f"{PATH}/{bad}")
        assert (answer.status_code, reason(answer)) == (404, "DEVICE_NOT_FOUND")
    assert device in ids(ann)


BAD = {
    "nothing": ({}, {"address", "platform"}),
    "no platform": ({"token": "abc"}, {"platform"}),
    "an empty token": ({**phone(), "token": ""}, {"token"}),
    "a token with spaces": (phone("a b"), {"token"}),
    "a long token": (phone("x" * 1001), {"token"}),
    "in the clear": (browser("http://push.example.com/1"), {"subscription.endpoint"}),
    "this machine": (browser("https://127.0.0.1/1"), {"subscription.endpoint"}),
    "inner": (browser("https://169.254.169.254/latest"), {"subscription.endpoint"}),
    "another port": (browser("https://push.example.com:22/"), {"subscription.endpoint"}),
    "a name of no host": (browser("https://localhost/1"), {"subscription.endpoint"}),
    "no keys": (
        {"subscription": {"endpoint": "https://a.example/1"}, "platform": "PLATFORM_WEB"},
        {"subscription.keys"},
    ),
    "short keys": (
        {
            "subscription": {
                "endpoint": "https://a.example/1",
                "keys": {"p256dh": "AA", "auth": "AA"},
            },
            "platform": "PLATFORM_WEB",
        },
        {"subscription.keys.p256dh", "subscription.keys.auth"},
    ),
    "no point": (
        {
            "subscription": {
                "endpoint": "https://a.example/1",
                "keys": {"p256dh": "B" * 87, "auth": "A" * 22},
            },
            "platform": "PLATFORM_WEB",
        },
        {"subscription.keys.p256dh"},
    ),
}


@pytest.mark.parametrize(("body", "fields"), BAD.values(), ids=BAD.keys())
def test_what_is_wrong_is_named(ann: Learner, body: dict[str, Any], fields: set[str]) -> None:
    answer = ann.post(PATH, body)
    assert answer.status_code == 400, answer.text
    assert set(violations(answer)) == fields


def test_padding_is_taken(ann: Learner) -> None:
    body = browser()
    keys = body["subscription"]["keys"]
    body["subscription"]["keys"] = {"p256dh": keys["p256dh"] + "=", "auth": keys["auth"] + "=="}
    # What browsers send along and nobody needs.
    body["subscription"]["expirationTime"] = None
    add(ann, body)


def test_a_session_takes_its_devices_along(stack: Stack) -> None:
    somebody = register(stack)
    stays = add(somebody, phone())
    body = {"email": somebody.email, "password": somebody.password}
    other = Visitor(stack, Visitor(stack).post("/login", body).json()["accessToken"])
    add(other, phone())
    assert len(ids(somebody)) == 2
    assert other.post("/logout").status_code == 200
    eventually(lambda: ids(somebody) == [stays])


def test_a_device_is_the_session_s_that_registered_it_last(stack: Stack) -> None:
    somebody, known = register(stack), phone()
    body = {"email": somebody.email, "password": somebody.password}
    other = Visitor(stack, Visitor(stack).post("/login", body).json()["accessToken"])
    device = add(other, known)
    assert add(somebody, known) == device
    gone = add(other, phone())
    assert other.post("/logout").status_code == 200
    eventually(lambda: gone not in ids(somebody))
    assert ids(somebody) == [device]


def test_the_push_key_is_one_for_everybody(nobody: Visitor, ann: Learner) -> None:
    key = nobody.get("/notify/push-key").json()["publicKey"]
    point = decoded(key)
    assert len(point) == 65
    assert point[0] == 4
    assert ann.get("/notify/push-key").json()["publicKey"] == key

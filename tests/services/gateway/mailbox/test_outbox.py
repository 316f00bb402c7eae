import json
import os
from email.message import EmailMessage
from pathlib import Path

import pytest

from services.gateway.mailbox import outbox
from services.gateway.mailbox.server import is_open


def put(folder: Path, name: str, content: bytes, at: int) -> None:
    path = folder / name
    path.write_bytes(content)
    os.utime(path, (at, at))


def mail(subject: str, text: str, html: str = "") -> bytes:
    message = EmailMessage()
    message["To"], message["Subject"] = "ann@learner.example", subject
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    return message.as_bytes()


def test_the_newest_is_first_and_the_rest_is_left_out(tmp_path: Path) -> None:
    for number in range(5):
        put(tmp_path, f"{5 - number}.eml", mail(f"Mail {number}", "text"), 1000 + number)
    found = outbox.newest(tmp_path, 3)
    assert [each.subject for each in found] == ["Mail 4", "Mail 3", "Mail 2"]


def test_every_kind_is_read(tmp_path: Path) -> None:
    put(tmp_path, "a.eml", mail("Your code", "Here:\n\n123456\n", "<p>123456</p>"), 3)
    sms = {"to": "+15550100", "body": "654321 is your code", "sentTime": "x"}
    put(tmp_path, "b.sms.json", json.dumps(sms).encode(), 2)
    push = {"userId": "u", "deviceId": "d", "title": "Hello", "body": "you", "data": {"link": "/"}}
    put(tmp_path, "c.push.json", json.dumps(push).encode(), 1)
    first, second, third = outbox.newest(tmp_path)
    assert (first.kind, first.code, "<p>" in first.html) == ("mail", "123456", True)
    assert (second.kind, second.to, second.code) == ("SMS", "+15550100", "654321")
    assert (third.kind, third.to, third.subject) == ("push", "u, device d", "Hello")
    assert '"link": "/"' in third.text


@pytest.mark.parametrize(
    "name", ["../keys/secret.eml", "..", ".hidden.eml", "a/b.eml", "a.txt", "", "x" * 300 + ".eml"]
)
def test_only_messages_of_the_outbox_are_found(tmp_path: Path, name: str) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "outbox").mkdir()
    put(tmp_path / "keys", "secret.eml", mail("Secret", "text"), 1)
    assert outbox.find(tmp_path / "outbox", name) is None


def test_what_is_no_message_is_left_out(tmp_path: Path) -> None:
    put(tmp_path, "a.sms.json", b"not json", 1)
    put(tmp_path, "b.sms.json", b"{}", 1)
    (tmp_path / "c.eml").symlink_to("/etc/hostname")
    assert outbox.newest(tmp_path) == []
    assert outbox.newest(tmp_path / "not there") == []


@pytest.mark.parametrize(
    ("smtp_url", "public_url", "expected"),
    [
        ("", "http://127.0.0.1:8080", True),
        ("", "http://localhost:8080", True),
        ("smtp://mail.example", "http://127.0.0.1:8080", False),
        ("", "https://academy.example", False),
        ("", "http://10.0.0.1:8080", False),
        ("", "", False),
    ],
)
def test_it_is_open_on_this_machine_alone(smtp_url: str, public_url: str, expected: bool) -> None:
    assert is_open(smtp_url, public_url) is expected

"""Bodies of uploads through Envoy: streamed, bounded, cut off, and gone where they fail."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from services.media.file_checks import DIRECT_BYTES
from tests.services.media.authored import PDF, Authored, make_authored, new_pdf, png, png_bomb, send
from tests.support import PATIENCE, Stack, eventually, reason, register, violations

MEBIBYTE = 1024 * 1024


@pytest.fixture(name="own", scope="module")
def _own(stack: Stack) -> Authored:
    return make_authored(stack)


def unfinished(stack: Stack) -> list[Path]:
    return list((stack.state / "media" / "unfinished").iterdir())


def nothing_is_left(stack: Stack) -> None:
    """Wait until what is unfinished now is gone; what others send meanwhile does not matter."""
    there = set(unfinished(stack))
    eventually(lambda: not there & set(unfinished(stack)), 20)


def memory_of(stack: Stack) -> int:
    """Bytes of memory that media's process has had at most."""
    pid = stack.part("media-0")["pid"]
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(each for each in status.splitlines() if each.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def direct(own: Authored, content: Any, **headers: str) -> httpx.Response:
    told = {"content-type": "application/pdf", **headers}
    path = f"/media/uploads?lessonId={own.lesson_id}&fileName=a.pdf"
    return own.author.http.post(path, content=content, headers=told)


def test_a_large_file_is_never_whole_in_memory(stack: Stack, own: Authored) -> None:
    data = new_pdf(150 * MEBIBYTE)
    before = memory_of(stack)
    created = own.create(data, "application/pdf").json()
    assert send(created, data).status_code == 200
    assert memory_of(stack) - before < 40 * MEBIBYTE
    body = {"uploadId": created["uploadId"]}
    pdf = own.author.post(f"/media/lesson/{own.lesson_id}/pdfs", body).json()
    assert httpx.get(pdf["url"], timeout=30).content == data


def test_the_same_bytes_again_change_nothing_and_others_are_refused(own: Authored) -> None:
    data = new_pdf(500_000)
    created = own.create(data, "application/pdf").json()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: send(created, data), range(16)))
    assert {answer.status_code for answer in answers} == {200}
    assert not answers[0].json()["url"]
    refused = send(created, data[:-1] + b"?")
    assert (refused.status_code, reason(refused)) == (400, "UPLOAD_FINISHED")


def test_of_two_that_send_at_once_one_wins_whole(own: Authored) -> None:
    one, two = (new_pdf(500_000) for _ in "ab")
    created = own.create(one, "application/pdf").json()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda data: send(created, data), [one, two] * 4))
    assert sorted({answer.status_code for answer in answers}) == [200, 400]
    body = {"uploadId": created["uploadId"]}
    pdf = own.author.post(f"/media/lesson/{own.lesson_id}/pdfs", body).json()
    won = one if answers[0].status_code == 200 else two
    assert httpx.get(pdf["url"]).content == won


def test_what_came_is_held_against_what_was_said(stack: Stack, own: Authored) -> None:
    data = new_pdf()
    created = own.create(data, "application/pdf").json()
    for sent, headers, fields in (
        (data[:-1], {}, ["sizeBytes"]),
        (data + b"x", {}, ["sizeBytes"]),
        (data, {"Content-Type": "image/png"}, ["mimeType"]),
        (data[:-1], {"Content-Type": "image/png"}, ["sizeBytes", "mimeType"]),
        (iter([data[:-1]]), {}, ["sizeBytes"]),
        (iter([data, b"x"]), {}, ["sizeBytes"]),
        (b"x" * len(data), {}, ["mimeType"]),
    ):
        refused = send(created, sent, **headers)  # type: ignore[arg-type]
        assert (refused.status_code, list(violations(refused))) == (400, fields)
    assert send(created, iter([data[:9], data[9:]])).status_code == 200  # type: ignore[arg-type]
    other = own.create(data, "application/pdf", digest="0" * 64).json()
    assert list(violations(send(other, data))) == ["digest"]
    nothing_is_left(stack)


def test_links_that_are_altered_or_old_are_refused(stack: Stack, own: Authored) -> None:
    created = own.create(PDF, "application/pdf").json()
    other = own.create(PDF, "application/pdf").json()
    query = {name: value[0] for name, value in parse_qs(urlsplit(created["url"]).query).items()}
    bare = created["url"].partition("?")[0]
    for url in (
        bare,
        f"{bare}?expires={query['expires']}",
        f"{bare}?expires={int(query['expires']) + 1}&signature={query['signature']}",
        f"{bare}?expires=x&signature={query['signature']}",
        f"{other['url'].partition('?')[0]}?{urlsplit(created['url']).query}",
        f"{stack.url}/media/uploads/no-id?{urlsplit(created['url']).query}",
    ):
        refused = send({**created, "url": url}, PDF)
        assert (refused.status_code, reason(refused)) == (403, "LINK_INVALID"), url
    # What others add to links is ignored.
    assert send({**created, "url": f"{created['url']}&fbclid=1"}, PDF).status_code == 200


def test_links_die_with_the_session(stack: Stack) -> None:
    own = make_authored(stack)
    created = own.create(PDF, "application/pdf").json()
    assert own.author.post("/logout").status_code == 200
    refused = send(created, PDF)
    assert (refused.status_code, reason(refused)) == (403, "LINK_EXPIRED")


def test_too_much_is_refused_before_it_is_read(stack: Stack, own: Authored) -> None:
    refused = direct(own, b"%PDF-1.7" + bytes(DIRECT_BYTES))
    assert (refused.status_code, reason(refused)) == (413, "BODY_TOO_LARGE")
    refused = direct(own, _chunks(DIRECT_BYTES // MEBIBYTE + 1))
    assert (refused.status_code, reason(refused)) == (413, "BODY_TOO_LARGE")
    address = urlsplit(stack.url)
    with socket.create_connection((address.hostname, address.port), timeout=20) as raw:
        head = (
            f"POST /media/uploads?lessonId={own.lesson_id} HTTP/1.1\r\nhost: a\r\n"
            f"authorization: Bearer {own.author.token}\r\ncontent-type: application/pdf\r\n"
            f"content-length: {10**12}\r\n\r\n"
        )
        raw.sendall(head.encode() + b"%PDF-1.7" + bytes(5000))
        assert raw.recv(100).startswith(b"HTTP/1.1 413 ")
    nothing_is_left(stack)


def _chunks(count: int) -> Iterator[bytes]:
    yield b"%PDF-1.7"
    for _ in range(count):
        yield bytes(MEBIBYTE)


def test_who_may_not_is_told_before_anything_is_read(stack: Stack, own: Authored) -> None:
    pupil = own.pupil(register(stack))
    address = urlsplit(stack.url)
    with socket.create_connection((address.hostname, address.port), timeout=20) as raw:
        head = (
            f"POST /media/uploads?lessonId={own.lesson_id} HTTP/1.1\r\nhost: a\r\n"
            f"authorization: Bearer {pupil.token}\r\ncontent-type: application/pdf\r\n"
            f"content-length: 1000000\r\n\r\n"
        )
        raw.sendall(head.encode())
        assert raw.recv(100).startswith(b"HTTP/1.1 403 ")


def test_who_goes_away_leaves_nothing(stack: Stack, own: Authored) -> None:
    data = new_pdf(2 * MEBIBYTE)
    created = own.create(data, "application/pdf").json()
    address, parts = urlsplit(stack.url), urlsplit(created["url"])
    head = (
        f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nhost: a\r\n"
        f"content-type: application/pdf\r\ncontent-length: {len(data)}\r\n\r\n"
    )
    for _ in range(20):
        with socket.create_connection((address.hostname, address.port), timeout=20) as raw:
            raw.sendall(head.encode() + data[:MEBIBYTE])
    nothing_is_left(stack)
    assert send(created, data).status_code == 200


def test_a_hundred_slow_senders_hold_up_nobody(stack: Stack, own: Authored) -> None:
    data = new_pdf(MEBIBYTE)
    created = own.create(data, "application/pdf").json()
    address, parts = urlsplit(stack.url), urlsplit(created["url"])
    head = (
        f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nhost: a\r\n"
        f"content-type: application/pdf\r\ncontent-length: {len(data)}\r\n\r\n"
    )
    slow = [socket.create_connection((address.hostname, address.port)) for _ in range(100)]
    try:
        for each in slow:
            each.sendall(head.encode() + data[:1000])
        eventually(lambda: len(unfinished(stack)) >= 100, 10)
        begun = time.monotonic()
        assert direct(own, new_pdf(MEBIBYTE)).status_code == 200
        assert own.author.get(f"/media/lesson/{own.lesson_id}").status_code == 200
        assert time.monotonic() - begun < 5 * PATIENCE
        # Who sends nothing is cut off.
        slow[0].settimeout(90)
        assert slow[0].recv(100).startswith(b"HTTP/1.1 408 ")
    finally:
        for each in slow:
            each.close()
    nothing_is_left(stack)


def test_forms_in_any_order(own: Authored) -> None:
    path = f"/media/lesson/{own.lesson_id}/pdfs"
    named = ("Über.pdf", new_pdf(), "application/pdf")
    answer = own.author.http.post(path, files=[("file", named), ("title", (None, "Behind"))])
    assert (answer.status_code, answer.json()["title"]) == (200, "Behind")
    answer = own.author.http.post(path, files={"file": named})
    assert answer.json()["title"] == "Über"
    picture = ("a.png", png(20, 10), "application/octet-stream")
    answer = own.author.http.post(
        "/media/uploads", files=[("file", picture), ("lessonId", (None, own.lesson_id))]
    )
    assert (answer.json()["mimeType"], answer.json()["fileName"]) == ("image/png", "a.png")


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ([("other", ("a.pdf", PDF))], "REQUEST_MALFORMED"),
        ([("file", ("a.pdf", PDF)), ("file", ("b.pdf", PDF))], "REQUEST_MALFORMED"),
        ([("file", ("a.pdf", PDF)), ("title", (None, "x" * 5000))], "REQUEST_MALFORMED"),
        ([("file", ("a.pdf", PDF)), *[("x", (None, "x"))] * 30], "REQUEST_MALFORMED"),
        ([("file", ("a.pdf", b""))], "INVALID_FIELDS"),
        ([("file", ("a.pdf", png_bomb(90_000, 90_000)))], "INVALID_FIELDS"),
        ([("file", ("a.pdf", PDF)), ("title", (None, "a\nb"))], "INVALID_FIELDS"),
    ],
)
def test_bad_forms(stack: Stack, own: Authored, files: Any, expected: str) -> None:
    answer = own.author.http.post(f"/media/lesson/{own.lesson_id}/pdfs", files=files)
    assert (answer.status_code, reason(answer)) == (400, expected)
    nothing_is_left(stack)


def test_what_is_no_form(own: Authored) -> None:
    path = f"/media/lesson/{own.lesson_id}/pdfs"
    for kind, body in (
        ("multipart/form-data", b"--x\r\n"),
        ("multipart/form-data; boundary=x", b"no boundary"),
        ("multipart/form-data; boundary=x", b"--x\r\ncontent-disposition: form-data\r\n\r\n\r\n"),
        ("multipart/form-data; boundary=x", b""),
    ):
        answer = own.author.http.post(path, content=body, headers={"content-type": kind})
        assert (answer.status_code, reason(answer)) == (400, "REQUEST_MALFORMED"), body
    answer = own.author.http.post(path, data={"title": "x"})
    assert (answer.status_code, *violations(answer)) == (400, "file")


def test_no_form_keeps_the_process_busy_with_what_is_no_part(own: Authored) -> None:
    path = f"/media/lesson/{own.lesson_id}/pdfs"
    kind = {"content-type": "multipart/form-data; boundary=x"}
    begun = time.monotonic()
    answer = own.author.http.post(path, content=b"y\r\n" * 8_000_000, headers=kind)
    assert (answer.status_code, reason(answer)) == (400, "REQUEST_MALFORMED")
    headers = b"--x\r\n" + b"a: b\r\n" * 30_000
    answer = own.author.http.post(path, content=headers, headers=kind)
    assert (answer.status_code, reason(answer)) == (400, "REQUEST_MALFORMED")
    assert time.monotonic() - begun < 5 * PATIENCE


def test_what_a_raw_body_is(own: Authored) -> None:
    for said, data, mime_type in (
        ("application/octet-stream", PDF, "application/pdf"),
        ("application/x-pdf", PDF, "application/pdf"),
        ("text/plain", png(3, 3), "image/png"),
    ):
        answer = direct(own, data, **{"content-type": said})
        assert (answer.status_code, answer.json()["mimeType"]) == (200, mime_type)
    refused = direct(own, png(3, 3))
    assert (refused.status_code, *violations(refused)) == (400, "file")
    refused = direct(own, os.urandom(100))
    assert (refused.status_code, *violations(refused)) == (400, "file")
    path = f"/media/lesson/{own.lesson_id}/pdfs"
    refused = own.author.http.post(path, content=png(3, 3), headers={"content-type": "image/png"})
    assert (refused.status_code, *violations(refused)) == (400, "file")

"""What a download costs, and the check of a link: `python -m tests.bench.files`.

A film of a gigabyte, sparse, is read through Envoy, and from the file server directly, in turns.
"""

from __future__ import annotations

import hashlib
import socket
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import psutil
import psycopg

from services.kit.call import Caller
from services.kit.identity.links import CONTENT, LinkCheck, Links, Ticket
from services.kit.identity.revocations import Revocations
from services.kit.identity.secrets import Signer, read_secret
from services.media.kinds import content_path
from tests import support
from tests.bench import cpu

SIZE = 1 << 30
ROUNDS = 5
CHECKS = 100_000
ENDED_SESSIONS = 10_000
STOPPED_READERS = 16


@contextmanager
def started() -> Iterator[support.Stack]:
    """A stack without the limits of the public."""
    with support.started(support.GENEROUS) as stack:
        yield stack


def put_film(stack: support.Stack) -> str:
    """Have media keep a film of a gigabyte, written past it; its path."""
    digest = hashlib.sha256(str(SIZE).encode()).hexdigest()
    place = stack.state / "media" / digest[:2] / digest[2:4]
    place.mkdir(parents=True, exist_ok=True)
    with (place / digest).open("wb") as film:
        film.truncate(SIZE)
    media_id = uuid4()
    with psycopg.connect(stack.run["databases"]["media"]) as connection:
        connection.execute(
            "INSERT INTO objects (digest, size_bytes, mime_type, stored, unnamed_at)"
            " VALUES (%s, %s, 'video/mp4', true, NULL)",
            (digest, SIZE),
        )
        connection.execute(
            "INSERT INTO media (media_id, lesson_id, kind, position, title, digest)"
            " VALUES (%s, %s, 'video', 0, 'Film', %s)",
            (media_id, uuid4(), digest),
        )
    return content_path(media_id)


def download(address: str, path: str) -> float:
    """Seconds to read the whole of it."""
    taken, read, began = bytearray(1 << 20), 0, time.monotonic()
    with socket.create_connection(address_of(address)) as reader:
        ask(reader, path)
        while got := reader.recv_into(taken):
            read += got
    assert read > SIZE, f"{read:,} bytes"
    return time.monotonic() - began


def ask(reader: socket.socket, path: str) -> None:
    """Ask for a path, as the last request of the connection."""
    reader.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())


def address_of(address: str) -> tuple[str, int]:
    """Host and port."""
    host, _, port = address.rpartition(":")
    return host, int(port)


def measure_downloads(stack: support.Stack, link: str) -> None:
    """MB/s through Envoy and directly, the CPU that each takes, and the memory."""
    media, envoy = stack.part("media-0"), stack.part("envoy")
    process = psutil.Process(int(media["pid"]))
    before = process.memory_info().rss
    rates: dict[str, list[float]] = {"direct": [], "envoy": []}
    spent: dict[str, list[float]] = {"direct": [], "envoy": []}
    pids = [int(media["pid"]), int(envoy["pid"])]
    for _ in range(ROUNDS):
        for name, address in (("direct", media["http"]), ("envoy", envoy["address"])):
            at = cpu.seconds(pids)
            rates[name].append(SIZE / 1e6 / download(address, link))
            spent[name].append(cpu.seconds(pids) - at)
    direct, through = (statistics.median(rates[name]) for name in ("direct", "envoy"))
    print(f"directly {direct:,.0f} MB/s, through Envoy {through:,.0f} MB/s: {through / direct:.2f}")
    for name, values in spent.items():
        print(f"{name}: {statistics.median(values):.2f} s of CPU for a gigabyte")
    grown = (process.memory_info().rss - before) / 2**20
    print(f"memory of media: {before / 2**20:.0f} MB before, {grown:+.1f} MB after")


def measure_stopped_readers(stack: support.Stack, link: str) -> None:
    """How long another's download takes while readers have stopped."""
    readers = []
    for _ in range(STOPPED_READERS):
        reader = socket.create_connection(("127.0.0.1", stack.port))
        ask(reader, link)
        reader.recv(100)
        readers.append(reader)
    rss = psutil.Process(int(stack.part("media-0")["pid"])).memory_info().rss / 2**20
    seconds = download(f"127.0.0.1:{stack.port}", link)
    print(f"beside {STOPPED_READERS} who stopped: {SIZE / 1e6 / seconds:,.0f} MB/s, {rss:.0f} MB")
    for reader in readers:
        reader.close()


def measure_links(signer: Signer) -> None:
    """Microseconds to make a link and to check one."""
    revocations = Revocations()
    for _ in range(ENDED_SESSIONS):
        revocations.end_session(uuid4())
    links, check = Links(signer, "https://academy.example"), LinkCheck(signer, revocations)
    path, caller = content_path(uuid4()), Caller(user_id=uuid4(), session_id=uuid4())
    made = links.make(path, time.time(), caller)
    ticket = Ticket(
        made.expires,
        str(caller.user_id),
        str(caller.session_id),
        made.url.rpartition("signature=")[2],
    )
    began = time.process_time()
    for _ in range(CHECKS):
        check.check(path, ticket)
    checked = time.process_time()
    for _ in range(CHECKS):
        links.make(path, time.time(), caller)
    made_all = time.process_time()
    print(
        f"a link: {(made_all - checked) / CHECKS * 1e6:.1f} µs to make,"
        f" {(checked - began) / CHECKS * 1e6:.1f} µs to check"
    )


def main() -> None:
    """Measure all of it."""
    with started() as stack:
        signer = Signer(read_secret(stack.state / "keys" / "secret"), f"academy:{CONTENT}")
        path = put_film(stack)
        url = Links(signer, "").make(path, time.time(), Caller()).url
        measure_downloads(stack, url)
        measure_stopped_readers(stack, url)
        measure_links(signer)


if __name__ == "__main__":
    main()

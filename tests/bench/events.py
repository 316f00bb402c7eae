"""What events cost: `python -m tests.bench.events`.

First how many transactions with an event sixteen writers commit, by the ways of writing one, as
ratios to a lock that every writer holds until its commit. Then what many open watches of one
process cost: memory for each, and the time until all are told of one event.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import psycopg
from google.protobuf.duration_pb2 import Duration

from edge import registry
from services.kit.data import migrate
from services.kit.rpc.clients import OPTIONS
from stellr.events.v1 import event_service_pb2 as pb
from stellr.events.v1.event_service_pb2_grpc import EventServiceStub
from tests import support
from tests.bench import cpu
from tests.services.kit.harness import Kit

WRITERS = 16
SECONDS = 2.5
ROUNDS = 3
# What a transaction does between its event and its commit.
WORK_SECONDS = 0.005
STREAMS = 10_000
CHANNELS = 8
KIND = "stellr.auth.v1.PersonErased"
INSERT = f"INSERT INTO events (kind, payload, request_id) VALUES ('{KIND}', '\\x0a0161', '')"
NOTIFY = "SELECT pg_notify('bench', '')"
LOCK = "lock until the commit, NOTIFY"
WAYS = {
    LOCK: ["SELECT pg_advisory_xact_lock(1)", NOTIFY, INSERT],
    "NOTIFY in the transaction": [INSERT, NOTIFY],
    "its transaction id in the row": [
        f"INSERT INTO events (kind, payload, request_id) SELECT '{KIND}', '\\x0a0161',"
        " pg_current_xact_id()::text"
    ],
    "as it is: one INSERT": [INSERT],
    "no event at all": [],
}


@contextmanager
def database(stack: support.Stack) -> Iterator[str]:
    """A database of auth of the bench's own: its URL."""
    like = str(stack.run["databases"]["auth"])
    url = like.replace("/stellr_auth?", "/bench?")
    with psycopg.connect(like, autocommit=True) as connection:
        connection.execute("CREATE DATABASE bench")
        migrate.upgrade(str(registry.load("auth").migrations), url)
        yield url
        connection.execute("DROP DATABASE bench WITH (FORCE)")


def commits(url: str, statements: list[str], work_seconds: float) -> float:
    """Transactions a second that all writers commit together."""
    stop, counts = threading.Event(), [0] * WRITERS

    def write(number: int) -> None:
        with psycopg.connect(url) as connection:
            while not stop.is_set():
                row = "UPDATE bench_rows SET value = value + 1 WHERE number = %s"
                connection.execute(row, [number], prepare=True)
                for statement in statements:
                    connection.execute(statement.encode(), prepare=True)
                if work_seconds:
                    time.sleep(work_seconds)
                connection.commit()
                counts[number] += 1

    threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    time.sleep(SECONDS)
    stop.set()
    for thread in threads:
        thread.join()
    return sum(counts) / SECONDS


def bench_writing(url: str) -> None:
    """Print what each way of writing an event reaches."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE bench_rows (number int PRIMARY KEY, value int)")
        connection.execute("INSERT INTO bench_rows SELECT generate_series(0, 99), 0")
    for work_seconds in (0.0, WORK_SECONDS):
        print(f"{WRITERS} writers, {work_seconds * 1000:g} ms of work before the commit")
        rounds = [
            {way: commits(url, WAYS[way], work_seconds) for way in WAYS} for _ in range(ROUNDS)
        ]
        for way in WAYS:
            ratio = statistics.median(figures[way] / figures[LOCK] for figures in rounds)
            rate = statistics.median(figures[way] for figures in rounds)
            print(f"    {way:<34} x{ratio:6.2f}   {rate:7.0f} a second", flush=True)


async def open_watch(stub: Any, metadata: Any) -> Any:
    """A watch from now on, once it has caught up."""
    watch = stub.Watch(pb.WatchRequest(kinds=[KIND], look_back=Duration()), metadata=metadata)
    await watch.read()
    return watch


async def told(watch: Any) -> float:
    """When the watch was told of the next event."""
    while not (await watch.read()).HasField("event"):
        pass
    return time.monotonic()


async def bench_watching(url: str, kit: Kit, port: int, pid: int) -> None:
    """Print what open watches cost the process."""
    metadata = kit.channel("user", "auth", port).metadata()
    one_each = [("grpc.use_local_subchannel_pool", 1)]
    channels = [
        grpc.aio.insecure_channel(f"127.0.0.1:{port + 1}", options=[*OPTIONS, *one_each])
        for _ in range(CHANNELS)
    ]
    stubs: list[Any] = [EventServiceStub(channel) for channel in channels]  # type: ignore[arg-type]
    first = await open_watch(stubs[0], metadata)
    before, began = cpu.proportional_megabytes(pid), time.monotonic()
    watches = [first]
    while len(watches) < STREAMS:
        some = (open_watch(stubs[number % CHANNELS], metadata) for number in range(500))
        watches += await asyncio.gather(*some)
    took = time.monotonic() - began
    memory = (cpu.proportional_megabytes(pid) - before) / len(watches) * 1024
    print(f"{len(watches)} watches of one process")
    print(f"    {memory:.1f} KB each; opened in {took:.1f} s")
    tasks = [asyncio.ensure_future(told(watch)) for watch in watches]
    idle = cpu.seconds([pid])
    await asyncio.sleep(20)
    print(f"    {(cpu.seconds([pid]) - idle) / 20:.3f} s of CPU a second for heartbeats")
    written, spent = time.monotonic(), cpu.seconds([pid])
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(INSERT.encode())
        connection.execute("NOTIFY events")
    times = sorted(when - written for when in await asyncio.gather(*tasks))
    each = (cpu.seconds([pid]) - spent) / len(watches) * 1e6
    print(f"    told of an event in {times[0]:.2f} s the first, {times[-1]:.2f} s the last")
    print(f"    {each:.0f} us of CPU each")
    for channel in channels:
        await channel.close()


def main() -> None:
    """Measure and print every figure."""
    with support.started() as stack, database(stack) as url, tempfile.TemporaryDirectory() as name:
        bench_writing(url)
        kit, port = Kit(Path(name)), support.free_port()
        command = [sys.executable, "-m", "tests.bench.event_server", url, name, str(port)]
        with subprocess.Popen(command, cwd=support.ROOT, stdout=subprocess.PIPE) as server:
            assert server.stdout is not None
            server.stdout.readline()
            try:
                asyncio.run(bench_watching(url, kit, port, server.pid))
            finally:
                server.terminate()


if __name__ == "__main__":
    main()

"""What open streams of feeds cost: `python -m tests.bench.streams [--streams 10000]`.

Opens a stream for each of so many learners through the public door, as pages do by fetch over
HTTP/1.1, then has something come into every feed at once, and into single ones. Prints the memory
of notification and of Envoy for each stream, threads, the CPU of heartbeats, and how soon items
arrive. With --stack STATE PORT on a stack that runs.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

import psutil
import psycopg

from services.kit.data.database import Database
from services.kit.data.statements import Write, nothing
from services.notification.repository import feed
from services.notification.repository.feed import NewItem
from stellr.notification.v1.events_pb2 import FeedsChanged
from tests import support
from tests.bench import cpu
from tests.tokens import signer_of

OPENING = 200
BATCH = 500
SINGLE = 50
IDLE_SECONDS = 40.0
LONGEST_SECONDS = 120.0
_TELL = Write(
    "INSERT INTO events (kind, payload, request_id) VALUES (:kind, :payload, '')", nothing
)


@dataclass
class Page:
    """An open page of one learner."""

    user_id: UUID
    arrived: list[float] = field(default_factory=list)
    lines: int = 0
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    writer: asyncio.StreamWriter | None = None

    async def read(self, port: int, token: str) -> None:
        """Read the stream until it ends."""
        reader, self.writer = await asyncio.open_connection("127.0.0.1", port, limit=8192)
        head = (
            "GET /notifications/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Authorization: Bearer {token}\r\n\r\n"
        )
        self.writer.write(head.encode())
        while line := await reader.readline():
            if line.startswith(b"data:"):
                self.lines += 1
                self.opened.set()
                if b'"notification"' in line:
                    self.arrived.append(time.monotonic())


class Bench:
    """A stack with open pages."""

    def __init__(self, stack: support.Stack, streams: int) -> None:
        self._stack = stack
        self._signer = signer_of(stack)
        self._pages = [Page(uuid4()) for _ in range(streams)]
        self._tasks: set[asyncio.Task[None]] = set()
        self._database = Database(stack.run["databases"]["notification"], 2)
        parts = {part["name"]: part["pid"] for part in stack.run["parts"]}
        self._pids = {
            name: pid for name, pid in parts.items() if name.startswith(("notification", "envoy"))
        }

    async def run(self) -> None:
        """Measure and print."""
        before = self._megabytes()
        began = time.monotonic()
        await self._open()
        count = len(self._pages)
        print(f"opened {count} streams in {time.monotonic() - began:.1f} s")
        for name, megabytes in self._megabytes().items():
            kilobytes = (megabytes - before[name]) * 1024 / count
            threads = psutil.Process(self._pids[name]).num_threads()
            print(f"{name:16} {megabytes:7.0f} MB, {kilobytes:6.1f} KB a stream, {threads} threads")
        await self._idle()
        await self._tell_all()
        await self._tell_some()

    async def _open(self) -> None:
        gate = asyncio.Semaphore(OPENING)

        async def opened(page: Page) -> None:
            async with gate:
                token = self._signer.sign(page.user_id, uuid4(), ["learner"], 1)
                task = asyncio.create_task(page.read(self._stack.port, token))
                self._tasks.add(task)
                await asyncio.wait_for(page.opened.wait(), LONGEST_SECONDS)

        await asyncio.gather(*map(opened, self._pages))

    async def _idle(self) -> None:
        pids = list(self._pids.values())
        began, lines = cpu.seconds(pids), sum(page.lines for page in self._pages)
        await asyncio.sleep(IDLE_SECONDS)
        used = (cpu.seconds(pids) - began) / IDLE_SECONDS
        told = (sum(page.lines for page in self._pages) - lines) / IDLE_SECONDS
        print(f"idle: {told:.0f} heartbeats/s take {used * 100:.1f} % of a core")

    async def _tell_all(self) -> None:
        began = time.monotonic()
        for first in range(0, len(self._pages), BATCH):
            await asyncio.to_thread(self._tell, self._pages[first : first + BATCH])
        written = time.monotonic() - began
        await self._arrived(self._pages, 1)
        waits = [page.arrived[0] - began for page in self._pages]
        print(f"to all: written in {written:.2f} s, the last arrived after {max(waits):.2f} s")

    async def _tell_some(self) -> None:
        waits = []
        for page in self._pages[:SINGLE]:
            await asyncio.to_thread(self._tell, [page])
            began = time.monotonic()
            await self._arrived([page], 2)
            waits.append((page.arrived[1] - began) * 1000)
        print(f"to one: p50 {statistics.median(waits):.1f} ms, longest {max(waits):.1f} ms")

    async def _arrived(self, pages: Sequence[Page], count: int) -> None:
        end = time.monotonic() + LONGEST_SECONDS
        while any(len(page.arrived) < count for page in pages):
            assert time.monotonic() < end, "items were lost"
            await asyncio.sleep(0.001)

    def _tell(self, pages: Sequence[Page]) -> None:
        """As notification does: items and the event in one transaction, the signal after it."""
        event = FeedsChanged(user_ids=[str(page.user_id) for page in pages])
        with self._database.transaction():
            feed.add(self._database, [_item(page.user_id) for page in pages])
            kind = FeedsChanged.DESCRIPTOR.full_name
            self._database.run(_TELL, kind=kind, payload=event.SerializeToString())
        with psycopg.connect(self._database.url, autocommit=True) as connection:
            connection.execute("NOTIFY events")

    def _megabytes(self) -> dict[str, float]:
        return {name: cpu.proportional_megabytes(pid) for name, pid in self._pids.items()}


def _item(user_id: UUID) -> NewItem:
    words = ("announcement", "announcements", "en", "News", "A new course is there.", "")
    return NewItem(uuid4(), user_id, *words, 90)


def main() -> None:
    """Measure on a stack of its own, or on one that runs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--streams", type=int, default=10_000)
    parser.add_argument("--stack", nargs=2, metavar=("STATE", "PORT"))
    asked = parser.parse_args()
    if asked.stack:
        stack = support.Stack(Path(asked.stack[0]), int(asked.stack[1]))
        asyncio.run(Bench(stack, asked.streams).run())
        return
    with support.started() as stack:
        asyncio.run(Bench(stack, asked.streams).run())


if __name__ == "__main__":
    main()

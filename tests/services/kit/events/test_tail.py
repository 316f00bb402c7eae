from __future__ import annotations

import asyncio

import pytest

from services.kit.errors import DatabaseUnavailable
from services.kit.events.position import BEGINNING, Position
from services.kit.events.table import Record
from services.kit.events.tail import ANY, KEPT, Tail

KIND, OTHER = "stellr.auth.v1.PersonErased", "stellr.auth.v1.SessionEnded"


def record(event_id: int, kind: str = KIND) -> Record:
    return Record(Position(event_id, event_id), kind, b"", "")


def ids(records: list[Record]) -> list[int]:
    return [found.position.event_id for found in records]


def test_it_tells_the_kinds_that_are_asked_for() -> None:
    tail = Tail(BEGINNING)
    tail.add([record(1), record(2, OTHER), record(4)])
    assert ids(tail.after(BEGINNING, {KIND})) == [1, 4]
    assert ids(tail.after(Position(1, 1), {KIND, OTHER})) == [2, 4]
    assert ids(tail.after(Position(4, 4), {KIND})) == []
    assert tail.head == Position(4, 4)


def test_it_is_bounded_and_knows_whom_it_overtook() -> None:
    tail = Tail(BEGINNING)
    for event_id in range(1, 10 * KEPT):
        tail.add([record(event_id)])
    newest = tail.head
    assert not tail.reaches(BEGINNING)
    oldest = next(n for n in range(newest.event_id) if tail.reaches(Position(n, n)))
    assert KEPT <= newest.event_id - oldest <= 2 * KEPT
    assert ids(tail.after(Position(oldest, 0), {KIND})) == [*range(oldest + 1, newest.event_id + 1)]


def test_who_waits_is_woken_by_its_kinds_alone() -> None:
    async def run() -> tuple[set[str], set[str]]:
        tail = Tail(BEGINNING)
        tasks = {kind: asyncio.ensure_future(tail.wait({kind})) for kind in (KIND, OTHER, ANY)}
        await asyncio.sleep(0)
        tail.add([record(1, OTHER)])
        await asyncio.wait(tasks.values(), timeout=0.05)
        woken = {kind for kind, task in tasks.items() if task.done()}
        tail.end()
        await asyncio.wait(tasks.values())
        failed = {kind for kind, task in tasks.items() if task.exception()}
        with pytest.raises(DatabaseUnavailable):
            await tail.wait({KIND})
        return woken, failed

    assert asyncio.run(run()) == ({OTHER, ANY}, {KIND})

"""Waiting for what PostgreSQL says by itself (NOTIFY).

psycopg's own waiting looks ten times a second, so that Ctrl-C can end it. On an event loop that is
not needed, and a process that is idle need not wake up for it.
"""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg


async def wait_for_signal(
    connection: psycopg.AsyncConnection[Any], wake: asyncio.Event, seconds: float
) -> None:
    """Wait until something has come on a connection, or `wake` is set, at most so many seconds.

    `wake` is clear then. What the connection had read before is its `notifies(timeout=0)`.
    """
    loop, socket = asyncio.get_running_loop(), connection.fileno()
    loop.add_reader(socket, wake.set)
    try:
        async with asyncio.timeout(seconds):
            await wake.wait()
    except TimeoutError:
        pass
    finally:
        loop.remove_reader(socket)
    wake.clear()

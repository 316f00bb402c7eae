"""PostgreSQL on a state, by itself: for commands that need its databases while nothing runs."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from edge.local import parts, postgres
from edge.local.connections import RESERVE
from edge.local.state import State
from edge.local.supervisor import Supervisor

STOP_SECONDS = 60.0


def start(supervisor: Supervisor, server: postgres.Postgres, max_connections: int) -> None:
    """Start the server and wait until it is ready. Raises StartError."""
    postgres.grant_access(server)
    main = partial(_serve, server, max_connections)
    address = str(server.socket_dir)
    part = supervisor.start("postgres", "postgres", address, main, signal.SIGINT)
    supervisor.wait_for("postgres", lambda: postgres.is_ready(server, part.pid or 0))


def make_cluster(supervisor: Supervisor, server: postgres.Postgres) -> None:
    """Make the data directory. Raises StartError."""
    if parts.finish(supervisor.fork("initdb", partial(postgres.initdb, server))):
        raise supervisor.failure("initdb", "could not make the database directory")
    postgres.finish_initdb(server)


@contextmanager
def running(state: State, held: int) -> Iterator[postgres.Postgres]:
    """The server of a state whose lock the caller holds by this descriptor.

    Makes the data directory where there is none. The caller holds signals back
    (`signals.blocked`). Raises StartError, StopRequested.
    """
    supervisor = Supervisor(state, held=[held])
    server = postgres.make_postgres(state)
    try:
        postgres.clear_leftovers(server)
        if postgres.needs_initdb(server):
            make_cluster(supervisor, server)
        start(supervisor, server, 2 * RESERVE)
        yield server
    finally:
        parts.stop(supervisor.parts, STOP_SECONDS)
        postgres.remove_socket_dir(server)


def _serve(server: postgres.Postgres, max_connections: int) -> int:
    postgres.clear_leftovers(server)
    return postgres.serve(server, max_connections)

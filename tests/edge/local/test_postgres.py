import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import psycopg
import pytest

from edge.local import postgres, processes
from edge.local.databases import create
from edge.local.errors import StartError
from edge.local.parts import finish
from edge.local.state import State, open_state

Server = postgres.Postgres


@pytest.fixture(name="state")
def _state(tmp_path: Path) -> State:
    return open_state(tmp_path / "state")


@pytest.fixture(name="server")
def _server(state: State) -> Iterator[Server]:
    server = postgres.make_postgres(state)
    yield server
    postgres.remove_socket_dir(server)


def make_data(server: Server, state: State) -> None:
    assert finish(processes.fork(partial(postgres.initdb, server), state.log("initdb"))) == 0
    postgres.finish_initdb(server)
    postgres.grant_access(server)


def run(server: Server, state: State) -> int:
    pid = processes.fork(partial(postgres.serve, server, 20), state.log("postgres"))
    wait(lambda: postgres.is_ready(server, pid))
    return pid


def wait(ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not ready():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_it_serves_over_its_private_socket_and_stops(server: Server, state: State) -> None:
    assert postgres.needs_initdb(server)
    make_data(server, state)
    assert not postgres.needs_initdb(server)
    pid = run(server, state)
    try:
        create(server.url("postgres"), "stellr_auth")
        create(server.url("postgres"), "stellr_auth")
        with psycopg.connect(server.url("stellr_auth")) as connection:
            assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
            assert connection.execute("SHOW fsync").fetchone() == ("on",)
            assert connection.execute("SHOW max_connections").fetchone() == ("20",)
    finally:
        os.kill(pid, signal.SIGINT)
        assert finish(pid) == 0


@pytest.mark.parametrize(
    ("path", "taken"),
    [
        ("/var/lib/stellr/academy/socket", True),
        ("/" + "a" * (postgres.LONGEST_SOCKET_DIR - 1), True),
        ("/" + "a" * postgres.LONGEST_SOCKET_DIR, False),
        ("/home/ann/old, and new/socket", False),
    ],
)
def test_a_socket_has_a_short_and_plain_place(path: str, taken: bool) -> None:
    assert postgres.takes_a_socket(Path(path)) is taken


def test_the_socket_is_in_the_state_where_it_fits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Gone when its user logs out.
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with tempfile.TemporaryDirectory(prefix="stellr-test-", dir="/tmp") as short:
        state = open_state(Path(short))
        assert postgres.make_postgres(state).socket_dir == state.socket
        (state.socket / "left.behind").touch()
        server = postgres.make_postgres(state)
        assert list(state.socket.iterdir()) == []
        postgres.remove_socket_dir(server)
        assert not state.socket.exists()
    long = open_state(tmp_path / "a, b")
    server = postgres.make_postgres(long)
    assert server.socket_dir.parent == Path(tempfile.gettempdir())
    postgres.remove_socket_dir(server)


def test_a_server_left_behind_is_stopped(server: Server, state: State) -> None:
    make_data(server, state)
    pid = run(server, state)
    # It stays our child here, so it is reaped while `clear_leftovers` waits for its end.
    postgres.clear_leftovers(server)
    assert not (server.data / "postmaster.pid").exists()
    assert finish(pid) == 0


def test_a_stale_pid_file_of_another_program_is_removed(server: Server) -> None:
    server.data.mkdir()
    (server.data / "postmaster.pid").write_text(f"{os.getpid()}\n")
    postgres.clear_leftovers(server)
    assert not (server.data / "postmaster.pid").exists()


def test_a_killed_initdb_leaves_no_broken_directory(server: Server) -> None:
    half = server.data.with_name("pg.new")
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    assert postgres.needs_initdb(server)


def test_a_directory_of_something_else_is_refused(server: Server) -> None:
    server.data.mkdir()
    (server.data / "notes.txt").write_text("mine")
    with pytest.raises(StartError, match=r"is broken: .*PG_VERSION: no such file"):
        postgres.needs_initdb(server)


def test_another_version_is_refused(server: Server) -> None:
    server.data.mkdir()
    (server.data / "PG_VERSION").write_text("15\n")
    with pytest.raises(StartError, match="of PostgreSQL '15', this is PostgreSQL 18"):
        postgres.needs_initdb(server)


def test_a_directory_without_its_control_file_is_refused(server: Server) -> None:
    (server.data / "global").mkdir(parents=True)
    (server.data / "PG_VERSION").write_text("18\n")
    with pytest.raises(StartError, match=r"is broken: .*pg_control: no such file"):
        postgres.needs_initdb(server)
    (server.data / "global" / "pg_control").write_bytes(bytes(10))
    with pytest.raises(StartError, match=r"is broken: cut off pg_control"):
        postgres.needs_initdb(server)


def test_a_link_to_nowhere_is_refused(server: Server) -> None:
    server.data.symlink_to("nowhere")
    with pytest.raises(StartError, match=r"is broken: .*no such file"):
        postgres.needs_initdb(server)

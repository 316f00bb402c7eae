import socket
from pathlib import Path

import pytest

from edge.local.ports import HOST
from edge.local.stack import Stack
from edge.local.state import open_state
from edge.local.supervisor import Supervisor


def openid_port(root: Path) -> int:
    """Where the local OpenID provider listens in one run on a state."""
    state = open_state(root)
    run = Stack(state, 8080, 1, Supervisor(state, held=[]))
    port = run._reserve_openid().port
    run.supervisor.close_ports()
    return port


@pytest.mark.parametrize(
    ("chosen", "url"),
    [("", "http://127.0.0.1:8080"), ("https://a.example/", "https://a.example")],
)
def test_the_address_of_the_door_has_no_slash_at_its_end(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, chosen: str, url: str
) -> None:
    monkeypatch.setenv("STELLR_PUBLIC_URL", chosen)
    state = open_state(tmp_path)
    assert Stack(state, 8080, 1, Supervisor(state, held=[]))._url_of_door() == url


def test_the_local_openid_provider_stays_where_it_is(tmp_path: Path) -> None:
    first = openid_port(tmp_path)
    assert first != 8082
    assert openid_port(tmp_path) == first
    with socket.create_server((HOST, first)):
        assert openid_port(tmp_path) != first
    assert openid_port(tmp_path) == first
    assert openid_port(tmp_path / "another") != first


def test_it_stops_in_good_order_on_a_disk_that_cannot_be_written(tmp_path: Path) -> None:
    state = open_state(tmp_path)
    run = Stack(state, 8080, 1, Supervisor(state, held=[]))
    address = run.supervisor.reserve().address
    # As of a file that cannot be removed.
    state.run_file.mkdir()
    run.stop()
    host, _, port = address.partition(":")
    with socket.create_server((host, int(port))):
        pass

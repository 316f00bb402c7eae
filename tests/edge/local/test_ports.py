import ipaddress
import socket

import pytest

from edge.local import ports
from edge.local.errors import StartError
from edge.local.ports import (
    HOST,
    Reservation,
    free_pair,
    listens,
    local_host,
    public_host,
    read_host,
    reserve,
    reserve_row,
)


def test_a_reserved_port_swallows_no_connection() -> None:
    with reserve() as reserved:
        assert not listens(reserved.address)


def test_a_server_may_listen_on_a_reserved_port() -> None:
    with reserve() as reserved, socket.create_server((HOST, reserved.port)) as server:
        for _ in range(20):
            with socket.create_connection((HOST, reserved.port), timeout=1):
                server.settimeout(1)
                server.accept()[0].close()


def test_nobody_else_is_given_a_reserved_port() -> None:
    with (
        reserve() as reserved,
        socket.socket() as other,
        pytest.raises(OSError, match="in use"),
    ):
        other.bind((HOST, reserved.port))


def test_a_port_in_use_is_named() -> None:
    with socket.create_server((HOST, 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(StartError, match=f"Port {port} cannot be used: address already in use"):
            reserve(port)


def test_a_row_is_ports_one_after_the_other_to_listen_on() -> None:
    row = reserve_row(3)
    assert [each.port - row[0].port for each in row] == [0, 1, 2]
    for reserved in row:
        with reserved:
            socket.create_server((HOST, reserved.port)).close()


def test_a_row_gives_way_to_who_has_its_second_port(monkeypatch: pytest.MonkeyPatch) -> None:
    first, taken = reserve_row(2)
    first.close()
    offered = iter([taken.port - 1])

    def offering(port: int = 0, *, unreserved: bool = False) -> Reservation:
        return reserve(port or next(offered, 0), unreserved=unreserved)

    monkeypatch.setattr(ports, "reserve", offering)
    with taken:
        one, two = reserve_row(2)
        with one, two:
            assert one.port != taken.port - 1
            assert two.port == one.port + 1


def test_where_others_reach_what_is_bound() -> None:
    assert (local_host("0.0.0.0"), local_host("192.0.2.7")) == (HOST, "192.0.2.7")
    assert public_host("192.0.2.7") == "192.0.2.7"
    assert public_host(HOST) == HOST
    ipaddress.IPv4Address(public_host("0.0.0.0"))


def test_a_port_beside_one_that_is_taken() -> None:
    with reserve() as taken:
        free = free_pair(taken.port)
        if free is not None:
            assert free > taken.port
            for port in (free, free + 1):
                socket.create_server((HOST, port)).close()


def test_a_host_is_an_address() -> None:
    assert read_host("localhost") == HOST
    assert read_host("0.0.0.0") == "0.0.0.0"
    with pytest.raises(ValueError, match="academy is no IPv4 address"):
        read_host("academy")

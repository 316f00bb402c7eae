import socket
from collections.abc import Callable

import pytest

from services.gateway import processes
from services.gateway.processes import Processes, is_own, resolved
from services.kit.process.settings import Settings

Names = dict[str, list[str]]


@pytest.fixture(name="names")
def _names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """Who has which addresses."""
    known: Names = {}

    def look_up(host: str, port: int, *_: object) -> list[object]:
        if host not in known:
            raise socket.gaierror
        return [(socket.AF_INET, 1, 6, "", (each, port)) for each in known[host]]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(processes, "KNOWN_SECONDS", 0.0)
    return known


@pytest.fixture(name="told")
def _told(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Processes]:
    def make(target: str) -> Processes:
        monkeypatch.setenv("STELLR_TARGET_COURSE", target)
        return Processes(Settings(), ["course"])

    return make


def test_a_name_stands_for_those_who_have_it_now(
    names: Names, told: Callable[[str], Processes]
) -> None:
    everyone = told("course:50051,10.0.0.9:7")
    assert [each.address for each in everyone] == ["course:50051", "10.0.0.9:7"]
    names["course"] = ["10.0.0.2", "10.0.0.1"]
    first, *others = everyone
    assert first.address == "10.0.0.1:50051"
    assert [each.address for each in others] == ["10.0.0.2:50051", "10.0.0.9:7"]
    names["course"] = ["10.0.0.3", "10.0.0.1"]
    # Who stays keeps its channel.
    assert next(iter(everyone)) is first
    assert [each.address for each in everyone][1] == "10.0.0.3:50051"


def test_a_number_is_not_looked_up(names: Names) -> None:
    names["10.0.0.1"] = ["10.0.0.2"]
    assert resolved("10.0.0.1:50051") == ["10.0.0.1:50051"]


@pytest.mark.parametrize(
    ("address", "listen", "own"),
    [
        ("127.0.0.1:4001", "127.0.0.1:4001", True),
        ("127.0.0.1:4002", "127.0.0.1:4001", False),
        ("127.0.0.1:4001", "0.0.0.0:4001", True),
        ("192.0.2.1:4001", "0.0.0.0:4001", False),
        ("127.0.0.1:4002", "0.0.0.0:4001", False),
    ],
)
def test_a_process_knows_itself(address: str, listen: str, own: bool) -> None:
    assert is_own(address, listen) is own

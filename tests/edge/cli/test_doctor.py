import json
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.cli.doctor import doctor
from edge.doctor import academy, machine
from edge.doctor.finding import Grade
from edge.local.ports import HOST
from edge.local.state import lock, open_state
from tests.edge.envoy.test_tls import certify
from tests.support import free_port


def test_python_is_new_enough_or_told() -> None:
    assert machine.python().grade == Grade.OK
    old = machine.python((3, 10, 4))
    assert (old.grade, old.text.split(" on ")[0]) == (Grade.BAD, "Python 3.10.4")
    assert "Install Python 3.11" in old.mend


def test_programs_are_there_and_run(tmp_path: Path) -> None:
    assert [each.grade for each in machine.programs()] == [Grade.OK, Grade.OK]
    missing = machine.program("Envoy", lambda: tmp_path / "envoy")
    assert (missing.grade, missing.mend) == (Grade.BAD, machine.installing())
    (tmp_path / "envoy").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "envoy").chmod(0o700)
    assert machine.program("Envoy", lambda: tmp_path / "envoy").grade == Grade.BAD


def test_what_is_broken_is_installed_anew_as_it_was_installed(tmp_path: Path) -> None:
    assert "pipx reinstall stellr-academy" in machine.installing(tmp_path)
    (tmp_path / "Makefile").touch()
    assert f"make -C {tmp_path} build" in machine.installing(tmp_path)


# For a folder that is closed to this user, which no folder is to root, which tests may run as.
def test_a_path_that_cannot_be_looked_at_is_no_traceback(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 1000)
    assert machine.disk(path, 10**10).grade == Grade.OK
    assert [each.grade for each in academy.state(path)] == [Grade.OK]


@pytest.mark.parametrize(
    ("free", "grade"),
    [(10**10, Grade.OK), (10**9, Grade.WARNING), (10**8, Grade.BAD)],
)
def test_room_on_the_disk(tmp_path: Path, free: int, grade: Grade) -> None:
    assert machine.disk(tmp_path / "not" / "yet", free).grade == grade


def test_a_clock_that_is_long_behind(tmp_path: Path) -> None:
    assert machine.clock().grade != Grade.BAD
    wrong = machine.clock(0.0)
    assert (wrong.grade, wrong.text[:10]) == (Grade.BAD, "1970-01-01")


def test_who_has_the_port_is_to_be_stopped() -> None:
    port = free_port()
    assert machine.ports(port, HOST).grade == Grade.OK
    with socket.create_server((HOST, port + 1)):
        found = machine.ports(port, HOST)
    assert (found.grade, f"Port {port + 1} cannot be used" in found.text) == (Grade.BAD, True)
    assert "STELLR_PORT=" in found.mend


def test_the_port_of_tls_is_to_be_free_where_it_is_spoken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    certify(cert, key)
    port = free_port()
    monkeypatch.setenv("STELLR_TLS_PORT", str(port))
    arguments = ["--json", "--state", str(tmp_path / "state"), "--port", str(free_port())]
    with socket.create_server((HOST, port)):
        assert "STELLR_TLS_PORT" not in CliRunner().invoke(doctor, arguments).stdout
        monkeypatch.setenv("STELLR_TLS_CERT", str(cert))
        monkeypatch.setenv("STELLR_TLS_KEY", str(key))
        told = json.loads(CliRunner().invoke(doctor, arguments).stdout)
    (found,) = (each for each in told if f"Port {port} cannot be used" in each["text"])
    assert (found["grade"], "STELLR_TLS_PORT" in found["mend"]) == (Grade.BAD, True)


def test_contracts_that_were_not_built(tmp_path: Path) -> None:
    assert machine.contracts().grade == Grade.OK
    assert machine.contracts(tmp_path / "none").grade == Grade.BAD


def test_a_key_that_others_read_is_told(tmp_path: Path) -> None:
    state = open_state(tmp_path / "state")
    key = state.keys / "secret"
    key.touch(mode=0o600)
    (found,) = academy.state(state.root)
    assert found.grade == Grade.OK
    key.chmod(0o644)
    (found,) = academy.state(state.root)
    assert (found.grade, found.mend) == (Grade.BAD, f"chmod go= {key}")


def test_a_mail_server_is_asked_and_told_nothing_secret() -> None:
    port = free_port()
    (found,) = academy.mail_server({"STELLR_SMTP_URL": f"smtp://me:secret@127.0.0.1:{port}"})
    assert (found.grade, f"127.0.0.1:{port} does not answer" in found.text) == (Grade.BAD, True)
    assert "secret" not in f"{found.text}{found.mend}"
    assert academy.mail_server({})[0].grade == Grade.OK


def test_a_database_that_is_away() -> None:
    url = f"postgresql://me:secret@127.0.0.1:{free_port()}/stellr"
    (found,) = academy.databases({"STELLR_DATABASE_URL_AUTH": url})
    assert (found.grade, "secret" in found.text) == (Grade.BAD, False)
    assert academy.databases({"STELLR_DATABASE_URL_AUTH": ""}) == []


def test_a_database_that_a_file_names(tmp_path: Path) -> None:
    url = f"postgresql://me:secret@127.0.0.1:{free_port()}/stellr"
    (tmp_path / "stellr_database_url_auth").write_text(url)
    (found,) = academy.databases({"STELLR_SECRETS_DIR": str(tmp_path)})
    assert (found.grade, found.text.split(":")[0]) == (Grade.BAD, "STELLR_DATABASE_URL_AUTH")


def test_all_of_it_for_programs_with_the_exit_status(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STELLR_PROT", "1")
    arguments = ["--json", "--state", str(tmp_path / "state"), "--port", str(free_port())]
    done = CliRunner().invoke(doctor, arguments)
    found = {each["name"]: each for each in json.loads(done.stdout)}
    assert done.exit_code == 0
    assert "Did you mean STELLR_PORT?" in found["settings"]["text"]
    monkeypatch.setenv("STELLR_THREADS", "0")
    assert CliRunner().invoke(doctor, arguments).exit_code == 1


def test_a_state_in_use_has_its_ports(tmp_path: Path) -> None:
    state = open_state(tmp_path)
    assert not academy.is_running(tmp_path)
    with open(lock(state)):
        assert academy.is_running(tmp_path)

"""The files that a host reads: deploy/server and render.yaml."""

import re
import shutil
import socket
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.specifiers import SpecifierSet

from edge import registry
from edge.cli.main import main
from edge.config.checking import unknown
from edge.local.postgres import takes_a_socket
from edge.local.state import State
from tests.edge.envoy.running import listens, running_door
from tests.support import ROOT, eventually

SERVER = ROOT / "deploy" / "server"
UNITS = sorted((*SERVER.glob("*.service"), *SERVER.glob("*.timer")))
SCRIPTS = sorted(SERVER.glob("*.sh"))
COMMAND = re.compile(r"\.venv/bin/stellr (\w+)")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd")
def test_systemd_knows_all_of_its_units(tmp_path: Path) -> None:
    for unit in UNITS:
        text = unit.read_text().replace("/opt/stellr/.venv/bin/stellr", "/bin/true")
        (tmp_path / unit.name).write_text(text)
    command = ["systemd-analyze", "verify", *map(str, tmp_path.iterdir())]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.strip()) == (0, "")


def test_units_find_the_academy_and_each_other() -> None:
    academy, backup = (
        (SERVER / f"{name}.service").read_text() for name in ("stellr", "stellr-backup")
    )
    (state,) = {*re.findall(r"STELLR_STATE=(\S+)", academy + backup)}
    # A restore is built beside, in a folder that the user may write to.
    assert str(Path(state).parent) == f"/var/lib/{_of(academy, 'StateDirectory')}"
    # The backup has a /tmp of its own, where it would not find PostgreSQL's socket.
    assert takes_a_socket(State(Path(state)).socket)


def _of(unit: str, name: str) -> str:
    (value,) = re.findall(rf"^{name}=(.*)$", unit, re.MULTILINE)
    return str(value)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_of_a_plain_shell(script: Path) -> None:
    subprocess.run(["sh", "-n", str(script)], check=True)
    assert script.stat().st_mode & 0o111


def test_commands_of_hosts_are_there() -> None:
    files = (*UNITS, ROOT / "render.yaml")
    named = {name for path in files for name in COMMAND.findall(path.read_text())}
    assert named == {"up", "backup"}
    assert named <= main.commands.keys()


def test_an_update_reaches_every_service() -> None:
    told = re.search(r'^services="(.*)"$', (SERVER / "update.sh").read_text(), re.MULTILINE)
    assert told
    assert sorted(told[1].split()) == sorted(registry.SERVICES)


def test_an_update_has_envoy_finish_what_is_under_way(tmp_path: Path) -> None:
    told = re.search(
        r"^drain='(.*?)'$", (SERVER / "update.sh").read_text(), re.MULTILINE | re.DOTALL
    )
    assert told
    script = told[1].replace("sleep 5", "sleep 0").replace("1 2 3", "{1..60}")
    with (
        running_door(tmp_path) as ports,
        socket.create_connection(("127.0.0.1", ports.public)) as call,
    ):
        call.sendall(
            b"POST /login HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
            b"content-length: 2\r\n\r\n{"
        )
        command = ["bash", "-ceu", script.replace("/9901", f"/{ports.admin}")]
        with subprocess.Popen(command) as drain:
            eventually(lambda: not listens(ports.public), 20)
            assert drain.poll() is None
            call.sendall(b"}")
            assert call.recv(1000).startswith(b"HTTP/1.1 503 ")
            assert drain.wait(20) == 0


def test_an_update_asks_envoy_what_it_read() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    # Not by what was there before this run, which may follow one that was broken off.
    noted = re.search(r"(cksum \*) > (/tmp/\w+)", compose["envoy"]["command"][-1])
    assert noted
    assert f'"$({noted[1]})" = "$(cat {noted[2]})"' in (SERVER / "update.sh").read_text()


def test_the_platform_is_told_what_exists() -> None:
    (service,) = yaml.safe_load((ROOT / "render.yaml").read_text())["services"]
    told = {each["key"]: each.get("value") for each in service["envVars"]}
    assert unknown(told) == []
    assert all(value is None or isinstance(value, str) for value in told.values())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert told["PYTHON_VERSION"] in SpecifierSet(project["requires-python"])
    # The data outlive a deploy, and the door is where the platform looks for it.
    assert str(told["STELLR_STATE"]).startswith(f"{service['disk']['mountPath']}/")
    assert told["STELLR_PORT"] == told["PORT"]
    assert service["healthCheckPath"] == "/readyz"

"""An Envoy of a test's own, as the project renders it."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from edge.envoy import render
from edge.envoy.settings import DoorSettings
from edge.local import binaries
from edge.local.ports import reserve
from edge.registry import SERVICES
from tests.support import eventually

# Nobody listens there.
NOBODY = {name: ["127.0.0.1:1"] for name in SERVICES}


@contextmanager
def running_door(
    folder: Path,
    targets: Mapping[str, Sequence[str]] = NOBODY,
    door: DoorSettings | None = None,
) -> Iterator[render.Ports]:
    """An Envoy of one thread that listens; its ports."""
    reserved = [reserve() for _ in range(3)]
    ports = render.Ports(*(each.port for each in reserved))
    render.write(folder, ports, targets, door)
    options = ["-c", "envoy.yaml", "--disable-hot-restart", "--concurrency", "1"]
    command = [str(binaries.envoy()), *options, "--log-level", "error"]
    with (folder / "log").open("w") as log:
        envoy = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        eventually(lambda: listens(ports.public), 20)
        yield ports
    finally:
        envoy.terminate()
        envoy.wait(10)
        for each in reserved:
            each.close()


def listens(port: int) -> bool:
    """Whether a connection to the port comes about."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from edge.deploying import healthy
from services.kit.http.paths import HEALTH
from tests.support import free_port


class Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(self.server.status if self.path == HEALTH else 404)  # type: ignore[attr-defined]
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(name="server")
def _server() -> Iterator[HTTPServer]:
    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_a_process_is_as_healthy_as_it_says(server: HTTPServer) -> None:
    for status, expected in ((200, True), (503, False)):
        server.status = status  # type: ignore[attr-defined]
        assert healthy.healthy(f"127.0.0.1:{server.server_port}") is expected
        assert healthy.healthy(f"0.0.0.0:{server.server_port}") is expected
    assert not healthy.healthy(f"127.0.0.1:{free_port()}")
    assert not healthy.healthy("")


def test_it_runs_without_any_package(server: HTTPServer) -> None:
    server.status = 200  # type: ignore[attr-defined]
    script = [sys.executable, "-I", "-S", str(Path(healthy.__file__))]
    own = {"STELLR_HEALTH_LISTEN": f"127.0.0.1:{server.server_port}"}
    assert subprocess.run(script, env=own, check=False).returncode == 0
    assert subprocess.run(script, env={}, check=False).returncode == 1

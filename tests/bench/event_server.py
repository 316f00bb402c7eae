"""A process of auth that tells its events and does nothing else: `... URL KEYS_FOLDER PORT`."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from services.kit.logs import configure_logs
from services.kit.process.main import make_server
from services.kit.process.runtime import Runtime
from services.kit.process.service import Domain
from services.kit.process.settings import Settings


def main() -> None:
    """Serve until SIGTERM."""
    url, folder, port = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    configure_logs("auth", "WARNING")
    settings = Settings(
        database_url=url,
        key_file=folder / "auth.pem",
        mesh_keys_file=folder / "mesh.json",
        secret_file=folder / "secret",
    )
    runtime = Runtime("auth", settings, has_database=True)
    server = make_server(runtime, Domain(servicers=()))
    runtime.supervisor.start()
    runtime.events.start(runtime.supervisor)
    server.start(f"127.0.0.1:{port}")
    print("serving", flush=True)
    signal.sigwait({signal.SIGTERM})


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    main()

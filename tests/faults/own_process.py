"""A service process of a test's own, beside those of the stack."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.kit.data.database import Database
from services.kit.rpc.clients import streams_of
from tests.support import PATIENCE, STELLR, Stack

PATIENCE_SECONDS = 5.0 * PATIENCE
# A connection that nobody else uses, and whose windows do not grow with what is read.
OF_ITS_OWN = [("grpc.use_local_subchannel_pool", 1), ("grpc.http2.bdp_probe", 0)]
SERVING = health_pb2.HealthCheckResponse.SERVING


@contextmanager
def process_of(
    service: str, stack: Stack, database: Database, address: str, home: Path, **settings: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that was told only what it cannot do without, and these settings (`smtp_url`)."""
    keys = stack.state / "keys"
    told = {
        "LISTEN": address,
        "DATABASE_URL": database.url,
        "KEY_FILE": str(keys / f"{service}.pem"),
        "MESH_KEYS_FILE": str(keys / "mesh.json"),
        "SECRET_FILE": str(keys / "secret"),
        "TARGET_AUTH": stack.target("auth"),
        **{name.upper(): value for name, value in settings.items()},
    }
    others = {name: value for name, value in os.environ.items() if not name.startswith("STELLR_")}
    environ = others | {f"STELLR_{name}": value for name, value in told.items()}
    with subprocess.Popen([STELLR, "serve", service], cwd=home, env=environ) as process:
        try:
            yield process
        finally:
            # At once: nobody needs to notice. A test may have killed it.
            killed = process.poll() == -signal.SIGKILL
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0 or killed


def serves(address: str) -> bool:
    """Whether a process says on both of its ports that calls are welcome."""
    request = health_pb2.HealthCheckRequest()
    states = set()
    for port in (address, streams_of(address)):
        with grpc.insecure_channel(port, options=OF_ITS_OWN) as channel:
            health = health_pb2_grpc.HealthStub(channel)
            try:
                reply = health.Check(request, timeout=PATIENCE_SECONDS, wait_for_ready=True)
            except grpc.RpcError:
                return False
            states.add(reply.status)
    return states == {SERVING}

"""The echo server: grpcio's thread pool and nothing else."""

from __future__ import annotations

import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc


def main() -> None:
    """Serve on the address given until SIGTERM."""
    server = grpc.server(ThreadPoolExecutor(8))
    echo: Any = grpc.unary_unary_rpc_method_handler(lambda request, _: request)
    handler = grpc.method_handlers_generic_handler("stellr.bench.v1.EchoService", {"Echo": echo})
    server.add_generic_rpc_handlers((handler,))
    server.add_insecure_port(sys.argv[1])
    server.start()
    signal.sigwait({signal.SIGTERM})
    server.stop(1).wait()


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    main()

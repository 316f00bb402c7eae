"""How soon services refuse the token of a session that ended: `python -m tests.bench.revocation`.

Each round signs somebody in and out. Once the sign-out is answered, a thread for each service asks
it with the person's token until it is refused.
"""

from __future__ import annotations

import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import grpc

from edge import registry
from tests import support

ROUNDS = 50
# Ten logins a minute are taken from an account.
PAUSE_SECONDS = 6.0
LONGEST_SECONDS = 5.0
METHOD = "/stellr.runtime.v1.RuntimeService/GetMetrics"


def delay(stack: support.Stack, service: str, token: str, began: float) -> float:
    """Seconds until the service refuses the token."""
    with stack.mesh("gateway", service) as mesh:
        metadata = [*mesh.metadata(), ("authorization", f"Bearer {token}")]
    with grpc.insecure_channel(stack.target(service)) as channel:
        while True:
            asked = time.monotonic()
            code = _code(channel, metadata)
            if code is grpc.StatusCode.UNAUTHENTICATED or asked - began > LONGEST_SECONDS:
                return asked - began


def _code(channel: grpc.Channel, metadata: list[tuple[str, str]]) -> grpc.StatusCode:
    try:
        channel.unary_unary(METHOD)(b"", metadata=metadata, timeout=LONGEST_SECONDS)
    except grpc.RpcError as error:
        code: grpc.StatusCode = error.code()
        return code
    return grpc.StatusCode.OK


def main() -> None:
    """Measure and print, by service."""
    with support.started() as stack, ThreadPoolExecutor(len(registry.SERVICES)) as pool:
        person, visitor = support.register(stack), support.Visitor(stack)
        found: dict[str, list[float]] = {name: [] for name in registry.SERVICES}
        for _ in range(ROUNDS):
            body = {"email": person.email, "password": person.password}
            token = visitor.post("/login", body).json()["accessToken"]
            support.Visitor(stack, token).post("/logout")
            began = time.monotonic()
            waits = {name: pool.submit(delay, stack, name, token, began) for name in found}
            for name, wait in waits.items():
                found[name].append(wait.result())
            time.sleep(PAUSE_SECONDS)
        report(found)


def report(found: dict[str, list[float]]) -> None:
    """Print p50, p99 and the longest in ms."""
    for name, seconds in [*found.items(), ("all", [s for each in found.values() for s in each])]:
        cuts = statistics.quantiles(seconds, n=100)
        values = (statistics.median(seconds), cuts[98], max(seconds))
        print(f"{name:14}", *(f"{value * 1000:8.1f} ms" for value in values))


if __name__ == "__main__":
    main()

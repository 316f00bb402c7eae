"""`stellr status`: what runs, where, and whether it serves."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from edge.cli.options import find_stack, stack_options
from edge.local.ports import answers_http, answers_postgres, listens
from edge.local.running import RunningPart, RunningStack
from edge.local.state import State

HEALTH_SECONDS = 2.0
SERVING, DEGRADED, UNREACHABLE = "serving", "degraded", "unreachable"
EPILOG = """\b
Examples:
  stellr status
  stellr status --json | jq -r '.parts[] | select(.state != "serving") | .name'

\b
Exit status: 0 if all is well; 1 if a part does not serve, is degraded, or nothing runs.
"""


@dataclass(frozen=True)
class PartStatus:
    """How a process is. `state` is "serving", "degraded" or what is wrong in a word or two.

    Degraded: it answers calls, and `standing_still` names what it does beside them that does not
    get on, as mails while no mail server takes any.
    """

    name: str
    service: str
    state: str
    address: str
    pid: int
    http: str = ""
    standing_still: tuple[str, ...] = ()


@click.command(epilog=EPILOG)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@stack_options
def status(as_json: bool, state: Path, port: int | None) -> None:
    """Show every part with its health."""
    stack = find_stack(state, port)
    with ThreadPoolExecutor(len(stack.parts)) as asking:
        parts = list(asking.map(look, stack.parts))
    is_well = all(part.state == SERVING for part in parts)
    if as_json:
        click.echo(json.dumps(document(stack, parts, is_well=is_well), indent=1))
    else:
        for part in parts:
            _tell(part)
        _tell_stack(stack)
    sys.exit(0 if is_well else 1)


def document(stack: RunningStack, parts: list[PartStatus], *, is_well: bool) -> dict[str, object]:
    """All that there is to know, as JSON has it."""
    return {
        "state": stack.state,
        "pid": stack.pid,
        "url": stack.url,
        "operationsUrl": stack.operations_url,
        "well": is_well,
        "parts": [
            {("standingStill" if key == "standing_still" else key): value for key, value in each}
            for each in (asdict(part).items() for part in parts)
        ],
    }


def look(part: RunningPart) -> PartStatus:
    """How a part is now."""
    state, still = health(part)
    if state in (SERVING, DEGRADED) and part.http and not listens(part.http):
        state = "http down"
    return PartStatus(part.name, part.service, state, part.address, part.pid, part.http, still)


def health(part: RunningPart) -> tuple[str, tuple[str, ...]]:
    """The state of a part, and what of its work stands still."""
    if part.service == "postgres":
        return (SERVING if answers_postgres(part.address) else UNREACHABLE), ()
    if part.service in ("envoy", "openid"):
        return (SERVING if answers_http(part.address) else UNREACHABLE), ()
    return _service_health(part.address)


def _service_health(address: str) -> tuple[str, tuple[str, ...]]:
    import grpc  # noqa: PLC0415  heavy, and no other command needs it
    from grpc_health.v1 import health_pb2, health_pb2_grpc  # noqa: PLC0415

    with grpc.insecure_channel(address) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        try:
            answers = _ask(stub)
        except grpc.RpcError:
            return UNREACHABLE, ()
    names = health_pb2.HealthCheckResponse.ServingStatus.Name
    states = {name: names(each.status).lower() for name, each in answers.items()}
    if states[""] != SERVING:
        return states[""].replace("_", " "), ()
    still = tuple(sorted(name for name, state in states.items() if state != SERVING))
    return (DEGRADED if still else SERVING), still


def _ask(stub: Any) -> Mapping[str, Any]:
    """The states of a process by their names, that of the whole being ""."""
    import grpc  # noqa: PLC0415
    from grpc_health.v1 import health_pb2  # noqa: PLC0415

    try:
        listed: Mapping[str, Any] = stub.List(
            health_pb2.HealthListRequest(), timeout=HEALTH_SECONDS
        ).statuses
    except grpc.RpcError as error:
        if error.code() != grpc.StatusCode.UNIMPLEMENTED:
            raise
        return {"": stub.Check(health_pb2.HealthCheckRequest(), timeout=HEALTH_SECONDS)}
    return listed


def _tell(part: PartStatus) -> None:
    http = f"http {part.http}" if part.http else ""
    still = f"{', '.join(part.standing_still)} stand still" if part.standing_still else ""
    line = f"{part.name:<16} {part.state:<12} {part.address:<24} {part.pid:<8} {http} {still}"
    click.echo(line.rstrip())


def _tell_stack(stack: RunningStack) -> None:
    click.echo(f"\n{stack.url}, operations at {stack.operations_url}/metrics")
    address = next(iter(stack.targets("course")), "HOST:PORT")
    click.echo(f"grpcurl -plaintext {address} stellr.course.v1.CourseService/ListCourses")
    if any(part.service == "openid" for part in stack.parts):
        key = State(Path(stack.state)).openid_login_key
        click.echo(f"sign in with OpenID as anybody, by the key in {key}")

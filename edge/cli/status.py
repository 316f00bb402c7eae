"""`stellr status`: what runs, where, and whether it serves."""

import sys
from pathlib import Path

import click

from edge.cli.options import find_stack, stack_options
from edge.local.ports import listens
from edge.local.running import RunningPart, RunningStack
from edge.local.state import State

HEALTH_SECONDS = 2.0
SERVING = "serving"


@click.command()
@stack_options
def status(state: Path, port: int | None) -> None:
    """Show every part with its health; the exit status is 0 if all of them serve."""
    stack = find_stack(state, port)
    states = {part.name: health(part) for part in stack.parts}
    for part in stack.parts:
        _tell(part.name, states[part.name], part.address, part.pid)
        if part.http:
            states[f"{part.name} http"] = _answers(part.http)
            _tell(f"{part.name} http", states[f"{part.name} http"], part.http, part.pid)
    click.echo(f"\n{stack.url}, operations at http://127.0.0.1:{stack.operations_port}/metrics")
    click.echo(_example(stack))
    if any(part.service == "openid" for part in stack.parts):
        key = State(Path(stack.state)).openid_login_key
        click.echo(f"sign in with OpenID as anybody, by the key in {key}")
    sys.exit(0 if all(found == SERVING for found in states.values()) else 1)


def health(part: RunningPart) -> str:
    """How a part is: `serving`, or what is wrong with it in a word or two."""
    if part.service == "postgres":
        alive = Path(part.address, ".s.PGSQL.5432").exists()
        return SERVING if alive else "down"
    if part.service in ("envoy", "openid"):
        return _answers(part.address)
    return _service_health(part.address)


def _answers(address: str) -> str:
    return SERVING if listens(address) else "down"


def _tell(name: str, state: str, address: str, pid: int) -> None:
    click.echo(f"{name:<16} {state:<12} {address:<24} {pid}")


def _service_health(address: str) -> str:
    import grpc  # noqa: PLC0415  heavy, and no other command needs it
    from grpc_health.v1 import health_pb2, health_pb2_grpc  # noqa: PLC0415

    with grpc.insecure_channel(address) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        try:
            answer = stub.Check(health_pb2.HealthCheckRequest(), timeout=HEALTH_SECONDS)
        except grpc.RpcError as error:
            return str(error.code().name.lower())
    name: str = health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)
    return name.lower().replace("_", " ")


def _example(stack: RunningStack) -> str:
    address = next(iter(stack.targets("course")), "HOST:PORT")
    return f"grpcurl -plaintext {address} stellr.course.v1.CourseService/ListCourses"

"""`stellr demo`: the demo course, for an academy whose parts run apart."""

from __future__ import annotations

from pathlib import Path

import click

from edge.cli.options import find_stack, stack_options
from edge.local.state import State


@click.command()
@stack_options
def demo(state: Path, port: int | None) -> None:
    """Load the demo course, once in the life of a state: who removes it is rid of it.

    `stellr up` does so at its first start.
    """
    import grpc  # noqa: PLC0415  heavy, as the rest

    from edge import demo_course  # noqa: PLC0415
    from edge.cli.operator import sentence  # noqa: PLC0415
    from services.kit.errors import DomainError  # noqa: PLC0415

    if State(state).demo_loaded.exists():
        click.echo("the demo course was loaded before")
        return
    try:
        demo_course.load(state, find_stack(state, port))
    except (DomainError, grpc.RpcError) as error:
        raise click.ClickException(sentence("gateway", error)) from error

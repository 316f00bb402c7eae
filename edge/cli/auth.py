"""`stellr auth`: what only an operator may do about signing in."""

from __future__ import annotations

from pathlib import Path

import click

from edge.cli.options import find_stack, stack_options


@click.group()
def auth() -> None:
    """Look after the keys that access tokens are signed with."""


@auth.command("rotate-keys")
@stack_options
def rotate_keys(state: Path, port: int | None) -> None:
    """Sign access tokens with a new key from now on; nobody is signed out."""
    from edge.cli.operator import ask  # noqa: PLC0415  heavy, as the rest
    from stellr.auth.v1.auth_internal_service_pb2 import (  # noqa: PLC0415
        RotateSigningKeysRequest,
    )
    from stellr.auth.v1.auth_internal_service_pb2_grpc import (  # noqa: PLC0415
        AuthInternalServiceStub,
    )

    stack = find_stack(state, port)
    request = RotateSigningKeysRequest()
    kid = ask(stack, "auth", AuthInternalServiceStub, "RotateSigningKeys", request).kid
    click.echo(f"The key {kid} signs from now on.")
    click.echo("Tokens of the one before stay good until they expire.")

"""`stellr certificate`: what only an operator may do about certificates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from edge.cli.options import find_stack, stack_options

PURPOSES = ("document", "credential")


@click.group()
def certificate() -> None:
    """Look after the academy's certificates."""


@certificate.group(invoke_without_command=True)
@click.option("--pem", is_flag=True, help="Also the X.509 certificates and public keys.")
@stack_options
@click.pass_context
def keys(context: click.Context, state: Path, port: int | None, pem: bool) -> None:
    """Show the keys that certificates are signed with; where there are none yet, make them."""
    if context.invoked_subcommand:
        return
    from stellr.certificate.v1.certificate_internal_service_pb2 import (  # noqa: PLC0415
        ListKeysRequest,
    )

    for key in _ask(state, port, "ListKeys", ListKeysRequest()).keys:
        click.echo(_line(key))
        if pem:
            click.echo(key.pem)


@keys.command()
@click.argument("purpose", type=click.Choice(PURPOSES))
@stack_options
def rotate(purpose: str, state: Path, port: int | None) -> None:
    """Sign documents or credentials with a new key from now on."""
    from stellr.certificate.v1.certificate_internal_service_pb2 import (  # noqa: PLC0415
        Purpose,
        RotateKeyRequest,
    )

    request = RotateKeyRequest(purpose=Purpose.Value(f"PURPOSE_{purpose.upper()}"))
    key = _ask(state, port, "RotateKey", request)
    click.echo(f"The key {key.key_id} signs from now on.")
    click.echo("What the ones before signed stays as good as it was.")


def _line(key: Any) -> str:
    from stellr.certificate.v1.certificate_internal_service_pb2 import Purpose  # noqa: PLC0415

    purpose = Purpose.Name(key.purpose).removeprefix("PURPOSE_").lower()
    made = f"{key.create_time.ToDatetime():%Y-%m-%d}"
    return f"{purpose:<10}  {made}  {'signs ' if key.signs else 'signed'}  {key.key_id}"


def _ask(state: Path, port: int | None, method: str, request: Any) -> Any:
    from edge.cli.operator import ask  # noqa: PLC0415  heavy, as the rest
    from stellr.certificate.v1.certificate_internal_service_pb2_grpc import (  # noqa: PLC0415
        CertificateInternalServiceStub,
    )

    stack = find_stack(state, port)
    return ask(stack, "certificate", CertificateInternalServiceStub, method, request)

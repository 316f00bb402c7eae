"""`stellr admin`: what only an operator may do."""

from __future__ import annotations

from pathlib import Path

import click

from edge.cli.options import find_stack, stack_options

ROLES = ("author", "admin")


@click.group()
def admin() -> None:
    """Administer the running stack."""


@admin.command()
@click.argument("email")
@click.argument("role", type=click.Choice(ROLES))
@stack_options
def grant(email: str, role: str, state: Path, port: int | None) -> None:
    """Grant ROLE to the account of EMAIL; granting again changes nothing."""
    import grpc  # noqa: PLC0415  heavy, as the rest

    from edge.cli.operator import connect, sentence  # noqa: PLC0415
    from services.kit.errors import DomainError, NotFound  # noqa: PLC0415
    from services.kit.identity.roles import role_named  # noqa: PLC0415
    from stellr.auth.v1.auth_internal_service_pb2 import GrantRoleRequest  # noqa: PLC0415
    from stellr.auth.v1.auth_internal_service_pb2_grpc import (  # noqa: PLC0415
        AuthInternalServiceStub,
    )

    stack = find_stack(state, port)
    try:
        with connect(stack, "auth") as channel:
            request = GrantRoleRequest(email=email, role=role_named(role))
            account = AuthInternalServiceStub(channel).GrantRole(request)
    except NotFound as error:
        raise click.ClickException(f"There is no account with the address {email}.") from error
    except (DomainError, grpc.RpcError) as error:
        raise click.ClickException(sentence("auth", error)) from error
    roles = ", ".join(account.user.roles)
    click.echo(f"{account.user.email} now has the roles: {roles}.")
    click.echo("Tokens from before are refused; refreshing them, or logging in, gives new ones.")

"""`stellr admin`: what only an operator may do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from edge.cli.options import find_stack, stack_options
from edge.local.running import RunningStack

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
    _change_roles("GrantRole", email, role, find_stack(state, port))


@admin.command()
@click.argument("email")
@click.argument("role", type=click.Choice(ROLES))
@stack_options
def revoke(email: str, role: str, state: Path, port: int | None) -> None:
    """Revoke ROLE of the account of EMAIL; revoking again changes nothing."""
    _change_roles("RevokeRole", email, role, find_stack(state, port))


@admin.command()
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask.")
@stack_options
def erase(email: str, yes: bool, state: Path, port: int | None) -> None:
    """Erase the account of EMAIL and all that the academy keeps of the person, for good."""
    stack = find_stack(state, port)
    if not yes:
        click.confirm(f"Erase {email} for good?", abort=True)
    from stellr.auth.v1.auth_internal_service_pb2 import EraseAccountRequest  # noqa: PLC0415

    _ask("EraseAccount", EraseAccountRequest(email=email), email, stack)
    click.echo(f"{email} is erased here; all services follow within seconds.")


def _change_roles(method: str, email: str, role: str, stack: RunningStack) -> None:
    from services.kit.identity.roles import role_named  # noqa: PLC0415  heavy, as the rest
    from stellr.auth.v1 import auth_internal_service_pb2 as pb  # noqa: PLC0415

    request = getattr(pb, f"{method}Request")(email=email, role=role_named(role))
    account = _ask(method, request, email, stack)
    click.echo(f"{account.user.email} now has the roles: {', '.join(account.user.roles)}.")
    click.echo("Tokens from before are refused; refreshing them, or logging in, gives new ones.")


def _ask(method: str, request: Any, email: str, stack: RunningStack) -> Any:
    import grpc  # noqa: PLC0415

    from edge.cli.operator import connect, sentence  # noqa: PLC0415
    from services.kit.errors import DomainError, NotFound  # noqa: PLC0415
    from stellr.auth.v1.auth_internal_service_pb2_grpc import (  # noqa: PLC0415
        AuthInternalServiceStub,
    )

    try:
        with connect(stack, "auth") as channel:
            return getattr(AuthInternalServiceStub(channel), method)(request)
    except NotFound as error:
        raise click.ClickException(f"There is no account with the address {email}.") from error
    except (DomainError, grpc.RpcError) as error:
        raise click.ClickException(sentence("auth", error)) from error

"""The operator's way into the mesh: channels that carry the identity of the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import grpc

from edge.local.keys import OPERATOR
from edge.local.running import RunningStack
from edge.local.state import State
from services.kit.errors import DomainError
from services.kit.identity.tokens import KeySet, MeshTokens, load_key
from services.kit.process.settings import Settings
from services.kit.rpc.clients import MeshChannel, from_peer


def connect(stack: RunningStack, service: str) -> MeshChannel:
    """A channel to all processes of a service, as the operator of the stack.

    The operator's key lies in the state directory, or where STELLR_KEY_FILE says. Raises
    click.ClickException with one sentence where it cannot be read.
    """
    keys = State(Path(stack.state)).keys
    own, everybody = keys / f"{OPERATOR}.pem", keys / "mesh.json"
    try:
        settings = Settings()
        key = load_key((settings.key_file or own).read_bytes())
        tls = settings.mesh_tls()
    except (OSError, ValueError) as error:
        raise click.ClickException(f"The operator's key cannot be read: {error}.") from error
    file = settings.mesh_keys_file or everybody
    tokens = MeshTokens(OPERATOR, key, KeySet(lambda: json.loads(file.read_text())))
    return MeshChannel(service, ",".join(stack.targets(service)), tokens, tls)


def ask(stack: RunningStack, service: str, stub: Any, method: str, request: Any) -> Any:
    """Call a method of a service. Raises click.ClickException where it refuses."""
    try:
        with connect(stack, service) as channel:
            return getattr(stub(channel), method)(request)
    except (DomainError, grpc.RpcError) as error:
        raise click.ClickException(sentence(service, error)) from error


def sentence(service: str, error: DomainError | grpc.RpcError) -> str:
    """Why a call did not succeed, for the person at the terminal."""
    told = from_peer(service, error) if isinstance(error, grpc.RpcError) else error
    if isinstance(told, DomainError):
        return f"{service}: {told.message}"
    code, details = getattr(error, "code", str)(), getattr(error, "details", str)()
    return f"{service}: {details or code}"

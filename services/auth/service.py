"""Auth, put together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from services.auth import repository
from services.auth.access import AccessSigner
from services.auth.hashing import ADMITTED, Hashing
from services.auth.internal_servicer import AuthInternalServicer
from services.auth.mails import Mails
from services.auth.registration import Registration
from services.auth.servicer import AuthServicer
from services.auth.sessions import Sessions
from services.kit.identity.tokens import load_key
from services.kit.process.runtime import Runtime
from services.kit.process.service import Loop, Service
from services.kit.process.service import Registration as Registered
from stellr.auth.v1.auth_internal_service_pb2_grpc import add_AuthInternalServiceServicer_to_server
from stellr.auth.v1.auth_service_pb2_grpc import add_AuthServiceServicer_to_server


def build(runtime: Runtime) -> Sequence[Registered]:
    """The servicers of auth; ValueError where the key for tokens is missing."""
    if runtime.settings.token_key_file is None:
        raise ValueError("STELLR_TOKEN_KEY_FILE is not set")
    key = load_key(runtime.settings.token_key_file.read_bytes())
    signer = AccessSigner(key, runtime.settings.public_url)
    # Its own tokens auth checks by the key at hand; the others ask it for that.
    runtime.access_keys.load_by(signer.jwks)
    database, hashing = runtime.database, Hashing(ADMITTED)
    registration = Registration(database, Mails(runtime), runtime.signer("code"), hashing)
    sessions = Sessions(database, signer, runtime.signer("refresh-token"), hashing)
    public = AuthServicer(registration, sessions, signer)
    return [
        Registered(
            add_AuthServiceServicer_to_server,
            public,
            pools=dict.fromkeys(("Register", "Login"), hashing.callers),
        ),
        Registered(add_AuthInternalServiceServicer_to_server, AuthInternalServicer(runtime)),
    ]


def forget_the_past(runtime: Runtime) -> bool:
    """Purge what no longer matters; whether more is left."""
    return repository.purge(runtime.database.session)


SERVICE = Service(
    name="auth",
    build=build,
    calls=("notification",),
    migrations=str(Path(__file__).parent / "migrations"),
    loops=(Loop("forget_the_past", 3600.0, forget_the_past),),
)

"""Runs the kit in the test's own process: real server, real keys, handlers of the test's own."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import grpc
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jwt.algorithms import ECAlgorithm

from services.auth.access import AccessSigner
from services.kit.data.database import Database
from services.kit.identity.tokens import AccessTokens, KeySet, MeshTokens
from services.kit.process.main import make_server
from services.kit.process.runtime import Runtime
from services.kit.process.service import Domain, PersonalData, Registration
from services.kit.process.settings import Settings
from services.kit.rpc.clients import MeshChannel
from stellr.notification.v1 import notification_internal_service_pb2 as notification
from stellr.notification.v1 import notification_internal_service_pb2_grpc as notification_grpc
from stellr.notification.v1.template_pb2 import Welcome
from stellr.user.v1 import profile_pb2
from stellr.user.v1 import user_service_pb2 as user
from stellr.user.v1 import user_service_pb2_grpc as user_grpc

NAMES = ("auth", "user", "notification", "course", "gateway", "media", "operator")


class Notifications(notification_grpc.NotificationInternalServiceServicer):
    """A handler of the mesh whose work a test gives it."""

    def __init__(self, work: Callable[[notification.SendNotificationRequest], None]) -> None:
        self._work = work

    def SendNotification(self, request: Any, context: Any) -> Any:
        self._work(request)
        return notification.SendNotificationResponse()

    def SetContact(self, request: Any, context: Any) -> Any:
        self._work(request)
        return notification.SetContactResponse()


class Users(user_grpc.UserServiceServicer):
    """Handlers for persons: reading and writing a profile."""

    def __init__(self, work: Callable[[Any], profile_pb2.Profile]) -> None:
        self._work = work

    def GetProfile(self, request: Any, context: Any) -> profile_pb2.Profile:
        return self._work(request)

    def UpdateProfile(self, request: Any, context: Any) -> profile_pb2.Profile:
        return self._work(request)


class KitRuntime(Runtime):
    """A runtime that knows what a test serves with it, and follows nobody."""

    registrations: Sequence[Registration] = ()


@dataclass
class Kit:
    """The keys of a small mesh in a folder."""

    folder: Path

    def __post_init__(self) -> None:
        self.keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in NAMES}
        public = [
            {**ECAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": name}
            for name, key in self.keys.items()
        ]
        self.jwks = {"keys": public}
        (self.folder / "mesh.json").write_text(json.dumps(self.jwks))
        (self.folder / "secret").write_bytes(base64.urlsafe_b64encode(secrets.token_bytes(32)))
        for name, key in self.keys.items():
            pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            (self.folder / f"{name}.pem").write_bytes(pem)
        self.signer = AccessSigner(ec.generate_private_key(ec.SECP256R1()), "https://test.example")

    def environ(self, name: str, url: str = "") -> dict[str, str]:
        """The settings of a service, as its environment."""
        return {
            "STELLR_DATABASE_URL": url,
            "STELLR_STATE": str(self.folder),
            "STELLR_KEY_FILE": str(self.folder / f"{name}.pem"),
            "STELLR_MESH_KEYS_FILE": str(self.folder / "mesh.json"),
            "STELLR_SECRET_FILE": str(self.folder / "secret"),
        }

    def settings(self, name: str, url: str = "", **more: Any) -> Settings:
        """The settings of a service."""
        prefix = len("STELLR_")
        own = {key[prefix:].lower(): value for key, value in self.environ(name, url).items()}
        return Settings(**{**own, **more})

    def runtime(
        self,
        registration: Registration | None,
        *,
        name: str = "notification",
        url: str = "",
        calls: tuple[str, ...] = (),
        **settings: Any,
    ) -> Runtime:
        """A runtime that takes this kit's tokens."""
        own = self.settings(name, url, **settings)
        runtime = KitRuntime(name, own, calls, has_database=bool(url))
        runtime.registrations = [registration] if registration else []
        access_keys = KeySet(lambda: {"keys": [self.signer.public_jwk]})
        runtime.access_tokens = AccessTokens(access_keys, self.signer.issuer)
        # As a process does before it serves: nobody is refused while another call loads them.
        access_keys.load()
        runtime.mesh_keys.load()
        return runtime

    def mesh_tokens(self, name: str) -> MeshTokens:
        """The tokens of a service of this mesh."""
        return MeshTokens(name, self.keys[name], KeySet(lambda: self.jwks))

    def channel(self, caller: str, target: str, port: int) -> MeshChannel:
        """A channel of one service to another."""
        return MeshChannel(target, f"127.0.0.1:{port}", self.mesh_tokens(caller))

    def token(self, user_id: UUID, session_id: UUID, *roles: str) -> str:
        """An access token."""
        return self.signer.sign(user_id, session_id, list(roles or ("learner",)), version=1)


@contextmanager
def serving(
    runtime: Runtime, address: str = "127.0.0.1:0", *, personal: PersonalData | None = None
) -> Iterator[int]:
    """Serve; the port."""
    runtime.supervisor.start()
    registrations = getattr(runtime, "registrations", ())
    server = make_server(runtime, Domain(registrations, personal=personal))
    try:
        port = server.start(address)
        server.open()
        yield port
    finally:
        server.stop(1)
        runtime.supervisor.stop(1)
        runtime.close()


def notifications(work: Callable[[Any], None] | Notifications) -> Registration:
    """SendNotification done by `work`, or by a servicer of the test's own."""
    add = notification_grpc.add_NotificationInternalServiceServicer_to_server
    return Registration(add, work if isinstance(work, Notifications) else Notifications(work))


def users(work: Callable[[Any], profile_pb2.Profile]) -> Registration:
    """GetProfile and UpdateProfile done by `work`."""
    return Registration(user_grpc.add_UserServiceServicer_to_server, Users(work))


@contextmanager
def working(runtime: Runtime) -> Iterator[Runtime]:
    """Run the job worker of a runtime."""
    runtime.supervisor.start()
    runtime.supervisor.add("jobs", runtime.jobs.work)
    try:
        yield runtime
    finally:
        runtime.supervisor.stop(5)
        runtime.close()


def message() -> notification.SendNotificationRequest:
    """A message that fits its contract."""
    return notification.SendNotificationRequest(
        notification_id="01a2040b-0000-7000-8000-000000000001",
        user_id="01a2040b-0000-7000-8000-000000000002",
        welcome=Welcome(),
    )


def send(channel: grpc.Channel) -> Callable[..., Any]:
    """SendNotification through a channel."""
    stub = notification_grpc.NotificationInternalServiceStub(channel)
    return stub.SendNotification


def bearer(token: str, **metadata: str) -> list[tuple[str, str]]:
    """Metadata of a person."""
    more = [(key.replace("_", "-"), value) for key, value in metadata.items()]
    return [("authorization", f"Bearer {token}"), *more]


def user_stub(port: int) -> Any:
    """The public user service on a plain channel."""
    return user_grpc.UserServiceStub(grpc.insecure_channel(f"127.0.0.1:{port}"))


__all__ = ["Database", "profile_pb2", "user"]

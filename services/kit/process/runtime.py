"""What a service process is made of: built once, handed to servicers, tasks and loops."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from functools import cached_property, partial
from typing import Any, TypeVar
from uuid import UUID

import grpc
from google.protobuf import descriptor_pool
from google.protobuf.json_format import MessageToDict

from services.kit.data.database import Database
from services.kit.data.pages import PageTokens
from services.kit.errors import DomainError
from services.kit.events.events import Events
from services.kit.events.listener import Listener
from services.kit.identity.revocations import REMEMBER_SECONDS, Revocations
from services.kit.identity.secrets import Sealer, Signer, read_secret
from services.kit.identity.tokens import AccessTokens, KeySet, MeshTokens, load_key
from services.kit.metrics import Metrics
from services.kit.process.settings import OwnSettings, Settings, read_settings
from services.kit.rpc.clients import MeshChannel
from services.kit.rpc.interceptors import Chain, chain
from services.kit.rpc.limits import RateLimiter
from services.kit.rpc.policy import limits_of
from services.kit.work.background import Background
from services.kit.work.jobs import Jobs
from services.kit.work.supervisor import Supervisor
from stellr.auth.v1.auth_internal_service_pb2 import GetAccessTokenKeysRequest
from stellr.auth.v1.auth_internal_service_pb2_grpc import AuthInternalServiceStub
from stellr.auth.v1.events_pb2 import AccountChanged, SessionEnded, SigningKeysChanged

# Every process hears who is signed out, and asks for the keys of tokens: that is identity, not a
# call between domains.
IDENTITY_SERVICE = "auth"
Told = TypeVar("Told", bound=OwnSettings)


class Runtime:
    """The parts of one service process, from which a domain takes what it needs."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        calls: Collection[str] = (),
        follows: Collection[str] = (),
        *,
        has_database: bool,
    ) -> None:
        self.name = name
        self.settings = settings
        self.has_database = has_database
        self.stopping = threading.Event()
        self.metrics = Metrics(name, settings.worker or f"{socket.gethostname()}-{os.getpid()}")
        self.supervisor = Supervisor(self.metrics)
        self.background = Background()
        self.limiter = RateLimiter(settings.rate_limits, settings.limit, self.metrics)
        self.revocations = Revocations()
        self.mesh_keys = KeySet(self.settings.mesh_keys)
        self.mesh_tokens = self._mesh_tokens()
        self.mesh_tls = settings.mesh_tls()
        self.access_keys = KeySet(self._load_jwks)
        self.access_tokens = AccessTokens(self.access_keys, settings.public_url)
        self._calls = frozenset(calls)
        self._follows = frozenset({*follows, IDENTITY_SERVICE})
        self._channels: dict[str, MeshChannel] = {}

    def settings_of(self, kind: type[Told]) -> Told:
        """The settings of a domain; ValueError names one that is wrong."""
        return read_settings(kind)

    def chain(self) -> Chain:
        """What every call passes before its handler."""
        return chain(
            metrics=self.metrics,
            mesh_tokens=self.mesh_tokens,
            access_tokens=self.access_tokens,
            revocations=self.revocations,
            limiter=self.limiter,
            database=self.database if self.has_database else None,
        )

    @cached_property
    def database(self) -> Database:
        """The service's own database."""
        if not self.settings.database_url:
            raise ValueError("STELLR_DATABASE_URL is not set")
        told = self.settings
        return Database(told.database_url, told.pool_size, self.name, told.listen_database_url)

    @cached_property
    def jobs(self) -> Jobs:
        """The service's background jobs."""
        return Jobs(self.database, self.metrics)

    @cached_property
    def events(self) -> Events:
        """What happened here and elsewhere."""
        database = self.database if self.has_database else None
        tell = self.background.add("events")
        return Events(self.name, database, self._followed, self.metrics, tell)

    def hear_who_is_revoked(self) -> Listener:
        """Have the revocations told; from when its listener has caught up all are known."""
        self.events.listen(SessionEnded, self._session_ended, look_back=REMEMBER_SECONDS)
        self.events.listen(AccountChanged, self._account_changed, look_back=REMEMBER_SECONDS)
        self.events.listen(SigningKeysChanged, self._keys_changed)
        listener = self.events.listener(IDENTITY_SERVICE)
        self.revocations.known_by(listener)
        return listener

    def limit(self, service: str, name: str) -> Callable[[str], None]:
        """What counts by a limit that a service (by its full name) leaves to its handlers."""
        pool: Any = descriptor_pool.Default()
        return partial(self.limiter.count, limits_of(pool.FindServiceByName(service))[name])

    @cached_property
    def page_tokens(self) -> PageTokens:
        """Makes and reads page tokens."""
        return PageTokens(self.signer("page-token"))

    def signer(self, purpose: str) -> Signer:
        """Signs for one purpose; other services and purposes have other keys."""
        secret = read_secret(self.settings.secret_file)
        return Signer(secret, f"{self.name}:{purpose}")

    def sealer(self, purpose: str) -> Sealer:
        """Seals for one purpose."""
        return Sealer(read_secret(self.settings.secret_file), f"{self.name}:{purpose}")

    def shared_signer(self, purpose: str) -> Signer:
        """Signs for one purpose what other services of the academy check."""
        file = self.settings.shared_secret_file or self.settings.secret_file
        return Signer(read_secret(file), f"academy:{purpose}")

    def channel(self, service: str) -> MeshChannel:
        """The channel to a service that this one declares to call; ValueError for any other."""
        if service not in self._calls:
            raise ValueError(f"{self.name} does not declare that it calls {service}")
        return self._channel(service)

    def close(self) -> None:
        """Close channels and the pool."""
        for channel in self._channels.values():
            channel.close()
        if self.has_database:
            self.database.close()

    def _followed(self, service: str) -> MeshChannel:
        if service not in self._follows:
            raise ValueError(f"{self.name} does not declare that it follows {service}")
        return self._channel(service)

    def _session_ended(self, event: SessionEnded) -> None:
        self.revocations.end_session(UUID(event.session_id))

    def _account_changed(self, event: AccountChanged) -> None:
        self.revocations.change_account(UUID(event.user_id), event.version)

    def _keys_changed(self, _: SigningKeysChanged) -> None:
        # A new key signs some seconds after it was told of; who fails now asks again by then.
        threading.Thread(target=self._load_keys, name="load keys", daemon=True).start()

    def _load_keys(self) -> None:
        with suppress(DomainError, grpc.RpcError):
            self.access_keys.load()

    def _channel(self, service: str) -> MeshChannel:
        if service not in self._channels:
            target = self.settings.target(service)
            self._channels[service] = MeshChannel(service, target, self.mesh_tokens, self.mesh_tls)
        return self._channels[service]

    def _mesh_tokens(self) -> MeshTokens:
        if self.settings.key_file is None:
            raise ValueError("STELLR_KEY_FILE is not set")
        key = load_key(self.settings.key_file.read_bytes())
        return MeshTokens(self.name, key, self.mesh_keys)

    def _load_jwks(self) -> Mapping[str, Any]:
        stub = AuthInternalServiceStub(self._channel(IDENTITY_SERVICE))
        return MessageToDict(stub.GetAccessTokenKeys(GetAccessTokenKeysRequest()))

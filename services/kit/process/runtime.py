"""What a service process is made of: built once, handed to servicers, tasks and loops."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from google.protobuf.json_format import MessageToDict

from services.kit.data.database import Database
from services.kit.data.pages import PageTokens
from services.kit.events.feed import FeedSignal
from services.kit.identity.follower import IdentityFollower
from services.kit.identity.revocations import Revocations
from services.kit.identity.secrets import Signer, read_secret
from services.kit.identity.tokens import AccessTokens, KeySet, MeshTokens, load_key
from services.kit.process.service import Service
from services.kit.process.settings import Settings
from services.kit.rpc.clients import MeshChannel
from services.kit.rpc.interceptors import Chain, chain
from services.kit.rpc.limits import RateLimiter
from services.kit.telemetry import Metrics
from services.kit.work.jobs import Jobs
from services.kit.work.supervisor import Supervisor
from stellr.auth.v1 import auth_service_pb2
from stellr.auth.v1.auth_service_pb2_grpc import AuthServiceStub

# Every runtime follows auth's identity feed: that is identity, not a call between domains.
IDENTITY_SERVICE = "auth"


class Runtime:
    """The parts of one service process."""

    def __init__(self, service: Service, settings: Settings) -> None:
        self.service = service
        self.settings = settings
        self.stopping = threading.Event()
        self.metrics = Metrics(service.name, str(os.getpid()))
        self.supervisor = Supervisor(self.metrics, blocking_steps=64)
        self.limiter = RateLimiter(settings.rate_limits, settings.limit, self.metrics)
        self.revocations = Revocations()
        self.mesh_keys = KeySet(self.settings.mesh_keys)
        self.mesh_tokens = self._mesh_tokens()
        self._channels: dict[str, MeshChannel] = {}
        self.access_keys = KeySet(self._load_jwks)
        self.access_tokens = AccessTokens(self.access_keys)

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

    @property
    def has_database(self) -> bool:
        """Whether the service has a database of its own."""
        return self.service.database

    @cached_property
    def database(self) -> Database:
        """The service's own database."""
        if not self.settings.database_url:
            raise ValueError("STELLR_DATABASE_URL is not set")
        return Database(self.settings.database_url, self.settings.pool_size, self.service.name)

    @cached_property
    def jobs(self) -> Jobs:
        """The service's background jobs."""
        return Jobs(self.database, self.metrics)

    @cached_property
    def feed_signal(self) -> FeedSignal:
        """Wakes streams of feeds; listens from its first use on."""
        signal = FeedSignal(self.database)
        signal.start()
        return signal

    @cached_property
    def identity_follower(self) -> IdentityFollower:
        """The thread that follows auth's identity feed."""
        return IdentityFollower(self._channel(IDENTITY_SERVICE), self.revocations)

    @cached_property
    def page_tokens(self) -> PageTokens:
        """Makes and reads page tokens."""
        return PageTokens(self.signer("page-token"))

    def signer(self, purpose: str) -> Signer:
        """Signs for one purpose; other services and purposes have other keys."""
        secret = read_secret(self.settings.secret_file)
        return Signer(secret, f"{self.service.name}:{purpose}")

    def shared_signer(self, purpose: str) -> Signer:
        """Signs for one purpose what other services of the academy check."""
        return Signer(read_secret(self.settings.secret_file), f"academy:{purpose}")

    def channel(self, service: str) -> MeshChannel:
        """The channel to a service that this one declares to call; ValueError for any other."""
        if service not in self.service.calls:
            raise ValueError(f"{self.service.name} does not declare that it calls {service}")
        return self._channel(service)

    def close(self) -> None:
        """Close channels and the pool."""
        for channel in self._channels.values():
            channel.close()
        if self.has_database:
            self.database.close()

    def _channel(self, service: str) -> MeshChannel:
        if service not in self._channels:
            target = self.settings.target(service)
            self._channels[service] = MeshChannel(service, target, self.mesh_tokens)
        return self._channels[service]

    def _mesh_tokens(self) -> MeshTokens:
        if self.settings.key_file is None:
            raise ValueError("STELLR_KEY_FILE is not set")
        key = load_key(self.settings.key_file.read_bytes())
        return MeshTokens(self.service.name, key, self.mesh_keys)

    def _load_jwks(self) -> Mapping[str, Any]:
        request = auth_service_pb2.GetJwksRequest()
        return MessageToDict(AuthServiceStub(self._channel(IDENTITY_SERVICE)).GetJwks(request))

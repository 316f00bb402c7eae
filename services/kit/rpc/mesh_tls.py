"""Mutual TLS in the mesh: both sides show a certificate of the academy's own authority.

A certificate names its service, not a machine: so it is checked by that name wherever the process
listens, and one that is good for course is refused where auth was asked for.
"""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc


@dataclass(frozen=True)
class MeshTls:
    """The PEM files of a process, read when it opens a server or a channel.

    `authority` signs every certificate of the mesh, and is the only one that is believed.
    """

    certificate: Path
    key: Path
    authority: Path

    def server(self) -> grpc.ServerCredentials:
        """For a gRPC server, which takes nobody without a certificate. Raises OSError."""
        pair = (self.key.read_bytes(), self.certificate.read_bytes())
        return grpc.ssl_server_credentials([pair], self.authority.read_bytes(), True)

    def client(self) -> grpc.ChannelCredentials:
        """For a gRPC channel. Raises OSError."""
        return grpc.ssl_channel_credentials(
            self.authority.read_bytes(), self.key.read_bytes(), self.certificate.read_bytes()
        )

    def http_server(self) -> ssl.SSLContext:
        """For an HTTP server, as `server`. Raises OSError (ssl.SSLError is one)."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=self.authority)
        context.load_cert_chain(self.certificate, self.key)
        context.verify_mode = ssl.CERT_REQUIRED
        return context


def names(service: str) -> Sequence[tuple[str, Any]]:
    """The option of a channel by which the other side must be this service."""
    return [("grpc.ssl_target_name_override", service)]

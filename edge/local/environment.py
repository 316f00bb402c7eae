"""The settings of each service process, as its environment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from edge.local.connections import ConnectionPlan
from edge.local.openid.client import Client
from edge.local.state import State

# What is for services that run apart.
APART = (
    "STELLR_HEALTH_LISTEN",
    "STELLR_MESH_CA_FILE",
    "STELLR_MESH_CERT_FILE",
    "STELLR_MESH_CERT_KEY_FILE",
    "STELLR_SHARED_SECRET_FILE",
)


@dataclass(frozen=True)
class Settings:
    """What all processes of a stack share. `targets` and `databases` are by service name."""

    state: State
    public_url: str
    envoy_admin: str
    targets: Mapping[str, Sequence[str]]
    databases: Mapping[str, str]
    plan: ConnectionPlan
    # The local OpenID provider, where the user has no other.
    openid: Client | None = None


def has_openid(user: Mapping[str, str]) -> bool:
    """Whether the user's variables say what the academy is known by at an OpenID provider."""
    return bool(user.get("STELLR_OPENID_CLIENT_ID"))


def service_environ(
    settings: Settings, service: str, address: str, user: Mapping[str, str]
) -> dict[str, str]:
    """The environment of one process of `service` listening at `address`.

    The user's own variables pass through; what the launcher decides wins over them.
    """
    keys = settings.state.keys
    environ = {
        "STELLR_LISTEN": address,
        # The same after a restart, so that its metrics go on.
        "STELLR_WORKER": str(settings.targets[service].index(address)),
        "STELLR_STATE": str(settings.state.root),
        "STELLR_PUBLIC_URL": settings.public_url,
        "STELLR_KEY_FILE": str(keys / f"{service}.pem"),
        "STELLR_MESH_KEYS_FILE": str(keys / "mesh.json"),
        "STELLR_SECRET_FILE": str(keys / "secret"),
        "STELLR_POOL_SIZE": str(settings.plan.pool_size),
        # They share a machine, where all are told to trust its loopback address.
        **dict.fromkeys(APART, ""),
        # Its PostgreSQL has no pooler.
        "STELLR_LISTEN_DATABASE_URL": "",
    }
    for name, addresses in settings.targets.items():
        environ[f"STELLR_TARGET_{name.upper()}"] = ",".join(addresses)
    return {**user, **environ, **_own(settings, service)}


def _own(settings: Settings, service: str) -> dict[str, str]:
    own = {}
    if service in settings.databases:
        own["STELLR_DATABASE_URL"] = settings.databases[service]
    if service == "gateway":
        own["STELLR_ENVOY_ADMIN"] = settings.envoy_admin
    if service == "auth" and settings.openid:
        own["STELLR_OPENID_ISSUER"] = settings.openid.issuer
        own["STELLR_OPENID_CLIENT_ID"] = settings.openid.client_id
        own["STELLR_OPENID_CLIENT_SECRET"] = settings.openid.client_secret
    return own

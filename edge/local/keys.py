"""The keys of a stack, made on its first start (P-256, RFC 7517 for the public set)."""

import json
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from edge.local.errors import StartError
from edge.local.state import State, write_private

OPERATOR = "operator"
SECRET_BYTES = 32


def make_keys(state: State, services: Iterable[str]) -> None:
    """Make what is missing in `<state>/keys` and write the public keys of all anew.

    One private key (PKCS8 PEM) for each service and for the operator, one random secret, and the
    key of the local OpenID provider. Raises StartError naming a key file that cannot be read.
    """
    for path in (state.keys / "secret", state.openid_login_key):
        if not path.exists():
            write_private(path, secrets.token_urlsafe(SECRET_BYTES).encode())
    holders = [*services, OPERATOR]
    mesh = [public_key(name, private_key(state.keys / f"{name}.pem")) for name in holders]
    write_private(state.keys / "mesh.json", json.dumps({"keys": mesh}, indent=1).encode())


def private_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """The key in a file (PKCS8 PEM, P-256), which is made where there is none.

    Raises StartError naming a file that cannot be read.
    """
    if not path.exists():
        write_private(path, _pem(ec.generate_private_key(ec.SECP256R1())))
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise StartError(f"The key file {path} cannot be read: {error}.") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise StartError(f"The key file {path} holds no elliptic-curve key.")
    return key


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def public_key(name: str, key: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
    """The public half of a service's key, as a JWK."""
    public: dict[str, Any] = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return public | {"kid": name, "use": "sig", "alg": "ES256"}

"""The two kinds of keys: those of credentials, which auth publishes, and those of documents."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import cast

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)
from cryptography.x509.oid import NameOID

from services.certificate.repository.signing_keys import SigningKeyRow
from services.certificate.signing_keys import Kind, Named, PrivateKey
from services.kit.identity.jwk import public_jwk, thumbprint
from stellr.auth.v1.auth_internal_service_pb2 import PublishKeysRequest
from stellr.auth.v1.auth_internal_service_pb2_grpc import AuthInternalServiceStub
from stellr.auth.v1.keys_pb2 import Jwk

CREDENTIAL, DOCUMENT = "credential", "document"
ACADEMY = "Stellr Academy"
# RFC 5280, 4.1.2.5: of what has no end. The certificates on walls have none either.
_NO_END = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
_CLOCKS_DIFFER = timedelta(days=1)


def credential_kind(auth: AuthInternalServiceStub, public_url: str) -> Kind:
    """Keys of credentials: the id of each is the address at which it is found."""
    return Kind(CREDENTIAL, partial(_named_by_address, public_url), partial(_publish, auth))


def document_kind() -> Kind:
    """Keys of documents: each has a self-signed certificate, which comes with what it signs."""
    return Kind(DOCUMENT, _named_by_certificate, lambda _: None)


def jwk_of(row: SigningKeyRow) -> dict[str, str]:
    """A credential key as the world sees it."""
    key = cast(EllipticCurvePublicKey, load_der_public_key(row.public))
    return public_jwk(key, row.key_id)


def pem_of(row: SigningKeyRow) -> str:
    """The public part of a key, or its certificate, as text."""
    if row.purpose == DOCUMENT:
        return x509.load_der_x509_certificate(row.public).public_bytes(Encoding.PEM).decode()
    key = load_der_public_key(row.public)
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _named_by_address(public_url: str, key: PrivateKey) -> Named:
    public = key.public_key()
    spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return Named(f"{public_url}/credentials/keys/{thumbprint(public)}", spki)


def _publish(auth: AuthInternalServiceStub, rows: Sequence[SigningKeyRow]) -> None:
    auth.PublishKeys(PublishKeysRequest(keys=[Jwk(**jwk_of(row)) for row in rows]))


def _named_by_certificate(key: PrivateKey) -> Named:
    certificate = _self_signed(key, datetime.now(UTC))
    return Named(certificate.fingerprint(SHA256()).hex(), certificate.public_bytes(Encoding.DER))


def _self_signed(key: PrivateKey, now: datetime) -> x509.Certificate:
    """Whose key it is, and that it signs documents and nothing else."""
    academy = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ACADEMY),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{ACADEMY} certificates"),
        ]
    )
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    usage = dict.fromkeys(
        (
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    signs = x509.KeyUsage(digital_signature=True, content_commitment=True, **usage)
    return (
        x509.CertificateBuilder()
        .subject_name(academy)
        .issuer_name(academy)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCKS_DIFFER)
        .not_valid_after(_NO_END)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(signs, critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, SHA256())
    )

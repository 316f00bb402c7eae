"""The authority of a mesh, and the certificates that it gives to services (X.509, RFC 5280).

It is the mesh's own and known nowhere else, so nothing but the mesh believes what it signs.
"""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from edge.local.keys import private_key
from edge.local.state import write_private

CERTIFICATE, KEY, AUTHORITY = "tls.crt", "tls.key", "ca.crt"
AUTHORITY_KEY = "ca.key"
# All end together: to renew them, their files are removed and made anew.
LIFETIME = timedelta(days=3650)
# Clocks differ.
BEFORE = timedelta(hours=1)


class Authority:
    """Signs certificates; its key and its own certificate lie in a folder and are made there."""

    def __init__(self, folder: Path) -> None:
        """Raises StartError where the key cannot be read."""
        self._key = private_key(folder / AUTHORITY_KEY)
        own = folder / AUTHORITY
        if not own.exists():
            write_private(own, self._own().public_bytes(Encoding.PEM))
        self.pem = own.read_bytes()
        self._certificate = x509.load_pem_x509_certificate(self.pem)

    def certify(self, folder: Path, name: str) -> None:
        """Make a key and a certificate for a service in its folder, and tell it the authority.

        What is there stays, unless another authority signed it.
        """
        key = private_key(folder / KEY)
        write_private(folder / AUTHORITY, self.pem)
        if not self._knows(folder / CERTIFICATE, key):
            made = self._signed(key, name)
            write_private(folder / CERTIFICATE, made.public_bytes(Encoding.PEM))

    def _knows(self, path: Path, key: ec.EllipticCurvePrivateKey) -> bool:
        if not path.exists():
            return False
        found = x509.load_pem_x509_certificate(path.read_bytes())
        try:
            found.verify_directly_issued_by(self._certificate)
        except (ValueError, TypeError, InvalidSignature):
            return False
        return found.public_key() == key.public_key()

    def _own(self) -> x509.Certificate:
        name = _name("Stellr mesh")
        usage = x509.KeyUsage(
            digital_signature=False,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=True,
            crl_sign=True,
            encipher_only=False,
            decipher_only=False,
        )
        return (
            _begun(name, name, self._key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(_key_id(self._key), critical=False)
            .sign(self._key, hashes.SHA256())
        )

    def _signed(self, key: ec.EllipticCurvePrivateKey, name: str) -> x509.Certificate:
        # By its own name it is known wherever it runs; by the others on the same machine.
        own: list[x509.GeneralName] = [x509.DNSName(each) for each in (name, "localhost")]
        own.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
        both = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        return (
            _begun(_name(name), self._certificate.subject, key)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName(own), critical=False)
            .add_extension(x509.ExtendedKeyUsage(both), critical=False)
            .add_extension(_key_id(key), critical=False)
            .add_extension(issuer, critical=False)
            .sign(self._key, hashes.SHA256())
        )


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BEFORE)
        .not_valid_after(now + LIFETIME)
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _key_id(key: ec.EllipticCurvePrivateKey) -> x509.SubjectKeyIdentifier:
    return x509.SubjectKeyIdentifier.from_public_key(key.public_key())

"""Checks V4 signed URLs as Google Cloud Storage does, which no emulator can.

https://cloud.google.com/storage/docs/authentication/canonical-requests and .../signatures
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

ACCOUNT = "media@academy.iam.gserviceaccount.com"


def make_key() -> rsa.RSAPrivateKey:
    """The key of an account."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def write_key_file(key: rsa.RSAPrivateKey, path: Path) -> None:
    """The key as Google hands it out, for GOOGLE_APPLICATION_CREDENTIALS."""
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    account = {
        "type": "service_account",
        "project_id": "academy",
        "private_key_id": "1",
        "private_key": pem,
        "client_email": ACCOUNT,
        "client_id": "1",
        "token_uri": "http://127.0.0.1:9/token",
    }
    path.write_text(json.dumps(account))


def is_good(
    url: str,
    key: rsa.RSAPublicKey,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    now: datetime | None = None,
) -> bool:
    """Whether Google would let a request with this URL in, sent with these headers beside Host."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True))
    signature = query.pop("X-Goog-Signature", "")
    account, day, region, service, kind = query["X-Goog-Credential"].split("/")
    begun = datetime.strptime(query["X-Goog-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    lifetime = timedelta(seconds=int(query["X-Goog-Expires"]))
    in_time = begun <= (now or datetime.now(UTC)) <= begun + lifetime <= begun + timedelta(days=7)
    told = query["X-Goog-Algorithm"] == "GOOG4-RSA-SHA256" and account == ACCOUNT
    if not (told and in_time and begun.strftime("%Y%m%d") == day):
        return False
    scope = "/".join((day, region, service, kind))
    canonical = _canonical_request(
        method, parts.path, query, {"host": parts.netloc, **(headers or {})}
    )
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    signed = "\n".join(("GOOG4-RSA-SHA256", query["X-Goog-Date"], scope, hashed))
    try:
        key.verify(bytes.fromhex(signature), signed.encode(), padding.PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True


def _canonical_request(
    method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str]
) -> str:
    names = query["X-Goog-SignedHeaders"].split(";")
    sent = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
    written = "&".join(
        f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}"
        for name, value in sorted(query.items())
    )
    lines = [f"{name}:{sent.get(name, '')}" for name in sorted(names)]
    return "\n".join((method, path, written, *lines, "", ";".join(names), "UNSIGNED-PAYLOAD"))

"""V4 signed URLs by the real client, checked by a verifier of our own."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import google.auth
import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256
from google.auth import compute_engine
from google.auth.transport import requests as transport

from services.kit.data.objects.google_cloud import GoogleCloudStore
from services.kit.data.objects.store import Shown
from services.kit.errors import StorageUnavailable
from tests.services.kit.data.objects.cloud_storage import BUCKET, CloudStorage, cloud_storage
from tests.services.kit.data.objects.signed_urls import ACCOUNT, is_good, make_key, write_key_file

PDF = Shown("application/pdf", "inline; filename=\"a b.pdf\"; filename*=UTF-8''%C3%BC%20b.pdf")
DATA = b"%PDF-1.7"
KEY = make_key()
SIGN_BLOB = f"/v1/projects/-/serviceAccounts/{ACCOUNT}:signBlob"


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudStorage]:
    with cloud_storage() as peer:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", peer.url)
        yield peer


@pytest.fixture
def store(cloud: CloudStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GoogleCloudStore:
    """A store of an account with a key."""
    write_key_file(KEY, tmp_path / "account.json")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "account.json"))
    return GoogleCloudStore(BUCKET, "media")


def soon() -> int:
    return int(time.time()) + 600


def signed(store: GoogleCloudStore, digest: str, expires: int | None = None) -> str:
    url = store.signed_url(digest, PDF, soon() if expires is None else expires)
    assert url is not None
    return url


def test_a_url_is_signed_with_the_accounts_key(
    cloud: CloudStorage, store: GoogleCloudStore
) -> None:
    digest = store.write([DATA]).digest
    url = signed(store, digest)
    assert url.startswith(f"{cloud.url}/{BUCKET}/media/{digest}?")
    assert is_good(url, KEY.public_key())
    assert not is_good(url, make_key().public_key())
    assert not is_good(url, KEY.public_key(), method="PUT")
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert query["response-content-type"] == PDF.mime_type
    assert query["response-content-disposition"] == PDF.disposition
    assert 590 <= int(query["X-Goog-Expires"]) <= 600
    assert httpx.get(url).content == DATA


def test_nothing_in_it_can_be_altered(store: GoogleCloudStore) -> None:
    url = signed(store, "0" * 64)
    address, _, query = url.partition("?")
    values = {name: found[0] for name, found in parse_qs(query).items()}
    for name in ("response-content-type", "response-content-disposition", "X-Goog-Expires"):
        other = values | {name: "500" if name == "X-Goog-Expires" else "text/html"}
        assert not is_good(f"{address}?{urlencode(other)}", KEY.public_key())
    assert not is_good(url.replace("0" * 64, "1" * 64), KEY.public_key())
    assert not is_good(f"{url}&generation=1", KEY.public_key())


def test_it_is_good_for_as_long_as_it_was_asked_for(store: GoogleCloudStore) -> None:
    url = signed(store, "0" * 64)
    later = datetime.now(UTC) + timedelta(seconds=595)
    assert is_good(url, KEY.public_key(), now=datetime.now(UTC) + timedelta(seconds=580))
    assert not is_good(url, KEY.public_key(), now=later + timedelta(seconds=10))


def test_the_same_is_given_for_the_same(store: GoogleCloudStore) -> None:
    expires = soon()
    assert signed(store, "0" * 64, expires) == signed(store, "0" * 64, expires)
    assert signed(store, "0" * 64, expires + 1) != signed(store, "0" * 64, expires)


class Iam:
    """Google's machine and its IAM: a token for an account, and signatures in its name."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.status = 200

    def __call__(self, url: str, method: str = "GET", **request: Any) -> Any:
        path = urlsplit(url).path
        self.asked.append(path)
        if path.endswith("/token"):
            return _Reply(200, {"access_token": "t", "expires_in": 3600})
        if path.endswith("/universe-domain"):
            return _Reply(200, "googleapis.com")
        if path == SIGN_BLOB:
            assert request["headers"]["authorization"] == "Bearer t"
            payload = base64.b64decode(json.loads(request["body"])["payload"])
            signature = KEY.sign(payload, padding.PKCS1v15(), SHA256())
            return _Reply(self.status, {"signedBlob": base64.b64encode(signature).decode()})
        return _Reply(200, {"email": ACCOUNT, "scopes": ["all"], "aliases": ["default"]})


class _Reply:
    def __init__(self, status: int, body: Any) -> None:
        self.status = status
        self.data = json.dumps(body).encode()
        self.headers = {"content-type": "application/json", "Metadata-Flavor": "Google"}


@pytest.fixture
def iam(monkeypatch: pytest.MonkeyPatch) -> Iam:
    """Google in the place of its own machine, where accounts have no keys."""
    found = Iam()
    monkeypatch.setattr(transport, "Request", lambda: found)
    machine = compute_engine.Credentials()
    monkeypatch.setattr(google.auth, "default", lambda **_: (machine, "academy"))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "asked of the machine")
    return found


def test_an_account_without_a_key_has_google_sign(cloud: CloudStorage, iam: Iam) -> None:
    store, expires = GoogleCloudStore(BUCKET, "media"), soon()
    url = signed(store, "0" * 64, expires)
    assert is_good(url, KEY.public_key())
    assert signed(store, "0" * 64, expires) == url
    assert iam.asked.count(SIGN_BLOB) == 1


def test_where_google_does_not_sign_the_store_is_away(cloud: CloudStorage, iam: Iam) -> None:
    iam.status = 403
    with pytest.raises(StorageUnavailable):
        GoogleCloudStore(BUCKET, "media").signed_url("0" * 64, PDF, soon())


def test_who_cannot_sign_gives_no_urls(
    cloud: CloudStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    assert GoogleCloudStore(BUCKET, "media").signed_url("0" * 64, PDF, soon()) is None

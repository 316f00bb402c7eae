"""What clients send to a bucket themselves: by V4 signed URLs, and looked at afterwards."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from services.kit.data.objects.google_cloud import GoogleCloudStore
from services.kit.data.objects.local import LocalStore
from services.kit.data.objects.store import Stored, UploadLink, digest_of
from services.kit.errors import StorageUnavailable
from tests.services.kit.data.objects.cloud_storage import BUCKET, CloudStorage, cloud_storage
from tests.services.kit.data.objects.signed_urls import is_good, make_key, write_key_file

DATA = b"%PDF-1.7" + bytes(300_000)
NAME = "01a223c7-cb00-7faa-8732-199592d6e540"
KEY = make_key()


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


def link_of(store: GoogleCloudStore) -> UploadLink:
    link = store.upload_link(NAME, "application/pdf", len(DATA), int(time.time()) + 600)
    assert link is not None
    return link


def send(store: GoogleCloudStore, data: bytes = DATA) -> None:
    link = link_of(store)
    assert httpx.put(link.url, content=data, headers=dict(link.headers)).status_code == 200


def test_a_url_is_good_for_so_many_bytes_of_a_type(
    cloud: CloudStorage, store: GoogleCloudStore
) -> None:
    link = link_of(store)
    assert urlsplit(link.url).path == f"/{BUCKET}/media/uploads/{NAME}"
    exactly = f"{len(DATA)},{len(DATA)}"
    assert link.headers == {
        "Content-Type": "application/pdf",
        "x-goog-content-length-range": exactly,
    }
    key = KEY.public_key()
    assert is_good(link.url, key, method="PUT", headers=link.headers)
    assert not is_good(link.url, key, method="GET", headers=link.headers)
    assert not is_good(link.url, make_key().public_key(), method="PUT", headers=link.headers)
    for name, value in (
        ("Content-Type", "text/html"),
        ("x-goog-content-length-range", f"0,{len(DATA) + 1}"),
    ):
        assert not is_good(link.url, key, method="PUT", headers={**link.headers, name: value})
    assert not is_good(link.url, key, method="PUT", headers={})
    query = parse_qs(urlsplit(link.url).query)
    assert query["X-Goog-SignedHeaders"] == ["content-type;host;x-goog-content-length-range"]
    assert 590 <= int(query["X-Goog-Expires"][0]) <= 600


def test_what_came_is_seen_and_kept_where_it_lies(
    cloud: CloudStorage, store: GoogleCloudStore
) -> None:
    assert store.uploaded(NAME) is None
    send(store)
    digest = digest_of(DATA)
    for _ in range(2):
        coming = store.uploaded(NAME)
        assert coming is not None
        with coming:
            assert coming.stored == Stored(digest, len(DATA))
            coming.file.seek(0)
            assert coming.file.read(5) == b"%PDF-"
            assert coming.keep() == Stored(digest, len(DATA))
    with store.open(digest) as file:
        assert file.read() == DATA
    assert list(store.listed(digest[:2])) == [Stored(digest, len(DATA))]
    for _ in range(2):
        store.forget_uploaded(NAME)
    assert cloud.names() == [f"media/{digest}"]


def test_what_is_not_kept_stays_an_upload(cloud: CloudStorage, store: GoogleCloudStore) -> None:
    send(store)
    coming = store.uploaded(NAME)
    assert coming is not None
    with coming:
        pass
    assert cloud.names() == [f"media/uploads/{NAME}"]


def test_where_google_fails_the_store_is_away(cloud: CloudStorage, store: GoogleCloudStore) -> None:
    send(store)
    coming = store.uploaded(NAME)
    assert coming is not None
    cloud.refusal = 403
    for attempt in (coming.keep, lambda: store.uploaded(NAME), lambda: store.forget_uploaded(NAME)):
        with pytest.raises(StorageUnavailable):
            attempt()


def test_who_cannot_sign_takes_nothing_from_clients(
    cloud: CloudStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    assert GoogleCloudStore(BUCKET, "media").upload_link(NAME, "text/vtt", 9, 9**10) is None
    local = LocalStore(tmp_path)
    assert local.upload_link(NAME, "text/vtt", 9, 9**10) is None
    assert local.uploaded(NAME) is None
    local.forget_uploaded(NAME)

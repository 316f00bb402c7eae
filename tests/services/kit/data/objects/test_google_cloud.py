from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from services.kit.data.objects import google_cloud
from services.kit.data.objects.google_cloud import GoogleCloudStore
from services.kit.data.objects.local import LocalStore
from services.kit.data.objects.opening import object_store
from services.kit.errors import StorageUnavailable
from tests.services.kit.data.objects.cloud_storage import BUCKET, CloudStorage, cloud_storage

DATA = [b"one ", b"", b"two " * 50_000]
WHOLE = b"".join(DATA)
DIGEST = hashlib.sha256(WHOLE).hexdigest()
NAME = f"media/{DIGEST}"


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudStorage]:
    with cloud_storage() as peer:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", peer.url)
        yield peer


@pytest.fixture
def store(cloud: CloudStorage) -> GoogleCloudStore:
    return GoogleCloudStore(BUCKET, "media")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(google_cloud, "PATIENCE_SECONDS", 0.5)


def test_bytes_come_back_by_their_digest(cloud: CloudStorage, store: GoogleCloudStore) -> None:
    stored = store.write(DATA)
    assert stored.digest == DIGEST
    assert stored.size == store.size(DIGEST) == 200_004
    assert cloud.names() == [NAME]
    with store.open(DIGEST) as file:
        assert file.read() == WHOLE


def test_what_is_read_in_parts_is_fetched_ahead(
    cloud: CloudStorage, store: GoogleCloudStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(google_cloud, "READ_AHEAD_BYTES", 64 * 1024)
    store.write(DATA)
    before = len(cloud.asked)
    with store.open(DIGEST) as file:
        parts = list(iter(lambda: file.read(1000), b""))
    assert b"".join(parts) == WHOLE
    assert len(cloud.asked) - before == 1 + 4


def test_a_reader_seeks(store: GoogleCloudStore) -> None:
    store.write(DATA)
    with store.open(DIGEST) as file:
        file.seek(100_000)
        assert file.read(50) == WHOLE[100_000:100_050]
        file.seek(-7, io.SEEK_END)
        assert file.read() == WHOLE[-7:]
        assert file.read(1) == b""


def test_nothing_is_an_object_too(store: GoogleCloudStore) -> None:
    stored = store.write([])
    assert stored.size == store.size(stored.digest) == 0
    with store.open(stored.digest) as file:
        assert file.read() == b""


def test_what_is_large_comes_whole(cloud: CloudStorage, store: GoogleCloudStore) -> None:
    parts = [bytes([number]) * 1024 * 1024 for number in range(10)]
    stored = store.write(parts)
    with store.open(stored.digest) as file:
        assert file.read() == b"".join(parts)


def test_the_same_bytes_are_kept_once(cloud: CloudStorage, store: GoogleCloudStore) -> None:
    store.write(DATA)
    before = cloud.generation(NAME)
    assert store.write([WHOLE]).digest == DIGEST
    assert cloud.generation(NAME) == before


def test_many_may_write_the_same_at_once(cloud: CloudStorage, store: GoogleCloudStore) -> None:
    with ThreadPoolExecutor(16) as pool:
        digests = set(pool.map(lambda _: store.write(DATA).digest, range(32)))
    assert digests == {DIGEST}
    assert cloud.names() == [NAME]


def test_a_stream_that_breaks_leaves_nothing(cloud: CloudStorage, store: GoogleCloudStore) -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        store.write(broken())
    assert cloud.asked == []


def test_an_answer_that_is_lost_changes_nothing(
    cloud: CloudStorage, store: GoogleCloudStore
) -> None:
    cloud.lost_answers = 1
    assert store.write(DATA).digest == DIGEST
    assert len(cloud.asked) == 2
    with store.open(DIGEST) as file:
        assert file.read() == WHOLE


def test_what_was_never_kept_is_not_found(store: GoogleCloudStore) -> None:
    with pytest.raises(FileNotFoundError):
        store.open(DIGEST)
    with pytest.raises(FileNotFoundError):
        store.size(DIGEST)


def test_what_is_deleted_is_gone(cloud: CloudStorage, store: GoogleCloudStore) -> None:
    store.write(DATA)
    store.delete(DIGEST)
    store.delete(DIGEST)
    assert cloud.names() == []
    with pytest.raises(FileNotFoundError):
        store.open(DIGEST)


def test_domains_delete_their_own_alone(cloud: CloudStorage, store: GoogleCloudStore) -> None:
    certificates = GoogleCloudStore(BUCKET, "certificate")
    for each in (store, certificates):
        each.write(DATA)
    certificates.delete(DIGEST)
    assert cloud.names() == [NAME]


def fail_all(store: GoogleCloudStore) -> None:
    with pytest.raises(StorageUnavailable):
        store.write(DATA)
    with pytest.raises(StorageUnavailable):
        store.open(DIGEST)
    with pytest.raises(StorageUnavailable):
        store.size(DIGEST)
    with pytest.raises(StorageUnavailable):
        store.delete(DIGEST)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_what_google_refuses_is_told(
    cloud: CloudStorage, store: GoogleCloudStore, status: int
) -> None:
    cloud.refusal = status
    fail_all(store)
    cloud.refusal = 0
    assert store.write(DATA).digest == DIGEST


def test_a_bucket_that_is_not_there_says_nothing_of_objects(cloud: CloudStorage) -> None:
    fail_all(GoogleCloudStore("elsewhere", "media"))


@pytest.mark.usefixtures("impatient")
def test_nobody_waits_for_ever(cloud: CloudStorage, store: GoogleCloudStore) -> None:
    cloud.answers.clear()
    began = time.monotonic()
    fail_all(store)
    assert time.monotonic() - began < 4 * 3
    assert not cloud.storage.get_file_list(BUCKET)[0]


@pytest.mark.usefixtures("impatient")
def test_nobody_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "http://127.0.0.1:9")
    fail_all(GoogleCloudStore(BUCKET, "media"))


def test_an_account_that_cannot_be_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "account.json"
    broken.write_text("{}")
    monkeypatch.delenv("STORAGE_EMULATOR_HOST", raising=False)
    for path in (broken, tmp_path / "none.json"):
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
        fail_all(GoogleCloudStore(BUCKET, "media"))


def test_an_object_that_goes_while_it_is_read_is_told(
    cloud: CloudStorage, store: GoogleCloudStore
) -> None:
    store.write(DATA)
    with store.open(DIGEST) as file:
        store.delete(DIGEST)
        with pytest.raises(StorageUnavailable):
            file.read()


def test_the_setting_says_which_store(tmp_path: Path) -> None:
    assert isinstance(object_store("media", "", tmp_path), LocalStore)
    assert isinstance(object_store("media", BUCKET, tmp_path), GoogleCloudStore)


def test_the_library_is_imported_where_it_is_used() -> None:
    code = """
import sys, services.media.service, services.certificate.service
raise SystemExit("google.cloud.storage" in sys.modules or "google.auth" in sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True)

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from services.certificate import documents, shelves
from services.certificate.documents import Documents
from services.certificate.personal import erase_person
from services.certificate.repository import certificates as repository
from services.certificate.repository.certificates import Certificate, Draft
from services.certificate.serials import new_serial
from services.certificate.shelves import DatabaseShelf, StoreShelf
from services.kit.data import persons
from services.kit.data.database import Database
from services.kit.data.objects.google_cloud import GoogleCloudStore
from services.kit.data.objects.store import Stored, digest_of
from services.kit.errors import StorageUnavailable
from tests.services.certificate.keys import document_keys
from tests.services.kit.data.objects.cloud_storage import BUCKET, CloudStorage, cloud_storage

URL = "https://academy.example"
LEARNER = uuid4()


@pytest.fixture
def database(database_of: Callable[[str], Database]) -> Database:
    return database_of("certificate")


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudStorage]:
    with cloud_storage() as peer:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", peer.url)
        yield peer


@pytest.fixture
def shelf(database: Database, cloud: CloudStorage) -> StoreShelf:
    return StoreShelf(database, GoogleCloudStore(BUCKET, "certificate"))


@pytest.fixture
def issued(database: Database) -> Certificate:
    draft = Draft(
        user_id=LEARNER,
        course_id=uuid4(),
        serial=new_serial(),
        learner_name="Zoë",
        course_title="The Night Sky",
        issued_at=datetime(2026, 11, 22, 10, 5, tzinfo=UTC),
        issue_day=date(2026, 11, 22),
        timezone="UTC",
    )
    with database.transaction():
        made = repository.create_certificate(database, draft)
    assert made is not None
    return made


@pytest.fixture
def key(issued: Certificate) -> UUID:
    return issued.certificate_id


def names(*pdfs: bytes) -> list[str]:
    return sorted(f"certificate/{digest_of(pdf)}" for pdf in pdfs)


def sweep(database: Database, shelf: StoreShelf) -> None:
    """All that is due."""
    more = True
    while more:
        with database.transaction():
            more = shelf.sweep()


def sweep_later(database: Database, shelf: StoreShelf) -> None:
    """The same once all uploads must have ended."""
    with database.transaction() as unit:
        unit.connection.execute("UPDATE unnamed_objects SET delete_at = now()")
    sweep(database, shelf)


def test_a_document_is_made_once_and_lies_in_the_store(
    database: Database, shelf: StoreShelf, cloud: CloudStorage, issued: Certificate
) -> None:
    made = Documents(shelf, document_keys(database), URL).get(issued)
    assert made.startswith(b"%PDF")
    assert cloud.names() == names(made)
    assert Documents(shelf, document_keys(database), URL).get(issued) == made
    sweep_later(database, shelf)
    assert cloud.names() == names(made)
    with database.transaction() as unit:
        rows = unit.connection.execute("SELECT pdf, digest FROM certificate_documents").fetchall()
    assert rows == [(None, digest_of(made))]


def test_processes_that_are_asked_at_once_give_the_same_and_leave_one(
    database: Database, shelf: StoreShelf, cloud: CloudStorage, issued: Certificate
) -> None:
    keys = document_keys(database)
    with ThreadPoolExecutor(4) as pool:
        kept = set(pool.map(lambda _: Documents(shelf, keys, URL).get(issued), range(8)))
    assert len(kept) == 1
    sweep_later(database, shelf)
    assert cloud.names() == names(*kept)


def test_the_first_of_a_version_is_kept_and_the_others_are_swept(
    database: Database, shelf: StoreShelf, cloud: CloudStorage, key: UUID
) -> None:
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(lambda number: shelf.keep(key, 1, bytes([number])), range(20)))
    kept = shelf.find(key, 1)
    assert kept is not None
    sweep(database, shelf)
    assert len(cloud.names()) == 20
    sweep_later(database, shelf)
    assert cloud.names() == names(kept)
    assert shelf.find(key, 1) == kept


def test_the_same_bytes_twice_stay(
    database: Database, shelf: StoreShelf, cloud: CloudStorage, key: UUID
) -> None:
    shelf.keep(key, 1, b"one")
    shelf.keep(key, 1, b"one")
    sweep_later(database, shelf)
    assert shelf.find(key, 1) == b"one"


def test_a_later_version_takes_the_place_and_the_earlier_leaves_the_store(
    database: Database, shelf: StoreShelf, cloud: CloudStorage, key: UUID
) -> None:
    shelf.keep(key, 1, b"one")
    assert shelf.find(key, 2) is None
    shelf.keep(key, 2, b"two")
    assert shelf.find(key, 1) == b"two"
    sweep(database, shelf)
    assert cloud.names() == names(b"two")


def test_who_is_erased_is_erased_from_the_store(
    database: Database, shelf: StoreShelf, cloud: CloudStorage, key: UUID
) -> None:
    shelf.keep(key, 1, b"Zo")
    with database.transaction():
        persons.erase(database, LEARNER)
        erase_person(database, LEARNER)
    assert shelf.find(key, 1) is None
    sweep(database, shelf)
    assert cloud.names() == []
    shelf.keep(key, 1, b"Zo again")
    assert shelf.find(key, 1) is None
    sweep_later(database, shelf)
    assert cloud.names() == []


class Dying(GoogleCloudStore):
    """The process dies when the object was written."""

    def write(self, chunks: Iterable[bytes]) -> Stored:
        super().write(chunks)
        raise SystemExit


def test_what_a_process_that_died_wrote_is_swept(
    database: Database, shelf: StoreShelf, cloud: CloudStorage, key: UUID
) -> None:
    with pytest.raises(SystemExit):
        StoreShelf(database, Dying(BUCKET, "certificate")).keep(key, 1, b"one")
    assert shelf.find(key, 1) is None
    assert cloud.names() == names(b"one")
    sweep_later(database, shelf)
    assert cloud.names() == []


def test_what_was_swept_meanwhile_is_not_kept(
    database: Database,
    shelf: StoreShelf,
    cloud: CloudStorage,
    key: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shelves, "UPLOAD_TIME", timedelta(0))

    class Slow(GoogleCloudStore):
        def write(self, chunks: Iterable[bytes]) -> Stored:
            stored = super().write(chunks)
            sweep(database, shelf)
            return stored

    StoreShelf(database, Slow(BUCKET, "certificate")).keep(key, 1, b"one")
    assert shelf.find(key, 1) is None
    assert cloud.names() == []


def test_what_the_store_has_lost_is_made_anew(
    database: Database, shelf: StoreShelf, cloud: CloudStorage, issued: Certificate
) -> None:
    made = Documents(shelf, document_keys(database), URL).get(issued)
    GoogleCloudStore(BUCKET, "certificate").delete(digest_of(made))
    again = Documents(shelf, document_keys(database), URL).get(issued)
    assert shelf.find(issued.certificate_id, documents.RENDERER) == again
    sweep_later(database, shelf)
    assert shelf.find(issued.certificate_id, documents.RENDERER) == again


def test_a_store_that_fails_is_told_and_nothing_is_forgotten(
    database: Database, shelf: StoreShelf, cloud: CloudStorage, key: UUID
) -> None:
    shelf.keep(key, 1, b"one")
    cloud.refusal = 403
    with pytest.raises(StorageUnavailable):
        shelf.find(key, 1)
    with pytest.raises(StorageUnavailable):
        shelf.keep(key, 2, b"two")
    with pytest.raises(StorageUnavailable):
        sweep_later(database, shelf)
    cloud.refusal = 0
    assert shelf.find(key, 1) == b"one"
    sweep_later(database, shelf)
    assert cloud.names() == names(b"one")


def test_what_was_in_the_database_stays_there(
    database: Database, shelf: StoreShelf, cloud: CloudStorage, key: UUID
) -> None:
    DatabaseShelf(database).keep(key, 1, b"one")
    shelf.keep(key, 1, b"later")
    assert shelf.find(key, 1) == b"one"
    sweep_later(database, shelf)
    assert cloud.names() == []


def test_without_the_store_a_document_is_kept_in_the_database_again(
    database: Database, shelf: StoreShelf, cloud: CloudStorage, key: UUID
) -> None:
    shelf.keep(key, 1, b"one")
    here = DatabaseShelf(database)
    assert here.find(key, 1) is None
    here.keep(key, 1, b"here")
    assert here.find(key, 1) == shelf.find(key, 1) == b"here"
    sweep(database, shelf)
    assert cloud.names() == []

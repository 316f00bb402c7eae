"""Objects come and go: none that something names is lost, and none stays that nothing names."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from structlog.testing import capture_logs

from services.kit.data.database import Database
from services.kit.data.objects.local import LocalStore
from services.kit.data.objects.store import Incoming, Stored, digest_of
from services.kit.data.statements import WholeWrite, nothing
from services.kit.errors import StorageUnavailable
from services.media.kinds import PDF
from services.media.repository import authoring, objects, uploads
from services.media.repository.authoring import NewMedium
from services.media.repository.uploads import NewUpload
from services.media.shelf import PREFIXES, Shelf

PDF_TYPE = "application/pdf"
NO_TIME = timedelta(0)
COURSE, LESSON = uuid4(), uuid4()
_LONG_AGO = WholeWrite(
    "UPDATE objects SET unnamed_at = now() - interval '1 day' WHERE unnamed_at IS NOT NULL",
    nothing,
)


@pytest.fixture(name="database")
def _database(database_of: Callable[[str], Database]) -> Database:
    return database_of("media")


@pytest.fixture(name="store")
def _store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "media")


@pytest.fixture(name="shelf")
def _shelf(database: Database, store: LocalStore) -> Shelf:
    return Shelf(database, store, NO_TIME)


def put(shelf: Shelf, store: LocalStore, data: bytes) -> str:
    with store.incoming() as incoming:
        incoming.write(data)
        return shelf.put(incoming, PDF_TYPE).digest


def attach(database: Database, digest: str, *, known: bool = False) -> UUID:
    """Name an object; `known`: only if it is in the store, as who names what came a while ago."""
    medium = NewMedium(LESSON, COURSE, PDF, "Title", url=None, digest=digest)
    with database.transaction():
        authoring.lock_course(database, COURSE)
        if known and not objects.known_digests(database, [digest]):
            raise StorageUnavailable
        return authoring.add_medium(database, medium)


def delete(database: Database, media_id: UUID) -> None:
    with database.transaction():
        authoring.lock_course(database, COURSE)
        authoring.delete_medium(database, media_id)


def sweep(database: Database, shelf: Shelf) -> int:
    """Sweep until nothing is left to do; how often."""
    count = 0
    while True:
        with database.transaction():
            if not shelf.sweep():
                return count
        count += 1


def is_there(store: LocalStore, digest: str) -> bool:
    try:
        return store.size(digest) > 0
    except FileNotFoundError:
        return False


def test_what_nothing_names_goes(database: Database, store: LocalStore, shelf: Shelf) -> None:
    kept, lost = put(shelf, store, b"kept"), put(shelf, store, b"lost")
    media_id = attach(database, kept)
    assert sweep(database, shelf) == 0, "whoever puts has some minutes to name it"
    database.run(_LONG_AGO)
    assert sweep(database, shelf) == 2
    assert (is_there(store, kept), is_there(store, lost)) == (True, False)
    delete(database, media_id)
    assert sweep(database, shelf) == 1
    assert not is_there(store, kept)


def test_what_is_deleted_is_kept_for_a_time(database: Database, store: LocalStore) -> None:
    shelf = Shelf(database, store, timedelta(hours=1))
    digest = put(shelf, store, b"kept")
    delete(database, attach(database, digest))
    database.run(_LONG_AGO)
    media_id = attach(database, digest)
    sweep(database, shelf)
    delete(database, media_id)
    assert sweep(database, shelf) == 0
    assert is_there(store, digest)


def test_what_two_have_stays_until_both_are_gone(
    database: Database, store: LocalStore, shelf: Shelf
) -> None:
    digest = put(shelf, store, b"shared")
    first, second = attach(database, digest), attach(database, digest)
    delete(database, first)
    database.run(_LONG_AGO)
    sweep(database, shelf)
    assert is_there(store, digest)
    delete(database, second)
    sweep(database, shelf)
    assert not is_there(store, digest)


def test_an_upload_names_its_object(database: Database, store: LocalStore, shelf: Shelf) -> None:
    digest = put(shelf, store, b"uploaded")
    new = NewUpload(uuid4(), None, COURSE, LESSON, "a.pdf", PDF_TYPE, 8, digest=digest)
    with database.transaction():
        created = uploads.create_upload(database, new, timedelta(hours=1))
    assert created is not None
    database.run(_LONG_AGO)
    sweep(database, shelf)
    assert is_there(store, digest)
    database.run(WholeWrite("UPDATE uploads SET expires_at = now() - interval '1 h'", nothing))
    with database.transaction():
        assert uploads.forget_expired(database, timedelta(minutes=5)) == [created.upload_id]
    sweep(database, shelf)
    assert not is_there(store, digest)


class _SlowStore(LocalStore):
    """Deletes and keeps when it is told to."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.deleting, self.go_on = threading.Event(), threading.Event()

    def delete(self, digest: str) -> None:
        self.deleting.set()
        assert self.go_on.wait(10)
        super().delete(digest)


def test_the_same_bytes_come_while_they_are_deleted(database: Database, tmp_path: Path) -> None:
    store = _SlowStore(tmp_path / "media")
    shelf = Shelf(database, store, NO_TIME)
    digest = put(shelf, store, b"the same")
    database.run(_LONG_AGO)
    with ThreadPoolExecutor(2) as pool:
        swept = pool.submit(sweep, database, shelf)
        assert store.deleting.wait(10)
        again = pool.submit(put, shelf, store, b"the same")
        threading.Timer(0.3, store.go_on.set).start()
        assert (swept.result(), again.result()) == (1, digest)
    assert is_there(store, digest)
    attach(database, digest)
    assert store.open(digest).read() == b"the same"


def test_a_sweep_that_dies_midway_loses_nothing(database: Database, tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "media")
    shelf = Shelf(database, store, NO_TIME)
    digest = put(shelf, store, b"twice")
    database.run(_LONG_AGO)

    def sweep_and_die() -> None:
        with database.transaction():
            shelf.sweep()
            raise KeyboardInterrupt  # the file is gone, the row is not

    with pytest.raises(KeyboardInterrupt):
        sweep_and_die()
    assert not is_there(store, digest)
    assert put(shelf, store, b"twice") == digest
    assert sweep(database, shelf) == 0
    assert is_there(store, digest)


def test_what_is_named_is_there_however_many_put_and_delete_it(
    database: Database, store: LocalStore, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So that sweeps come in between all the time.
    monkeypatch.setattr("services.media.shelf.STORING", NO_TIME)
    data = [bytes([number]) * 1000 for number in range(3)]
    stop = threading.Event()

    def work(number: int) -> None:
        for turn in range(15):
            try:
                digest = put(shelf, store, data[(number + turn) % 3])
                media_id = attach(database, digest, known=True)
            except (psycopg.errors.ForeignKeyViolation, StorageUnavailable):
                continue  # swept before it had a name
            named = digest_of(data[(number + turn) % 3])
            assert digest_of(store.open(named).read()) == named
            delete(database, media_id)

    def keep_sweeping() -> None:
        while not stop.is_set():
            sweep(database, shelf)

    with ThreadPoolExecutor(5) as pool:
        sweeping = pool.submit(keep_sweeping)
        try:
            list(pool.map(work, range(4)))
        finally:
            stop.set()
        sweeping.result()
    # What was written when its row was swept already is found by an audit.
    for _ in PREFIXES:
        with database.transaction():
            shelf.audit()
    sweep(database, shelf)
    assert not [each for prefix in PREFIXES for each in store.listed(prefix)]


def test_who_stored_what_was_deleted_is_told_though_others_expect_it_anew(
    database: Database, shelf: Shelf, store: LocalStore
) -> None:
    digest = put(shelf, store, b"slow")
    stored = Stored(digest, 4)
    known_since = objects.expect_object(database, stored, PDF_TYPE, NO_TIME)
    database.run(_LONG_AGO)
    assert sweep(database, shelf) == 1
    again = objects.expect_object(database, stored, PDF_TYPE, NO_TIME)
    assert not objects.object_arrived(database, digest, known_since)
    assert objects.object_arrived(database, digest, again)


def test_what_is_being_deleted_cannot_be_named(
    database: Database, store: LocalStore, shelf: Shelf
) -> None:
    digest = put(shelf, store, b"gone")
    database.run(_LONG_AGO)
    sweep(database, shelf)
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        attach(database, digest)
    with database.transaction():
        assert objects.known_digests(database, {digest}) == set()


def test_what_is_expected_is_not_known_yet(database: Database, store: LocalStore) -> None:
    with store.incoming() as incoming:
        incoming.write(b"expected")
        stored = incoming.stored
        objects.expect_object(database, stored, PDF_TYPE, timedelta(minutes=1))
    with database.transaction():
        assert objects.known_digests(database, {stored.digest}) == set()


def test_a_store_that_fails_keeps_nothing_half(
    database: Database, store: LocalStore, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Incoming) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(Incoming, "keep", fail)
    with pytest.raises(OSError, match="no space"):
        put(shelf, store, b"half")
    digest = digest_of(b"half")
    with database.transaction():
        assert objects.known_digests(database, {digest}) == set()
    assert not list((store._root / "unfinished").iterdir())


def test_an_audit_finds_orphans_and_tells_what_is_missing(
    database: Database, store: LocalStore, shelf: Shelf
) -> None:
    orphan = store.write([b"orphan"]).digest
    kept, missing = put(shelf, store, b"kept"), put(shelf, store, b"missing")
    attach(database, kept)
    attach(database, missing)
    store.delete(missing)
    turns = 1
    with capture_logs() as told:
        with database.transaction():
            more = shelf.audit()
        while more:
            with database.transaction():
                more = shelf.audit()
            turns += 1
    assert turns == len(PREFIXES)
    assert [(each["event"], each["digest"]) for each in sorted(told, key=lambda e: e["event"])] == [
        ("object is missing", missing),
        ("unknown object", orphan),
    ]
    database.run(_LONG_AGO)
    sweep(database, shelf)
    assert (is_there(store, orphan), is_there(store, kept)) == (False, True)

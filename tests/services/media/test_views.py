"""What learners watch: counted, kept, exported and erased."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from services.kit.data import persons
from services.kit.data.database import Database
from services.kit.data.statements import Statement, WholeWrite, nothing, scalar
from services.media.kinds import VIDEO
from services.media.personal import erase_person, export_person
from services.media.repository import authoring, uploads, views
from services.media.repository.authoring import NewMedium
from services.media.repository.uploads import NewUpload
from services.media.repository.views import Watched
from tests.services.media.authored import Authored, make_authored
from tests.support import Learner, Stack, Visitor, reason, register, violations

FILM = "https://video.example/film.mp4"
COURSE, LESSON = uuid4(), uuid4()


@pytest.fixture(name="own", scope="module")
def _own(stack: Stack) -> Authored:
    return make_authored(stack)


@pytest.fixture(name="film", scope="module")
def _film(own: Authored) -> str:
    found: str = own.linked(url=FILM)["mediaId"]
    return found


@pytest.fixture(name="pupil")
def _pupil(stack: Stack, own: Authored) -> Learner:
    return own.pupil(register(stack))


def view(who: Visitor, media_id: str, seconds: int) -> tuple[int, int]:
    answer = who.post(f"/media/{media_id}/views", {"positionSeconds": seconds})
    assert answer.status_code == 200, answer.text
    return answer.json()["views"], answer.json()["positionSeconds"]


def test_views_are_counted_and_the_position_is_kept(
    own: Authored, film: str, pupil: Learner, stack: Stack
) -> None:
    seen = [view(pupil, film, seconds) for seconds in (0, 30, 60, 60, 20, 500, 3, 4)]
    assert seen == [(1, 0), (1, 30), (1, 60), (1, 60), (1, 20), (1, 500), (2, 3), (2, 4)]
    other = own.pupil(register(stack))
    assert view(other, film, 77) == (1, 77)
    mine = next(each for each in own.media(pupil)["videos"] if each["mediaId"] == film)
    assert (mine["views"], mine["positionSeconds"]) == (2, 4)
    theirs = next(each for each in own.media(other)["videos"] if each["mediaId"] == film)
    assert (theirs["views"], theirs["positionSeconds"]) == (1, 77)


def test_who_may_and_what_is_refused(
    own: Authored, film: str, pupil: Learner, stack: Stack
) -> None:
    def answer(who: Visitor, media_id: str, body: object) -> tuple[int, str]:
        refused = who.post(f"/media/{media_id}/views", body)
        return refused.status_code, reason(refused)

    assert answer(Visitor(stack), film, {}) == (401, "SIGN_IN_REQUIRED")
    assert answer(register(stack), film, {}) == (404, "MEDIA_NOT_FOUND")
    for unknown in (str(uuid4()), "no-id"):
        assert answer(pupil, unknown, {}) == (404, "MEDIA_NOT_FOUND")
    for wrong in (-1, 360_001):
        refused = pupil.post(f"/media/{film}/views", {"positionSeconds": wrong})
        assert (refused.status_code, *violations(refused)) == (400, "positionSeconds")
    gone = own.linked(url=FILM)["mediaId"]
    assert view(pupil, gone, 0) == (1, 0)
    assert own.author.delete(f"/media/{gone}").status_code == 200
    assert answer(pupil, gone, {}) == (404, "MEDIA_NOT_FOUND")


def test_many_reports_at_once_are_one_view(film: str, pupil: Learner) -> None:
    with ThreadPoolExecutor(16) as pool:
        seen = list(pool.map(lambda second: view(pupil, film, second), range(10, 110)))
    assert {count for count, _ in seen} == {1}
    with ThreadPoolExecutor(16) as pool:
        seen = list(pool.map(lambda _: view(pupil, film, 300), range(50)))
    assert len(set(seen)) == 1


# In a database of the test's own


@pytest.fixture(name="database")
def _database(database_of: Callable[[str], Database]) -> Database:
    return database_of("media")


@pytest.fixture(name="media_id")
def _media_id(database: Database) -> UUID:
    medium = NewMedium(LESSON, COURSE, VIDEO, "Film", url=FILM, digest=None)
    with database.transaction():
        return authoring.add_medium(database, medium)


def record(database: Database, user_id: UUID, media_id: UUID, seconds: int) -> Watched | None:
    return views.record_view(
        database,
        user_id,
        media_id,
        position_seconds=seconds,
        beginning=10,
        pause=timedelta(minutes=30),
    )


def test_after_a_pause_it_is_another_view(database: Database, media_id: UUID) -> None:
    learner = uuid4()
    record(database, learner, media_id, 50)
    earlier = "UPDATE media_views SET last_at = last_at - interval '31 minutes'"
    database.run(WholeWrite(earlier, nothing))
    assert record(database, learner, media_id, 60) == Watched(media_id, 2, 60)


def test_a_report_rewrites_its_row_in_place(database: Database, media_id: UUID) -> None:
    """What lets PostgreSQL do so (heap-only tuples): no index has what a report changes, and there
    is room beside each row. How often it does depends on who else uses the server."""
    learner = uuid4()
    row = Statement("SELECT to_jsonb(media_views) FROM media_views", scalar)
    record(database, learner, media_id, 50)
    before = database.one(row)
    for seconds in range(60, 100, 10):
        record(database, learner, media_id, seconds)
    after = database.one(row)
    changed = {column for column, value in after.items() if before[column] != value}
    assert changed == {"position_seconds", "last_at"}
    indexed = Statement(
        "SELECT attname::text FROM pg_index JOIN pg_attribute"
        " ON attrelid = indrelid AND attnum = ANY(indkey)"
        " WHERE indrelid = 'media_views'::regclass",
        scalar,
    )
    assert set(database.all(indexed)) == {"user_id", "media_id"}
    room = Statement(
        "SELECT array_to_string(reloptions, ',') FROM pg_class WHERE oid = 'media_views'::regclass",
        scalar,
    )
    assert database.one(room) == "fillfactor=50"


def test_a_person_is_exported_and_erased(database: Database, media_id: UUID) -> None:
    learner, other = uuid4(), uuid4()
    record(database, learner, media_id, 50)
    record(database, other, media_id, 60)
    new = NewUpload(learner, None, COURSE, LESSON, "a.pdf", "application/pdf", 9)
    with database.transaction():
        assert uploads.create_upload(database, new, timedelta(hours=1))
    exported = {name: list(rows) for name, rows in export_person(database, learner).items()}
    (seen,), (upload,) = exported["views"], exported["uploads"]
    assert (seen["mediaId"], seen["views"], seen["positionSeconds"]) == (media_id, 1, 50)
    assert (upload["fileName"], upload["sizeBytes"]) == ("a.pdf", 9)
    for _ in range(2):
        with database.transaction():
            persons.erase(database, learner)
            erase_person(database, learner)
    assert not any(list(rows) for rows in export_person(database, learner).values())
    assert record(database, learner, media_id, 50) is None
    with database.transaction():
        assert uploads.create_upload(database, new, timedelta(hours=1)) is None
    assert list(export_person(database, other)["views"])
